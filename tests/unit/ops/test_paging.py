"""Pages reach their receivers, in order, whatever fails; and what is over before it was sent wakes nobody."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import AsyncIterator
from dataclasses import replace
from functools import partial

import pytest
from aiohttp import web
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from bot.incidents.route_config import Webhook, WebhookKind
from bot.model.letters import Letter, LetterKey, Posted, Urgency
from bot.model.messages import Message
from bot.model.pages import PageFacts, carrying, to_webhook
from bot.model.people import MessageTs
from bot.ops import pagerduty
from bot.ops.paging import CLOSED_SECONDS, REFUSED, TOO_FAST_SECONDS, WebhookDelivery
from bot.outbox.dispatcher import Dispatcher
from bot.outbox.ports import DeliveryFailed, Undeliverable
from tests.support.clock import START
from tests.support.examples import examples
from tests.support.hurried_clock import HurriedClock
from tests.support.outbox import PROD, MemoryStore, running
from tests.support.receiver import LOSE_THE_ANSWER, Receiver, receiving
from tests.support.waiting import eventually

KEY = SecretStr("0123456789abcdef0123456789abcdef")
ON_CALL, AUDIT = to_webhook("on-call"), to_webhook("audit")
LETTER, TS = LetterKey("incident/1F3K/page/on-call"), MessageTs("x")


def facts(event: str, revision: int = 1, **changes: str) -> PageFacts:
    known = PageFacts(
        event=event,
        at=START.isoformat(),
        incident="1F3K",
        revision=revision,
        headline="OOMKilled · web · shop · prod",
        what="OOMKilled",
        state="firing",
        severity="page",
        scope="workload",
        cause="OOMKilled",
        workload="deployment/web",
        namespace="shop",
        cluster="prod",
        deaths=3,
        pods=2,
        first_at=START.isoformat(),
        last_at=START.isoformat(),
        runbook="https://runbooks.example/web",
        text="OOMKilled · web · shop · prod: 2 pods died 3 times",
    )
    return (
        known
        if not changes
        else PageFacts(**{name: changes.get(name, getattr(known, name)) for name in known.__struct_fields__})
    )


def page(event: str, revision: int = 1) -> Letter:
    return Letter(
        key=LETTER,
        cluster=PROD,
        channel=ON_CALL,
        message=carrying(facts(event, revision)),
        revision=revision,
        urgency=Urgency.CRITICAL,
        created_at=START,
        edit_only=event != "trigger",
        final=event == "resolve",
    )


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as one:
        yield one


def delivery_to(receiver: Receiver) -> WebhookDelivery:
    webhooks = {
        "on-call": Webhook(kind=WebhookKind.PAGERDUTY, url=receiver.url, routing_key=KEY),
        "audit": Webhook(kind=WebhookKind.JSON, url=receiver.url, secret=SecretStr("shared")),
    }
    return WebhookDelivery(lambda: webhooks, lambda _: "https://team.slack.example/archives/C1/p1")


async def test_a_trigger_is_an_event_of_pagerdutys_api(receiver: Receiver) -> None:
    """What must be in it, and what makes it worth reading."""
    await delivery_to(receiver).post(ON_CALL, carrying(facts("trigger")), letter=LETTER)
    (call,) = receiver.calls
    details = call["payload"].pop("custom_details")
    assert call == {
        "routing_key": KEY.get_secret_value(),
        "event_action": "trigger",
        "dedup_key": "podbot/prod/1F3K",
        "payload": {
            "summary": "OOMKilled · web · shop · prod",
            "source": "prod/shop/deployment/web",
            "severity": "critical",
            "timestamp": START.isoformat(),
            "component": "deployment/web",
            "group": "shop",
            "class": "OOMKilled",
        },
        "client": "podbot",
        "links": [
            {"href": "https://team.slack.example/archives/C1/p1", "text": "The incident in Slack"},
            {"href": "https://runbooks.example/web", "text": "Runbook"},
        ],
    }
    assert (details["deaths"], details["cause"]) == (3, "OOMKilled")


@pytest.mark.parametrize("event", ["acknowledge", "resolve"])
async def test_what_follows_names_the_alert_and_nothing_else(receiver: Receiver, event: str) -> None:
    """PagerDuty wants no payload there."""
    await delivery_to(receiver).update(ON_CALL, TS, carrying(facts(event)), letter=LETTER)
    assert receiver.calls == [
        {
            "routing_key": KEY.get_secret_value(),
            "event_action": event,
            "dedup_key": "podbot/prod/1F3K",
        }
    ]


async def test_what_came_of_each_call_is_told(receiver: Receiver) -> None:
    """For the incident's story: that it was not reached, that it does not take it, that it was."""
    told: list[tuple[str, str, str]] = []
    webhooks = {"on-call": Webhook(kind=WebhookKind.PAGERDUTY, url=receiver.url, routing_key=KEY)}
    delivery = WebhookDelivery(
        lambda: webhooks,
        answered=lambda facts, name, problem: told.append((facts.incident, name, problem)),
    )
    for status, error in ((503, DeliveryFailed), (413, Undeliverable)):
        receiver.answers = [web.Response(status=status)]
        with pytest.raises(error):
            await delivery.post(ON_CALL, carrying(facts("trigger")), letter=LETTER)
    await delivery.post(ON_CALL, carrying(facts("trigger")), letter=LETTER)
    with pytest.raises(DeliveryFailed):
        await delivery.post(AUDIT, carrying(facts("trigger")), letter=LETTER)
    assert [each[:2] for each in told] == [("1F3K", "on-call")] * 3 + [("1F3K", "audit")]
    assert [each[2] for each in told[:3]] == [
        "it answered 503; still trying",
        "it answered 413, and does not take this",
        "",
    ]
    assert "has no webhook of this name" in told[3][2]


def test_what_pagerduty_would_refuse_for_its_length_is_shortened() -> None:
    """Its limits: 1,024 characters of summary, 255 of key; a severity that is not a page only warns."""
    event = pagerduty.event(facts("trigger", headline="x" * 2_000, cluster="c" * 300, severity="minor"), KEY)
    assert len(event["payload"]["summary"]) == 1_024
    assert len(event["dedup_key"]) == 255
    assert event["dedup_key"].endswith("/1F3K")
    assert event["payload"]["severity"] == "warning"


async def test_json_is_signed_and_says_which_event_it_is(receiver: Receiver) -> None:
    """The signature is of the very bytes; what is sent again has the same key."""
    delivery = delivery_to(receiver)
    for _ in range(2):
        await delivery.update(AUDIT, TS, carrying(facts("trigger", 4)), letter=LETTER)
    raw, headers, call = receiver.raw[0], receiver.headers[0], receiver.calls[0]
    expected = hmac.new(b"shared", raw, hashlib.sha256).hexdigest()
    assert headers["X-Podbot-Signature"] == f"sha256={expected}"
    assert [each["Idempotency-Key"] for each in receiver.headers] == ["prod/1F3K/4/trigger"] * 2
    assert (call["version"], call["event"], call["incident"], call["deaths"]) == (1, "trigger", "1F3K", 3)
    assert call["text"] == "OOMKilled · web · shop · prod: 2 pods died 3 times"


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        pytest.param(500, DeliveryFailed("", None), id="down"),
        pytest.param(429, DeliveryFailed("", TOO_FAST_SECONDS, refused=True), id="too fast"),
        pytest.param(
            web.Response(status=429, headers={"Retry-After": "7"}),
            DeliveryFailed("", 7.0, refused=True),
            id="too fast, says when",
        ),
        pytest.param(404, DeliveryFailed("", CLOSED_SECONDS, refused=True), id="gone: mended by a person"),
        pytest.param(302, DeliveryFailed("", CLOSED_SECONDS, refused=True), id="elsewhere: likewise"),
        pytest.param(
            web.Response(status=400, text='{"errors": ["Invalid routing key"]}'),
            DeliveryFailed("", CLOSED_SECONDS, refused=True),
            id="a wrong key: likewise",
        ),
        pytest.param(400, Undeliverable(REFUSED), id="not in this form"),
    ],
)
async def test_a_failure_is_told_by_what_is_to_be_done(
    receiver: Receiver, answer: int | web.Response, expected: DeliveryFailed | Undeliverable
) -> None:
    """What a person can mend is waited for; only an event that is refused for its form is not repeated."""
    receiver.answers.append(answer)
    delivery = delivery_to(receiver)
    with pytest.raises(type(expected)) as caught:
        await delivery.post(ON_CALL, carrying(facts("trigger")), letter=LETTER)
    if isinstance(expected, DeliveryFailed) and isinstance(caught.value, DeliveryFailed):
        assert caught.value.retry_after == expected.retry_after
        assert caught.value.refused == expected.refused
    assert "webhook on-call" in delivery.trouble()
    assert KEY.get_secret_value() not in f"{caught.value!r}{delivery.trouble()}"
    await delivery.post(ON_CALL, carrying(facts("trigger")), letter=LETTER)
    assert delivery.trouble() == {}


async def test_a_webhook_that_is_in_no_configuration_is_waited_for(receiver: Receiver) -> None:
    """Taken out by mistake, it comes back."""
    delivery = WebhookDelivery(dict)
    with pytest.raises(DeliveryFailed) as caught:
        await delivery.post(ON_CALL, carrying(facts("trigger")), letter=LETTER)
    assert caught.value.refused
    assert "no webhook of this name" in delivery.trouble()["webhook on-call"]


async def test_a_letter_that_carries_no_page_is_laid_aside() -> None:
    """It would not become one by being tried again."""
    with pytest.raises(Undeliverable):
        await WebhookDelivery(dict).post(ON_CALL, Message(text="hello"), letter=LETTER)


async def test_what_is_taken_care_of_before_it_was_sent_wakes_nobody(receiver: Receiver) -> None:
    """A receiver that was away all the time is not told of what is over."""
    async with running(delivery_to(receiver), HurriedClock(50)) as outbox:
        await outbox.open(PROD, MemoryStore())
        await outbox.put([page("acknowledge", 1)])
        await outbox.put([page("resolve", 2)])
        await eventually(lambda: outbox.waiting == 0)
        assert receiver.calls == []
        await outbox.put([page("trigger", 3)])
        await eventually(lambda: outbox.waiting == 0)
    assert receiver.alerts == {"podbot/prod/1F3K": "triggered"}, "let go, it is somebody's to look at"


async def test_what_was_certainly_not_taken_is_not_taken_back(receiver: Receiver) -> None:
    """Somebody has it by the time at which the receiver takes pages again."""
    receiver.answers.append(web.Response(status=429, headers={"Retry-After": "600"}))
    async with running(delivery_to(receiver), HurriedClock(50)) as outbox:
        await outbox.open(PROD, MemoryStore())
        await outbox.put([page("trigger", 1)])
        await eventually(lambda: len(receiver.calls) == 1)
        await outbox.put([page("acknowledge", 2)])
        await eventually(lambda: outbox.waiting == 0)
    assert len(receiver.calls) == 1


async def test_a_page_that_may_have_arrived_is_said_as_it_is_by_then(receiver: Receiver) -> None:
    """A process died after it had sent a trigger; meanwhile the incident is over."""
    store = MemoryStore()
    store.save(page("resolve", 2))
    store.posted[LETTER] = Posted(channel=ON_CALL, tried_at=START)
    receiver.alerts["podbot/prod/1F3K"] = "triggered"
    async with running(delivery_to(receiver), HurriedClock(50)) as outbox:
        await outbox.open(PROD, store)
        await outbox.flush(30)
    assert receiver.alerts == {}
    assert store.posted[LETTER].revision == 2


async def test_an_event_that_is_refused_for_its_form_is_sent_bare(receiver: Receiver) -> None:
    """Somebody is woken, if with fewer words."""
    receiver.answers.append(400)
    async with running(delivery_to(receiver), HurriedClock(50)) as outbox:
        await outbox.open(PROD, MemoryStore())
        await outbox.put([page("trigger")])
        await eventually(lambda: outbox.waiting == 0)
    assert [sorted(each["payload"]) for each in receiver.calls][1] == ["severity", "source", "summary"]
    assert receiver.alerts == {"podbot/prod/1F3K": "triggered"}


EVENTS = st.lists(
    st.tuples(
        st.sampled_from(["acknowledge", "resolve", "trigger"]), st.sampled_from(["", "sent", "restarted"])
    ),
    max_size=5,
)
ANSWERS = st.lists(st.sampled_from([202, 500, LOSE_THE_ANSWER]), max_size=6)


@settings(max_examples=examples(25))
@given(EVENTS, ANSWERS)
async def test_whatever_fails_the_receiver_ends_up_with_how_it_is(
    events: list[tuple[str, str]], answers: list[int | web.Response]
) -> None:
    """Nobody is left to be woken by what is over or in hand, and what is nobody's is open."""
    clock, store = HurriedClock(200), MemoryStore()
    async with receiving() as receiver, running(delivery_to(receiver), clock) as outbox:
        receiver.answers += answers
        await outbox.open(PROD, store)
        for revision, (event, then) in enumerate([("trigger", "sent"), *events], 1):
            letter, calls = replace(page(event, revision), final=False), len(receiver.calls)
            store.save(letter)
            await outbox.put([letter])
            if then:
                await eventually(partial(_went_on, receiver, outbox, calls))
            if then == "restarted":
                await outbox.close(PROD)
                await outbox.open(PROD, store)
        await outbox.flush(30)
    last = ("trigger", *(event for event, _ in events))[-1]
    possible: dict[str, set[str | None]] = {
        "trigger": {"triggered"},
        "acknowledge": {"acknowledged", None},
        "resolve": {None},
    }
    assert receiver.alerts.get("podbot/prod/1F3K") in possible[last]


def _went_on(receiver: Receiver, outbox: Dispatcher, calls: int) -> bool:
    return len(receiver.calls) > calls or outbox.waiting == 0
