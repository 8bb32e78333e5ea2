"""From which checkpoint a watch goes on, and where the history ends that it then brings first.

A watch does not say when it has told all that had happened before it was opened. It has, once it comes to the
version that a listing told; where versions cannot be compared, or nothing of the watched namespace is as new,
once it falls silent.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping

from bot.clock import Clock
from bot.model.memory import Checkpoint
from bot.model.pods import ALL_NAMESPACES
from bot.watch.ports import WatchLine

QUIET = 1.0
"""Seconds without a line, after which there is no more history; the API server has it in memory."""

LONGEST = 10.0
"""Seconds after which it is listed all the same; what comes then is what a watch of its own brings."""


def starting_point(namespace: str, checkpoints: Mapping[str, Checkpoint]) -> Checkpoint | None:
    """Where a namespace was watched last; `checkpoints` are by namespace.

    A version is the cluster's: that of a watch of all namespaces serves for each of them.
    """
    found = [checkpoints[each] for each in (namespace, ALL_NAMESPACES) if each in checkpoints]
    return max(found, key=lambda each: each.at, default=None)


def watched_no_more(namespaces: Collection[str], before: Collection[str]) -> tuple[str, ...]:
    """Those watched `before` whose checkpoints say nothing any more, now that these `namespaces` are."""
    if ALL_NAMESPACES in namespaces:
        return ()
    return tuple(each for each in before if each not in namespaces)


def reached(version: str, latest: str) -> bool:
    """Whether `version` is `latest` or past it.

    Decimal versions are ordered, as KEP-5504 allows clients to take them; others are the same or unknown.
    """
    if version.isdecimal() and latest.isdecimal():
        return int(version) >= int(latest)
    return bool(version) and version == latest


async def until_caught_up(
    lines: AsyncIterator[WatchLine], latest: str, clock: Clock
) -> AsyncIterator[WatchLine]:
    """The lines of a watch up to the one at which it has caught up with `latest`."""
    ends_at = clock.monotonic() + LONGEST
    while clock.monotonic() < ends_at:
        try:
            async with asyncio.timeout(QUIET):
                line = await anext(lines, None)
        except TimeoutError:
            return
        if line is None:
            return
        yield line
        if reached(line.resource_version, latest):
            return
