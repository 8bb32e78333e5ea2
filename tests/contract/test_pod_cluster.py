"""The cluster's ports, as the pod service and the watch rely on them, on every implementation there is."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from bot.errors import InvalidRequest, ObjectConflict, ObjectNotFound
from bot.kube.cluster import KubeCluster, Timings
from bot.model.pods import ALL_NAMESPACES, PodUid
from bot.watch.ports import ChangeKind, HistoryGone, WatchLine
from tests.contract.stage import Stage

_SOON = 30.0


async def _version(cluster: KubeCluster, namespace: str) -> str:
    return [page.resource_version async for page in cluster.pod_pages(namespace)][-1]


@asynccontextmanager
async def _watching(
    cluster: KubeCluster, namespace: str, version: str
) -> AsyncIterator[AsyncIterator[WatchLine]]:
    async with (
        asyncio.timeout(_SOON),
        cluster.watch_pods(namespace, resource_version=version) as lines,
    ):
        yield lines


class TestListing:
    async def test_pods_come_with_what_their_kubelet_said(self, stage: Stage) -> None:
        """A listed pod carries its identity, labels and container states."""
        uid = await stage.create_pod("web-1", labels={"app": "web"}, containers=("app", "proxy"))
        await stage.crash("web-1", exit_code=3)

        (pod,) = await stage.cluster().list_pods(stage.namespace)

        assert (pod.namespace, pod.name, pod.uid) == (stage.namespace, "web-1", uid)
        assert pod.metadata.labels["app"] == "web"
        assert pod.metadata.creation_timestamp is not None
        assert [container.name for container in pod.spec.containers or ()] == ["app", "proxy"]
        app = next(each for each in pod.statuses() if each.name == "app")
        assert (app.restart_count, app.ready) == (1, True)
        assert app.last_state.terminated is not None
        assert app.last_state.terminated.exit_code == 3

    async def test_every_page_is_read(self, stage: Stage) -> None:
        """A listing longer than a page is whole, each pod once."""
        names = {f"web-{number}" for number in range(5)}
        for name in names:
            await stage.create_pod(name)

        pods = await stage.cluster(page_size=2).list_pods(stage.namespace)

        assert sorted(pod.name for pod in pods) == sorted(names)

    async def test_all_namespaces(self, stage: Stage) -> None:
        """The empty namespace means all of them."""
        await stage.create_pod("web-1")
        found = await stage.cluster().list_pods(ALL_NAMESPACES)
        assert (stage.namespace, "web-1") in {(pod.namespace, pod.name) for pod in found}

    async def test_an_empty_namespace(self, stage: Stage) -> None:
        """No pods is an answer, not an error."""
        assert list(await stage.cluster().list_pods(stage.namespace)) == []

    @pytest.mark.parametrize(
        ("selector", "expected"),
        [
            pytest.param("app=web", {"web-1", "web-2"}, id="equal"),
            pytest.param("app!=web", {"db-1"}, id="not-equal"),
            pytest.param("app in (web,db),tier=front", {"web-1"}, id="set-and-equal"),
            pytest.param("!tier", {"web-2", "db-1"}, id="absent"),
            pytest.param("app=none", set(), id="nothing"),
        ],
    )
    async def test_selectors(self, stage: Stage, selector: str, expected: set[str]) -> None:
        """Label selectors are the API's own."""
        await stage.create_pod("web-1", labels={"app": "web", "tier": "front"})
        await stage.create_pod("web-2", labels={"app": "web"})
        await stage.create_pod("db-1", labels={"app": "db"})

        pods = await stage.cluster().list_pods(stage.namespace, selector=selector)

        assert {pod.name for pod in pods} == expected

    @pytest.mark.parametrize("selector", ["app in (", "=", "app=&limit=1", "a b"])
    async def test_a_selector_that_is_none(self, stage: Stage, selector: str) -> None:
        """What the API server cannot parse is the asker's mistake, and says so."""
        with pytest.raises(InvalidRequest, match="Nothing was changed"):
            await stage.cluster().list_pods(stage.namespace, selector=selector)


class TestOnePod:
    async def test_it_is_found_by_name(self, stage: Stage) -> None:
        """A pod is read by its whole name."""
        uid = await stage.create_pod("web-1")
        assert (await stage.cluster().get_pod(stage.namespace, "web-1")).uid == uid

    async def test_it_is_not_there(self, stage: Stage) -> None:
        """A name that no pod has is said back."""
        with pytest.raises(ObjectNotFound, match="`web-1` in contract-"):
            await stage.cluster().get_pod(stage.namespace, "web-1")

    @pytest.mark.parametrize(
        "name", ["..", ".", "", "Web", "a/b", "web-1/log", "a b", "x" * 254, "%2e%2e", "web?"]
    )
    async def test_no_pod_can_be_called_so(self, stage: Stage, name: str) -> None:
        """Such a name never becomes part of a path."""
        with pytest.raises(InvalidRequest, match="cannot be the name"):
            await stage.cluster().get_pod(stage.namespace, name)


class TestLogs:
    async def test_all_of_it(self, stage: Stage) -> None:
        """Without options the whole log comes."""
        await stage.create_pod("web-1")
        await stage.write_log("web-1", b"one", b"two")

        log = await stage.cluster().read_log(stage.namespace, "web-1", "app", limit_bytes=1000)

        assert (log.text, log.cut) == ("one\ntwo\n", False)

    async def test_the_container_that_was_asked_for(self, stage: Stage) -> None:
        """Containers of one pod have a log each."""
        await stage.create_pod("web-1", containers=("app", "proxy"))
        await stage.write_log("web-1", b"from the app")
        await stage.write_log("web-1", b"from the proxy", container="proxy")

        log = await stage.cluster().read_log(stage.namespace, "web-1", "proxy", limit_bytes=1000)

        assert log.text == "from the proxy\n"

    async def test_the_last_lines(self, stage: Stage) -> None:
        """`tail` gives the newest lines."""
        await stage.create_pod("web-1")
        await stage.write_log("web-1", b"one", b"two", b"three")

        log = await stage.cluster().read_log(stage.namespace, "web-1", "app", tail=2, limit_bytes=1000)

        assert log.text == "two\nthree\n"

    async def test_since(self, stage: Stage) -> None:
        """`since` leaves out what is older."""
        await stage.create_pod("web-1")
        await stage.write_log("web-1", b"old", seconds_ago=3600)
        await stage.write_log("web-1", b"new")

        log = await stage.cluster().read_log(
            stage.namespace, "web-1", "app", since=timedelta(minutes=10), limit_bytes=1000
        )

        assert log.text == "new\n"

    async def test_timestamps(self, stage: Stage) -> None:
        """`timestamps` puts the runtime's own time before each line."""
        await stage.create_pod("web-1")
        await stage.write_log("web-1", b"hello")

        log = await stage.cluster().read_log(
            stage.namespace, "web-1", "app", timestamps=True, limit_bytes=1000
        )

        stamp, _, text = log.text.partition(" ")
        assert stamp[10] == "T"
        assert text == "hello\n"

    async def test_the_previous_run(self, stage: Stage) -> None:
        """After a restart the log of the run that died is still there."""
        await stage.create_pod("web-1")
        await stage.write_log("web-1", b"last words")
        await stage.crash("web-1", exit_code=1)
        await stage.write_log("web-1", b"born again")
        cluster = stage.cluster()

        before = await cluster.read_log(stage.namespace, "web-1", "app", previous=True, limit_bytes=1000)
        now = await cluster.read_log(stage.namespace, "web-1", "app", limit_bytes=1000)

        assert (before.text, now.text) == ("last words\n", "born again\n")

    async def test_it_is_cut_at_the_limit(self, stage: Stage) -> None:
        """No more than the limit is read, and the answer says that there is more."""
        await stage.create_pod("web-1")
        await stage.write_log("web-1", b"x" * 99)
        cluster = stage.cluster()

        exact = await cluster.read_log(stage.namespace, "web-1", "app", limit_bytes=100)
        cut = await cluster.read_log(stage.namespace, "web-1", "app", limit_bytes=99)

        assert (len(exact.text), exact.cut) == (100, False)
        assert (cut.text, cut.cut) == ("x" * 99, True)

    async def test_a_tail_that_is_too_long_keeps_its_newest_lines(self, stage: Stage) -> None:
        """Of a tail beyond the limit, it is the end that counts."""
        await stage.create_pod("web-1")
        await stage.write_log("web-1", *(f"{number:09}".encode() for number in range(1000)))

        log = await stage.cluster().read_log(stage.namespace, "web-1", "app", tail=1000, limit_bytes=2000)

        assert log.cut
        assert log.text.endswith("000000999\n")
        assert len(log.text) <= 2000

    async def test_a_line_of_ten_megabytes(self, stage: Stage) -> None:
        """A line of any length is read as far as the limit goes."""
        await stage.create_pod("web-1")
        await stage.write_log("web-1", b"x" * 10_000_000)

        log = await stage.cluster().read_log(stage.namespace, "web-1", "app", tail=10, limit_bytes=1 << 20)

        assert log.cut
        assert 0 < len(log.text) <= 1 << 20

    async def test_a_limit_inside_a_character(self, stage: Stage) -> None:
        """A character that the limit cut in two is left out, not replaced."""
        await stage.create_pod("web-1")
        await stage.write_log("web-1", "a€€".encode())

        log = await stage.cluster().read_log(stage.namespace, "web-1", "app", limit_bytes=5)

        assert (log.text, log.cut) == ("a€", True)

    async def test_there_is_no_previous_run(self, stage: Stage) -> None:
        """The kubelet's own words say why there is nothing to show."""
        await stage.create_pod("web-1")
        with pytest.raises(
            InvalidRequest, match='previous terminated container "app" in pod "web-1" not found'
        ):
            await stage.cluster().read_log(stage.namespace, "web-1", "app", previous=True, limit_bytes=1000)

    async def test_the_container_has_not_started(self, stage: Stage) -> None:
        """A container that waits has no log yet, and the answer says so."""
        await stage.create_waiting_pod("web-1")
        with pytest.raises(InvalidRequest, match="waiting to start"):
            await stage.cluster().read_log(stage.namespace, "web-1", "app", limit_bytes=1000)

    async def test_there_is_no_such_container(self, stage: Stage) -> None:
        """A container that the pod does not have is named in the answer."""
        await stage.create_pod("web-1")
        with pytest.raises(InvalidRequest, match="container sidecar is not valid for pod web-1"):
            await stage.cluster().read_log(stage.namespace, "web-1", "sidecar", limit_bytes=1000)

    async def test_there_is_no_such_pod(self, stage: Stage) -> None:
        """A log of a pod that is not there is a pod that is not there."""
        with pytest.raises(ObjectNotFound):
            await stage.cluster().read_log(stage.namespace, "web-1", "app", limit_bytes=1000)


class TestDeletion:
    async def test_the_pod_of_this_uid_goes(self, stage: Stage) -> None:
        """A deletion is seen by the watch as the pod's end."""
        uid = PodUid(await stage.create_pod("web-1"))
        cluster = stage.cluster()
        version = await _version(cluster, stage.namespace)

        await cluster.delete_pod(stage.namespace, "web-1", uid=uid)

        async with _watching(cluster, stage.namespace, version) as lines:
            async for line in lines:
                if line.kind is ChangeKind.DELETED:
                    assert line.pod is not None
                    assert line.pod.uid == uid
                    break
        with pytest.raises(ObjectNotFound):
            await cluster.get_pod(stage.namespace, "web-1")

    async def test_another_pod_has_the_name(self, stage: Stage) -> None:
        """A pod of another UID is left alone."""
        await stage.create_pod("web-1")
        cluster = stage.cluster()

        with pytest.raises(ObjectConflict, match="Nothing was changed") as refused:
            await cluster.delete_pod(stage.namespace, "web-1", uid=PodUid("another"))

        assert refused.value.changed_nothing
        assert not (await cluster.get_pod(stage.namespace, "web-1")).terminating

    async def test_it_is_gone_already(self, stage: Stage) -> None:
        """Deleting what is not there is said, not swallowed."""
        with pytest.raises(ObjectNotFound, match="Nothing was changed"):
            await stage.cluster().delete_pod(stage.namespace, "web-1", uid=PodUid("any"))

    async def test_at_once(self, stage: Stage) -> None:
        """With no grace the pod is gone when the answer comes."""
        uid = PodUid(await stage.create_pod("web-1"))
        cluster = stage.cluster()

        await cluster.delete_pod(stage.namespace, "web-1", uid=uid, grace=timedelta(0))

        with pytest.raises(ObjectNotFound):
            await cluster.get_pod(stage.namespace, "web-1")


class TestEvents:
    async def test_those_about_one_pod(self, stage: Stage) -> None:
        """Only the events of this UID come, page by page."""
        uid = PodUid(await stage.create_pod("web-1"))
        for reason in ("Pulled", "Killing", "BackOff"):
            await stage.record_event("web-1", uid, reason)
        await stage.record_event("web-2", "another", "Pulled")

        events = await stage.cluster(page_size=2).list_events(stage.namespace, uid=uid)

        recorded = {each.reason: each for each in events if each.reason in {"Pulled", "Killing", "BackOff"}}
        assert sorted(recorded) == ["BackOff", "Killing", "Pulled"]
        assert {each.involved_object.uid for each in events} == {uid}
        assert recorded["Killing"].times == 3
        assert recorded["Killing"].last_seen is not None

    async def test_there_are_none(self, stage: Stage) -> None:
        """No events is an answer."""
        assert list(await stage.cluster().list_events(stage.namespace, uid=PodUid("nobody"))) == []


class TestWatch:
    async def test_what_happens_after_the_listing(self, stage: Stage) -> None:
        """Every change after the listing's version comes, in order, up to the end of the pod."""
        await stage.create_pod("old")
        cluster = stage.cluster()
        version = await _version(cluster, stage.namespace)

        uid = PodUid(await stage.create_pod("web-1"))
        await stage.crash("web-1", exit_code=2)
        await cluster.delete_pod(stage.namespace, "web-1", uid=uid)

        seen: list[WatchLine] = []
        async with _watching(cluster, stage.namespace, version) as lines:
            async for line in lines:
                seen.append(line)
                if line.kind is ChangeKind.DELETED:
                    break
        assert {line.pod.name for line in seen if line.pod} == {"web-1"}
        assert [seen[0].kind, seen[-1].kind] == [ChangeKind.ADDED, ChangeKind.DELETED]
        assert {line.kind for line in seen[1:-1]} <= {ChangeKind.MODIFIED, ChangeKind.BOOKMARK}
        restarts = [status.restart_count for line in seen if line.pod for status in line.pod.statuses()]
        assert restarts == sorted(restarts)
        assert restarts[-1] == 1

    async def test_it_goes_on_from_any_line(self, stage: Stage) -> None:
        """A watch that begins at a line's version sees exactly what came after that line."""
        cluster = stage.cluster()
        version = await _version(cluster, stage.namespace)
        await stage.create_pod("web-1")
        async with _watching(cluster, stage.namespace, version) as lines:
            first = await anext(lines)
        assert first.kind is ChangeKind.ADDED
        await stage.create_pod("web-2")

        async with _watching(cluster, stage.namespace, first.resource_version) as lines:
            names = []
            async for line in lines:
                if line.kind is ChangeKind.ADDED and line.pod:
                    names.append(line.pod.name)
                    break

        assert names == ["web-2"]

    async def test_other_namespaces_are_not_heard(self, stage: Stage) -> None:
        """A watch of one namespace is silent about the others, and a watch of all is not."""
        cluster = stage.cluster()
        version = await _version(cluster, ALL_NAMESPACES)
        await stage.create_pod("web-1")

        async with _watching(cluster, ALL_NAMESPACES, version) as lines:
            async for line in lines:
                if line.pod and line.pod.namespace == stage.namespace:
                    break
        with pytest.raises(TimeoutError):
            async with (
                asyncio.timeout(0.3),
                cluster.watch_pods("nowhere", resource_version=version) as lines,
            ):
                await anext(lines)

    async def test_bookmarks_and_the_end(self, stage: Stage) -> None:
        """A watch in whose namespace nothing happens is kept up to date, and ends when its time is over."""
        cluster = stage.cluster(timings=Timings(watch_ends=(4, 4)))
        version = await _version(cluster, "elsewhere")

        async with _watching(cluster, "elsewhere", version) as lines:
            await stage.create_pod("web-1")
            seen = [line async for line in lines]

        assert seen
        assert {line.kind for line in seen} == {ChangeKind.BOOKMARK}
        assert all(line.pod is None for line in seen)
        assert version not in {line.resource_version for line in seen}

    async def test_history_that_is_gone(self, stage: Stage) -> None:
        """A watch from before the compaction is told to list again."""
        await stage.create_pod("web-1")
        await stage.compact()
        with pytest.raises(HistoryGone):
            async with _watching(stage.cluster(), stage.namespace, "1") as lines:
                await anext(lines)

    async def test_a_listing_overtaken_by_compaction(self, stage: Stage) -> None:
        """A page of a history that is gone meanwhile is refused as such."""
        for number in range(3):
            await stage.create_pod(f"web-{number}")
        pages = stage.cluster(page_size=1).pod_pages(stage.namespace)
        await anext(pages)
        await stage.create_pod("web-3")
        await stage.compact()
        with pytest.raises(HistoryGone):
            await anext(pages)
