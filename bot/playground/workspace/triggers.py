"""Trigger ids: proof that a person has just acted, good for one view within three seconds."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from bot.playground.workspace.refusals import Refused
from bot.playground.workspace.rules import limits
from bot.playground.workspace.wire import Clock, TriggerId, UserId

_KEPT = 1_000


@dataclass(slots=True, kw_only=True)
class _Trigger:
    user: UserId
    issued: float
    used: bool = False


class TriggerBook:
    """Issues trigger ids and takes each back once."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._triggers: dict[str, _Trigger] = {}

    def issue(self, user: UserId) -> TriggerId:
        """A new trigger id for what this person just did."""
        number = secrets.randbelow(10**12)
        trigger_id = TriggerId(f"{number}.{secrets.randbelow(10**10)}.{secrets.token_hex(16)}")
        self._triggers[trigger_id] = _Trigger(user=user, issued=self._clock())
        if len(self._triggers) > _KEPT:
            del self._triggers[next(iter(self._triggers))]
        return trigger_id

    def exchange(self, trigger_id: str) -> UserId:
        """Uses a trigger id up and tells whose it is.

        Raises:
            Refused: `invalid_trigger_id`, `exchanged_trigger_id` or `expired_trigger_id`.
        """
        trigger = self._triggers.get(trigger_id)
        if trigger is None:
            raise Refused("invalid_trigger_id")
        if trigger.used:
            raise Refused("exchanged_trigger_id")
        if self._clock() - trigger.issued > limits.TRIGGER_SECONDS:
            raise Refused("expired_trigger_id")
        trigger.used = True
        return trigger.user
