"""Whatever a server does, callers see `bot.errors` and nothing of the libraries below."""

from __future__ import annotations

import socket
from collections.abc import Awaitable, Callable

import pytest
from aiohttp import web

from bot.errors import ClusterError, ClusterUnreachable, UnreadableAnswer
from bot.kube.cluster import KubeCluster
from bot.model.pods import PodUid
from tests.unit.kube.servers import cluster_at, http_server, raw_server

Call = Callable[[KubeCluster], Awaitable[object]]


async def _pages(cluster: KubeCluster) -> object:
    return [page async for page in cluster.pod_pages("shop")]


async def _watch(cluster: KubeCluster) -> object:
    async with cluster.watch_pods("shop", resource_version="1") as lines:
        return [line async for line in lines]


async def _delete(cluster: KubeCluster) -> object:
    await cluster.delete_pod("shop", "web-1", uid=PodUid("u"))
    return None


CALLS: dict[str, Call] = {
    "list_pods": lambda cluster: cluster.list_pods("shop"),
    "get_pod": lambda cluster: cluster.get_pod("shop", "web-1"),
    "read_log": lambda cluster: cluster.read_log("shop", "web-1", "app", limit_bytes=100),
    "delete_pod": _delete,
    "list_events": lambda cluster: cluster.list_events("shop", uid=PodUid("u")),
    "pod_pages": _pages,
    "watch_pods": _watch,
}

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"

BROKEN: dict[str, bytes | None] = {
    "hangs-up": b"",
    "says-nothing": None,
    "is-not-http": b"220 smtp.example ESMTP\r\n\r\n",
    "is-binary": bytes(range(256)),
    "has-half-a-head": b"HTTP/1.1 200 OK\r\nContent-Ty",
    "has-a-bad-header": b"HTTP/1.1 200 OK\r\n\x00bad\xff: \x01\r\n\r\n",
    "has-a-huge-header": b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000 + b"\r\n\r\n",
    "stops-half-way": HEAD + b'Content-Length: 100\r\n\r\n{"metadata":',
    "has-a-bad-length": HEAD + b"Content-Length: many\r\n\r\n{}",
    "has-bad-chunks": HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
    "stops-between-chunks": HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n",
    "is-not-gzip": HEAD + b"Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope",
    "redirects-for-ever": b"HTTP/1.1 302 Found\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n",
    "redirects-nowhere": b"HTTP/1.1 302 Found\r\nLocation: gopher://x\r\nContent-Length: 0\r\n\r\n",
    "is-a-web-site-without": b"HTTP/1.1 404 Not Found\r\nContent-Length: 6\r\n\r\n<html>",
    "is-a-bad-gateway": b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 6\r\n\r\n<html>",
    "has-a-code-of-its-own": b"HTTP/1.1 799 Well\r\nContent-Length: 0\r\n\r\n",
}

GOOD_FOR_SOME: dict[str, bytes] = {
    "answers-html": HEAD + b"Content-Length: 6\r\n\r\n<html>",
    "answers-nothing": HEAD + b"Content-Length: 0\r\n\r\n",
    "answers-an-empty-object": HEAD + b"Content-Length: 2\r\n\r\n{}",
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
@pytest.mark.parametrize("answer", BROKEN.values(), ids=BROKEN)
async def test_a_broken_server(answer: bytes | None, call: Call) -> None:
    """Every call against every sort of broken server ends soon, in a ClusterError for people."""
    async with raw_server(answer) as url, cluster_at(url) as cluster:
        with pytest.raises(ClusterError) as failed:
            await call(cluster)
    assert "127.0.0.1" in str(failed.value)
    assert "aiohttp" not in str(failed.value)


@pytest.mark.parametrize("call", ["list_pods", "get_pod", "list_events", "pod_pages"])
@pytest.mark.parametrize("answer", GOOD_FOR_SOME.values(), ids=GOOD_FOR_SOME)
async def test_something_else_than_was_asked_for(answer: bytes, call: str) -> None:
    """A good status with a body that is not the object is said to be unreadable."""
    async with raw_server(answer) as url, cluster_at(url) as cluster:
        with pytest.raises(UnreadableAnswer, match="cannot read"):
            await CALLS[call](cluster)


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
async def test_nobody_listens(call: Call) -> None:
    """A refused connection is told as such, and nothing can have been changed."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{probe.getsockname()[1]}"
        async with cluster_at(url) as cluster:
            with pytest.raises(
                ClusterUnreachable, match=r"connection refused.*Nothing was changed"
            ) as failed:
                await call(cluster)
    assert failed.value.changed_nothing


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
async def test_a_name_that_does_not_exist(call: Call) -> None:
    """A name that does not resolve is told as such."""
    async with cluster_at("http://nowhere.invalid:6443") as cluster:
        with pytest.raises(ClusterUnreachable, match="Nothing was changed"):
            await call(cluster)


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
async def test_plain_http_where_tls_is_expected(call: Call) -> None:
    """A server that does not speak TLS is told as such."""
    plain = raw_server(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    async with plain as url, cluster_at(url.replace("http:", "https:")) as cluster:
        with pytest.raises(ClusterUnreachable):
            await call(cluster)


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
async def test_after_closing(call: Call) -> None:
    """A closed cluster answers with an error of ours as well."""
    async with raw_server(b"") as url, cluster_at(url) as cluster:
        await cluster.close()
        with pytest.raises(ClusterError):
            await call(cluster)


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
async def test_a_redirect_is_not_followed(call: Call, code: int) -> None:
    """An API server sends nobody elsewhere: what does must get neither our credentials nor our deletions."""
    followed: list[str] = []

    async def elsewhere(request: web.Request) -> web.StreamResponse:
        followed.append(request.method)
        return web.json_response({"metadata": {"name": "web-1"}, "items": []})

    async with http_server(elsewhere) as other:

        async def away(request: web.Request) -> web.StreamResponse:
            return web.Response(status=code, headers={"Location": f"{other}{request.path_qs}"})

        async with http_server(away) as url, cluster_at(url) as cluster:
            with pytest.raises(ClusterError, match=str(code)):
                await call(cluster)
    assert followed == []


async def test_a_deletion_whose_answer_is_lost_is_sent_once() -> None:
    """aiohttp by itself repeats a DELETE when a used connection breaks; the second one would find nothing to
    delete, and podbot would say that nothing was changed.
    """
    deletions: list[str] = []

    async def answer(request: web.Request) -> web.StreamResponse:
        if request.method == "DELETE":
            deletions.append(request.path)
            assert request.transport is not None
            request.transport.abort()
        return web.json_response({"items": [], "metadata": {"resourceVersion": "1"}})

    async with http_server(answer) as url, cluster_at(url) as cluster:
        await cluster.list_pods("shop")  # so that there is a connection to be used again
        with pytest.raises(ClusterUnreachable) as failed:
            await cluster.delete_pod("shop", "web-1", uid=PodUid("u"))
    assert deletions == ["/api/v1/namespaces/shop/pods/web-1"]
    assert not failed.value.changed_nothing
