"""What a webhook is to know of an incident is one letter, whose latest revision is how things are."""

from __future__ import annotations

from itertools import pairwise

import pytest

from bot.files.strict_yaml import FileMistakes
from bot.incidents.effects import Page, PageAction
from bot.incidents.held import Held
from bot.incidents.inputs import Acknowledged, Died, Input, Recovered, Tick, Unacknowledged
from bot.incidents.paging import page_letter
from bot.incidents.route_file import parse
from bot.incidents.wording import letters_of
from bot.model.deaths import Cause
from bot.model.letters import Letter, Urgency
from bot.model.pages import PageFacts, carried, to_webhook, webhook_of
from bot.model.people import ChannelId
from bot.model.routes import Route
from bot.store import codec
from tests.support.deaths import a_death
from tests.support.incidents import ALICE, PLAN, SECOND, Told, an_ending
from tests.support.pods import at


def pages_of(*given: tuple[Input, float]) -> list[Letter]:
    """The letters that the pages of an incident become."""
    told, letters = Told(), []
    for each, seconds in given:
        pages = [effect for effect in told.give(each, seconds) if isinstance(effect, Page)]
        letters += [
            page_letter(told.incident, page, at(seconds), text="OOMKilled · web", runbook="https://r")
            for page in pages
        ]
    return letters


def test_every_page_of_an_incident_is_a_later_revision_of_one_letter() -> None:
    """Also those that change nothing of what the incident's message says."""
    letters = pages_of(
        (Tick(plan=PLAN), 2_000),
        (Acknowledged(by=ALICE, until=at(2_200)), 2_100),
        (Unacknowledged(by=ALICE), 2_150),
        (Recovered(ending=an_ending(2_200), of_deaths=1), 2_300),
        (Died(death=a_death(restart=1, seconds=2_400)), 2_400),
    )
    assert [carried(each.message).event for each in letters] == [
        "trigger",
        "acknowledge",
        "trigger",
        "resolve",
        "trigger",
    ]
    assert {each.key for each in letters} == {"incident/1F3K/page/pagerduty"}
    assert all(earlier.revision < later.revision for earlier, later in pairwise(letters))
    assert [each.final for each in letters] == [False, False, False, True, False]
    assert [each.urgency for each in letters][:2] == [Urgency.CRITICAL, Urgency.NORMAL]
    assert all(each.incident is None for each in letters), "to page is not to announce the deaths"


def test_the_letter_carries_all_that_a_receiver_is_told() -> None:
    """And comes back from the store as it was."""
    (letter,) = pages_of((Tick(plan=PLAN), 2_000))
    assert codec.letter.read(codec.letter.write(letter)) == letter
    assert letter.channel == to_webhook("pagerduty")
    assert carried(letter.message) == PageFacts(
        event="trigger",
        at=at(2_000).isoformat(),
        incident="1F3K",
        revision=letter.revision,
        headline="Error · web · shop · prod-eu",
        what="Error",
        state="firing",
        severity="page",
        scope="workload",
        cause=Cause.ERROR.value,
        workload="deployment/web",
        namespace="shop",
        cluster="prod-eu",
        deaths=1,
        pods=1,
        first_at=at(10).isoformat(),
        last_at=at(10).isoformat(),
        runbook="https://r",
        text="OOMKilled · web",
    )


@pytest.mark.parametrize(
    ("channel", "name"),
    [
        pytest.param("C0123ABCD", None, id="a channel of Slack"),
        pytest.param("webhook:on call", "on call", id="a webhook"),
    ],
)
def test_a_letter_says_where_it_goes(channel: str, name: str | None) -> None:
    """No channel of Slack has a colon in its id."""
    assert webhook_of(ChannelId(channel)) == name


def test_the_actions_are_those_of_pagerduty() -> None:
    """What the receiver compares is what the effects say."""
    assert {each.value for each in PageAction} == {"trigger", "acknowledge", "resolve"}


def test_the_keepers_letters_have_the_page_among_them() -> None:
    """With the text of the incident's message, and the runbook of its route."""
    told = Told()
    told.give(Tick(plan=PLAN), 2_000)
    route = Route(channels=(SECOND,), runbook="https://runbooks.example/web")
    held, page = Held(incident=told.incident, route=route), Page(webhook="on-call", action=PageAction.TRIGGER)
    (letter,) = letters_of(held, page, at(2_000))
    facts = carried(letter.message)
    assert facts.runbook == "https://runbooks.example/web"
    assert facts.headline in facts.text
    assert list(letters_of(Held(incident=told.incident, route=Route(muted=True)), page, at(2_000))) == []


def test_a_json_webhooks_secret_is_named_in_the_configuration() -> None:
    """A variable that is not set is a mistake; PagerDuty has its key for that."""
    text = "version: 1\nwebhooks:\n  a: {type: json, url_env: A_URL, secret_env: A_SECRET}\n"
    webhook = parse(text, {"A_URL": "https://a.example", "A_SECRET": "shared"}).webhooks["a"]
    assert webhook.secret is not None
    assert webhook.secret.get_secret_value() == "shared"
    with pytest.raises(FileMistakes, match="A_SECRET is not set"):
        parse(text, {"A_URL": "https://a.example"})
    with pytest.raises(FileMistakes, match="needs no secret_env"):
        parse(
            "version: 1\nwebhooks:\n  a: {type: pagerduty, routing_key_env: K, secret_env: S}\n", {"K": "k"}
        )
