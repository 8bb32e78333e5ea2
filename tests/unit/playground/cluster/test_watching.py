"""Watches over HTTP: what comes, bookmarks, selectors, compaction, slow readers."""

import asyncio
import json

import pytest

from bot.playground.cluster import RunningCluster
from bot.playground.cluster.resources import PODS as PODS_RESOURCE
from bot.playground.cluster.store import Store, WatchCut
from tests.unit.playground.cluster.api_client import TABLE, ApiClient
from tests.unit.playground.cluster.conftest import until
from tests.unit.playground.cluster.test_store import an_object

PODS = "/api/v1/pods"


async def test_a_watch_from_now_begins_with_what_is_there(api: ApiClient) -> None:
    """Without a resource version every object comes as ADDED."""
    events = await api.watch("/api/v1/namespaces/tools/pods")
    assert [(e["type"], e["object"]["metadata"]["name"]) for e in events] == [("ADDED", "toolbox")]
    assert events[0]["object"]["kind"] == "Pod"


async def test_a_watch_from_a_version_brings_what_came_after(api: ApiClient, running: RunningCluster) -> None:
    """Changes since a list are replayed, deletions with the version of the deletion."""
    version = (await api.get(PODS)).body["metadata"]["resourceVersion"]
    running.cluster.world.delete_pod(running.cluster.pods("tools")[0])
    running.cluster.world.delete_pod(running.cluster.pods("tools")[0], grace=0)
    events = await api.watch(PODS, resourceVersion=version, fieldSelector="metadata.name=toolbox")
    assert [e["type"] for e in events] == ["MODIFIED", "DELETED"]
    assert int(events[1]["object"]["metadata"]["resourceVersion"]) > int(version)


async def test_bookmarks_carry_the_present_version(api: ApiClient, running: RunningCluster) -> None:
    """They come at intervals and at the end, though no pod changed."""
    running.cluster.faults.bookmark_seconds = 0.2
    version = (await api.get(PODS)).body["metadata"]["resourceVersion"]
    events = await api.watch(PODS, resourceVersion=version, allowWatchBookmarks="true")
    assert {e["type"] for e in events} == {"BOOKMARK"}
    assert len(events) >= 3
    assert events[-1]["object"]["metadata"]["resourceVersion"] == version
    assert events[-1]["object"]["kind"] == "Pod"


async def test_initial_events_end_with_a_marked_bookmark(api: ApiClient) -> None:
    """A streaming list says where its first part ends."""
    events = await api.watch(
        "/api/v1/namespaces/tools/pods",
        sendInitialEvents="true",
        allowWatchBookmarks="true",
        resourceVersionMatch="NotOlderThan",
    )
    assert [e["type"] for e in events][:2] == ["ADDED", "BOOKMARK"]
    assert events[1]["object"]["metadata"]["annotations"] == {"k8s.io/initial-events-end": "true"}


async def test_an_object_that_stops_matching_is_deleted_for_the_watcher(
    api: ApiClient, running: RunningCluster
) -> None:
    """A selector's watcher sees ADDED and DELETED where others see MODIFIED."""
    version = (await api.get(PODS)).body["metadata"]["resourceVersion"]
    pod = running.cluster.pod("tools", "toolbox")
    pod["metadata"]["labels"]["app"] = "other"
    running.cluster.store.update(pod)
    gone = await api.watch(PODS, resourceVersion=version, labelSelector="app=toolbox")
    came = await api.watch(PODS, resourceVersion=version, labelSelector="app=other")
    assert ([e["type"] for e in gone], [e["type"] for e in came]) == (["DELETED"], ["ADDED"])
    assert gone[0]["object"]["metadata"]["labels"]["app"] == "toolbox"


async def test_compacted_history_is_an_error_event_or_410(api: ApiClient, running: RunningCluster) -> None:
    """As the watch cache says it, and, where the cluster is set so, as plain HTTP."""
    running.cluster.compact()
    (event,) = await api.watch(PODS, resourceVersion=101)
    assert (event["type"], event["object"]["code"], event["object"]["reason"]) == ("ERROR", 410, "Expired")
    assert event["object"]["message"].startswith("too old resource version: 101 (")
    running.cluster.faults.expired_watch_as_http = True
    assert (await api.get(PODS, watch=1, resourceVersion=101)).code == 410


async def test_a_watch_as_table(api: ApiClient, running: RunningCluster) -> None:
    """Each event is a Table of one row; only the first names the columns; bookmarks are Tables too."""
    running.cluster.faults.bookmark_seconds = 0.2
    events = await api.watch("/api/v1/namespaces/payments/pods", headers=TABLE, allowWatchBookmarks="true")
    added = [e["object"] for e in events if e["type"] == "ADDED"]
    assert [t["rows"][0]["cells"][0] for t in added][2:] == ["ledger-0", "ledger-1", "ledger-2"]
    assert [bool(t["columnDefinitions"]) for t in added[:2]] == [True, False]
    mark = events[-1]["object"]
    assert (mark["kind"], mark["rows"][0]["object"]["kind"]) == ("Table", "PartialObjectMetadata")
    partial = {"Accept": "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io"}
    metadata_only = await api.watch(
        "/api/v1/namespaces/tools/pods", headers=partial, allowWatchBookmarks="true"
    )
    assert {e["object"]["kind"] for e in metadata_only} == {"PartialObjectMetadata"}


async def test_a_single_object_can_be_watched(api: ApiClient) -> None:
    """By its path, as older clients do."""
    events = await api.watch("/api/v1/namespaces/payments/pods/ledger-1")
    assert [e["object"]["metadata"]["name"] for e in events] == ["ledger-1"]


async def test_open_watches_see_life_go_on_and_end_when_cut(api: ApiClient, running: RunningCluster) -> None:
    """Events arrive as they happen; a cut ends the stream without an error."""
    seen: set[str] = set()

    async def read() -> None:
        async with api.session.get(PODS, params={"watch": "1", "resourceVersion": version}) as answer:
            async for line in answer.content:
                seen.add(json.loads(line)["object"]["metadata"]["name"])

    version = (await api.get(PODS)).body["metadata"]["resourceVersion"]
    reading = asyncio.create_task(read())
    async with asyncio.timeout(5):
        await until(lambda: running.cluster.store.open_watches > 0)
        await running.cluster.play("oom-kill", namespace="payments", name="ledger-1")
        await until(lambda: "ledger-1" in seen)
        running.cluster.cut_watches()
        await reading
    assert running.cluster.store.open_watches == 0


async def test_a_slow_watcher_is_cut() -> None:
    """Whoever does not read loses the watch, not the server its memory."""
    store = Store(watcher_limit=3)
    with store.watch(PODS_RESOURCE, "", lambda _pod: True, None) as watcher:
        for number in range(4):
            store.create(an_object(f"web-{number}"))
        assert watcher.overflowed
        with pytest.raises(WatchCut):
            await watcher.next(0)
