"""Reading logs: of one container, or of many, merged by time. `log_following` shows what is yet to come."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from bot.clock import Clock
from bot.errors import ClusterError
from bot.model.commands import GetLogs, Verb
from bot.model.log_answers import Found, LogExcerpt, LogOrigin, MergedLogs
from bot.model.log_problems import LongLogsTaken
from bot.model.people import Asker
from bot.pods import log_lines, redact
from bot.pods.gate import Gate
from bot.pods.log_sources import LogSource, LogSources, subject
from bot.pods.ports import LogText, PodCluster

DEFAULT_TAIL = 200
"""Lines of one container's log when nobody says how many."""

MERGED_TAIL = 50
"""The same of each of several containers."""

LOG_LIMIT = 10 * 1024 * 1024
"""Bytes read for one request, however many containers it is about."""

SHORT = 1_000
"""Lines of a container up to which a reading is a short one, as nearly all are."""

SHORT_LIMIT = 2 * 1024 * 1024
"""Bytes read for a short one; only long ones may take all of `LOG_LIMIT`."""

LONG_AT_ONCE = 4
"""Long readings at the same time: each may take ten times its bytes while its lines are looked at."""

_PATIENCE = 3.0
"""Seconds that a long reading waits for another to end."""

MOST_SOURCES = 50
"""Containers that one request reads."""

_AT_ONCE = 10
_WITHIN = 7.0
"""Seconds in which containers must have answered to be part of a merge; the others are named in it."""

_EVERYTHING = 1_000_000
"""Lines to ask for where all are wanted: given a number, it is the newest that the limit of bytes keeps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Extent:
    """How much is read: lines of each container, and bytes of all together."""

    tail: int
    limit: int


class LogReading:
    """Answers what containers wrote, with what looks like a secret masked; changes nothing."""

    def __init__(self, cluster: PodCluster, gate: Gate, sources: LogSources, clock: Clock) -> None:
        self._cluster = cluster
        self._gate = gate
        self._sources = sources
        self._clock = clock
        self._long = asyncio.Semaphore(LONG_AT_ONCE)

    async def read(self, asker: Asker, command: GetLogs) -> LogExcerpt | MergedLogs:
        """The log of the one container that is meant, or of all of them together."""
        what = subject(command)
        decision = self._gate.authorise(asker, Verb.LOGS, command.namespace, what)
        with self._gate.audited(asker, decision, what, f"container={command.container or '-'}"):
            sources = await self._sources.find(asker, command)
            bounded = command.since or command.since_time or command.around_death or command.grep
            tail = command.tail or (
                _EVERYTHING if bounded else DEFAULT_TAIL if len(sources) == 1 else MERGED_TAIL
            )
            async with self._room(command, tail) as extent:
                if len(sources) == 1:
                    return await self._excerpt(sources[0], command, extent)
                return await self._merge(sources, command, extent)

    @asynccontextmanager
    async def _room(self, command: GetLogs, tail: int) -> AsyncIterator[_Extent]:
        """How much may be read, once there is room for it. Raises `LongLogsTaken`."""
        wanted = command.limit or LOG_LIMIT
        if 0 < tail <= SHORT:
            yield _Extent(tail=tail, limit=min(wanted, SHORT_LIMIT))
            return
        try:
            async with asyncio.timeout(_PATIENCE):
                await self._long.acquire()
        except TimeoutError:
            raise LongLogsTaken(LONG_AT_ONCE) from None
        try:
            yield _Extent(tail=_EVERYTHING if tail < 0 else tail, limit=min(wanted, LOG_LIMIT))
        finally:
            self._long.release()

    async def _excerpt(self, source: LogSource, command: GetLogs, extent: _Extent) -> LogExcerpt:
        text = await self._text(source, command, extent, timestamps=command.timestamps)
        read = await asyncio.to_thread(_read, text, command, stamps=False)
        names = tuple(container.name for container, _ in source.pod.containers())
        return LogExcerpt(
            asked=command,
            pod=source.pod.name,
            uid=source.pod.uid,
            container=source.container,
            other_containers=tuple(name for name in names if name != source.container),
            previous=source.run.previous,
            previous_by_itself=source.run.previous_by_itself,
            has_previous=source.run.has_previous,
            death=source.run.death,
            lines=tuple(read.lines),
            masked=read.masked,
            found=read.found,
            cut=read.cut,
            read_at=self._clock.now(),
        )

    async def _merge(self, sources: Sequence[LogSource], command: GetLogs, extent: _Extent) -> MergedLogs:
        taken = sources[:MOST_SOURCES]
        texts = await self._texts(taken, command, extent)
        answers = [text for text in texts if isinstance(text, LogText)]
        if not answers:
            raise next(text for text in texts if isinstance(text, ClusterError))
        reads = [
            await asyncio.to_thread(_read, text, command, stamps=True) if isinstance(text, LogText) else None
            for text in texts
        ]
        prefixes = log_lines.prefixes([source.key for source in taken])
        found = [read.found for read in reads if read and read.found]
        lines = await asyncio.to_thread(
            _told_apart, [read.lines if read else [] for read in reads], prefixes, stamps=command.timestamps
        )
        return MergedLogs(
            asked=command,
            subject=subject(command),
            origins=tuple(
                LogOrigin(
                    pod=source.pod.name,
                    container=source.container,
                    prefix=prefix.strip(),
                    previous=source.run.previous,
                    lines=len(read.lines) if read else 0,
                    problem=str(text) if isinstance(text, ClusterError) else "",
                )
                for source, prefix, read, text in zip(taken, prefixes, reads, texts, strict=True)
            ),
            left_out=len(sources) - len(taken),
            lines=tuple(lines),
            masked=sum(read.masked for read in reads if read),
            found=Found(lines=sum(each.lines for each in found), matches=sum(each.matches for each in found))
            if found
            else None,
            cut=any(read.cut for read in reads if read),
            read_at=self._clock.now(),
        )

    async def _texts(
        self, sources: Sequence[LogSource], command: GetLogs, extent: _Extent
    ) -> list[LogText | ClusterError]:
        """The log of each, or why it could not be read, such as that no answer came in time."""
        share = replace(extent, limit=max(extent.limit // len(sources), 1))
        free = asyncio.Semaphore(_AT_ONCE)

        async def read(source: LogSource) -> LogText | ClusterError:
            async with free:
                try:
                    return await self._text(source, command, share, timestamps=True)
                except ClusterError as error:
                    return error

        tasks = [asyncio.create_task(read(source), name=f"log {'/'.join(source.key)}") for source in sources]
        try:
            await asyncio.wait(tasks, timeout=_WITHIN)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        late = ClusterError(f"{self._cluster.name} did not give it within {_WITHIN:.0f} s.")
        return [late if task.cancelled() else task.result() for task in tasks]

    async def _text(
        self, source: LogSource, command: GetLogs, extent: _Extent, *, timestamps: bool
    ) -> LogText:
        return await self._cluster.read_log(
            source.pod.namespace,
            source.pod.name,
            source.container,
            previous=source.run.previous,
            tail=extent.tail,
            since=command.since,
            since_time=source.run.since_time,
            timestamps=timestamps,
            limit_bytes=extent.limit,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    lines: list[str]
    masked: int
    found: Found | None
    cut: bool


def _read(text: LogText, command: GetLogs, *, stamps: bool) -> _Read:
    """The wanted lines of a log. Secrets are masked before anything is searched, or a search would tell them.

    With `stamps` every line has one, which is not searched, and what is found is not broken into groups.
    """
    lines, too_many = log_lines.split(text.text)
    lines, masked = redact.mask_lines(lines)
    found = None
    if command.grep:
        search = log_lines.Search(text=command.grep, invert=command.invert, context=command.context)
        hits = log_lines.found([log_lines.stamped(line)[2] for line in lines] if stamps else lines, search)
        found = Found(lines=len(lines), matches=hits.matches)
        lines = [lines[at] for at in hits.kept] if stamps else list(log_lines.grouped(lines, hits))
    return _Read(lines=lines, masked=masked, found=found, cut=text.cut or too_many)


def _told_apart(streams: Sequence[Sequence[str]], prefixes: Sequence[str], *, stamps: bool) -> list[str]:
    """Lines of several containers in one, each with its prefix, and with its stamp where that is wanted."""
    return [
        f"{prefixes[number]} │ {stamp} {text}" if stamps and stamp else f"{prefixes[number]} │ {text}"
        for number, stamp, text in log_lines.merged(streams)
    ]
