"""Follows deletions up after they were answered: each in a task of its own, which this owns.

A follow-up outlives its request by minutes, so it is not the intake's; at the end whoever owns the door
closes it, and every message that would have been changed says that it will not be.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Protocol

from bot import logs
from bot.commands.deletion_story import aftermath_told, deletion_announced, not_followed
from bot.model.deletions import Aftermath, Deletion
from bot.model.last_look import Saved
from bot.model.messages import Attachment
from bot.slack.announcement import Announcement

logger = logs.get(__name__)

MOST_AT_ONCE = 50
"""Deletions that are followed up at the same time."""

_SAVED_WITHIN = 30.0
"""Seconds that the evidence has, where it was too slow to be saved before the deletion."""
_RESTARTED = "podbot was restarted and does not follow this any further."
_FAILED = "podbot failed at following this any further; its log has the cause."
_TOO_MANY = "podbot follows too many deletions already, and not this one."


class Follower(Protocol):
    """The part of the pod service that is needed here."""

    def follow(self, deletion: Deletion) -> AsyncGenerator[Aftermath, None]:
        """What comes of a deletion, whenever that changes, for a few minutes."""
        ...


class FollowUps:
    """Owns the follow-ups of all deletions."""

    def __init__(self, *, most_at_once: int = MOST_AT_ONCE) -> None:
        self._most_at_once = most_at_once
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed = False

    @property
    def running(self) -> int:
        """How many deletions are being followed up."""
        return len(self._tasks)

    async def begin(
        self, pods: Follower, deletion: Deletion, announcement: Announcement, late: Sequence[Attachment]
    ) -> None:
        """Follow a deletion up; `late` is evidence that could not be saved in time, and is saved first."""
        if self._closed or len(self._tasks) >= self._most_at_once:
            why = _RESTARTED if self._closed else _TOO_MANY
            await announcement.say(not_followed(deletion, None, announcement.saved, why))
            return
        task = asyncio.create_task(
            self._follow(pods, deletion, announcement, late), name=f"follow up {deletion.pods[0].name}"
        )
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self, seconds: float) -> None:
        """Begin nothing new and end what runs, whose messages are changed once more within `seconds`."""
        self._closed = True
        running = set(self._tasks)
        for task in running:
            task.cancel()
        if not running:
            return
        _, late = await asyncio.wait(running, timeout=seconds)
        for task in late:
            task.cancel()
        if late:
            await asyncio.wait(late, timeout=0.5)

    async def _follow(
        self, pods: Follower, deletion: Deletion, announcement: Announcement, late: Sequence[Attachment]
    ) -> None:
        told: Aftermath | None = None
        try:
            if late:
                await _save(announcement, late)
                late = ()  # megabytes that need not be kept for minutes
                await announcement.say(deletion_announced(deletion, None, announcement.saved))
            async with aclosing(pods.follow(deletion)) as changes:
                async for told in changes:
                    await self._tell(deletion, told, announcement)
        except asyncio.CancelledError:
            if announcement.changeable and not (told is not None and told.over):
                farewell = not_followed(deletion, told, announcement.saved, _RESTARTED)
                await announcement.say(farewell, insists_for=0)
            raise
        except Exception:
            # The deletion is done and told; a mistake of ours in following it up is for the log alone.
            logger.exception("follow_up_failed", pods=[pod.name for pod in deletion.pods])
            await announcement.say(not_followed(deletion, told, announcement.saved, _FAILED))

    async def _tell(self, deletion: Deletion, seen: Aftermath, announcement: Announcement) -> None:
        if announcement.changeable:
            await announcement.say(deletion_announced(deletion, seen, announcement.saved))
        elif seen.over:
            await announcement.tell(aftermath_told(deletion, seen))


async def _save(announcement: Announcement, late: Sequence[Attachment]) -> None:
    try:
        async with asyncio.timeout(_SAVED_WITHIN):
            await announcement.keep(late)
    except TimeoutError:
        logger.warning("files_lost", code="timeout")
    if announcement.saved is Saved.WAITING:
        announcement.saved = Saved.LOST
