"""Alerts go where the first route that matches says, and annotations do no more than they may."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.incidents.route_config import AnnotationRule, Config, Match, Rule
from bot.incidents.routing import is_web_address, route
from bot.model.annotations import Annotation
from bot.model.deaths import Cause
from bot.model.incidents import Severity
from bot.model.people import ChannelId, UsergroupId, UserId
from bot.model.pods import ClusterName, Owner
from bot.model.routes import Route, RouteFacts
from tests.support.routes import ALERTS, SECRETS, WHOLE, a_config, some_facts

SUNDAY = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)
MONDAY = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)
TEAM = "annotations:\n" + "".join(
    f"  {each.value}: {{allowed: true, namespaces: [team-*]{extra}}}\n"
    for each, extra in (
        (Annotation.CHANNEL, ', channels: ["C0TEAM*"]'),
        (Annotation.MUTE, ""),
        (Annotation.RUNBOOK, ""),
        (Annotation.OWNER, ""),
    )
)


def went(config: Config, facts: RouteFacts, now: datetime = SUNDAY) -> Route:
    return route(config, facts, now, ALERTS)


def test_without_a_file_everything_goes_to_the_alert_channel() -> None:
    """And the answer says why."""
    found = went(Config(), some_facts())
    assert found == Route(
        channels=(ALERTS,),
        why=(
            "There are no routes.",
            "Nothing names a channel, so it goes to PODBOT_ALERT_CHANNEL, C01INCIDENTS.",
        ),
    )


@pytest.mark.parametrize(
    ("match", "matching", "other", "said"),
    [
        pytest.param(
            "clusters: [prod-*]", {}, {"cluster": "stage"}, "cluster is stage, not prod-*", id="cluster"
        ),
        pytest.param(
            "namespaces: [cart, 'sh?p']",
            {},
            {"namespace": "shops"},
            "namespace is shops, not cart or sh?p",
            id="namespace",
        ),
        pytest.param(
            "labels: {tier: front}",
            {"labels": {"tier": "front"}},
            {"labels": {"tier": "Front"}},
            "label tier is Front, not front",
            id="label",
        ),
        pytest.param(
            "labels: {tier: [front, back], app: web}",
            {"labels": {"tier": "back", "app": "web"}},
            {"labels": {"tier": "back"}},
            "label app is not there, not web",
            id="every-label",
        ),
        pytest.param(
            "owners: deployment/w*",
            {},
            {"owner": Owner(kind="StatefulSet", name="web")},
            "owner is statefulset/web, not deployment/w*",
            id="owner",
        ),
        pytest.param(
            "owners: [web, db]",
            {},
            {"owner": Owner(kind="Job", name="webs")},
            "owner is job/webs, not web or db",
            id="owner-by-name",
        ),
        pytest.param(
            "causes: [Error, OOMKilled]",
            {},
            {"cause": Cause.EVICTED},
            "cause is Evicted, not Error or OOMKilled",
            id="cause",
        ),
        pytest.param(
            "severities: [page]",
            {},
            {"severity": Severity.MINOR},
            "severity is minor, not page",
            id="severity",
        ),
    ],
)
def test_what_a_route_can_ask_for(
    match: str, matching: dict[str, Any], other: dict[str, Any], said: str
) -> None:
    """Each part by one that fits and one that does not, with the reason in words."""
    config = a_config(f"{{name: it, match: {{{match}}}, channel: C09}}")
    assert went(config, some_facts(**matching)).names == ("it",)
    missed = went(config, some_facts(**other))
    assert missed.names == ()
    assert missed.why[0] == f"Route 1 `it` does not match: {said}."


def test_hours_and_their_outside() -> None:
    """Monday at three in Berlin is office time; Sunday is not."""
    office = "hours: {office: {zone: Europe/Berlin, days: [mon], from: 09:00, to: 18:00}}\n"
    config = a_config(
        """{name: day, match: {hours: office}, channel: C01}
        {name: night, match: {outside: office}, channel: C02}""",
        office,
    )
    assert went(config, some_facts(), MONDAY).names == ("day",)
    sunday = went(config, some_facts(), SUNDAY)
    assert sunday.names == ("night",)
    assert sunday.why == (
        "Route 1 `day` does not match: it is outside the hours office.",
        "Route 2 `night` matches: it is outside the hours office.",
    )


def test_a_route_that_continues_adds_to_the_next() -> None:
    """Channels and people add up, each once; of runbook and escalation the first holds."""
    found = went(
        a_config(
            """{name: a, channel: [C01, C02], mention: [S01, U01], runbook: https://a.example, continue: true}
            {name: b, match: {namespaces: cart}, channel: C03}
            {name: c, channel: [C02, C04], mention: [U01, U02], runbook: https://c.example, escalation: night}
            {name: d, channel: C05}""",
            "escalations: {night: {page: [{after: 5m, mention: S09}]}}\n",
        ),
        some_facts(),
    )
    assert (found.name, found.channels) == ("a + c", ("C01", "C02", "C04"))
    assert (found.groups, found.people) == (("S01",), ("U01", "U02"))
    assert (found.runbook, found.escalation) == ("https://a.example", "night")


def test_a_route_without_a_channel_leaves_the_alert_channel() -> None:
    """It may be there for its mention alone."""
    found = went(a_config("{name: a, mention: S01}"), some_facts())
    assert (found.channels, found.groups) == ((ALERTS,), ("S01",))


def test_muting_has_the_last_word() -> None:
    """What an earlier route added is not told either, and nobody is called."""
    found = went(
        a_config("{channel: C01, mention: S01, continue: true}\n{name: quiet, mute: true}"), some_facts()
    )
    assert found.muted
    assert (found.channels, found.groups, found.escalation) == ((), (), "")
    assert found.names == ("1", "quiet")


def test_annotations_that_only_add_words_need_no_permission() -> None:
    """Runbook and owner; channel and mute do nothing unless they are allowed, and that is said."""
    wishes = {
        "podbot.io/channel": "C0TEAMA",
        "podbot.io/mute": "true",
        "podbot.io/runbook": "https://wiki.example/web",
        "podbot.io/owner": "team  shop",
    }
    found = went(Config(), some_facts(pod_annotations=wishes))
    assert (found.channels, found.muted) == ((ALERTS,), False)
    assert (found.runbook, found.owner) == ("https://wiki.example/web", "team shop")
    assert found.why[1:5] == (
        "podbot.io/channel on the pod is ignored: the configuration does not allow it.",
        "podbot.io/mute on the pod is ignored: the configuration does not allow it.",
        "podbot.io/runbook on the pod counts: `https://wiki.example/web`.",
        "podbot.io/owner on the pod counts: `team shop`.",
    )


@pytest.mark.parametrize(
    ("namespace", "wishes", "reason"),
    [
        pytest.param(
            "shop",
            {"podbot.io/channel": "C0TEAMA"},
            "the configuration does not allow it in shop",
            id="another-namespace",
        ),
        pytest.param(
            "team-a",
            {"podbot.io/channel": "C0TEAMA, C01INCIDENTS"},
            "the configuration does not let it name C01INCIDENTS",
            id="another-channel",
        ),
        pytest.param(
            "team-a", {"podbot.io/channel": "#team"}, "`#team` is no channel's id (C0123ABCD)", id="name"
        ),
        pytest.param(
            "team-a",
            {"podbot.io/channel": " , "},
            "it names 0 channels; it may name up to 5",
            id="no-channel",
        ),
        pytest.param(
            "team-a",
            {"podbot.io/mute": "yes"},
            "it says `yes`, which is neither true nor false",
            id="no-yes-or-no",
        ),
        pytest.param(
            "team-a",
            {"podbot.io/runbook": "javascript:alert(1)"},
            "it is no http or https address",
            id="no-link",
        ),
        pytest.param("team-a", {"podbot.io/owner": " \n"}, "it names nobody", id="nobody"),
    ],
)
def test_an_annotation_that_goes_too_far_is_ignored(
    namespace: str, wishes: dict[str, str], reason: str
) -> None:
    """Whole, with the reason: half of what was asked for would surprise."""
    found = went(a_config(more=TEAM), some_facts(namespace=namespace, pod_annotations=wishes))
    assert (found.channels, found.muted, found.runbook, found.owner) == ((ALERTS,), False, "", "")
    assert found.why[1] == f"{next(iter(wishes))} on the pod is ignored: {reason}."


def test_the_nearest_annotation_that_counts_holds() -> None:
    """The pod's before its owner's before its namespace's; one that does not count leaves it to the next."""
    facts = some_facts(
        namespace="team-a",
        pod_annotations={"podbot.io/channel": "nonsense", "podbot.io/mute": "false"},
        owner_annotations={"podbot.io/channel": "C0TEAMA", "podbot.io/runbook": "https://owner.example"},
        namespace_annotations={"podbot.io/channel": "C0TEAMB", "podbot.io/mute": "true"},
    )
    found = went(a_config("{name: a, channel: C01, runbook: https://a.example}", TEAM), facts)
    assert (found.channels, found.muted, found.runbook) == (("C0TEAMA",), False, "https://owner.example")
    assert "podbot.io/channel on deployment/web counts: `C0TEAMA`." in found.why


def test_a_cron_job_is_nearer_than_its_namespace_and_farther_than_its_job() -> None:
    """What is written into the `jobTemplate` is said of these Jobs in particular."""
    facts = some_facts(
        namespace="team-a",
        owner=Owner(kind="Job", name="report-29"),
        owner_annotations={"podbot.io/owner": "the Job's"},
        part_of=Owner(kind="CronJob", name="report"),
        part_of_annotations={"podbot.io/owner": "the CronJob's", "podbot.io/channel": "C0TEAMA"},
        namespace_annotations={"podbot.io/channel": "C0TEAMB"},
    )
    found = went(a_config(more=TEAM), facts)
    assert (found.owner, found.channels) == ("the Job's", ("C0TEAMA",))
    assert "podbot.io/channel on cronjob/report counts: `C0TEAMA`." in found.why


def test_what_could_not_be_read_is_among_the_reasons() -> None:
    """It may be why an annotation has no effect."""
    found = went(Config(), some_facts(unread=(("cronjob/report", "podbot's account may not read it"),)))
    assert found.why[1] == (
        "What the annotations of cronjob/report ask for is not known: podbot's account may not read it."
    )


def test_an_annotation_cannot_make_heard_what_a_route_mutes() -> None:
    """The configuration's word is the last."""
    facts = some_facts(
        namespace="team-a", pod_annotations={"podbot.io/mute": "false", "podbot.io/channel": "C0TEAMA"}
    )
    assert went(a_config("{mute: true}", TEAM), facts).muted


def test_the_whole_file() -> None:
    """The example of the documentation, read and used."""
    config = a_config(more=WHOLE.removeprefix("version: 1\n"))
    found = went(config, some_facts(labels={"tier": "back"}))
    assert found.name == "archive + shop-critical"
    assert found.channels == ("C02ARCHIVE", "C03SHOP")
    assert found.why == (
        "Route 1 `archive` matches: cluster prod-eu; it continues.",
        "Route 2 `sandbox` does not match: namespace is shop, not sandbox-*.",
        "Route 3 `shop-critical` matches: "
        "namespace shop, label tier back, owner deployment/web, severity page.",
    )
    assert SECRETS["PAGERDUTY_KEY"] not in str(config)


@pytest.mark.parametrize(
    ("address", "good"),
    [
        ("https://wiki.example/a?b=c#d", True),
        ("http://wiki", True),
        ("ftp://wiki", False),
        ("https://", False),
        ("https://wiki example", False),
        ("https://wiki|<!channel>", False),
        ("https://[wiki", False),
        (f"https://{'a' * 1000}", False),
    ],
)
def test_what_may_be_linked(address: str, *, good: bool) -> None:
    """Addresses of the web, in characters that no message takes for its own."""
    assert is_web_address(address) is good


NAMESPACES = st.sampled_from(["shop", "team-a", "team-b", "cart"])
CHANNELS = st.sampled_from([ChannelId(each) for each in ("C01", "C02", "C0TEAMA", "C0TEAMB")])
PATTERNS = st.sampled_from(["*", "team-*", "shop", "c?rt"])
MATCHES = st.builds(
    Match,
    namespaces=st.lists(PATTERNS, max_size=2).map(tuple),
    causes=st.frozensets(st.sampled_from(Cause), max_size=3),
    severities=st.frozensets(st.sampled_from(Severity), max_size=1),
)
RULES = st.builds(
    Rule,
    name=st.sampled_from("abc"),
    match=MATCHES,
    channels=st.lists(CHANNELS, max_size=2).map(tuple),
    groups=st.just((UsergroupId("S01"),)) | st.just(()),
    people=st.just((UserId("U01"),)) | st.just(()),
    mute=st.booleans(),
    goes_on=st.booleans(),
)
ALLOWED = st.builds(
    AnnotationRule,
    allowed=st.booleans(),
    namespaces=st.lists(PATTERNS, max_size=2).map(tuple),
    channels=st.lists(st.sampled_from(["C0TEAM*", "C01", "*"]), max_size=2).map(tuple),
)
CONFIGS = st.builds(
    Config,
    rules=st.lists(RULES, max_size=5).map(tuple),
    annotations=st.fixed_dictionaries(dict.fromkeys(Annotation, ALLOWED)),
)
WISHES = st.dictionaries(
    st.sampled_from([each.value for each in Annotation]),
    st.sampled_from(["true", "false", "C01", "C0TEAMA,C02", "C0TEAMB", "https://a.example", "x", ""])
    | st.text(max_size=20),
)
FACTS = st.builds(
    RouteFacts,
    cluster=st.just(ClusterName("prod-eu")),
    namespace=NAMESPACES,
    owner=st.just(Owner(kind="Deployment", name="web")),
    cause=st.sampled_from(Cause),
    severity=st.sampled_from(Severity),
    pod_annotations=WISHES,
    owner_annotations=WISHES,
    part_of=st.just(Owner(kind="CronJob", name="report")),
    part_of_annotations=WISHES,
    namespace_annotations=WISHES,
)


@given(CONFIGS, FACTS)
def test_every_incident_has_a_channel_unless_it_is_muted(config: Config, facts: RouteFacts) -> None:
    """Nothing is lost by a gap between routes."""
    found = went(config, facts)
    assert bool(found.channels) is not found.muted
    assert len(set(found.channels)) == len(found.channels)


@given(CONFIGS, FACTS, RULES, st.integers(0, 4))
def test_the_first_match_wins(config: Config, facts: RouteFacts, another: Rule, place: int) -> None:
    """A rule behind the one that ended the search changes nothing, not even the reasons."""
    before = went(config, facts)
    ended = next(
        (
            number
            for number, rule in enumerate(config.rules)
            if not rule.goes_on and f"Route {number + 1} `{rule.name}` matches" in "\n".join(before.why)
        ),
        None,
    )
    if ended is None:
        return
    after = ended + 1 + place
    rules = (*config.rules[:after], another, *config.rules[after:])
    assert went(replace(config, rules=rules), facts) == before


@given(CONFIGS, FACTS)
def test_annotations_never_do_what_the_configuration_does_not_allow(
    config: Config, facts: RouteFacts
) -> None:
    """Whatever they say: with all of them forbidden, nothing differs from a pod that says nothing."""
    forbidden = replace(config, annotations=dict.fromkeys(Annotation, AnnotationRule(allowed=False)))
    silent = replace(
        facts, pod_annotations={}, owner_annotations={}, part_of_annotations={}, namespace_annotations={}
    )
    plain = went(forbidden, silent)
    assert replace(went(forbidden, facts), why=()) == replace(plain, why=())
    found = went(config, facts)
    if found.muted and not plain.muted:
        assert config.annotations[Annotation.MUTE].allowed
    moved = set(found.channels) - set(plain.channels)
    if moved:
        rule = config.annotations[Annotation.CHANNEL]
        assert rule.allowed
        only_teams = set(rule.channels) <= {"C0TEAM*"}
        assert not only_teams or all(each.startswith("C0TEAM") for each in moved)
    assert (found.groups, found.people) in {(plain.groups, plain.people), ((), ())}
