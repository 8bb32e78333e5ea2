"""What is said of acts, silences, routes and restarts, as a person reads it (golden files)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.commands.replies import problem, reply
from bot.errors import UserError
from bot.incidents import engine, silencing
from bot.model.answers import Answer
from bot.model.deaths import Cause
from bot.model.incident_answers import (
    Acted,
    PodRestarts,
    RestartHistory,
    RouteExplanation,
    RouteVariant,
    SilenceChange,
    SilenceChanged,
    SilenceList,
)
from bot.model.incident_commands import AcknowledgeIncident, ResolveIncident, UnacknowledgeIncident
from bot.model.incident_problems import AnotherDied, StillFailing
from bot.model.incidents import Acknowledgement, Ending, IncidentId, SilenceId
from bot.model.past import PastDeath
from bot.model.people import ChannelId, UsergroupId, UserId
from bot.model.pods import Owner, PodUid
from bot.model.routes import Route
from bot.model.silences import SilenceScope
from tests.support.deaths import CLUSTER, a_death
from tests.support.pods import at
from tests.unit.commands.drawing import check_golden

ID, ALICE, HOUR = IncidentId("1F3K"), UserId("U01ALICE"), timedelta(hours=1)
WEB = Owner(kind="Deployment", name="web")
INCIDENT = engine.opened(ID, a_death(Cause.OOM_KILLED))
HELD = replace(INCIDENT, acknowledged=Acknowledgement(by=ALICE, at=at(60), until=at(3_660)))
CLOSED = engine.closed(INCIDENT, Ending(since=at(90), words="retired", by=ALICE, still_failing=True))

WIDE = silencing.created(
    SilenceId("S1111"),
    SilenceScope(cluster=CLUSTER, namespace="shop", owner="deployment/web"),
    2 * HOUR,
    ALICE,
    at(0),
    reason="a load test",
    open_ones=[INCIDENT],
)
UNTIL_RESOLVED = silencing.of_incident(SilenceId("S2222"), INCIDENT, None, ALICE, at(0))
COUNTED = replace(WIDE, incidents=frozenset({ID, IncidentId("2222")}), deaths=7)

ROUTE = Route(
    names=("shop-critical",),
    channels=(ChannelId("C02ALERTS"), ChannelId("C03SHOP")),
    groups=(UsergroupId("S01ONCALL"),),
    escalation="day",
    runbook="https://runbooks.example/web",
    owner="team shop",
    why=("Route 1 `payments` does not match: namespace is shop, not payments.", "Route 2 matches."),
)


def a_past_death(number: int, cause: Cause | None = Cause.OOM_KILLED) -> PastDeath:
    return PastDeath(
        cluster=CLUSTER,
        namespace="shop",
        pod=f"web-{number}",
        uid=PodUid(f"uid-{number}"),
        container="app",
        restart=number,
        cause=cause,
        exit_code=137 if cause is not None else None,
        signal=None,
        started_at=None,
        finished_at=at(600 - 60 * number),
        seen_at=at(600),
        announced_at=None,
    )


ANSWERS: dict[str, Answer] = {
    "incident-acknowledged": Acted(command=AcknowledgeIncident(incident=ID), incident=HELD),
    "incident-released": Acted(command=UnacknowledgeIncident(incident=ID), incident=INCIDENT),
    "incident-closed": Acted(command=ResolveIncident(incident=ID), incident=CLOSED),
    "silence-begun": SilenceChanged(change=SilenceChange.BEGUN, silence=WIDE, by=ALICE),
    "silence-until-resolved": SilenceChanged(change=SilenceChange.BEGUN, silence=UNTIL_RESOLVED, by=ALICE),
    "silence-edited": SilenceChanged(change=SilenceChange.EDITED, silence=WIDE, by=ALICE),
    "silence-ended": SilenceChanged(
        change=SilenceChange.ENDED, silence=silencing.ended(COUNTED, at(60), ALICE), by=ALICE
    ),
    "silences": SilenceList(cluster=CLUSTER, silences=(COUNTED, UNTIL_RESOLVED), hidden=1),
    "silences-none": SilenceList(cluster=CLUSTER, silences=()),
    "route": RouteExplanation(
        namespace="shop",
        pod="web-7d4b9c-x2x9q",
        owner=WEB,
        usual=RouteVariant(causes=tuple(Cause)[1:], route=ROUTE),
        others=(RouteVariant(causes=(Cause.OOM_KILLED,), route=Route(names=("quiet",), muted=True)),),
        at=at(0),
    ),
    "route-unclaimed": RouteExplanation(
        namespace="shop",
        pod="web-7d4b9c-x2x9q",
        owner=WEB,
        usual=RouteVariant(causes=tuple(Cause), route=Route(channels=(ChannelId("C02ALERTS"),))),
        at=at(0),
    ),
    "restarts": RestartHistory(
        incident=INCIDENT,
        deaths=(a_past_death(1), a_past_death(2, None)),
        total=40,
        since=at(600) - timedelta(days=7),
        pods=(PodRestarts(namespace="shop", pod="web-1", restarts=12, in_the_last_hour=3),),
        as_of=at(600),
    ),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_reads_well(name: str) -> None:
    """First what holds now, then until when and why, then what can be done about it."""
    check_golden(name, reply(ANSWERS[name]))


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("problem-still-failing", StillFailing(ID, "2 of 5 Ready")),
        ("problem-another-died", AnotherDied(ID, "web-2", PodUid("uid-2"))),
    ],
)
def test_what_was_not_done_offers_the_next_step(name: str, error: UserError) -> None:
    """One press goes on, where there is a way on."""
    check_golden(name, problem(error))


def test_a_list_of_many_silences_fits_one_message() -> None:
    """Slack takes 50 blocks; those that end last are counted."""
    many = tuple(replace(WIDE, id=SilenceId(f"S{number:04}")) for number in range(60))
    message = reply(SilenceList(cluster=CLUSTER, silences=many))
    assert len(message.blocks) <= 50
    assert "60 silences" in message.text
