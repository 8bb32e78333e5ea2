"""What is handed to the app and how it answers, whichever way it is connected.

Implemented by `socket_mode` and `http_delivery`; `courier` decides what is sent and how often.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol

from bot.playground.workspace.wire import Json


class ParcelKind(Enum):
    """The three kinds of delivery, by the names Socket Mode gives them."""

    COMMAND = "slash_commands"
    INTERACTION = "interactive"
    EVENT = "events_api"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """One delivery.

    Attributes:
        takes_answer: Whether the acknowledgement may carry a payload that is used.
        attempt: 0 at first, then the number of the redelivery.
        reason: Why it is redelivered: `timeout`, `http_error` ...
    """

    kind: ParcelKind
    payload: Json
    takes_answer: bool = False
    attempt: int = 0
    reason: str = ""


class Outcome(Enum):
    """How a delivery went; the values are the codes Slack shows to the person concerned."""

    ACKNOWLEDGED = "ok"
    TIMED_OUT = "operation_timeout"
    FAILED = "dispatch_failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The app's answer to a delivery.

    Attributes:
        body: The payload of the acknowledgement, empty when there was none.
        reason: What went wrong, in the words of Slack's retry reasons.
        wants_retry: False when the app asked not to get it again.
    """

    outcome: Outcome
    body: Json = field(default_factory=dict)
    reason: str = ""
    wants_retry: bool = True


class Delivery(Protocol):
    """A way to reach the app."""

    @property
    def connected(self) -> bool:
        """Whether the app can be reached, as far as is known."""

    async def deliver(self, parcel: Parcel) -> Answer:
        """Hands over one parcel and waits, with a bound, for the acknowledgement."""
