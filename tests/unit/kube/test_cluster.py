"""Requests as they are sent, repeated and given up, against servers that follow a script."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import replace
from datetime import timedelta

import pytest
from aiohttp import web

from bot.errors import ClusterUnreachable, InvalidRequest, UnreadableAnswer
from bot.kube.cluster import KubeCluster
from bot.model.pods import PodUid
from bot.watch.ports import ChangeKind, HistoryGone, PodKey, WatchLine
from tests.unit.kube.servers import (
    QUICK,
    Handler,
    cluster_at,
    http_server,
    line,
    pod_json,
    pod_list,
    raw_server,
    refusal,
)


class Script:
    """Answers one request after the other with what was laid down, and remembers what was asked."""

    def __init__(self, *answers: web.StreamResponse) -> None:
        self._answers = list(answers)
        self.asked: list[web.Request] = []

    async def __call__(self, request: web.Request) -> web.StreamResponse:
        await request.read()
        self.asked.append(request)
        return self._answers.pop(0)


class TestRepeating:
    @pytest.mark.parametrize(
        "fault",
        [
            pytest.param(refusal(503, "ServiceUnavailable", "starting"), id="503"),
            pytest.param(refusal(500, "InternalError", "etcdserver: leader changed"), id="500"),
            pytest.param(refusal(429, "TooManyRequests", "slow down", Retry_After="0"), id="429"),
        ],
    )
    async def test_a_reading_is_repeated(self, fault: web.Response) -> None:
        """A fault that passes is not the asker's business."""
        script = Script(fault, pod_list(pod_json("web-1")))
        async with http_server(script) as url, cluster_at(url) as cluster:
            assert [pod.name for pod in await cluster.list_pods("shop")] == ["web-1"]
        assert len(script.asked) == 2

    async def test_not_for_ever(self) -> None:
        """A fault that stays is told after a few attempts, in the server's own words."""
        script = Script(*(refusal(503, "ServiceUnavailable", "etcd is away") for _ in range(3)))
        async with http_server(script) as url, cluster_at(url) as cluster:
            with pytest.raises(ClusterUnreachable, match=r"503: etcd is away\)\. Nothing was changed"):
                await cluster.list_pods("shop")
        assert len(script.asked) == 3

    async def test_the_server_says_when(self) -> None:
        """Retry-After wins over our own pauses."""
        script = Script(refusal(429, "TooManyRequests", "", Retry_After="1"), pod_list())
        async with (
            http_server(script) as url,
            cluster_at(url, timings=replace(QUICK, command=8.0)) as cluster,
        ):
            began = time.monotonic()
            await cluster.list_pods("shop")
        assert time.monotonic() - began >= 1.0

    async def test_a_wait_beyond_the_deadline_is_not_begun(self) -> None:
        """A Retry-After that nobody can wait for is answered at once."""
        script = Script(refusal(429, "TooManyRequests", "busy", Retry_After="60"))
        async with http_server(script) as url, cluster_at(url) as cluster:
            began = asyncio.get_running_loop().time()
            with pytest.raises(ClusterUnreachable, match="too busy"):
                await cluster.list_pods("shop")
        assert asyncio.get_running_loop().time() - began < 0.5

    async def test_a_deletion_is_sent_once(self) -> None:
        """After a 5xx nobody knows whether the pod is gone: it is said, and not tried again."""
        script = Script(refusal(500, "InternalError", "timeout"))
        async with http_server(script) as url, cluster_at(url) as cluster:
            with pytest.raises(ClusterUnreachable, match="Whether it was done is not known") as failed:
                await cluster.delete_pod("shop", "web-1", uid=PodUid("u"))
        assert not failed.value.changed_nothing
        assert len(script.asked) == 1

    async def test_a_deletion_without_an_answer(self) -> None:
        """A deletion that timed out after it was sent may have been done."""
        async with raw_server(None) as url, cluster_at(url) as cluster:
            with pytest.raises(ClusterUnreachable, match=r"timed out after 1 s\)\. Whether it was") as failed:
                await cluster.delete_pod("shop", "web-1", uid=PodUid("u"))
        assert not failed.value.changed_nothing

    async def test_a_deletion_that_was_turned_away(self) -> None:
        """A 429 is an answer from before anything was done."""
        script = Script(refusal(429, "TooManyRequests", "disruption budget"))
        async with http_server(script) as url, cluster_at(url) as cluster:
            with pytest.raises(ClusterUnreachable, match="Nothing was changed") as failed:
                await cluster.delete_pod("shop", "web-1", uid=PodUid("u"))
        assert failed.value.changed_nothing

    async def test_a_hanging_server_is_told_in_time(self) -> None:
        """The whole call has one deadline, however many requests it takes."""
        async with raw_server(None) as url, cluster_at(url) as cluster:
            began = asyncio.get_running_loop().time()
            with pytest.raises(ClusterUnreachable, match=r"timed out after 1 s\)\. Nothing was changed"):
                await cluster.list_pods("shop")
        assert asyncio.get_running_loop().time() - began < 2


class TestRequests:
    async def test_a_deletion(self) -> None:
        """It is bound to the UID and carries the grace that was asked for."""
        bodies: list[dict[str, object]] = []

        async def handler(request: web.Request) -> web.StreamResponse:
            bodies.append(await request.json())
            return web.json_response({})

        async with http_server(handler) as url, cluster_at(url) as cluster:
            await cluster.delete_pod("shop", "web-1", uid=PodUid("u7"), grace=timedelta(seconds=5))
            await cluster.delete_pod("shop", "web-1", uid=PodUid("u7"))
        assert bodies[0]["preconditions"] == {"uid": "u7"}
        assert bodies[0]["gracePeriodSeconds"] == 5
        assert "gracePeriodSeconds" not in bodies[1]

    async def test_options_of_a_log(self) -> None:
        """Options are the API's own; a fraction of a second still asks for something."""
        script = Script(web.Response(text=""))
        async with http_server(script) as url, cluster_at(url) as cluster:
            await cluster.read_log(
                "shop", "web-1", "app", previous=True, tail=5, since=timedelta(milliseconds=1), limit_bytes=80
            )
        assert dict(script.asked[0].query) == {
            "container": "app",
            "previous": "true",
            "tailLines": "5",
            "sinceSeconds": "1",
            "limitBytes": "11",  # an eighth to begin with, and one to tell a cut log by
        }

    @pytest.mark.parametrize("selector", ["a=b,c!=d", "a in (b, c)", "a=1&limit=7", "a%2Fb/c+d=é", "a#b?c"])
    async def test_a_selector_arrives_as_it_was_written(self, selector: str) -> None:
        """Nothing in a selector can become a parameter of its own."""
        script = Script(pod_list())
        async with http_server(script) as url, cluster_at(url) as cluster:
            await cluster.list_pods("shop", selector=selector)
        assert dict(script.asked[0].query) == {"limit": "500", "labelSelector": selector}

    async def test_a_server_below_a_path(self) -> None:
        """Some clusters are reached below a path of a gateway."""
        script = Script(pod_list())
        async with http_server(script) as url, cluster_at(f"{url}/k8s/clusters/c-1/") as cluster:
            await cluster.list_pods("shop")
        assert script.asked[0].path == "/k8s/clusters/c-1/api/v1/namespaces/shop/pods"

    async def test_all_namespaces_have_no_single_pod(self) -> None:
        """A pod is asked for in one namespace."""
        async with cluster_at("http://127.0.0.1:1") as cluster:
            with pytest.raises(InvalidRequest):
                await cluster.get_pod("", "web-1")


class TestListing:
    async def test_pages(self) -> None:
        """The token of a page asks for the next."""
        script = Script(pod_list(pod_json("a"), token="next"), pod_list(pod_json("b"), token=""), pod_list())
        async with http_server(script) as url, cluster_at(url, page_size=1) as cluster:
            assert [pod.name for pod in await cluster.list_pods("shop")] == ["a", "b"]
        assert [dict(each.query) for each in script.asked] == [
            {"limit": "1"},
            {"limit": "1", "continue": "next"},
        ]

    async def test_it_begins_again_when_its_history_is_gone(self) -> None:
        """A listing overtaken by compaction is made anew, once."""
        script = Script(
            pod_list(pod_json("a"), token="next"),
            refusal(410, "Expired", "too old"),
            pod_list(pod_json("b")),
        )
        async with http_server(script) as url, cluster_at(url) as cluster:
            assert [pod.name for pod in await cluster.list_pods("shop")] == ["b"]

    async def test_a_pod_that_does_not_decode(self) -> None:
        """It is counted, and told by its name to who keeps the pods."""
        odd = {**pod_json("odd"), "spec": "none"}
        script = Script(pod_list(pod_json("a"), odd))
        async with http_server(script) as url, cluster_at(url) as cluster:
            (page,) = [page async for page in cluster.pod_pages("shop")]
            assert cluster.unreadable == 1
        assert [pod.name for pod in page.pods] == ["a"]
        assert page.unreadable == (PodKey("shop", "odd"),)


async def test_an_answer_beyond_all_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer that would fill the memory is refused."""

    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b" " * 65536)

    monkeypatch.setattr("bot.kube.api.BODY_LIMIT", 1_000_000)
    async with http_server(endless) as url, cluster_at(url) as cluster:
        with pytest.raises(UnreadableAnswer, match="more than 1000000 bytes"):
            await cluster.get_pod("shop", "web-1")


def _watching(*chunks: bytes, then_hang: bool = False) -> Handler:
    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for chunk in chunks:
            await response.write(chunk)
        if then_hang:
            await asyncio.Event().wait()
        return response

    return handler


async def _lines(handler: Handler) -> tuple[list[WatchLine], int]:
    async with (
        http_server(handler) as url,
        cluster_at(url) as cluster,
        cluster.watch_pods("shop", resource_version="1") as lines,
    ):
        return [each async for each in lines], cluster.unreadable


class TestWatch:
    async def test_its_parameters(self) -> None:
        """It asks for bookmarks and for an end within the times that were set."""
        script = Script(web.Response())
        async with (
            http_server(script) as url,
            cluster_at(url) as cluster,
            cluster.watch_pods("", resource_version="7") as lines,
        ):
            assert [each async for each in lines] == []
        query = dict(script.asked[0].query)
        assert script.asked[0].path == "/api/v1/pods"
        assert 300 <= int(query.pop("timeoutSeconds")) <= 600
        assert query == {"watch": "true", "allowWatchBookmarks": "true", "resourceVersion": "7"}

    async def test_lines_in_any_chunks(self) -> None:
        """Lines come out whole, however they arrive."""
        stream = line("ADDED", pod_json("a", version="2")) + line("DELETED", pod_json("a", version="3"))
        found, _ = await _lines(_watching(stream[:20], stream[20:90], stream[90:]))
        assert [(each.kind, each.resource_version) for each in found] == [
            (ChangeKind.ADDED, "2"),
            (ChangeKind.DELETED, "3"),
        ]

    async def test_a_pod_of_several_megabytes(self) -> None:
        """A line may be longer than any buffer."""
        huge = {**pod_json("a"), "status": {"message": "x" * 5_000_000}}
        found, _ = await _lines(_watching(line("ADDED", huge)))
        assert found[0].pod is not None
        assert len(found[0].pod.status.message) == 5_000_000

    async def test_a_line_that_does_not_decode(self) -> None:
        """It is counted and left out; those after it come all the same."""
        odd = line("MODIFIED", {**pod_json("odd"), "spec": 7})
        found, unreadable = await _lines(_watching(b"{nonsense\n", odd, line("ADDED", pod_json("a"))))
        assert [each.pod.name for each in found if each.pod] == ["a"]
        assert unreadable == 2

    async def test_it_is_logged_by_name(self, capsys: pytest.CaptureFixture[str]) -> None:
        """Whoever runs the bot learns which pod it was."""
        await _lines(_watching(line("MODIFIED", {**pod_json("odd"), "spec": 7})))
        said = capsys.readouterr()
        assert "pod_unreadable" in said.out + said.err
        assert "odd" in said.out + said.err

    @pytest.mark.parametrize(
        "status",
        [
            pytest.param(
                {"kind": "Status", "code": 410, "reason": "Expired", "message": "too old"}, id="gone"
            ),
            pytest.param(
                {
                    "kind": "Status",
                    "code": 504,
                    "reason": "Timeout",
                    "message": "Too large resource version: 9, current: 5",
                    "details": {"causes": [{"reason": "ResourceVersionTooLarge", "message": "Too large"}]},
                },
                id="from-the-future",
            ),
        ],
    )
    async def test_history_is_gone(self, status: dict[str, object]) -> None:
        """A version that the server does not have (any more, or yet) asks for a new listing."""
        with pytest.raises(HistoryGone):
            await _lines(_watching(line("ERROR", status)))

    async def test_history_is_gone_before_it_begins(self) -> None:
        """The same, told by the status of the answer."""
        with pytest.raises(HistoryGone):
            await _lines(Script(refusal(410, "Expired", "too old")))

    async def test_another_error(self) -> None:
        """Any other ERROR line ends the watch with what it says."""
        status = {"kind": "Status", "code": 500, "reason": "InternalError", "message": "etcd went away"}
        with pytest.raises(ClusterUnreachable, match="etcd went away"):
            await _lines(_watching(line("ERROR", status)))

    async def test_silence(self) -> None:
        """A connection that says nothing for too long is taken for dead."""
        with pytest.raises(ClusterUnreachable, match=r"silent for 0\.3 s"):
            await _lines(_watching(line("ADDED", pod_json("a")), then_hang=True))

    async def test_an_end_in_the_middle_of_a_line(self) -> None:
        """Half a line is not passed on."""
        with pytest.raises(UnreadableAnswer, match="middle of a line"):
            await _lines(_watching(line("ADDED", pod_json("a")), b'{"type":"ADDED"'))

    async def test_errors_of_the_reader_pass_through(self) -> None:
        """What goes wrong in the reader's own code is not taken for the server's fault."""
        handler = _watching(line("ADDED", pod_json("a")), then_hang=True)

        async def read(cluster: KubeCluster) -> None:
            async with cluster.watch_pods("shop", resource_version="1") as lines:
                await anext(lines)
                raise TimeoutError("mine")

        async with http_server(handler) as url, cluster_at(url) as cluster:
            with pytest.raises(TimeoutError, match="mine"):
                await read(cluster)


class TestLogs:
    async def test_an_endless_log(self) -> None:
        """A server that does not keep to the limit is left at the limit."""
        endless = _watching(*(b"x" * 65536 for _ in range(100)), then_hang=True)
        async with http_server(endless) as url, cluster_at(url) as cluster:
            log = await cluster.read_log("shop", "web-1", "app", limit_bytes=100_000)
        assert (len(log.text), log.cut) == (100_000, True)

    async def test_errors_keep_their_words(self) -> None:
        """The kubelet's reason why there is no log reaches the asker."""
        script = Script(refusal(400, "BadRequest", 'container "app" in pod "web-1" is waiting to start'))
        async with http_server(script) as url, cluster_at(url) as cluster:
            with pytest.raises(InvalidRequest, match='container "app" in pod "web-1" is waiting to start'):
                await cluster.read_log("shop", "web-1", "app", limit_bytes=10)


async def test_many_calls_at_once() -> None:
    """Calls do not wait for one another."""

    async def handler(request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(0.1)
        return web.Response(body=json.dumps(pod_json("web-1")).encode())

    async with http_server(handler) as url, cluster_at(url) as cluster:
        began = asyncio.get_running_loop().time()
        await asyncio.gather(*(cluster.get_pod("shop", "web-1") for _ in range(20)))
    assert asyncio.get_running_loop().time() - began < 0.8
