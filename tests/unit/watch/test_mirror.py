"""The mirror against a cluster that lists, watches and fails as the test tells it to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from itertools import pairwise
from typing import TypeAlias

import pytest
from structlog.testing import capture_logs

from bot.errors import ClusterError, ClusterUnreachable
from bot.model.deaths import Unwatched
from bot.model.memory import Checkpoint
from bot.model.pods import ALL_NAMESPACES, ClusterName, ObjectMeta, Pod, PodStatus, PodUid
from bot.watch.freshness import Sync
from bot.watch.mirror import Mirror
from bot.watch.ports import Change, ChangeKind, HistoryGone, PodKey, PodPage, WatchLine
from tests.support.clock import START, HeldClock, settle
from tests.support.waiting import eventually

AWAY = ClusterUnreachable("prod-eu does not answer (connection refused). Nothing was changed.")


def pod(name: str, version: int, *, uid: str = "", namespace: str = "shop", phase: str = "Running") -> Pod:
    meta = ObjectMeta(
        name=name, namespace=namespace, uid=PodUid(uid or f"uid-{name}"), resource_version=str(version)
    )
    return Pod(metadata=meta, status=PodStatus(phase=phase))


def line(kind: ChangeKind, each: Pod) -> WatchLine:
    return WatchLine(kind=kind, pod=each, resource_version=each.metadata.resource_version)


def bookmark(version: int) -> WatchLine:
    return WatchLine(kind=ChangeKind.BOOKMARK, pod=None, resource_version=str(version))


class Watch:
    """The lines of one watch, and how it ends: normally, with an error, or not at all."""

    def __init__(self, *lines: WatchLine, error: ClusterError | None = None, stays: bool = False) -> None:
        self._lines = lines
        self._error = error
        self._stays = stays

    async def lines(self) -> AsyncIterator[WatchLine]:
        for each in self._lines:
            yield each
        if self._error:
            raise self._error
        if self._stays:
            await asyncio.Event().wait()


Page: TypeAlias = PodPage | ClusterError
Step: TypeAlias = list[Page] | Watch | str | ClusterError


class ScriptedSource:
    """A namespace whose listings and watches follow one script; after its end, watches stay quiet."""

    name = ClusterName("prod-eu")

    def __init__(self, *script: Step) -> None:
        self._script = list(script)
        self.asked: list[str] = []
        self.asked_at: list[float] = []
        self.clock = HeldClock()

    async def pod_pages(self, namespace: str) -> AsyncIterator[PodPage]:
        self._note(f"list {namespace}")
        step = self._next()
        assert isinstance(step, list)
        for page in step:
            if isinstance(page, ClusterError):
                raise page
            yield page

    async def latest_version(self, namespace: str) -> str:
        self._note(f"version {namespace}")
        step = self._next()
        assert isinstance(step, str)
        return step

    @asynccontextmanager
    async def watch_pods(
        self, namespace: str, *, resource_version: str
    ) -> AsyncIterator[AsyncIterator[WatchLine]]:
        self._note(f"watch {resource_version}")
        step = self._next()
        assert isinstance(step, Watch)
        yield step.lines()

    def _note(self, what: str) -> None:
        self.asked.append(what)
        self.asked_at.append(self.clock.monotonic())

    def _next(self) -> list[Page] | Watch | str:
        step = self._script.pop(0) if self._script else Watch(stays=True)
        if isinstance(step, ClusterError):
            raise step
        return step


def listing(*pods: Pod, version: int, unreadable: tuple[PodKey, ...] = ()) -> list[Page]:
    return [PodPage(pods=pods, resource_version=str(version), unreadable=unreadable)]


class Run:
    """A mirror at work, with what it told and the clock that it waits by."""

    def __init__(
        self,
        source: ScriptedSource,
        *,
        namespaces: tuple[str, ...] = ("shop",),
        checkpoint: Checkpoint | None = None,
    ) -> None:
        self.source = source
        self.clock = source.clock
        self.changes: list[Change] = []
        self.checkpoints: list[Checkpoint] = []
        self.mirror = Mirror(
            source,
            self._sink,
            clock=self.clock,
            namespaces=namespaces,
            chance=lambda: 1.0,
            checkpoints={"shop": checkpoint} if checkpoint else None,
            on_checkpoint=self._reached,
        )

    async def _sink(self, change: Change) -> None:
        self.changes.append(change)

    async def _reached(self, checkpoint: Checkpoint) -> None:
        self.checkpoints.append(checkpoint)

    @property
    def told(self) -> list[str]:
        """Changes in short: `+name@version`, `name@old>new`, `-name@version`; `!` first listing, `<` past."""
        return [_short(change) for change in self.changes]


def _short(change: Change) -> str:
    mark = ("!" if change.first_listing else "") + ("<" if change.past else "")
    old, new = change.old, change.new
    if new is None:
        assert old is not None
        return f"-{old.name}@{old.metadata.resource_version}{mark}"
    if old is None:
        return f"+{new.name}@{new.metadata.resource_version}{mark}"
    return f"{new.name}@{old.metadata.resource_version}>{new.metadata.resource_version}{mark}"


@asynccontextmanager
async def running(
    *script: Step, namespaces: tuple[str, ...] = ("shop",), checkpoint: Checkpoint | None = None
) -> AsyncIterator[Run]:
    run = Run(ScriptedSource(*script), namespaces=namespaces, checkpoint=checkpoint)
    task = asyncio.create_task(run.mirror.run())
    await settle()
    try:
        yield run
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_first_listing_then_watch() -> None:
    """What was there before is told as such; what comes after is news; the watch begins at the listing."""
    watch = Watch(
        line(ChangeKind.ADDED, pod("b", 11)),
        line(ChangeKind.MODIFIED, pod("a", 12)),
        line(ChangeKind.DELETED, pod("b", 13)),
        stays=True,
    )
    async with running(listing(pod("a", 3), version=10), watch) as run:
        assert run.told == ["+a@3!", "+b@11", "a@3>12", "-b@13"]
        assert run.source.asked == ["list shop", "watch 10"]
        assert [each.name for each in run.mirror.pods()] == ["a"]
        found = run.mirror.get("shop", "a")
        assert found is not None
        assert found.metadata.resource_version == "12"
        assert run.mirror.get("shop", "b") is None


async def test_a_watch_that_ends_is_resumed() -> None:
    """After the server's normal end the next watch begins at the last version seen, bookmarks included."""
    script = (
        listing(version=10),
        Watch(line(ChangeKind.ADDED, pod("a", 11)), bookmark(20)),
        Watch(bookmark(30)),
        Watch(stays=True),
    )
    async with running(*script) as run:
        assert run.source.asked == ["list shop", "watch 10", "watch 20", "watch 30"]
        assert run.told == ["+a@11"]
        assert run.mirror.freshness.sync is Sync.IN_SYNC


async def test_a_watch_that_breaks_is_resumed() -> None:
    """A connection that broke after some lines goes on from the last of them, after a moment."""
    script = (
        listing(version=10),
        Watch(line(ChangeKind.ADDED, pod("a", 11)), error=AWAY),
        Watch(line(ChangeKind.MODIFIED, pod("a", 12)), stays=True),
    )
    async with running(*script) as run:
        assert run.source.asked == ["list shop", "watch 10"]
        await run.clock.advance(0.2)
        assert run.source.asked == ["list shop", "watch 10", "watch 11"]
        assert run.told == ["+a@11", "a@11>12"]


async def test_history_gone_is_listed_and_compared() -> None:
    """After a 410 the new listing is held against what was known: changed, vanished, new, replaced, same."""
    before = listing(pod("same", 1), pod("changed", 2), pod("vanished", 3), pod("reborn", 4), version=10)
    after = listing(
        pod("same", 1), pod("changed", 15), pod("new", 16), pod("reborn", 17, uid="2"), version=20
    )
    script = (before, Watch(error=HistoryGone("gone")), after, Watch(stays=True))
    async with running(*script) as run:
        assert run.source.asked == ["list shop", "watch 10", "list shop", "watch 20"]
        assert run.told[4:] == ["changed@2>15", "+new@16", "-reborn@4", "+reborn@17", "-vanished@3"]
        assert {each.name for each in run.mirror.pods()} == {"same", "changed", "new", "reborn"}


@pytest.mark.parametrize("namespace", ["shop", ALL_NAMESPACES], ids=["one", "all"])
async def test_it_is_in_sync_while_nothing_can_be_missed(namespace: str) -> None:
    """Not before the first listing, and not from a 410 until all has been listed again."""
    script: list[Step] = [AWAY]
    for version in (10, 11):
        script += [listing(pod("a", 1), version=version), Watch(error=HistoryGone("gone"))]
    async with running(*script, listing(version=20), namespaces=(namespace,)) as run:
        seen: list[tuple[str, bool]] = []
        for _ in range(60):
            seen.append((run.source.asked[-1], run.mirror.in_sync("shop")))
            await run.clock.advance(0.05)
        assert list(dict.fromkeys(seen)) == [
            (f"list {namespace}", False),
            ("watch 10", False),
            ("watch 11", False),
            ("watch 20", True),
        ]


async def test_a_successor_of_the_same_name() -> None:
    """A StatefulSet's pod that comes back under its name is two lives, whatever the watch left out."""
    script = (
        listing(pod("db-0", 1), version=10),
        Watch(line(ChangeKind.MODIFIED, pod("db-0", 11, uid="2")), stays=True),
    )
    async with running(*script) as run:
        assert run.told == ["+db-0@1!", "-db-0@1", "+db-0@11"]


async def test_an_old_end_does_not_take_the_successor() -> None:
    """A deletion of another UID than the one known is not this pod's."""
    script = (
        listing(pod("db-0", 5, uid="2"), version=10),
        Watch(line(ChangeKind.DELETED, pod("db-0", 11, uid="1")), stays=True),
    )
    async with running(*script) as run:
        assert run.told == ["+db-0@5!"]


async def test_what_is_seen_twice_is_told_once() -> None:
    """A line with the version that is already known changes nothing."""
    again = line(ChangeKind.ADDED, pod("a", 3))
    async with running(listing(pod("a", 3), version=10), Watch(again, again, stays=True)) as run:
        assert run.told == ["+a@3!"]


async def test_an_unreadable_pod_is_not_taken_for_gone() -> None:
    """A pod that is listed but could not be decoded keeps its last known state."""
    script = (
        listing(pod("odd", 1), version=10),
        Watch(error=HistoryGone("gone")),
        listing(version=20, unreadable=(PodKey("shop", "odd"),)),
        Watch(stays=True),
    )
    async with running(*script) as run:
        assert run.told == ["+odd@1!"]
        assert run.mirror.get("shop", "odd") is not None


async def test_a_listing_that_breaks_off() -> None:
    """Half a listing is no proof that the rest is gone; the next one is still the first."""
    half: list[Page] = [PodPage(pods=(pod("a", 1),), resource_version="10"), AWAY]
    whole = listing(pod("a", 1), pod("b", 2), version=12)
    async with running(half, whole, Watch(stays=True)) as run:
        assert run.mirror.freshness.sync is Sync.STARTING
        await run.clock.advance(0.2)
        assert run.told == ["+a@1!", "+b@2!"]
        assert run.source.asked[-1] == "watch 12"


async def test_the_cluster_is_away_at_the_start() -> None:
    """It goes on trying, further apart each time and never more than half a minute."""
    outage = [AWAY] * 12
    async with running(*outage, listing(pod("a", 1), version=10), Watch(stays=True)) as run:
        await run.clock.advance(300)
        gaps = [round(later - earlier, 1) for earlier, later in pairwise(run.source.asked_at)]
        assert gaps == [0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 30.0, 30.0, 30.0, 30.0, 0.0]
        assert run.told == ["+a@1!"]
        assert run.mirror.freshness.sync is Sync.IN_SYNC


async def test_success_resets_the_pauses() -> None:
    """After a watch that lived the first attempt comes soon again."""
    script: tuple[Step, ...] = (
        *[AWAY] * 6,
        listing(version=10),
        Watch(bookmark(11), error=AWAY),
        Watch(stays=True),
    )
    async with running(*script) as run:
        while "watch 10" not in run.source.asked:
            await run.clock.advance(0.2)
        assert run.source.asked[-1] == "watch 10"
        await run.clock.advance(0.2)
        assert run.source.asked[-1] == "watch 11"


async def test_watches_that_end_at_once_are_not_hammered() -> None:
    """A server that accepts and ends every watch is asked less and less often."""
    async with running(listing(version=10), *[Watch() for _ in range(200)]) as run:
        await run.clock.advance(60)
        assert 5 <= run.source.asked.count("watch 10") <= 12


async def test_freshness_through_an_outage() -> None:
    """It tells since when the cluster is away, why, and when it was last heard of."""
    script: tuple[Step, ...] = (
        listing(pod("a", 1), version=10),
        Watch(bookmark(11), error=AWAY),
        *[AWAY] * 3,
        Watch(bookmark(12), stays=True),
    )
    async with running(*script) as run:
        assert run.mirror.freshness.sync is Sync.IN_SYNC
        await run.clock.advance(0.5)
        away = run.mirror.freshness
        assert (away.sync, away.last_contact, away.problem) == (Sync.AWAY, START, str(AWAY))
        assert away.heard == 0.0
        assert len(run.mirror.pods()) == 1
        await run.clock.advance(10)
        back = run.mirror.freshness
        assert (back.sync, back.problem) == (Sync.IN_SYNC, "")
        assert back.since > START
        assert back.heard is not None
        assert back.heard > 0.0


async def test_an_outage_is_one_line_of_the_log() -> None:
    """An hour without the cluster is told once, and its end once."""
    with capture_logs() as logged:
        script: tuple[Step, ...] = (
            listing(version=10),
            Watch(bookmark(11), error=AWAY),
            *[AWAY] * 100,
            Watch(stays=True),
        )
        async with running(*script) as run:
            await run.clock.advance(3600)
            assert run.mirror.freshness.sync is Sync.IN_SYNC
    loud = [entry["event"] for entry in logged if entry["log_level"] != "debug"]
    assert loud == ["watch_in_sync", "watch_interrupted", "watch_in_sync"]


async def test_a_watch_that_breaks_off_is_no_news() -> None:
    """A connection that is back at the first attempt is nobody's concern."""
    with capture_logs() as logged:
        script = (listing(version=10), Watch(bookmark(11), error=AWAY), Watch(bookmark(12), stays=True))
        async with running(*script) as run:
            await run.clock.advance(1)
            assert run.mirror.freshness.sync is Sync.IN_SYNC
    assert [entry["event"] for entry in logged if entry["log_level"] != "debug"] == ["watch_in_sync"]


async def test_each_namespace_is_kept_by_itself() -> None:
    """Namespaces are listed and watched apart, each once; freshness is that of the worst."""

    class Two(ScriptedSource):
        async def pod_pages(self, namespace: str) -> AsyncIterator[PodPage]:
            if namespace == "gone":
                raise AWAY
            yield PodPage(pods=(pod("a", 1, namespace=namespace),), resource_version="10")

    run = Run(Two(), namespaces=("shop", "gone", "shop"))
    task = asyncio.create_task(run.mirror.run())
    await settle()
    assert run.told == ["+a@1!"]
    assert run.mirror.freshness.sync is Sync.STARTING
    assert run.mirror.freshness.problem == str(AWAY)
    assert [run.mirror.in_sync(each) for each in ("shop", "gone", "elsewhere")] == [True, False, False]
    assert not run.mirror.in_sync(ALL_NAMESPACES), "one of them is not"
    assert [run.mirror.watches(each) for each in ("shop", "gone", "elsewhere")] == [True, True, False]
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


@pytest.mark.parametrize("error", [ValueError("a bug"), AWAY], ids=["any", "one-of-the-clusters"])
async def test_an_error_of_the_sink_ends_it(error: Exception) -> None:
    """A change that could not be handed on is never taken for a fault of the watch and lost."""

    async def sink(change: Change) -> None:
        raise error

    source = ScriptedSource(listing(pod("a", 1), version=10))
    mirror = Mirror(source, sink, clock=HeldClock(), namespaces=("shop",))
    with pytest.raises(ExceptionGroup) as failed:
        await mirror.run()
    assert not failed.group_contains(ClusterError)


STOPPED = START - timedelta(minutes=14)
LEFT = Checkpoint(cluster=ClusterName("prod-eu"), namespace="shop", version="5", at=STOPPED)
GAP = Unwatched(since=STOPPED, until=START)


async def test_it_goes_on_from_a_checkpoint() -> None:
    """First the history, with what came and went meanwhile; then the listing tells what stands."""
    history = Watch(
        line(ChangeKind.MODIFIED, pod("a", 6)),
        line(ChangeKind.ADDED, pod("b", 7)),
        line(ChangeKind.DELETED, pod("b", 8)),
        line(ChangeKind.DELETED, pod("c", 9)),
        bookmark(10),
        stays=True,
    )
    script: tuple[Step, ...] = ("10", history, listing(pod("a", 6), version=11), Watch(stays=True))
    async with running(*script, checkpoint=LEFT) as run:
        assert run.source.asked == ["version shop", "watch 5", "list shop", "watch 11"]
        assert run.told == ["+a@6!<", "+b@7<", "-b@8<", "-c@9<", "a@6>6!"]
        assert {change.gap for change in run.changes} == {GAP}
        assert run.mirror.freshness.sync is Sync.IN_SYNC


async def test_it_is_starting_until_it_has_listed() -> None:
    """The history alone is not all the pods; and no checkpoint is told of it."""
    script: tuple[Step, ...] = ("6", Watch(line(ChangeKind.MODIFIED, pod("a", 6))), *[AWAY] * 50)
    async with running(*script, checkpoint=LEFT) as run:
        await run.clock.advance(30)
        assert run.mirror.freshness.sync is Sync.STARTING
        assert run.checkpoints == []
        assert run.source.asked.count("watch 5") == 1


@pytest.mark.parametrize("error", [HistoryGone("too old"), AWAY], ids=["history-gone", "breaks-off"])
async def test_without_the_history_it_lists(error: ClusterError) -> None:
    """What the cluster no longer knows cannot be told; the listing shows the rest, flagged all the same."""
    script: tuple[Step, ...] = ("10", Watch(error=error), listing(pod("a", 6), version=11), Watch(stays=True))
    async with running(*script, checkpoint=LEFT) as run:
        assert run.told == ["+a@6!"]
        assert [change.gap for change in run.changes] == [GAP]


async def test_a_cluster_that_is_away_at_the_start_keeps_its_history() -> None:
    """It is asked for once the cluster answers; until then nobody watches."""
    history = Watch(line(ChangeKind.DELETED, pod("b", 8)))
    script: tuple[Step, ...] = (AWAY, AWAY, "8", history, listing(version=11), Watch(stays=True))
    async with running(*script, checkpoint=LEFT) as run:
        await run.clock.advance(1)
        assert run.told == ["-b@8<"]
        assert run.changes[0].gap == Unwatched(since=STOPPED, until=START + timedelta(seconds=0.6))


async def test_nothing_happened_meanwhile() -> None:
    """The version is the same: there is no history to read."""
    async with running("5", listing(version=5), Watch(stays=True), checkpoint=LEFT) as run:
        assert run.source.asked == ["version shop", "list shop", "watch 5"]


async def test_versions_that_cannot_be_compared() -> None:
    """It listens until it is quiet."""
    history = Watch(line(ChangeKind.ADDED, pod("b", 8)), stays=True)
    async with running("x-9", history, listing(version=9), Watch(stays=True), checkpoint=LEFT) as run:
        await eventually(lambda: run.mirror.freshness.sync is Sync.IN_SYNC)
        assert run.told == ["+b@8<", "-b@8"]


async def test_checkpoints_follow_the_watch() -> None:
    """Told every few seconds at most, where the version has moved, with bookmarks too."""
    script: tuple[Step, ...] = (
        listing(version=10),
        Watch(line(ChangeKind.ADDED, pod("a", 11)), bookmark(12)),
        Watch(stays=True),
    )
    async with running(*script) as run:
        await run.clock.advance(60)
        assert [each.version for each in run.checkpoints] == ["12"]
        assert run.checkpoints == list(run.mirror.checkpoints)


async def test_no_checkpoint_passes_a_change_that_is_not_taken() -> None:
    """While the sink has one in its hands, the watch has not come that far."""
    held = asyncio.Event()

    async def sink(change: Change) -> None:
        if change.new is not None and change.new.name == "b":
            await held.wait()

    script = (
        listing(version=10),
        Watch(*(line(ChangeKind.ADDED, pod(n, v)) for n, v in (("a", 11), ("b", 12)))),
    )
    source = ScriptedSource(*script)
    mirror = Mirror(source, sink, clock=source.clock, namespaces=("shop",))
    task = asyncio.create_task(mirror.run())
    await settle()
    assert [each.version for each in mirror.checkpoints] == ["11"]
    held.set()
    await settle()
    assert [each.version for each in mirror.checkpoints] == ["12"]
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


@pytest.mark.parametrize("back_by", ["watch", "listing"])
async def test_a_long_outage_leaves_a_gap(back_by: str) -> None:
    """What comes when the cluster is back may have happened while nobody watched."""
    seen = line(ChangeKind.MODIFIED, pod("a", 12))
    back: tuple[Step, ...] = (Watch(seen, stays=True),)
    if back_by == "listing":
        back = (HistoryGone("too old"), listing(pod("a", 12), version=13), Watch(stays=True))
    script: tuple[Step, ...] = (
        listing(pod("a", 3), version=10),
        Watch(bookmark(11), error=AWAY),
        *[AWAY] * 9,
        *back,
    )
    async with running(*script) as run:
        await run.clock.advance(200)
        first, second = run.changes
        assert first.gap is None
        assert second.gap is not None
        assert second.gap.since == START
        assert second.gap.until > START + timedelta(seconds=60)


async def test_a_short_outage_leaves_none() -> None:
    """A watch that is back within a minute has missed nothing worth a word."""
    script: tuple[Step, ...] = (
        listing(pod("a", 3), version=10),
        Watch(bookmark(11), error=AWAY),
        *[AWAY] * 4,
        Watch(line(ChangeKind.MODIFIED, pod("a", 12)), stays=True),
    )
    async with running(*script) as run:
        await run.clock.advance(200)
        assert [change.gap for change in run.changes] == [None, None]
