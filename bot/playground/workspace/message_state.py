"""What people have chosen in the selects and inputs of messages; Slack sends it with every action there."""

from __future__ import annotations

from bot.playground.workspace.messages import Message
from bot.playground.workspace.wire import ChannelId, Json, Ts, UserId

_KEPT = 1_000


class MessageState:
    """Values by message and person, the oldest messages forgotten first."""

    def __init__(self) -> None:
        self._values: dict[tuple[ChannelId, Ts, UserId], Json] = {}

    def record(self, message: Message, user_id: UserId, held: Json) -> None:
        """Keeps choices given as block id, action id, value."""
        key = (message.channel, message.ts, user_id)
        values = self._values.pop(key, {})
        changed = {block_id: {**values.get(block_id, {}), **inner} for block_id, inner in held.items()}
        self._values[key] = {**values, **changed}
        if len(self._values) > _KEPT:
            del self._values[next(iter(self._values))]

    def of(self, message: Message, user_id: UserId) -> Json:
        """What this person has chosen in this message."""
        return self._values.get((message.channel, message.ts, user_id), {})
