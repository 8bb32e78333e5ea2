"""A recording of a cluster, played again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from bot.errors import ClusterUnreachable
from bot.model.deaths import Cause
from bot.model.events import Event, ObjectReference
from bot.model.pods import ClusterName, ObjectMeta, Owner, Pod, PodUid
from bot.model.surroundings import NodeState, OwnerState, Revision
from bot.replay import play
from bot.replay.disguise import Disguise
from bot.replay.recorder import Recorder
from bot.replay.records import read
from bot.watch.ports import ChangeKind, PodPage, WatchLine
from tests.support.clock import HeldClock
from tests.support.pods import a_pod, at, crashed, running

KILLED = Event(
    metadata=ObjectMeta(name="web.1", namespace="shop"),
    involved_object=ObjectReference(
        kind="Pod", namespace="shop", name="web-7d4b9c-x2x9q", uid="uid-1", field_path="spec.containers{app}"
    ),
    type="Normal",
    reason="Killing",
    message="Container app failed liveness probe, will be restarted",
    last_timestamp=at(8),
)


class LiveCluster:
    """Implements `replay.recorder.Cluster`: one pod that lives and then dies for its liveness probe."""

    name = ClusterName("prod-eu")

    def __init__(self) -> None:
        self.lines: asyncio.Queue[WatchLine] = asyncio.Queue()
        self.listed = [a_pod(running())]
        self.silent = False

    @property
    def surroundings(self) -> LiveCluster:
        return self

    async def pod_pages(self, namespace: str) -> AsyncIterator[PodPage]:
        yield PodPage(pods=tuple(self.listed), resource_version="1")

    async def latest_version(self, namespace: str) -> str:
        return "1"

    @asynccontextmanager
    async def watch_pods(
        self, namespace: str, *, resource_version: str
    ) -> AsyncIterator[AsyncIterator[WatchLine]]:
        yield self._lines()

    async def _lines(self) -> AsyncIterator[WatchLine]:
        while True:
            yield await self.lines.get()

    def shows(self, pod: Pod, kind: ChangeKind = ChangeKind.MODIFIED) -> None:
        version = pod.metadata.resource_version
        self.lines.put_nowait(WatchLine(kind=kind, pod=pod, resource_version=version))

    async def events(self, namespace: str, uid: PodUid) -> Sequence[Event]:
        if self.silent:
            raise ClusterUnreachable("no answer")
        return [KILLED]

    async def owner(self, namespace: str, owner: Owner) -> OwnerState | None:
        if self.silent:
            raise ClusterUnreachable("no answer")
        return OwnerState(owner=owner, desired=2, present=2, ready=1)

    async def revisions(self, namespace: str, deployment: OwnerState) -> tuple[Revision, ...]:
        return ()

    async def node(self, name: str) -> NodeState:
        if self.silent:
            raise ClusterUnreachable("no answer")
        return NodeState(name=name)

    async def memory_in_use(self, namespace: str, pod: str, container: str) -> str:
        return ""


async def recorded(cluster: LiveCluster) -> list[bytes]:
    """What a recorder writes of one death, and of a minute after it."""
    written: list[bytes] = []
    clock = HeldClock()
    recorder = Recorder(cluster, Disguise(b"0123456789abcdef"), written.append, clock)
    running_recorder = asyncio.create_task(recorder.run())
    await clock.advance(10)
    cluster.shows(a_pod(crashed(exit_code=137, at=10), version="2"))
    await clock.advance(10)
    cluster.shows(a_pod(crashed(exit_code=137, at=10), version="3", deleted=20), ChangeKind.DELETED)
    await clock.advance(50)
    running_recorder.cancel()
    await asyncio.gather(running_recorder, return_exceptions=True)
    recorder.finish()
    assert recorder.lines == len(written)
    return written


def replayed(written: list[bytes]) -> play.Outcome:
    return play.play(read(written))


async def test_a_recording_tells_what_happened() -> None:
    """The death with the cause that its events give, at its time; nobody's name is in it."""
    written = await recorded(LiveCluster())
    found = await asyncio.to_thread(replayed, written)
    (death,) = found.deaths
    assert (death.cause, death.seen_at) == (Cause.LIVENESS_FAILED, at(10))
    assert b"shop" not in b"".join(written)
    assert b"web" not in b"".join(written)


async def test_an_owner_is_written_once_while_it_stays_the_same() -> None:
    """It is looked at every 20 seconds."""
    written = await recorded(LiveCluster())
    assert sum(b'"Deployment"' in line for line in written) == 1


async def test_the_listing_and_the_end_are_marked() -> None:
    """A pod that was there before is no news when it is played."""
    written = await recorded(LiveCluster())
    kinds = [record.kind.value for record in read(written)]
    assert kinds[:2] == ["ADDED", "LISTED"]
    assert kinds[-1] == "CLOCK"


async def test_what_the_cluster_does_not_tell_is_left_out() -> None:
    """The pods are recorded all the same."""
    cluster = LiveCluster()
    cluster.silent = True
    found = await asyncio.to_thread(replayed, await recorded(cluster))
    assert [death.cause for death in found.deaths] == [Cause.ERROR]
