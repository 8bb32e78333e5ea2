"""What happens to a request and its answer."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import aiohttp
import pytest

from bot.playground.faults import (
    Answer,
    Delay,
    Drop,
    Duplicate,
    Match,
    Proxy,
    Reset,
    Rule,
    Rules,
    Side,
    serve,
)
from tests.support.waiting import eventually
from tests.unit.playground.faults.conftest import Down, Origin, listening, once

PODS = "/api/v1/namespaces/shop/pods"


async def get(client: aiohttp.ClientSession, path: str = PODS) -> Any:
    async with client.get(path) as answer:
        return await answer.json()


async def test_without_rules_nothing_is_changed(origin: Origin, client: aiohttp.ClientSession) -> None:
    """Method, path as it was written, query, body, headers and status arrive; so does the answer."""
    async with client.post(
        "/a%2Fb/c?q=1%202&watch=1", data=b"body", headers={"Authorization": "Bearer x", "Connection": "X-Hop"}
    ) as answer:
        assert (answer.status, answer.headers["X-Own"]) == (200, "yes")
    assert origin.asked == ["POST /a%2Fb/c?q=1%202&watch=1 body"]
    sent = origin.headers[0]
    assert sent["Authorization"] == "Bearer x"
    assert sent["Host"] == origin.url.removeprefix("http://")
    assert "X-Hop" not in sent.get("Connection", "")


async def test_addresses(origin: Origin, proxy: Proxy) -> None:
    """The client's URL is the upstream's with another host, path included."""
    async with serve(f"{origin.url}/api/") as other:
        assert other.url.endswith("/api/")
    assert proxy.url.startswith("http://127.0.0.1:")
    with pytest.raises(ValueError, match="no http or https URL"):
        async with serve("ftp://somewhere"):
            pass


async def test_dropped_until_the_client_gives_up(
    origin: Origin, rules: Rules, client: aiohttp.ClientSession
) -> None:
    """The server never learns of it; the next request passes."""
    rules.add(Rule(action=Drop(), times=1))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await get(client)
    assert origin.asked == []
    assert (await get(client))["times"] == 1


async def test_dropped_until_the_rule_is_removed(rules: Rules, client: aiohttp.ClientSession) -> None:
    """What was lost stays lost: the connection is reset."""
    applied = rules.add(Rule(action=Drop()))
    waiting = asyncio.create_task(get(client), name="dropped request")
    await rules.log.reaches(1)
    rules.remove(applied.name)
    with pytest.raises(Down):
        await waiting


async def test_dropped_for_a_time(rules: Rules, client: aiohttp.ClientSession) -> None:
    """A rule with a time ends by itself."""
    rules.add(Rule(action=Drop(), for_seconds=0.1))
    with pytest.raises(Down):
        await get(client)
    assert (await get(client))["times"] == 1


@pytest.mark.parametrize(
    ("action", "reaches_server"),
    [
        pytest.param(Reset(), 0, id="reset-before"),
        pytest.param(Reset(side=Side.RESPONSE), 1, id="reset-after"),
    ],
)
async def test_reset(
    action: Reset, reaches_server: int, origin: Origin, rules: Rules, client: aiohttp.ClientSession
) -> None:
    """The client sees a reset; whether the server has done it depends on the side."""
    with rules.applied(Rule(action=action)), pytest.raises(Down):
        await get(client)
    assert len(origin.asked) == reaches_server


async def test_answer_lost_without_a_word(
    origin: Origin, rules: Rules, client: aiohttp.ClientSession
) -> None:
    """The server has done it, and the client waits for nothing."""
    rules.add(Rule(action=Drop(side=Side.RESPONSE)))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.3):
            await get(client)
    assert len(origin.asked) == 1


@pytest.mark.parametrize("side", list(Side))
async def test_delayed(side: Side, rules: Rules, client: aiohttp.ClientSession) -> None:
    """It takes the time that was asked for, and is answered."""
    rules.add(Rule(action=Delay(seconds=0.15, side=side)))
    began = time.monotonic()
    assert (await get(client))["times"] == 1
    assert time.monotonic() - began >= 0.15


async def test_a_delay_ends_with_its_rule(
    origin: Origin, rules: Rules, client: aiohttp.ClientSession
) -> None:
    """So a long delay is a server that hangs, and goes on when it is let go."""
    applied = rules.add(Rule(action=Delay(seconds=3600)))
    waiting = asyncio.create_task(get(client), name="held request")
    await rules.log.reaches(1)
    assert origin.asked == []
    rules.remove(applied.name)
    assert (await waiting)["times"] == 1


async def test_sent_twice(origin: Origin, rules: Rules, client: aiohttp.ClientSession) -> None:
    """The server sees two, the client one answer."""
    rules.add(Rule(action=Duplicate(), match=Match(method="post")))
    async with client.post("/api/chat.postMessage", data=b"text=hi") as answer:
        assert (await answer.json())["times"] == 2
    assert origin.asked == ["POST /api/chat.postMessage text=hi"] * 2


@pytest.mark.parametrize(
    ("path", "action", "status", "wanted"),
    [
        pytest.param(
            "/api/chat.postMessage",
            Answer(status=429, retry_after=30),
            429,
            {"ok": False, "error": "ratelimited"},
            id="slack-429",
        ),
        pytest.param(
            "/api/chat.update",
            Answer(status=200, error="fatal_error"),
            200,
            {"ok": False, "error": "fatal_error"},
            id="slack-not-ok",
        ),
        pytest.param(
            f"{PODS}?watch=1",
            Answer(status=410),
            410,
            {"kind": "Status", "reason": "Expired", "code": 410, "status": "Failure"},
            id="kubernetes-410",
        ),
        pytest.param(
            PODS,
            Answer(status=429, retry_after=30),
            429,
            {"reason": "TooManyRequests", "details": {"retryAfterSeconds": 30}},
            id="kubernetes-429",
        ),
        pytest.param(PODS, Answer(status=500, body={"a": 1}), 500, {"a": 1}, id="own-body"),
    ],
)
async def test_answered(  # noqa: PLR0917 - the table's columns, and the fixtures
    path: str,
    action: Answer,
    status: int,
    wanted: dict[str, Any],
    origin: Origin,
    rules: Rules,
    client: aiohttp.ClientSession,
) -> None:
    """In the words of whose request it is; the server is not asked."""
    rules.add(Rule(action=action))
    async with client.get(path) as answer:
        said = await answer.json()
        assert answer.status == status
        assert answer.headers.get("Retry-After") == ("30" if action.retry_after else None)
    assert said.items() >= wanted.items()
    assert origin.asked == []


async def test_answered_in_the_stream(rules: Rules, client: aiohttp.ClientSession) -> None:
    """An API server says 410 inside a watch that it has begun to answer."""
    rules.add(Rule(action=Answer(status=410, as_event=True)))
    async with client.get(f"{PODS}?watch=1") as answer:
        event = await answer.json()
    assert (answer.status, event["type"], event["object"]["code"]) == (200, "ERROR", 410)


async def test_answered_after_the_server_did_it(
    origin: Origin, rules: Rules, client: aiohttp.ClientSession
) -> None:
    """500, but it is done: what no client may take for a failure."""
    rules.add(Rule(action=Answer(status=500, side=Side.RESPONSE)))
    async with client.post("/api/chat.postMessage", data=b"x") as answer:
        assert (answer.status, await answer.json()) == (500, {"ok": False, "error": "internal_error"})
    assert len(origin.asked) == 1


async def test_upstream_away_and_back(rules: Rules) -> None:
    """As the real thing: the connection breaks, no error page; and it works again at once."""
    origin = Origin()
    async with listening(origin) as port:
        proxy_of = serve(origin.url, rules=rules)
        proxy = await proxy_of.__aenter__()
    try:
        async with aiohttp.ClientSession(proxy.url, middlewares=(once,)) as client:
            with pytest.raises(Down):
                await get(client)
            async with listening(origin, port=port):
                assert (await get(client))["times"] == 1
            with pytest.raises(Down):
                await get(client)
    finally:
        await proxy_of.__aexit__(None, None, None)


async def test_only_by_its_own_name(origin: Origin, client: aiohttp.ClientSession) -> None:
    """A web page's name that points to loopback leads nowhere."""
    for name in ("evil.example", "a b"):
        async with client.get(PODS, headers={"Host": name}) as answer:
            assert answer.status == 403
    assert origin.asked == []


async def test_broken_off_halfway(client: aiohttp.ClientSession) -> None:
    """Half an answer is never made to look whole."""
    async with client.get("/torn") as answer:
        with pytest.raises(aiohttp.ClientError):
            await answer.read()


async def test_client_gone(origin: Origin, client: aiohttp.ClientSession) -> None:
    """The upstream learns when the client has left a stream."""
    async with client.get("/stream"):
        assert origin.gone == 0
    await eventually(lambda: origin.gone == 1)


@pytest.mark.parametrize(
    ("rewrite", "path", "by_proxy"),
    [
        pytest.param(True, "/api/files.getUploadURLExternal", True, id="slack"),
        pytest.param(False, "/api/files.getUploadURLExternal", False, id="switched-off"),
        pytest.param(True, "/api/v1/pods", False, id="not-slack"),
    ],
)
async def test_addresses_in_answers(rewrite: bool, path: str, by_proxy: bool, origin: Origin) -> None:
    """What Slack hands out leads through the proxy; a Kubernetes answer is not looked into."""
    async with serve(origin.url, rewrite=rewrite) as proxy, aiohttp.ClientSession(proxy.url) as client:
        said = await get(client, path)
    assert said["url"] == f"{(proxy.url if by_proxy else origin.url).rstrip('/')}/x"
