"""Which cluster it is: the UID of its kube-system, or why it is not said."""

from __future__ import annotations

import pytest
from aiohttp import web

from bot.errors import ClusterError, ClusterRefused, ClusterUnreachable, ObjectNotFound, UnreadableAnswer
from tests.unit.kube.servers import cluster_at, http_server, refusal


def namespace(metadata: object) -> web.Response:
    return web.json_response({"kind": "Namespace", "metadata": metadata})


async def test_its_uid_is_that_of_kube_system() -> None:
    """Asked for by name, as `get` on namespaces allows."""
    asked = []

    async def answer(request: web.Request) -> web.StreamResponse:
        asked.append((request.method, request.path))
        return namespace({"name": "kube-system", "uid": "7a1c"})

    async with http_server(answer) as url, cluster_at(url) as cluster:
        assert await cluster.uid() == "7a1c"
    assert asked == [("GET", "/api/v1/namespaces/kube-system")]


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        pytest.param(refusal(403, "Forbidden", "no"), ClusterRefused, id="no-right"),
        pytest.param(refusal(404, "NotFound", "no"), ObjectNotFound, id="a-proxy-that-hides-it"),
        pytest.param(namespace({"name": "kube-system"}), UnreadableAnswer, id="no-uid"),
        pytest.param(namespace({"uid": ""}), UnreadableAnswer, id="an-empty-uid"),
        pytest.param(web.Response(text="<html>"), UnreadableAnswer, id="no-json"),
    ],
)
async def test_one_that_does_not_say(answer: web.Response, error: type[ClusterError]) -> None:
    """It answers, so it is not away: `watch.recognition` tells the two apart."""

    async def answered(_: web.Request) -> web.StreamResponse:
        return answer

    async with http_server(answered) as url, cluster_at(url) as cluster:
        with pytest.raises(error) as caught:
            await cluster.uid()
    assert not isinstance(caught.value, ClusterUnreachable)
