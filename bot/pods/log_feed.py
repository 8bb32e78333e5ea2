"""One followed log: what its containers write from now on, through restarts and broken connections.

`log_following` begins and ends feeds; whoever shows one awaits its `run` and looks at it when it `changed`.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum, auto

from bot.clock import Clock
from bot.errors import ClusterError, ClusterRefused, InvalidRequest, ObjectNotFound
from bot.model import exits
from bot.model.commands import FollowLogs
from bot.model.containers import Terminated
from bot.model.log_answers import FollowedLogs, FollowEnd
from bot.model.people import Asker
from bot.pods import log_lines, log_runs
from bot.pods.log_sources import LogSource, subject
from bot.pods.ports import PodCluster
from bot.pods.redact import LineMask

LASTS = timedelta(minutes=10)
TAIL = 20
"""Lines that were written before, where nobody says how many."""

LINE_LIMIT = 16 * 1024
"""Bytes that are kept of a line."""

KEPT = 512 * 1024
"""Characters that are kept of a feed, so that twenty of them stay small."""

_NEWEST = 200
"""Lines that are told while it runs; at the end it is all that are kept."""

_LOOK_EVERY = 2.0
"""Seconds between two looks at a container that does not write, and before a lost connection is made anew."""

_LONGEST_PAUSE = 16.0
_LINES_A_TURN = 100
"""Lines of one container that are taken in before others get a turn."""


class _Now(Enum):
    """What became of a container whose log came to an end."""

    RUNS_ON = auto()
    RESTARTED = auto()
    WAITS = auto()
    OVER = auto()


@dataclass(slots=True, kw_only=True)
class _Thread:
    """Where the reading of one container stands."""

    source: LogSource
    prefix: str
    restarts: int
    tail: int | None
    since_time: datetime | None
    last_stamp: str = ""
    """Of the newest line: what a new connection brings again is told from what it brings anew by it."""
    mask: LineMask = field(default_factory=LineMask)


class LogFeed:
    """Collects what is written; ends by itself after `LASTS`, or when there is nothing to come."""

    def __init__(
        self,
        *,
        cluster: PodCluster,
        clock: Clock,
        follow: str,
        asker: Asker,
        asked: FollowLogs,
        sources: Sequence[LogSource],
        limit: int,
        allowed: Callable[[], bool],
    ) -> None:
        """`limit`: bytes that are read of all containers together; `allowed`: the asker may still do so."""
        self.follow = follow
        self.asker = asker
        self.changed = asyncio.Event()
        """Set when there is something new to tell; whoever tells it clears it."""
        self._cluster = cluster
        self._clock = clock
        self._asked = asked
        self._limit = limit
        self._allowed = allowed
        self._search = log_lines.Search(text=asked.logs.grep, invert=asked.logs.invert)
        prefixes = log_lines.prefixes([source.key for source in sources])
        self._threads = [
            self._thread(source, prefix) for source, prefix in zip(sources, prefixes, strict=True)
        ]
        self._lines: deque[str] = deque()
        self._size = self._read = self._total = self._masked = 0
        self._began = clock.now()
        self._trouble = ""
        self.ended = asyncio.Event()
        """Set when it is over."""
        self._end: FollowEnd | None = None
        self._ended_at: datetime | None = None
        self._problem = ""

    @property
    def over(self) -> bool:
        """Whether it has ended."""
        return self._end is not None

    @property
    def containers(self) -> int:
        """How many are followed."""
        return len(self._threads)

    def told(self) -> FollowedLogs:
        """How it stands."""
        lines = tuple(self._lines)
        return FollowedLogs(
            asked=self._asked,
            follow=self.follow,
            subject=subject(self._asked.logs),
            names=tuple(" · ".join(thread.source.key) for thread in self._threads),
            lines=lines if self.over else lines[-_NEWEST:],
            total=self._total,
            masked=self._masked,
            began=self._began,
            until=self._began + LASTS,
            trouble=self._trouble,
            end=self._end,
            ended=self._ended_at,
            problem=self._problem,
        )

    def finish(self, end: FollowEnd, problem: str = "") -> None:
        """End it; the first reason counts."""
        if self._end is None:
            self._end, self._problem, self._ended_at = end, problem, self._clock.now()
            self._trouble = ""
        self.ended.set()
        self.changed.set()

    async def run(self) -> None:
        """Collect until it is over."""
        timer = asyncio.create_task(
            self._clock.sleep(LASTS.total_seconds()), name=f"{self.follow}: time to end"
        )
        over = asyncio.create_task(self.ended.wait(), name=f"{self.follow}: end")
        threads = asyncio.create_task(self._follow_all(), name=f"{self.follow}: reading")
        try:
            await asyncio.wait({timer, over, threads}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (timer, over, threads):
                task.cancel()
            reading, _, _ = await asyncio.gather(threads, timer, over, return_exceptions=True)
            failed = isinstance(reading, Exception)
            self.finish(FollowEnd.FAILED if failed else FollowEnd.TIME, "podbot itself failed at this.")
        if isinstance(reading, Exception):
            raise reading

    async def _follow_all(self) -> None:
        async with asyncio.TaskGroup() as group:
            for thread in self._threads:
                group.create_task(self._follow(thread), name=f"{self.follow}: {thread.source.key}")
        self.finish(FollowEnd.DONE)

    async def _follow(self, thread: _Thread) -> None:
        """Read one container's log to its end, and again when it runs again, until it is over."""
        failures = 0
        while True:
            try:
                if await self._read_run(thread):
                    failures = 0
                now = await self._look(thread)
                while now is _Now.WAITS:
                    await self._clock.sleep(_LOOK_EVERY)
                    now = await self._look(thread)
            except ClusterRefused as error:
                self.finish(FollowEnd.FAILED, str(error))
                return
            except ClusterError as error:
                failures += 1
                self._trouble = str(error)
                self.changed.set()
                await self._clock.sleep(min(_LOOK_EVERY * 2.0 ** (failures - 1), _LONGEST_PAUSE))
                continue
            if now is _Now.OVER:
                return
            if now is _Now.RUNS_ON:
                await self._clock.sleep(_LOOK_EVERY)

    async def _read_run(self, thread: _Thread) -> bool:
        """Read until the log ends; says whether there was one."""
        pod = thread.source.pod
        resumed_at = thread.last_stamp
        try:
            async with self._cluster.follow_log(
                pod.namespace,
                pod.name,
                thread.source.container,
                tail=thread.tail,
                since_time=thread.since_time,
                line_limit=LINE_LIMIT,
            ) as lines:
                self._trouble = ""
                count = 0
                async for line in lines:
                    self._take(thread, line, resumed_at)
                    count += 1
                    if count % _LINES_A_TURN == 0:
                        await asyncio.sleep(0)
        except (InvalidRequest, ObjectNotFound):
            return False  # it has not started yet, or is gone: a look at the pod tells
        return True

    def _take(self, thread: _Thread, line: str, resumed_at: str) -> None:
        self._read += len(line) + 1
        moment, stamp, text = log_lines.stamped(line)
        if stamp:
            if stamp <= resumed_at:
                return
            thread.last_stamp = stamp
            thread.since_time = moment
            thread.tail = None
        clean, masked = thread.mask.mask(text)
        self._masked += masked
        if clean is not None and (not self._search.text or self._search.takes(clean)):
            self._add(thread, f"{stamp} {clean}" if self._asked.logs.timestamps and stamp else clean)
        if self._read > self._limit:
            self.finish(FollowEnd.SIZE)

    def _add(self, thread: _Thread, text: str) -> None:
        if not self._allowed():
            self.finish(FollowEnd.REFUSED)
        if self.over:
            return
        line = f"{thread.prefix} │ {text}" if thread.prefix else text
        self._lines.append(line)
        self._total += 1
        self._size += len(line) + 1
        while self._size > KEPT:
            self._size -= len(self._lines.popleft()) + 1
        self.changed.set()

    async def _look(self, thread: _Thread) -> _Now:
        """What became of the container, noted among the lines where it is news."""
        source = thread.source
        try:
            pod = await self._cluster.get_pod(source.pod.namespace, source.pod.name)
        except ObjectNotFound:
            pod = None
        if pod is None or pod.uid != source.pod.uid:
            self._add(thread, f"── {source.pod.name} is gone ──")
            return _Now.OVER
        status = pod.status_of(source.container)
        if status is not None and status.restart_count > thread.restarts:
            self._add(thread, f"── {source.container} restarted{_how(status.last_state.terminated)} ──")
            thread.restarts = status.restart_count
            thread.tail = thread.since_time = None
            thread.last_stamp = ""
            return _Now.RESTARTED
        if status is not None and status.state.running is not None:
            return _Now.RUNS_ON
        if log_runs.runs_again(pod, source.container):
            return _Now.WAITS
        how = _how(status.state.terminated if status else None)
        self._add(thread, f"── {source.container} ended{how} and will not be started again ──")
        return _Now.OVER

    def _thread(self, source: LogSource, prefix: str) -> _Thread:
        logs = self._asked.logs
        status = source.pod.status_of(source.container)
        since = self._clock.now() - logs.since if logs.since else source.run.since_time
        usual = None if since else TAIL
        return _Thread(
            source=source,
            prefix=prefix,
            restarts=status.restart_count if status else 0,
            tail=usual if logs.tail is None else (logs.tail if logs.tail >= 0 else None),
            since_time=since,
        )


def _how(ended: Terminated | None) -> str:
    """How a run ended, in brackets, as far as the cluster says."""
    return f" ({exits.explain(ended.exit_code, ended.reason, signal=ended.signal)})" if ended else ""
