"""A configuration file is either wholly right, or every mistake in it is named by its line."""

from __future__ import annotations

import json
from dataclasses import fields
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.files.strict_yaml import FileMistakes
from bot.incidents.route_config import Config, WebhookKind
from bot.incidents.route_file import PAGERDUTY, parse
from bot.model.deaths import Cause
from bot.model.durations import spell
from bot.model.escalations import ACKNOWLEDGED_FOR, EscalationPlan, EscalationStep
from bot.model.incidents import Severity
from bot.model.people import ChannelId, UsergroupId, UserId
from bot.model.tuning import Limits, Timings
from tests.support.routes import SECRETS, WHOLE

HEAD = "version: 1\nroutes:\n"


def mistakes(text: str, environment: dict[str, str] | None = None) -> list[str]:
    with pytest.raises(FileMistakes) as caught:
        parse(text, SECRETS if environment is None else environment)
    return list(caught.value.mistakes)


def test_the_whole_file_becomes_values() -> None:
    """Every part of it has its effect."""
    config = parse(WHOLE, SECRETS)
    assert [each.name for each in config.rules] == ["archive", "sandbox", "shop-critical", "night"]
    assert config.escalations["on-call"] == EscalationPlan(
        steps={
            Severity.PAGE: (
                EscalationStep(after=timedelta(minutes=10), groups=(UsergroupId("S01ONCALL"),)),
                EscalationStep(after=timedelta(minutes=20), channel=ChannelId("C06BACKUP")),
                EscalationStep(after=timedelta(minutes=30), webhook="pager"),
                EscalationStep(after=timedelta(minutes=40), webhook="hook"),
            ),
            Severity.MINOR: (EscalationStep(after=timedelta(hours=2), people=(UserId("U01ALICE"),)),),
        },
        acknowledged_for=timedelta(hours=2),
    )
    pager, hook = config.webhooks["pager"], config.webhooks["hook"]
    assert (pager.kind, pager.url.get_secret_value()) == (WebhookKind.PAGERDUTY, PAGERDUTY)
    assert pager.routing_key is not None
    assert pager.routing_key.get_secret_value() == SECRETS["PAGERDUTY_KEY"]
    assert (hook.kind, hook.url.get_secret_value()) == (WebhookKind.JSON, SECRETS["HOOK_URL"])
    assert config.digest is not None
    assert (config.digest.day, str(config.digest.at)) == (0, "09:00:00")
    assert config.heartbeat is not None
    assert config.heartbeat.every == timedelta(seconds=30)
    assert config.timings == Timings(not_ready=timedelta(minutes=20), recovered=timedelta(minutes=2))
    assert config.limits == Limits(incidents_a_minute=20)


def test_the_least_that_is_a_configuration() -> None:
    """Everything else has a default; an escalation, too."""
    assert parse("version: 1\n", {}) == Config()
    plan = parse("version: 1\nescalations: {a: {}}\n", {}).plan("a")
    assert plan == EscalationPlan(acknowledged_for=ACKNOWLEDGED_FOR)
    assert Config().plan("gone") == EscalationPlan()


def test_timings_and_limits_that_are_not_said_are_the_defaults() -> None:
    """One line changes one thing."""
    config = parse("version: 1\ntimings: {not_ready: 1h30m}\nlimits: {incidents_a_minute: 20}\n", {})
    assert config.timings == Timings(not_ready=timedelta(minutes=90))
    assert config.limits == Limits(incidents_a_minute=20)
    assert parse("version: 1\ntimings: {}\nlimits: {}\n", {}) == Config()


def test_an_acknowledgement_lapses_as_its_escalation_says_or_else_the_file() -> None:
    """Also where no escalation calls anybody."""
    text = "version: 1\ntimings: {acknowledgement_lapses: 1h}\n"
    config = parse(text + "escalations:\n  a: {}\n  b: {acknowledgement_lapses: 2h}\n", {})
    lapses = [config.plan(name).acknowledged_for for name in ("a", "b", "", "gone")]
    assert lapses == [timedelta(hours=hours) for hours in (1, 2, 1, 1)]


def test_every_timing_and_limit_can_be_set() -> None:
    """Each field of the values has its field in the file, and takes its own default."""
    timings = {each.name: spell(getattr(Timings(), each.name)) for each in fields(Timings)}
    limits = {each.name: getattr(Limits(), each.name) for each in fields(Limits)}
    text = f"version: 1\ntimings: {json.dumps(timings)}\nlimits: {json.dumps(limits)}\n"
    assert parse(text, {}) == Config()


def test_routes_without_a_name_are_called_by_their_number() -> None:
    """So that a message and `podbot check` can name them."""
    config = parse(HEAD + "  - {channel: C01, continue: true}\n  - {channel: C02}\n", {})
    assert [each.name for each in config.rules] == ["1", "2"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("", ["line 1: version: is missing"], id="empty"),
        pytest.param("version: 2\n", ["line 1: version: must be 1, and is 2"], id="version"),
        pytest.param(
            HEAD + "  - {channel: '#shop', mention: [oncall], mtue: true}\n",
            [
                "line 3: routes.0.channel.0: must be a channel's Slack id, such as C0123ABCD, not a name",
                "line 3: routes.0.mention.0: must be a Slack id, of a user (U0123ABCD) or a user group "
                "(S0123ABCD), not a name",
                "line 3: routes.0.mtue: there is no such field; is it mute?",
            ],
            id="names-for-ids",
        ),
        pytest.param(
            HEAD
            + "  - channel: C01\n    match:\n      causes: [OOM]\n      severities: [bad]\n"
            + "      labels: {tier: 1}\n      namespaces: [Shop]\n      owners: a/b/c\n      clusters: []\n",
            [
                "line 10: routes.0.match.clusters: is empty",
                "line 8: routes.0.match.namespaces.0: no namespace can be called 'Shop': "
                "lower-case letters, digits, -, and * or ? for anything",
                "line 7: routes.0.match.labels.tier.0: must be text, and is 1: put it in quotes",
                "line 9: routes.0.match.owners.0: must be a workload such as deployment/web, or a name; "
                "* and ? may stand in it",
                f"line 5: routes.0.match.causes.0: no cause is called 'OOM'; there are: "
                f"{', '.join(each.value for each in Cause)}",
                "line 6: routes.0.match.severities.0: must be page or minor, and is 'bad'",
            ],
            id="matches-nothing",
        ),
        pytest.param(
            HEAD + "  - {match: {namespaces: shop}}\n",
            ["line 3: routes.0: does nothing: give it a channel, mention, escalation, runbook, mute or name"],
            id="does-nothing",
        ),
        pytest.param(
            HEAD + "  - {mute: true, channel: C01}\n",
            [
                "line 3: routes.0: a route that mutes "
                "has no channel, mention, escalation or continue beside it"
            ],
            id="mutes-and-tells",
        ),
        pytest.param(
            HEAD + "  - {name: a, escalation: b, match: {hours: c}}\n  - {name: a, match: {outside: d}}\n",
            [
                "line 3: routes.0.escalation: no escalation is called 'b'; there are: none",
                "line 3: routes.0.match.hours: no hours are called 'c'; there are: none",
                "line 4: routes.1.name: another route is called 'a'",
                "line 4: routes.1.match.outside: no hours are called 'd'; there are: none",
            ],
            id="loose-ends",
        ),
        pytest.param(
            "version: 1\nhours:\n  a: {zone: Berlin, days: [monday], from: 9, to: '25:00'}\n"
            "  b: {zone: UTC, days: mon, from: 09:00, to: 09:00}\n"
            "  c: {zone: ../UTC, days: [], from: 24:00, to: 06:00}\n",
            [
                "line 3: hours.a.zone: must be a time zone by its IANA name, such as Europe/Berlin or UTC",
                "line 3: hours.a.days.0: must be a day: mon, tue, wed, thu, fri, sat, sun",
                "line 3: hours.a.from: must be a time of the day such as 09:00; 24:00 is the day's end",
                "line 3: hours.a.to: must be a time of the day such as 09:00; 24:00 is the day's end",
                "line 4: hours.b: begins when it ends; a whole day is from 00:00 to 24:00",
                "line 5: hours.c.zone: must be a time zone by its IANA name, such as Europe/Berlin or UTC",
                "line 5: hours.c.days: is empty",
                "line 5: hours.c.from: must be before 24:00, which is 00:00 of the next day",
            ],
            id="hours",
        ),
        pytest.param(
            "version: 1\nannotations:\n  podbot.io/channel: {allowed: true}\n  podbot.io/mute: {}\n"
            "  podbot.io/pager: {allowed: true}\n  podbot.io/owner: {allowed: 'no', channels: ['*']}\n",
            [
                'line 3: annotations.podbot.io/channel: say which channels it may name: channels: ["*"] '
                "lets it name any",
                "line 4: annotations.podbot.io/mute.allowed: is missing",
                "line 6: annotations.podbot.io/owner.allowed: must be true or false, and is 'no'",
                "line 6: annotations.podbot.io/owner.channels: there is no such field",
                "line 5: annotations.podbot.io/pager: there is no such field",
            ],
            id="annotations",
        ),
        pytest.param(
            "version: 1\nescalations:\n  a:\n    page:\n      - {after: soon, mention: S01}\n"
            "      - {after: 10m}\n      - {after: 30d, channel: C01}\n    acknowledgement_lapses: 5\n"
            "  b: {page: [{after: 5m, webhook: x}]}\n",
            [
                "line 5: escalations.a.page.0.after: a duration is written as 30s, 10m or 1h30m",
                "line 6: escalations.a.page.1: calls nobody: give it mention, channel or webhook",
                "line 7: escalations.a.page.2.after: must be between 1s and 7d",
                "line 8: escalations.a.acknowledgement_lapses: must be a duration such as 90s, 10m or 4h",
            ],
            id="escalations",
        ),
        pytest.param(
            "version: 1\nescalations:\n  b: {page: [{after: 5m, webhook: x}]}\n"
            "webhooks:\n  y: {type: json, url_env: HOOK_URL}\n",
            ["line 3: escalations.b.page.0.webhook: no webhook is called 'x'; there are: y"],
            id="webhook-of-a-step",
        ),
        pytest.param(
            "version: 1\nwebhooks:\n  a: {type: pagerduty, routing_key_env: R01secretkey}\n"
            "  b: {type: pagerduty, url_env: HOOK_URL}\n  c: {type: json, url: https://x.example}\n"
            "  d: {type: opsgenie}\n",
            [
                "line 3: webhooks.a.routing_key_env: must be the name (A-Z, 0-9 and _) of the environment "
                "variable that holds it",
                "line 4: webhooks.b: pagerduty needs routing_key_env: the variable that holds the key",
                "line 5: webhooks.c: "
                "json needs url_env, the variable with the address, and may have secret_env",
                "line 6: webhooks.d.type: must be pagerduty or json, and is 'opsgenie'",
            ],
            id="webhooks",
        ),
        pytest.param(
            "version: 1\nheartbeat: {url_env: NOWHERE, every: 1s}\n",
            ["line 2: heartbeat.every: must be between 10s and 60m"],
            id="heartbeat",
        ),
        pytest.param(
            "version: 1\ntimings:\n  image_pull: 1s\n  config_error: 25h\n  unschedulable: 5\n"
            "  stuck_creating: soon\n  stuck_terminating: -1m\n  not_ready: 0s\n  recovered: 20m\n"
            "  acknowledgement_lapses: 8d\n",
            [
                "line 3: timings.image_pull: must be between 10s and 24h",
                "line 4: timings.config_error: must be between 10s and 24h",
                "line 5: timings.unschedulable: must be a duration such as 90s, 10m or 4h",
                "line 6: timings.stuck_creating: a duration is written as 30s, 10m or 1h30m",
                "line 7: timings.stuck_terminating: a duration is written as 30s, 10m or 1h30m",
                "line 8: timings.not_ready: a duration is written as 30s, 10m or 1h30m",
                "line 9: timings.recovered: must be between 10s and 15m",
                "line 10: timings.acknowledgement_lapses: must be between 60s and 7d",
            ],
            id="timings",
        ),
        pytest.param(
            "version: 1\ntimings:\n  NotReady: 20m\n  stuck-terminatin: 20m\n  OOMKilled: 5m\n"
            "limits:\n  incidents_per_minute: 20\ntiming: {}\n",
            [
                "line 3: timings.NotReady: there is no such field; is it not_ready?",
                "line 4: timings.stuck-terminatin: there is no such field; is it stuck_terminating?",
                "line 5: timings.OOMKilled: there is no such field; there are: image_pull, config_error, "
                "unschedulable, stuck_creating, stuck_terminating, not_ready, recovered, "
                "acknowledgement_lapses",
                "line 7: limits.incidents_per_minute: there is no such field; is it incidents_a_minute?",
                "line 8: timing: there is no such field; is it timings?",
            ],
            id="no-such-timings",
        ),
        pytest.param(
            "version: 1\ntimings:\nlimits: {incidents_a_minute: 0}\n",
            [
                "line 2: timings: must be a mapping, and is None",
                "line 3: limits.incidents_a_minute: must be a whole number between 1 and 50",
            ],
            id="limits-below",
        ),
        pytest.param(
            "version: 1\nlimits: {incidents_a_minute: 51}\n",
            ["line 2: limits.incidents_a_minute: must be a whole number between 1 and 50"],
            id="limits-above",
        ),
        pytest.param(
            "version: 1\nlimits: {incidents_a_minute: true}\n",
            ["line 2: limits.incidents_a_minute: must be a whole number between 1 and 50"],
            id="limits-no-number",
        ),
    ],
)
def test_each_mistake_is_named_by_its_line(text: str, said: list[str]) -> None:
    """All of a kind at once, in words that need no knowledge of the program."""
    assert sorted(mistakes(text)) == sorted(said)


def test_a_secret_that_is_not_there_is_a_mistake() -> None:
    """Better at the start than at night; and no value of a variable is told."""
    found = mistakes(WHOLE, {"HOOK_URL": "hooks.example/secret", "PAGERDUTY_KEY": " "})
    assert [each.partition(": ")[2] for each in found] == [
        "webhooks.pager.routing_key_env: the environment variable PAGERDUTY_KEY is not set",
        "webhooks.hook.url_env: the environment variable HOOK_URL holds no http or https address",
        "heartbeat.url_env: the environment variable HEARTBEAT_URL is not set",
    ]


def test_mistakes_are_listed_as_the_file_is_read() -> None:
    """From the top down, so that whoever mends them goes through the file once."""
    for text, environment in (
        (WHOLE, {}),
        (WHOLE.replace("mute: true", "mtue: true") + "\nfoo: 1\n", SECRETS),
    ):
        lines = [int(each.split(":")[0].removeprefix("line ")) for each in mistakes(text, environment)]
        assert len(lines) > 1
        assert lines == sorted(lines)


@given(st.text(max_size=200) | st.lists(st.sampled_from(WHOLE.split(" ")), max_size=40).map(" ".join))
def test_any_text_is_a_configuration_or_a_list_of_mistakes(text: str) -> None:
    """Nothing else ever comes out."""
    found: Config | tuple[str, ...]
    try:
        found = parse(text, SECRETS)
    except FileMistakes as error:
        found = error.mistakes
    assert isinstance(found, Config) or (found and all(each.startswith("line ") for each in found))


def test_the_documentations_example_is_this_file() -> None:
    """What people copy is read as the tests have it."""
    page = (Path(__file__).parents[3] / "docs" / "alerts.md").read_text("utf-8")
    (example,) = (each for each in page.split("```yaml\n")[1:] if "escalations:" in each)
    shown, whole = (parse(each, SECRETS) for each in (example.split("```")[0], WHOLE))
    assert shown.escalations == whole.escalations
    assert shown.annotations == whole.annotations
    assert (shown.timings, shown.limits) == (whole.timings, whole.limits)
    assert [each.name for each in shown.rules] == [each.name for each in whole.rules]
