"""The outbox's port to webhooks: letters to PagerDuty and to JSON receivers.

A letter is a state to be brought about, not an event: its latest revision says whether an incident is to be
triggered, acknowledged or resolved over there. So an alert that is acknowledged or over before it ever went
out wakes nobody; and whatever may have arrived (a lost answer, a restart in the middle) is said once more as
it is by then, under the same key.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import TypeAlias

import msgspec

from bot import logs
from bot.incidents.effects import PageAction
from bot.incidents.route_config import Webhook, WebhookKind
from bot.model.letters import LetterKey
from bot.model.messages import Message
from bot.model.pages import PageFacts, carried, webhook_of
from bot.model.people import ChannelId, MessageTs
from bot.ops import json_hook, pagerduty
from bot.ops.webhook import WebhookFailed, as_json, post_bytes, post_json
from bot.outbox.ports import DeliveryFailed, Undeliverable

TOO_FAST_SECONDS = 30.0
"""Until the next try after a 429 that does not say when. PagerDuty asks for minutes; somebody is to wake."""

CLOSED_SECONDS = 60.0
"""Until the next try where a person has to mend something first: the address, the key, the configuration."""

REFUSED = "webhook_refuses"
"""The code of an event that the receiver does not take: it is tried in its bare form, then laid aside."""

_EVENTS_WRONG = frozenset({400, 413, 415, 422})
"""The receiver does not take this event, in this form; any other refusal is about podbot or the address."""

log = logs.get(__name__)


Answered: TypeAlias = Callable[[PageFacts, str, str], None]
"""Told of each call: what it was about, the webhook's name, and why it was not taken; empty where it was."""


def _no_link(_facts: PageFacts) -> str:
    return ""


def _nobody(_facts: PageFacts, _webhook: str, _problem: str) -> None:
    """The log says it."""


class WebhookDelivery:
    """Implements `bot.outbox.ports.Delivery` for letters whose channel is a webhook.

    `webhooks` are those of the configuration that is in force, `link` where the incident's message stands;
    `answered` has the incident's story say what came of each call.
    """

    def __init__(
        self,
        webhooks: Callable[[], Mapping[str, Webhook]],
        link: Callable[[PageFacts], str] = _no_link,
        answered: Answered = _nobody,
    ) -> None:
        self._webhooks = webhooks
        self._link = link
        self._answered = answered
        self._problems: dict[str, str] = {}

    def trouble(self) -> Mapping[str, str]:
        """Why a webhook did not take the last call, by `webhook NAME`; one that did is not in it."""
        return {f"webhook {name}": problem for name, problem in self._problems.items()}

    async def post(
        self,
        channel: ChannelId,
        message: Message,
        *,
        letter: LetterKey,
        thread: MessageTs | None = None,  # noqa: ARG002 - the port's; a webhook has no threads
        broadcast: bool = False,  # noqa: ARG002 - likewise
        plain: bool = False,
    ) -> MessageTs:
        """Open the alert. What is acknowledged or over before it was opened needs no alert."""
        facts = _read(message)
        if facts.event == PageAction.TRIGGER.value:
            await self._send(channel, facts, plain=plain, first=True)
        else:
            log.info("page_not_needed", key=letter, channel=channel, page=facts.event)
        return _stands(letter)

    async def update(
        self,
        channel: ChannelId,
        ts: MessageTs,  # noqa: ARG002 - the port's; the incident's id says which alert it is
        message: Message,
        *,
        letter: LetterKey,  # noqa: ARG002 - likewise
        plain: bool = False,
    ) -> None:
        """Bring the alert up to date."""
        await self._send(channel, _read(message), plain=plain, first=False)

    async def find(
        self,
        channel: ChannelId,  # noqa: ARG002 - the port's
        letters: Collection[LetterKey],
        *,
        since: datetime,  # noqa: ARG002 - likewise
        thread: MessageTs | None = None,  # noqa: ARG002 - likewise
    ) -> Mapping[LetterKey, MessageTs]:
        """All of them: what may have arrived is taken to stand, and is said once more as it now is.

        Nobody can be asked whether it did, and a receiver that knows the key takes it once.
        """
        return {each: _stands(each) for each in letters}

    async def _send(self, channel: ChannelId, facts: PageFacts, *, plain: bool, first: bool) -> None:
        name = webhook_of(channel) or ""
        webhook = self._webhooks().get(name)
        if webhook is None:
            self._problems[name] = (
                "the configuration has no webhook of this name, and an incident waits for it"
            )
            self._answered(facts, name, f"{self._problems[name]}; still trying")
            raise DeliveryFailed(self._problems[name], CLOSED_SECONDS, refused=first)
        facts = msgspec.structs.replace(facts, link=self._link(facts))
        try:
            await _call(webhook, facts, plain=plain)
        except WebhookFailed as failure:
            self._problems[name] = str(failure)
            log.warning("page_failed", webhook=name, incident=facts.incident, problem=str(failure))
            refusal = _in_the_outboxs_words(failure, first=first)
            again = "; still trying" if isinstance(refusal, DeliveryFailed) else ", and does not take this"
            self._answered(facts, name, f"{failure}{again}")
            raise refusal from failure
        self._problems.pop(name, None)
        self._answered(facts, name, "")
        log.info("paged", webhook=name, incident=facts.incident, page=facts.event)


async def _call(webhook: Webhook, facts: PageFacts, *, plain: bool) -> None:
    if webhook.kind is WebhookKind.PAGERDUTY and webhook.routing_key is not None:
        await post_json(webhook.url, pagerduty.event(facts, webhook.routing_key, bare=plain))
        return
    body = as_json(json_hook.body(facts, bare=plain))
    await post_bytes(webhook.url, body, headers=json_hook.headers(facts, body, webhook.secret))


def _in_the_outboxs_words(failure: WebhookFailed, *, first: bool) -> DeliveryFailed | Undeliverable:
    """`first`: only of what was never sent does it matter that it was certainly not taken.

    An update that is refused "until later" would hold up those of all webhooks, as it does Slack's.
    """
    if failure.status in _EVENTS_WRONG and not pagerduty.refuses_the_key(failure):
        return Undeliverable(REFUSED, (str(failure), failure.answer))
    if failure.status == 429:
        wait = TOO_FAST_SECONDS if failure.retry_after is None else failure.retry_after
        return DeliveryFailed(str(failure), wait, refused=first)
    if failure.passing:
        return DeliveryFailed(str(failure), failure.retry_after)
    return DeliveryFailed(str(failure), CLOSED_SECONDS, refused=first)


def _read(message: Message) -> PageFacts:
    try:
        return carried(message)
    except msgspec.ValidationError as error:
        raise Undeliverable(REFUSED, (f"the letter carries no page: {error}",)) from error


def _stands(letter: LetterKey) -> MessageTs:
    return MessageTs(letter)
