"""Messages and the store that keeps them: per channel, in the order of their timestamps, the oldest dropped
first.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bot.playground.workspace.wire import ChannelId, Clock, FileId, Json, Ts, UserId

KEPT_PER_CHANNEL = 10_000
_MICROSECONDS = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message of a channel.

    Attributes:
        bot_id: Set when an app posted it.
        ephemeral_to: The only person who sees it; None for everybody.
        thread_ts: The parent of a reply; equal to `ts` or None for a message of its own.
        tombstone: Deleted, but kept because others replied to it.
    """

    ts: Ts
    channel: ChannelId
    user: UserId
    text: str
    blocks: tuple[Json, ...] = ()
    bot_id: str | None = None
    metadata: Json | None = None
    thread_ts: Ts | None = None
    broadcast: bool = False
    ephemeral_to: UserId | None = None
    edited: Ts | None = None
    edited_by: UserId | None = None
    files: tuple[FileId, ...] = ()
    reactions: tuple[tuple[str, tuple[UserId, ...]], ...] = ()
    tombstone: bool = False

    @property
    def is_reply(self) -> bool:
        """Whether it sits in another message's thread."""
        return self.thread_ts is not None and self.thread_ts != self.ts


class MessageStore:
    """All messages of the workspace, and the source of new timestamps."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last_ts = 0
        self._channels: dict[ChannelId, dict[Ts, Message]] = {}

    def new_ts(self) -> Ts:
        """The present as a timestamp later than every one given before."""
        self._last_ts = max(self._last_ts + 1, int(self._clock() * _MICROSECONDS))
        return Ts(f"{self._last_ts // _MICROSECONDS}.{self._last_ts % _MICROSECONDS:06d}")

    def put(self, message: Message) -> None:
        """Adds a message, or replaces the one with the same timestamp in its place."""
        kept = self._channels.setdefault(message.channel, {})
        kept[message.ts] = message
        if len(kept) > KEPT_PER_CHANNEL:
            del kept[next(iter(kept))]

    def remove(self, channel: ChannelId, ts: Ts) -> None:
        """Forgets a message; unknown ones are forgotten already."""
        self._channels.get(channel, {}).pop(ts, None)

    def get(self, channel: ChannelId, ts: str) -> Message | None:
        """The message, ephemeral or not."""
        return self._channels.get(channel, {}).get(Ts(ts))

    def in_channel(self, channel: ChannelId) -> Iterator[Message]:
        """Everything in the channel, oldest first, replies and ephemeral messages included."""
        yield from tuple(self._channels.get(channel, {}).values())

    def replies(self, channel: ChannelId, parent: str) -> list[Message]:
        """The public replies to a message, oldest first."""
        return [
            m for m in self.in_channel(channel) if m.is_reply and m.thread_ts == parent and not m.ephemeral_to
        ]
