"""A recording of a cluster, played again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace as changed

from msgspec.structs import replace

from bot.errors import ClusterUnreachable
from bot.model.deaths import Cause
from bot.model.events import Event, ObjectReference
from bot.model.pods import ClusterName, ObjectMeta, Owner, OwnerReference, Pod, PodUid
from bot.model.revisions import EnvSource, Image, Revision
from bot.model.surroundings import NodeState, OwnerState
from bot.replay import play
from bot.replay.disguise import Disguise
from bot.replay.recorder import Recorder
from bot.replay.records import read
from bot.watch.ports import ChangeKind, PodPage, WatchLine
from tests.support.clock import HeldClock
from tests.support.pods import READY, SCHEDULED, a_pod, at, crashed, running

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
        self.selector: tuple[tuple[str, str], ...] = ()
        self.known: tuple[Revision, ...] = ()

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
        return OwnerState(owner=owner, desired=2, present=2, ready=1, selector=self.selector)

    async def revisions(self, namespace: str, deployment: OwnerState) -> tuple[Revision, ...]:
        return self.known

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


def a_revision(number: int, replica_set: str, tag: str, made: float) -> Revision:
    return Revision(
        number=number,
        replica_set=replica_set,
        replica_set_uid={"web-7d4b9c": "rs-1", "web-8c5e0d": "rs-2"}[replica_set],
        created_at=at(made),
        images=(Image(container="app", image=f"registry.example/web:{tag}"),),
        env=(("app/PRICES_URL", f"digest of {tag}"),),
        env_from=(("app", (EnvSource(kind="secret", name=f"web-{tag}"),)),),
        fields=(("app/resources", f"digest of {tag}"), ("labels", "the same"), ("volumes", "the same")),
        rest=f"all of {tag}",
    )


def of_the_next(pod: Pod) -> Pod:
    """The pod as the first one of the next revision."""
    made_by = OwnerReference(kind="ReplicaSet", name="web-8c5e0d", uid="rs-2", controller=True)
    meta = replace(
        pod.metadata,
        name="web-8c5e0d-q4w7z",
        uid=PodUid("uid-2"),
        creation_timestamp=at(31),
        labels={"pod-template-hash": "8c5e0d"},
        owner_references=(made_by,),
    )
    return replace(pod, metadata=meta)


async def test_a_rollout_is_recorded_when_it_begins() -> None:
    """With it the replay tells what was rolled out, and how many pods are Ready; no name is in it."""
    cluster, clock = LiveCluster(), HeldClock()
    cluster.selector = (("app", "web"),)
    first = a_revision(2, "web-7d4b9c", "1.5.0", -3_600)
    cluster.known = (first,)
    written: list[bytes] = []
    recorder = Recorder(cluster, Disguise(b"0123456789abcdef"), written.append, clock)
    recording = asyncio.create_task(recorder.run())
    await clock.advance(10)
    cluster.shows(a_pod(crashed(at=10), version="2"))
    await clock.advance(21)
    cluster.known = (first, a_revision(3, "web-8c5e0d", "1.5.1", 31))
    ready = [READY, SCHEDULED]
    cluster.shows(of_the_next(a_pod(running(since=31), conditions=ready, version="4")), ChangeKind.ADDED)
    await clock.advance(8)
    recording.cancel()
    await asyncio.gather(recording, return_exceptions=True)
    recorder.finish()
    (announced,) = (await asyncio.to_thread(replayed, written)).incidents
    (change,) = announced.incident.chapters
    assert (change.number, change.compared, len(change.images), len(change.env)) == (3, True, 1, 1)
    app = change.images[0][0].container
    assert [each.container for each in change.env_from] == [app]
    assert change.fields == (f"{app}/resources",)
    counted = announced.incident.situation
    assert counted is not None
    assert counted.headcount is not None
    assert (counted.headcount.ready, counted.headcount.desired) == (1, 2)
    for secret in (b"web", b"PRICES", b"digest of", b"registry", b"1.5"):
        assert secret not in b"".join(written)


async def test_a_rollback_is_recorded_although_no_pod_comes() -> None:
    """The pods of the revision before were there all the time; only those of the newer one go."""
    cluster, clock = LiveCluster(), HeldClock()
    cluster.selector = (("app", "web"),)
    before = a_revision(1, "web-7d4b9c", "1.4.0", -3_600)
    newer = a_revision(2, "web-8c5e0d", "1.5.0", -60)
    cluster.known = (before, newer)
    failing = of_the_next(a_pod(running(since=5), conditions=[SCHEDULED]))
    cluster.listed.append(failing)
    written: list[bytes] = []
    recorder = Recorder(cluster, Disguise(b"0123456789abcdef"), written.append, clock)
    recording = asyncio.create_task(recorder.run())
    await clock.advance(10)
    cluster.shows(of_the_next(a_pod(crashed(at=10), conditions=[SCHEDULED], version="2")))
    await clock.advance(15)
    cluster.known = (newer, changed(before, number=3, earlier=(1,)))
    cluster.shows(of_the_next(a_pod(crashed(at=10), conditions=[SCHEDULED], deleted=25, version="3")))
    await clock.advance(4)
    recording.cancel()
    await asyncio.gather(recording, return_exceptions=True)
    recorder.finish()
    (announced,) = (await asyncio.to_thread(replayed, written)).incidents
    (change,) = announced.incident.chapters
    assert (change.number, change.rollback, change.same_as) == (3, True, 1)
    evidence = announced.incident.evidence
    assert evidence is not None
    assert evidence.circumstances is not None
    assert evidence.circumstances.owner is not None, "it was answered after the death, and asked for at once"


async def test_what_the_cluster_does_not_tell_is_left_out() -> None:
    """The pods are recorded all the same."""
    cluster = LiveCluster()
    cluster.silent = True
    found = await asyncio.to_thread(replayed, await recorded(cluster))
    assert [death.cause for death in found.deaths] == [Cause.ERROR]
