"""Incidents with all that can become of them, as people read them and as Slack gets them.

The files are tests/golden/incidents/told-*.txt and .json; `UPDATE_GOLDEN=1` writes them anew.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.incidents import (
    announce,
    elsewhere,
    engine,
    escalation,
    group_words,
    listing,
    recovery,
    reducer,
    silencing,
    storm,
    story,
)
from bot.incidents.account import account
from bot.incidents.effects import Tell
from bot.incidents.inputs import (
    Absorbed,
    Acknowledged,
    Died,
    EvidenceRead,
    Gone,
    Input,
    Merged,
    NewRevision,
    PageAnswered,
    PodsDeleted,
    Recovered,
    Recovering,
    Replaced,
    Resolved,
    Silenced,
    Tick,
)
from bot.model.deaths import Cause, Death, Unwatched
from bot.model.incidents import (
    Circumstances,
    Evidence,
    Incident,
    IncidentId,
    IncidentKey,
    Replacements,
    Scope,
    SilenceId,
)
from bot.model.messages import Actions, Link, Message, Paragraph, spoken
from bot.model.past import Account
from bot.model.pods import Owner
from bot.model.revisions import Image, RevisionChange
from bot.model.silences import SilenceScope
from bot.model.surroundings import NodeCondition, NodeState
from bot.playground.workspace.rules.messages import checked_content
from bot.slack.blocks import render
from tests.support.deaths import a_death, a_pods_death
from tests.support.golden import assert_golden
from tests.support.incidents import ALICE, BOB, ON_CALL, PLAN, Told, a_silence, an_ending
from tests.support.pods import at
from tests.support.reading import as_read

OOM = a_death(
    Cause.OOM_KILLED, exit_code=137, reason="OOMKilled", memory_limit="256Mi", cpu_limit="500m", restarts=1
)
CHANGE = RevisionChange(
    number=43,
    at=at(90),
    images=(
        (Image(container="app", image="shop/web:1.5.0"), Image(container="app", image="shop/web:1.5.1")),
    ),
)
NAMESPACES = ("shop", "payments", "search", "web")


def after(*given: Input, death: Death = OOM) -> Incident:
    """An incident after inputs that come a minute apart."""
    told = Told(death)
    for number, each in enumerate(given, start=1):
        told.give(each, 60 * number)
    return told.incident


def many(cause: Cause, count: int, pods: int, key: IncidentKey | None = None, **changes: str) -> list[Death]:
    """Deaths of so many workloads on node-3 within 8 seconds."""
    return [
        a_pods_death(
            cause,
            uid=f"uid-{number}",
            seconds=10 + 8 * number / pods,
            owner=Owner(kind="Deployment", name=f"service-{number % count}"),
            namespace=NAMESPACES[number % count % 4],
            node="node-3",
            **changes,
        )
        for number in range(pods)
    ]


def group(scope: Scope, owner: Owner, deaths: list[Death]) -> Incident:
    key = replace(engine.key_of(deaths[0]), namespace="", owner=owner, scope=scope)
    incident = engine.opened(IncidentId("9Q2F"), deaths[0], key)
    for death in deaths[1:]:
        incident = engine.with_death(incident, death)
    return incident


NODE = group(Scope.NODE, Owner(kind="Node", name="node-3"), many(Cause.NODE_LOST, 20, 57))
IMAGE = group(
    Scope.IMAGE,
    Owner(kind="Image", name="registry.example/base:7"),
    many(Cause.IMAGE_PULL, 3, 9, image="registry.example/base:7", reason="ErrImagePull", message="not found"),
)


def a_storm(before: int = 10, members: int = 30) -> Incident:
    named = [
        engine.opened(
            IncidentId(f"A{number:03d}"), a_death(owner=Owner(kind="Deployment", name=f"early-{number}"))
        )
        for number in range(before)
    ]
    deaths = [
        a_death(
            list(Cause)[number % 5],
            uid=f"uid-{number}",
            owner=Owner(kind="Deployment", name=f"late-{number}"),
            namespace=NAMESPACES[number % 4],
            seconds=12 + number,
        )
        for number in range(members)
    ]
    digest = storm.opened(IncidentId("5T0M"), deaths[0], named, at(12)).incident
    assert digest is not None
    for death in deaths[1:]:
        digest = reducer.reduce(digest, Died(death=death), at(60)).incident
        assert digest is not None
    return digest


def of_node(incident: Incident, *given: Input) -> Incident:
    for number, each in enumerate(given, start=1):
        step = reducer.reduce(incident, each, at(60 * number))
        assert step.incident is not None
        incident = step.incident
    return incident


NODE_EVIDENCE = EvidenceRead(
    evidence=Evidence(
        death=NODE.latest,
        circumstances=Circumstances(
            read_at=at(20),
            node=NodeState(
                name="node-3",
                wrong=(
                    NodeCondition(
                        kind="NotReady", message="Kubelet stopped posting node status.", since=at(0)
                    ),
                ),
            ),
        ),
    )
)

INCIDENTS = {
    "acknowledged": after(Acknowledged(by=ALICE, until=at(14_400))),
    "silenced": after(Silenced(silence=a_silence())),
    "silenced-until-resolved": after(Silenced(silence=replace(a_silence(), until_resolved=True, reason=""))),
    "recovering": after(Recovering(since=at(50), after=timedelta(minutes=1))),
    "chapter": after(NewRevision(change=CHANGE)),
    "unwatched": after(death=replace(OOM, unwatched=Unwatched(since=at(-840), until=at(0)))),
    "recovered-by-alice": after(
        Acknowledged(by=ALICE, until=at(14_400)), Recovered(ending=an_ending(100), of_deaths=1)
    ),
    "came-back": after(
        Recovered(ending=an_ending(50), of_deaths=1), Died(death=replace(OOM, finished_at=at(110)))
    ),
    "gone": after(Gone(ending=an_ending(50, "scaled to zero before it recovered"), of_deaths=1)),
    "not-watched-any-more": after(
        Gone(ending=replace(an_ending(50, recovery.UNWATCHED.words), unwatched=True), of_deaths=1)
    ),
    "closed": after(Resolved(by=ALICE, reason="moved to the other cluster", failing=False)),
    "closed-while-failing": after(Resolved(by=ALICE, reason="known, see 4711", failing=True, force=True)),
    "part-of-another": after(Merged(into=IncidentId("9Q2F"))),
    "node-lost": of_node(
        NODE,
        NODE_EVIDENCE,
        Replaced(replacements=Replacements(ready=41, starting=12, unschedulable=4, why="memory")),
    ),
    "node-lost-with-a-bare-pod": of_node(
        NODE,
        Replaced(replacements=Replacements(ready=3, starting=2, awaited=1, gone=("toolbox (tools)",))),
    ),
    "node-gone-with-a-bare-pod": of_node(
        NODE,
        Gone(
            ending=an_ending(
                300,
                "toolbox (tools) is gone for good, nothing recreates it; 19 of 20 workloads Ready",
            ),
            of_deaths=NODE.deaths,
        ),
    ),
    "node-lost-acknowledged": of_node(NODE, Acknowledged(by=BOB, until=at(14_400))),
    "node-recovered": of_node(
        NODE, Recovered(ending=an_ending(300, "20 of 20 workloads Ready"), of_deaths=NODE.deaths)
    ),
    "node-evicts": group(Scope.NODE, Owner(kind="Node", name="node-3"), many(Cause.EVICTED, 4, 6)),
    "image-of-several": IMAGE,
    "storm": a_storm(),
    "storm-over": engine.recovered(a_storm(3, 4), an_ending(300, "all 4 incidents recovered")),
    "two-ways-to-end": after(
        *(
            Died(death=a_death(uid=f"uid-{number}", seconds=20 + number, exit_code=code))
            for number, code in enumerate((1, 1, 139, 1, 1, 1, 1))
        ),
        death=a_death(),
    ),
    "job-of-a-cron-job": after(
        Absorbed(other=Told(a_death(owner=Owner(kind="CronJob", name="report"), restart=1)).incident),
        death=a_death(owner=Owner(kind="CronJob", name="report")),
    ),
}


def stories() -> dict[str, Message]:
    """What the thread of one eventful incident says, and the messages about silences and calls."""
    told = Told(OOM)
    for number in range(1, 4):
        told.give(Died(death=replace(OOM, finished_at=at(20 + number))), 20 + number)
    told.give(Tick(plan=PLAN), 120)
    told.give(NewRevision(change=CHANGE), 130)
    told.give(Acknowledged(by=ALICE, until=at(600)), 140)
    told.give(Tick(plan=PLAN), 600)
    told.give(Silenced(silence=a_silence(until=900)), 610)
    told.give(Tick(plan=PLAN), 900)
    told.give(Absorbed(other=Told(a_death(uid="uid-9")).incident), 910)
    told.give(Recovered(ending=an_ending(990), of_deaths=told.incident.deaths), 1_000)
    told.give(Died(death=replace(OOM, finished_at=at(1_100))), 1_100)
    told.give(Died(death=replace(OOM, finished_at=at(16_000))), 16_000)
    told.give(PageAnswered(webhook="pagerduty", problem="it answered 503; still trying"), 16_050)
    told.give(PageAnswered(webhook="pagerduty"), 16_060)
    told.give(PodsDeleted(by=ALICE, names=("web-1", "web-2"), reason="stuck on stale lock"), 16_070)
    told.give(Resolved(by=BOB, reason="known", failing=True, force=True), 16_100)
    found = {
        f"story-{entry.number:02d}-{entry.kind.value.replace(' ', '-')}": story.message(entry, told.incident)
        for entry in told.thread
    }
    silence = silencing.created(
        SilenceId("S1"), SilenceScope(namespace="shop", owner="web"), timedelta(hours=1), ALICE, at(0)
    )
    for number in range(3):
        counted = replace(told.incident, id=IncidentId(f"I{number}"))
        silence = silencing.counted(silence, {counted.id: 14 - number})
    silence = silencing.ended(silence, at(3_600), BOB)
    firing = (replace(after(), id=IncidentId("I0")),)
    return found | {
        "call": story.call(after(), (ON_CALL,), (BOB,), at(310)),
        "second-channel": elsewhere.message(after(), "https://prod.slack.example/archives/C01/p1"),
        "second-channel-without-a-link": elsewhere.message(after()),
        "second-channel-acknowledged": elsewhere.message(INCIDENTS["acknowledged"]),
        "second-channel-silenced": elsewhere.message(INCIDENTS["silenced"]),
        "second-channel-recovered": elsewhere.message(INCIDENTS["recovered-by-alice"]),
        "second-channel-of-a-node": elsewhere.message(INCIDENTS["node-lost"]),
        "call-of-the-route-again": story.called_by_route(after(), (ON_CALL,), (), again=True),
        "silence-ended": story.silence_ended(silence, firing, frozenset({"I0"})),
        "silence-ended-with-some-under-another": story.silence_ended(
            silence, (*firing, replace(INCIDENTS["silenced"], id=IncidentId("I1"))), frozenset({"I0"})
        ),
        "silence-ended-with-all-under-another": story.silence_ended(
            replace(silence, deaths=0), (replace(INCIDENTS["silenced"], id=IncidentId("I1")),)
        ),
        "silence-of-nothing-ended": story.silence_ended(
            replace(silence, incidents=frozenset(), deaths=0, ended_by=None), ()
        ),
        "unsaved": announce.message(
            after(), unsaved=True, route="shop-critical", runbook="https://wiki.example/oom"
        ),
    }


MESSAGES = {name: announce.message(incident) for name, incident in INCIDENTS.items()} | stories()


@pytest.mark.parametrize("name", MESSAGES)
def test_it_reads_as_it_was_found_right(name: str) -> None:
    """In words, and in Block Kit as the strict workspace takes it."""
    message = MESSAGES[name]
    drawn = render(message)
    checked_content({"text": drawn.text, "blocks": list(drawn.blocks)})
    for suffix, said in (
        ("txt", as_read(message)),
        (
            "json",
            json.dumps({"text": drawn.text, "blocks": drawn.blocks}, indent=1, ensure_ascii=False) + "\n",
        ),
    ):
        assert_golden(f"incidents/told-{name}.{suffix}", said)


@pytest.mark.parametrize("incident", INCIDENTS.values(), ids=INCIDENTS)
def test_an_open_incident_has_at_most_five_things_to_press(incident: Incident) -> None:
    """And one that is over has none: there is nothing left to decide."""
    rows = [each for each in announce.message(incident).blocks if isinstance(each, Actions)]
    assert len(rows) == (0 if incident.state.is_over else 1)
    assert all(len(each.elements) <= 5 for each in rows)


def test_a_storm_names_the_node_that_is_behind_it_and_links_to_what_is_told_elsewhere() -> None:
    """The answer first; each id is beside what it is about, and leads to its message where that is known."""
    incident = a_storm(2, 3)
    node = group(Scope.NODE, Owner(kind="Node", name="node-3"), many(Cause.EVICTED, 4, 6))
    message = announce.message(
        incident, groups=(node,), link=lambda identity: f"https://x/{identity}" if identity == "A001" else ""
    )
    said = as_read(message)
    assert f"Among them: Evicted · node-3, {group_words.extent(node)} ({node.id})" in said
    assert "2 more incidents have messages of their own" in said
    assert "early-0 Error (A000), early-1 Error (" in said
    links = [
        inline
        for block in message.blocks
        if isinstance(block, Paragraph)
        for line in block.lines
        for inline in line
        if isinstance(inline, Link)
    ]
    assert links == [Link("https://x/A001", "A001")]


def test_a_storm_is_listed_with_the_workloads_that_it_counts() -> None:
    """Those that are told in messages of their own are named in it, and counted there."""
    assert spoken(listing.facts(a_storm(10, 3))).startswith("3 deaths of 3 pods in 3 workloads · ")


def test_what_a_storm_was_is_in_its_thread_once_it_is_over() -> None:
    """And in the account of it, with the deaths that its story counts: those are in no ledger of its own."""
    digest = a_storm(3, 4)
    over = Recovered(ending=an_ending(300, "all 4 incidents recovered"), of_deaths=digest.deaths)
    step = reducer.reduce(digest, over, at(360))
    assert step.incident is not None
    entries = tuple(each.entry for each in step.effects if isinstance(each, Tell))
    thread = [as_read(story.message(each, step.incident)) for each in entries]
    told = as_read(account(Account(incident=step.incident, story=entries, deaths=(), deaths_in_all=0)))
    for said in (thread[-1], told):
        assert "shop: late-0 1" in said
        assert "early-0 Error (A000)" in said
    assert "3 further deaths" in told
    assert "late-0" not in as_read(announce.message(step.incident))


def test_a_storm_that_a_person_closes_is_closed_not_over() -> None:
    """Its incidents may go on to fail."""
    step = reducer.reduce(a_storm(3, 4), Resolved(by=BOB, reason="known", failing=True, force=True), at(360))
    assert step.incident is not None
    said = as_read(announce.message(step.incident))
    assert "Storm closed · prod-eu" in said
    assert "Storm over" not in said


def test_a_pod_that_died_twice_in_a_storm_is_one_pod_with_both_causes() -> None:
    """Nothing is listed as having lost nobody."""
    digest = a_storm(0, 1)
    again = replace(digest.latest, cause=Cause.EVICTED, id=replace(digest.latest.id, restart=9))
    after_that = reducer.reduce(digest, Died(death=again), at(61)).incident
    assert after_that is not None
    said = as_read(announce.message(after_that))
    assert f"late-0 1 {digest.latest.cause.value} and Evicted" in said
    assert "2 deaths in 1 pod of 1 workload" in said


def test_a_storm_has_no_route_and_no_runbook() -> None:
    """Its incidents have come by several routes; those of the first would be wrong for the rest."""
    said = as_read(announce.message(a_storm(), route="shop-critical", runbook="https://x/runbook"))
    assert "shop-critical" not in said
    assert "runbook" not in said


def test_whose_a_workload_is() -> None:
    """As its annotation says, at the end; what several share is nobody's in particular."""
    said = as_read(announce.message(after(), owned_by="team shop"))
    assert "deployment/web in shop · owned by team shop" in said
    assert "team shop" not in as_read(announce.message(a_storm(), owned_by="team shop"))


def test_five_hundred_pods_of_twenty_workloads_are_all_named() -> None:
    """A lost node: every workload with its pods, within Slack's limits, in the notification as well."""
    incident = group(Scope.NODE, Owner(kind="Node", name="node-3"), many(Cause.NODE_LOST, 20, 500))
    message = announce.message(incident)
    said = as_read(message)
    assert "500 pods of 20 workloads went with it" in message.text
    for number in range(20):
        assert f"service-{number} 25" in said.replace(",", "").replace(";", "")
        assert f"service-{number} 25" in message.text
    assert not render(message).attachments


@pytest.mark.parametrize("workloads", [1, 20, 500, 1_000])
def test_however_many_workloads_it_fits(workloads: int) -> None:
    """Longest names: what finds no room is counted, not cut."""
    deaths = [
        a_pods_death(
            Cause.NODE_LOST,
            uid=f"uid-{number}",
            owner=Owner(kind="Deployment", name=f"{number:04d}" + "x" * 240),
            namespace=f"{number % 7}" + "n" * 60,
        )
        for number in range(workloads)
    ]
    for scope in (Scope.NODE, Scope.IMAGE, Scope.STORM):
        incident = group(scope, Owner(kind="Node", name="n" * 253), deaths)
        for each in (incident, engine.gone(incident, an_ending(60))):
            drawn = render(announce.message(each))
            checked_content({"text": drawn.text, "blocks": list(drawn.blocks)})
            assert not drawn.attachments, "nothing had to go into a file"
        assert len(list(group_words.listing(incident))) <= 4


def test_hostile_words_of_people_stay_words() -> None:
    """A reason and a runbook are text of theirs."""
    hostile = "<!channel> `x` <https://evil.example|safe> \x1b[31m\u202e" * 30
    incident = after(Silenced(silence=replace(a_silence(), reason=hostile)))
    drawn = render(announce.message(incident, route=hostile, runbook="javascript:alert(1)"))
    checked_content({"text": drawn.text, "blocks": list(drawn.blocks)})
    said = json.dumps(drawn.blocks) + drawn.text
    assert "<!channel>" not in drawn.text
    assert '"type": "broadcast"' not in said
    assert '"url": "javascript' not in said


def test_the_steps_names_differ_by_severity() -> None:
    """What a Job's own plan has done is not taken for the page's."""
    assert len({escalation.name_of(each, 0) for each in PLAN.steps} | {"minor/0"}) == 2
