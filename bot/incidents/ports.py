"""What incidents need from outside."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeAlias

from bot.model.messages import Message
from bot.model.people import ChannelId


class LogSource(Protocol):
    """Where last words are read. Errors are `bot.errors.ClusterError`s."""

    async def last_lines(
        self, namespace: str, pod: str, container: str, *, previous: bool, tail: int
    ) -> tuple[str, ...]:
        """The last `tail` lines of a run, each with the kubelet's timestamp in front."""
        ...


class Announcer(Protocol):
    """The outbox, as incidents see it."""

    async def announce(self, key: str, channel: ChannelId, message: Message) -> None:
        """Say this; a later call with the same key replaces what the earlier one said."""
        ...

    def forget(self, key: str) -> None:
        """Nothing more will be said under this key."""
        ...


Masker: TypeAlias = Callable[[list[str]], tuple[list[str], int]]
"""Replaces secrets in lines; returns the lines and how many secrets there were."""
