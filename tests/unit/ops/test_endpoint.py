"""The endpoint answers truthfully, closes in time, and says where it could not listen."""

from __future__ import annotations

import asyncio

import pytest
from aiohttp import ClientSession, web

from bot.ops import endpoint


async def get(port: int, path: str) -> tuple[int, str]:
    async with ClientSession() as session, session.get(f"http://127.0.0.1:{port}{path}") as answer:
        return answer.status, await answer.text()


async def test_it_is_alive_whatever_is_missing() -> None:
    """A restart would help nothing, so `/healthz` stays good while `/readyz` names what is missing."""
    missing = {"slack": "not connected"}
    async with endpoint.serve("127.0.0.1", 0, readiness=lambda: missing) as port:
        assert await get(port, "/healthz") == (200, "ok")
        assert await get(port, "/readyz") == (503, '{"ready": false, "missing": {"slack": "not connected"}}')
        missing.clear()
        assert await get(port, "/readyz") == (200, '{"ready": true, "missing": {}}')


async def test_further_routes() -> None:
    """In HTTP mode Slack comes in by the same port."""

    async def door(_: web.Request) -> web.Response:
        return web.Response(text="come in")

    routes = [web.get("/door", door)]
    async with endpoint.serve("127.0.0.1", 0, readiness=dict, routes=routes) as port:
        assert await get(port, "/door") == (200, "come in")
        assert (await get(port, "/window"))[0] == 404


async def test_what_comes_packed_is_not_unpacked(caplog: pytest.LogCaptureFixture) -> None:
    """Whoever says so falsely brings no traceback into the log."""

    async def door(request: web.Request) -> web.Response:
        return web.Response(body=await request.read())

    headers, routes = {"Content-Encoding": "gzip"}, [web.post("/door", door)]
    async with (
        endpoint.serve("127.0.0.1", 0, readiness=dict, routes=routes) as port,
        ClientSession() as session,
        session.post(f"http://127.0.0.1:{port}/door", data=b"as it is", headers=headers) as answer,
    ):
        assert (answer.status, await answer.read()) == (200, b"as it is")
    assert not [each for each in caplog.records if each.exc_info]


async def test_an_address_that_is_taken() -> None:
    """The variable is named, and so is the address."""
    async with endpoint.serve("127.0.0.1", 0, readiness=dict) as port:
        with pytest.raises(
            endpoint.AddressTaken, match=f"PODBOT_HTTP_ADDR: cannot listen at 127.0.0.1:{port}"
        ):
            async with endpoint.serve("127.0.0.1", port, readiness=dict):
                pytest.fail("two listened at one address")


async def test_a_request_that_does_not_end_does_not_hold_it_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Closing waits a moment and no longer."""
    monkeypatch.setattr(endpoint, "CLOSE_WITHIN", 0.05)
    asked = asyncio.Event()

    async def never(_: web.Request) -> web.Response:
        asked.set()
        await asyncio.Event().wait()
        raise AssertionError

    async with ClientSession() as session:
        async with asyncio.timeout(5.0):
            async with endpoint.serve("127.0.0.1", 0, readiness=dict, routes=[web.get("/", never)]) as port:
                asking = asyncio.create_task(session.get(f"http://127.0.0.1:{port}/").__aenter__())
                await asked.wait()
        asking.cancel()
        await asyncio.wait({asking})
        if not asking.cancelled():
            asking.exception()
