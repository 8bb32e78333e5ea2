"""Pages: what a webhook outside of Slack is told of an incident, and how a letter carries it."""

from __future__ import annotations

import msgspec

from bot.model.messages import Message, Metadata
from bot.model.people import ChannelId

EVENT_TYPE = "podbot_page"

_PREFIX = "webhook:"


class PageFacts(msgspec.Struct, frozen=True, kw_only=True):
    """One event. Moments are ISO 8601; what does not apply is empty."""

    event: str
    """`trigger`, `acknowledge` or `resolve`."""
    at: str
    incident: str
    revision: int
    """Grows with each event of this incident."""
    headline: str
    what: str
    """The headline's first words: `OOMKilled`, `Node lost`."""
    state: str
    severity: str
    scope: str
    cause: str
    workload: str
    """`deployment/web`; where several share an incident, what they have in common: `node/node-3`."""
    namespace: str
    """Empty where several workloads share it."""
    cluster: str
    deaths: int
    pods: int
    first_at: str
    last_at: str
    runbook: str = ""
    text: str = ""
    """The incident's message as a notification has it."""
    link: str = ""
    """To the message in Slack, where it stands already."""

    @property
    def source(self) -> str:
        """The place that is broken: `prod-eu/shop/deployment/web`."""
        return "/".join(part for part in (self.cluster, self.namespace, self.workload) if part)


def carrying(facts: PageFacts) -> Message:
    """The message of a letter that carries them."""
    payload = {name: value for name, value in msgspec.to_builtins(facts).items() if name != "text"}
    return Message(text=facts.text, metadata=Metadata(event_type=EVENT_TYPE, payload=payload))


def carried(message: Message) -> PageFacts:
    """What such a message carries. Raises `msgspec.ValidationError` where it is another."""
    payload = message.metadata.payload if message.metadata is not None else {}
    return msgspec.convert(payload | {"text": message.text}, PageFacts)


def to_webhook(name: str) -> ChannelId:
    """A letter's channel where it goes to a webhook; `name` is its name in the configuration."""
    return ChannelId(f"{_PREFIX}{name}")


def webhook_of(channel: ChannelId) -> str | None:
    """The webhook's name; None where it is a channel of Slack."""
    return channel.removeprefix(_PREFIX) if channel.startswith(_PREFIX) else None
