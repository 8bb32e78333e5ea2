"""A cluster is watched and led under its name only while it is the one that the store knows by it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from structlog.testing import capture_logs

from bot.errors import ClusterError, ClusterRefused, ClusterUnreachable
from bot.model.pods import ALL_NAMESPACES, ClusterName, ClusterUid
from bot.watch.ports import HistoryGone, PodPage, PodSource, WatchLine
from bot.watch.recognition import ASKS_AGAIN, AnotherCluster, Identified, Recognized
from tests.support.clock import HeldClock, settle
from tests.support.waiting import eventually

FIRST, SECOND = ClusterUid("11111111-of-the-first"), ClusterUid("22222222-of-the-second")
AWAY = ClusterUnreachable("prod does not answer.")
FORBIDDEN = ClusterRefused("prod does not let the bot look at namespace kube-system.")


class Source:
    """Implements `watch.recognition.Identified`: every call raises `failure` while it is set."""

    def __init__(self, uid: ClusterUid | ClusterError = FIRST) -> None:
        self.name = ClusterName("prod")
        self.says = uid
        self.failure: ClusterError | None = None
        self.calls: list[str] = []

    async def uid(self) -> ClusterUid:
        self.calls.append("uid")
        await asyncio.sleep(0)
        if isinstance(self.says, ClusterError):
            raise self.says
        return self.says

    async def pod_pages(self, namespace: str) -> AsyncIterator[PodPage]:
        self._called("list")
        yield PodPage(pods=(), resource_version="1")

    async def latest_version(self, namespace: str) -> str:
        self._called("latest")
        return "1"

    @asynccontextmanager
    async def watch_pods(
        self, namespace: str, *, resource_version: str
    ) -> AsyncIterator[AsyncIterator[WatchLine]]:
        self._called("watch")
        yield self._lines()

    async def _lines(self) -> AsyncIterator[WatchLine]:
        self._called("lines")
        lines: tuple[WatchLine, ...] = ()
        for line in lines:
            yield line

    def _called(self, call: str) -> None:
        self.calls.append(call)
        if self.failure is not None:
            raise self.failure


class Place:
    """A cluster, and a store that knows the first one, or none, under its name."""

    def __init__(self, uid: ClusterUid | ClusterError = FIRST, held: ClusterUid | None = FIRST) -> None:
        self.clock = HeldClock()
        self.source = Source(uid)
        self.held = held
        self.asked = 0
        self.recognized = Recognized(self.source, self.holder, self.clock)

    async def holder(self, uid: ClusterUid) -> ClusterUid:
        self.asked += 1
        self.held = self.held or uid
        return self.held

    async def lists(self) -> list[str]:
        return [each.resource_version async for each in self.recognized.pod_pages(ALL_NAMESPACES)]

    async def watches(self) -> None:
        async with self.recognized.watch_pods(ALL_NAMESPACES, resource_version="1") as lines:
            async for _ in lines:
                raise AssertionError("there are no lines")


def test_it_is_what_the_ports_ask_for() -> None:
    """Said once to the type checker."""
    place = Place()
    ports: tuple[PodSource, Identified] = (place.recognized, place.source)
    assert ports == (place.recognized, place.source)


async def test_the_first_of_a_name_has_it() -> None:
    """It is asked once, however much is read of it, by however many tasks at once."""
    place = Place(held=None)
    await asyncio.gather(*(place.lists() for _ in range(5)))
    await place.watches()
    await place.recognized.latest_version(ALL_NAMESPACES)
    assert (place.held, place.asked, place.source.calls.count("uid")) == (FIRST, 1, 1)
    assert place.recognized.problem == ""


async def test_another_cluster_is_refused_unread() -> None:
    """The words say which name, what the store holds, and what to do; the log has them once."""
    place = Place(SECOND)
    with capture_logs() as logged:
        for _ in range(3):
            with pytest.raises(AnotherCluster) as caught:
                await place.lists()
            with pytest.raises(AnotherCluster):
                await place.watches()
            with pytest.raises(AnotherCluster):
                await place.recognized.latest_version(ALL_NAMESPACES)
    assert str(caught.value) == place.recognized.problem
    assert place.recognized.problem == (
        "the store holds another cluster's incidents under the name prod (kube-system has UID 11111111… "
        "there, 22222222… here): give this cluster another name (PODBOT_CLUSTER_NAME, or its context's) or "
        "podbot another database"
    )
    assert place.source.calls == ["uid"]
    assert [(each["event"], each["log_level"]) for each in logged] == [("another_cluster", "error")]


async def test_the_right_one_behind_the_same_address_is_taken_again() -> None:
    """After a minute; until then the refused one is left in peace."""
    place = Place(SECOND)
    with pytest.raises(AnotherCluster):
        await place.lists()
    place.source.says = FIRST
    await place.clock.advance(ASKS_AGAIN - 1)
    with pytest.raises(AnotherCluster):
        await place.lists()
    await place.clock.advance(1)
    assert await place.lists() == ["1"]
    assert place.recognized.problem == ""


@pytest.mark.parametrize("reading", ["lists", "watches"])
async def test_after_it_was_away_it_is_asked_anew(reading: str) -> None:
    """Who answers then may be another; the store need not be asked again."""
    place = Place()
    read = getattr(place, reading)
    await read()
    place.source.failure = AWAY
    with pytest.raises(ClusterUnreachable):
        await read()
    place.source.failure = None
    await read()
    assert (place.source.calls.count("uid"), place.asked) == (2, 1)
    place.source.failure = AWAY
    with pytest.raises(ClusterUnreachable):
        await read()
    place.source.says, place.source.failure = SECOND, None
    with pytest.raises(AnotherCluster):
        await read()


async def test_history_that_is_gone_raises_doubt() -> None:
    """Another cluster behind the same address says so, too, of the first one's versions."""
    place = Place()
    await place.lists()
    place.source.failure = HistoryGone("too old")
    with pytest.raises(HistoryGone):
        await place.watches()
    place.source.says, place.source.failure = SECOND, None
    with pytest.raises(AnotherCluster):
        await place.lists()
    assert place.source.calls.count("list") == 1


async def test_one_that_does_not_say_is_taken_for_right() -> None:
    """With one warning, however often it is asked."""
    place = Place(FORBIDDEN)
    with capture_logs() as logged:
        assert await place.lists() == ["1"]
        place.source.failure = AWAY
        with pytest.raises(ClusterUnreachable):
            await place.lists()
        place.source.failure = None
        assert await place.lists() == ["1"]
    assert [(each["event"], each["log_level"]) for each in logged] == [("cluster_not_identified", "warning")]
    assert place.asked == 0


async def test_one_that_was_refused_does_not_get_in_by_saying_nothing() -> None:
    """What is known of it holds."""
    place = Place(SECOND)
    with pytest.raises(AnotherCluster):
        await place.lists()
    place.source.says = FORBIDDEN
    await place.clock.advance(ASKS_AGAIN)
    with pytest.raises(AnotherCluster):
        await place.lists()


async def test_one_that_is_away_is_not_read() -> None:
    """It is as if the listing had failed, which it would."""
    place = Place(AWAY)
    with pytest.raises(ClusterUnreachable):
        await place.lists()
    assert place.source.calls == ["uid"]


class Work:
    """What leads: counts its beginnings and ends."""

    def __init__(self) -> None:
        self.begun = self.ended = 0
        self.error: Exception | None = None
        self.over = asyncio.Event()

    async def __call__(self) -> None:
        self.begun += 1
        try:
            await self.over.wait()
            if self.error is not None:
                raise self.error
        finally:
            await asyncio.sleep(0)
            self.ended += 1


@asynccontextmanager
async def leading(place: Place, work: Work) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(place.recognized.lead(work), name="leading under test")
    await settle()
    yield task
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert work.ended == work.begun


async def test_another_cluster_is_not_led_until_the_right_one_is_there() -> None:
    """The lease is kept meanwhile, so that one of several replicas tells why."""
    place, work = Place(SECOND), Work()
    async with leading(place, work) as task:
        assert (work.begun, task.done()) == (0, False)
        place.source.says = FIRST
        await place.clock.advance(ASKS_AGAIN)
        await place.lists()
        await eventually(lambda: work.begun == 1)


async def test_leading_stops_when_another_cluster_answers() -> None:
    """And goes on when the right one is back."""
    place, work = Place(), Work()
    async with leading(place, work):
        assert work.begun == 1
        place.source.failure = AWAY
        with pytest.raises(ClusterUnreachable):
            await place.watches()
        await settle()
        assert work.ended == 0
        place.source.failure, place.source.says = None, SECOND
        with pytest.raises(AnotherCluster):
            await place.watches()
        await eventually(lambda: work.ended == 1)
        place.source.says = FIRST
        await place.clock.advance(ASKS_AGAIN)
        await place.watches()
        await eventually(lambda: work.begun == 2)


async def test_one_that_is_away_is_led() -> None:
    """What waits to be said is of the cluster of this name, whoever answers later."""
    place, work = Place(AWAY), Work()
    async with leading(place, work):
        assert work.begun == 1


async def test_what_ends_leading_is_handed_on() -> None:
    """Its error, and its end."""
    for error in (None, ValueError("deposed")):
        place, work = Place(), Work()
        work.error = error
        async with leading(place, work) as task:
            work.over.set()
            await asyncio.wait({task}, timeout=5)
            assert task.done()
            assert task.exception() is error
