"""A recording as the cluster it was made of: what the mirror lists and watches, and what else there is."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Iterable
from contextlib import aclosing, asynccontextmanager
from datetime import UTC, datetime, timedelta

from bot.model.pods import ClusterName, Pod
from bot.replay.records import Record, RecordingWrong, RecordKind
from bot.replay.surroundings import RecordedSurroundings
from bot.replay.virtual_time import RecordedClock
from bot.watch.ports import ChangeKind, HistoryGone, PodPage, WatchLine

ANSWERED_WITHIN = timedelta(seconds=3)
"""The bot waits no longer for an answer; in a recording it stands behind what made the bot ask."""

BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
"""When a recording begins in which nothing says when."""

CHANGES = {
    RecordKind.ADDED: ChangeKind.ADDED,
    RecordKind.MODIFIED: ChangeKind.MODIFIED,
    RecordKind.DELETED: ChangeKind.DELETED,
}


class Tape:
    """Implements `watch.ports.PodSource`. The records pass once; time moves to where each one stands.

    `stopped` is set where the bot is to be stopped: at the recording's end, or where the bot of the recording
    started again (`restart` is that record). A record that is `wrong` ends the recording.
    """

    name = ClusterName("recording")

    def __init__(self, records: Iterable[Record]) -> None:
        """Reads the first listing, whose moment is when the recording begins."""
        self.wrong: RecordingWrong | None = None
        self.surroundings = RecordedSurroundings()
        self._records = iter(records)
        self._ahead: deque[Record] = deque()
        """What was read already, behind `_next`."""
        self._unforeseen: Record | None = None
        """The last that was read, while it is too late to answer what was asked so far."""
        self._next = self._read()
        self._listing = self._read_listing()
        self._listings = 0
        first = self._next.at if self._next is not None else None
        self.clock = RecordedClock(_latest(self._listing) or first or BEGINNING)
        self.stopped = asyncio.Event()
        self.restart: Record | None = None
        self._version = ""
        self._missed: list[Record] = []
        """What happened while the bot was stopped."""

    def go_on(self) -> None:
        """The bot has been started again: what follows is its listing."""
        self.stopped.clear()
        if self.restart is not None and self.restart.forgets:
            self._missed.clear()
        self.restart = None

    async def pod_pages(self, namespace: str) -> AsyncIterator[PodPage]:  # noqa: ARG002 - all of them, always
        """The listing that stands here, as one page."""
        listing = self._listing or self._read_listing()
        self._listing = []
        await self._arrives(_latest(listing))
        for record in listing:
            self._note(record)
        self._foresee(_latest(listing))
        self._listings += 1
        pods = tuple(each.pod for each in listing if each.pod is not None)
        self._version = f"listing {self._listings}"
        yield PodPage(pods=pods, resource_version=self._version)

    async def latest_version(self, namespace: str) -> str:  # noqa: ARG002 - likewise
        """That of the last line that the bot was shown, unless there is some that it missed."""
        return "" if self._missed else self._version

    @asynccontextmanager
    async def watch_pods(
        self,
        namespace: str,  # noqa: ARG002 - likewise
        *,
        resource_version: str,  # noqa: ARG002 - there is one place to go on from
    ) -> AsyncIterator[AsyncIterator[WatchLine]]:
        """What follows, up to where the watch was lost or the bot stopped; first what it missed."""
        async with aclosing(self._history() if self._missed else self._lines()) as lines:
            yield lines

    async def _history(self) -> AsyncGenerator[WatchLine, None]:
        missed, self._missed = self._missed, []
        for record in missed:
            if record.pod is not None:
                yield self._line(record, record.pod)

    async def _lines(self) -> AsyncGenerator[WatchLine, None]:
        while self._next is not None:
            record = self._take()
            await self._arrives(record.at)
            self._note(record)
            if record.kind is RecordKind.LOST:
                raise HistoryGone("the recording says that the watch was lost here")
            if record.kind is RecordKind.STOPPED:
                record = await self._without_the_bot()
            if record.kind is RecordKind.RESTARTED:
                self.restart = record
                break
            if record.pod is not None:
                yield self._line(record, record.pod)
        self.stopped.set()
        await asyncio.get_running_loop().create_future()  # until the bot is stopped

    def _line(self, record: Record, pod: Pod) -> WatchLine:
        self._foresee(record.at)
        self._version = pod.metadata.resource_version
        return WatchLine(kind=CHANGES[record.kind], pod=pod, resource_version=self._version)

    async def _without_the_bot(self) -> Record:
        """Take in what happens until the bot is started again; gives the record with which that ends."""
        while True:
            record = self._take()
            await self._arrives(record.at)
            self._note(record)
            if record.kind is RecordKind.RESTARTED or self._next is None:
                return record
            if record.kind is RecordKind.LOST:
                self._missed.clear()
            elif record.pod is not None:
                self._missed.append(record)

    def _read_listing(self) -> list[Record]:
        listing: list[Record] = []
        while self._next is not None and self._next.may_be_listed:
            listing.append(self._take())
        if self._next is not None and self._next.kind is RecordKind.LISTED:
            listing.append(self._take())
        return listing

    def _take(self) -> Record:
        record = self._next
        assert record is not None, "callers look first"  # noqa: S101 - which a type cannot say
        self._next = self._read()
        return record

    def _foresee(self, at: datetime | None) -> None:
        """Have what the bot asks for now answered by what was answered when this was recorded."""
        if at is None:
            return
        until = at + ANSWERED_WITHIN
        if self._next is not None and not _is_after(self._next, until):
            self.surroundings.foresee(self._next)
        while True:
            if self._unforeseen is None:
                self._unforeseen = self._read_on()
                if self._unforeseen is None:
                    return
                self._ahead.append(self._unforeseen)
            if _is_after(self._unforeseen, until):
                return
            self.surroundings.foresee(self._unforeseen)
            self._unforeseen = None

    def _read(self) -> Record | None:
        return self._ahead.popleft() if self._ahead else self._read_on()

    def _read_on(self) -> Record | None:
        """The next record; where it is wrong the tape ends there."""
        try:
            return next(self._records, None)
        except RecordingWrong as wrong:
            self.wrong = wrong
            return None

    def _note(self, record: Record) -> None:
        try:
            self.surroundings.note(record)
        except RecordingWrong as wrong:
            self.wrong = wrong
            self._next = None

    async def _arrives(self, at: datetime | None) -> None:
        if at is not None:
            await self.clock.sleep_until(at)


def _latest(records: Iterable[Record]) -> datetime | None:
    return max((each.at for each in records if each.at is not None), default=None)


def _is_after(record: Record, moment: datetime) -> bool:
    return record.at is not None and record.at > moment
