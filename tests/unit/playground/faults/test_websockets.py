"""WebSockets on their way through, message by message."""

from __future__ import annotations

import asyncio
import time

import aiohttp
import pytest
from aiohttp import WSMsgType

from bot.playground.faults import (
    Answer,
    Cut,
    Delay,
    Direction,
    Drop,
    Duplicate,
    Ending,
    Match,
    Reset,
    Rule,
    Rules,
    Side,
)
from tests.support.waiting import eventually
from tests.unit.playground.faults.conftest import Origin

TO_CLIENT = Match(messages=Direction.TO_CLIENT)
TO_SERVER = Match(messages=Direction.TO_SERVER)
BROKEN = {WSMsgType.CLOSED, WSMsgType.ERROR, WSMsgType.CLOSING}


async def test_text_bytes_and_protocol_pass(origin: Origin, client: aiohttp.ClientSession) -> None:
    """Also the answer of a ping comes from the server, not from the proxy."""
    async with client.ws_connect("/socket", protocols=["v1.test"], autoping=False) as socket:
        assert socket.protocol == "v1.test"
        await socket.send_str("a")
        assert await socket.receive_str(timeout=5) == "echo a"
        await socket.send_bytes(b"\x00\xff")
        assert await socket.receive_bytes(timeout=5) == b"\x00\xff"
        await socket.ping(b"p")
        pong = await socket.receive(timeout=5)
        assert (pong.type, bytes(pong.data)) == (WSMsgType.PONG, b"p")


async def test_closed_by_the_client(origin: Origin, client: aiohttp.ClientSession) -> None:
    """The server learns of it, with the code."""
    async with client.ws_connect("/socket") as socket:
        await socket.close(code=4001)
    await eventually(lambda: origin.close_codes == [4001])


async def test_closed_by_the_server(origin: Origin, client: aiohttp.ClientSession) -> None:
    """The client learns of it, with the code and the reason."""
    async with client.ws_connect("/socket") as socket:
        closing = asyncio.create_task(origin.sockets[0].close(code=4002, message=b"bye"), name="closing")
        message = await socket.receive(timeout=5)
        await closing
    assert (message.type, message.data, message.extra) == (WSMsgType.CLOSE, 4002, "bye")


async def test_broken_by_the_server(origin: Origin, client: aiohttp.ClientSession) -> None:
    """A connection that breaks on one side breaks on the other."""
    async with client.ws_connect("/socket") as socket:
        transport = origin.sockets[0]._req.transport  # type: ignore[union-attr]  # as a network breaks it
        assert transport is not None
        transport.abort()
        assert (await socket.receive(timeout=5)).type in BROKEN


async def test_message_delivered_twice(rules: Rules, client: aiohttp.ClientSession) -> None:
    """Towards the client, once."""
    rules.add(Rule(action=Duplicate(), match=TO_CLIENT, times=1))
    async with client.ws_connect("/socket") as socket:
        for text in ("a", "b"):
            await socket.send_str(text)
        assert [await socket.receive_str(timeout=5) for _ in range(3)] == ["echo a", "echo a", "echo b"]


async def test_message_lost(origin: Origin, rules: Rules, client: aiohttp.ClientSession) -> None:
    """Only the one with this text, only in this direction."""
    rules.add(Rule(action=Drop(), match=Match(messages=Direction.TO_SERVER, contains="lose")))
    async with client.ws_connect("/socket") as socket:
        for text in ("lose me", "keep me"):
            await socket.send_str(text)
        assert await socket.receive_str(timeout=5) == "echo keep me"
    assert origin.heard == ["keep me"]


async def test_message_delayed(rules: Rules, client: aiohttp.ClientSession) -> None:
    """It and what comes after it wait: the order stays."""
    rules.add(Rule(action=Delay(seconds=0.2), match=TO_CLIENT, times=1))
    async with client.ws_connect("/socket") as socket:
        began = time.monotonic()
        for text in ("a", "b"):
            await socket.send_str(text)
        assert [await socket.receive_str(timeout=5) for _ in range(2)] == ["echo a", "echo b"]
    assert time.monotonic() - began >= 0.2


async def test_reset_by_a_message(origin: Origin, rules: Rules, client: aiohttp.ClientSession) -> None:
    """The connection breaks where the message was to pass."""
    rules.add(Rule(action=Reset(), match=TO_SERVER))
    async with client.ws_connect("/socket") as socket:
        await socket.send_str("a")
        assert (await socket.receive(timeout=5)).type in BROKEN
    assert origin.heard == []


@pytest.mark.parametrize(
    ("action", "arrive"),
    [
        pytest.param(Cut(after_messages=2), ["echo a", "echo b"], id="messages"),
        pytest.param(Cut(after_bytes=7), ["echo a"], id="bytes"),
    ],
)
async def test_cut(action: Cut, arrive: list[str], rules: Rules, client: aiohttp.ClientSession) -> None:
    """Whole messages only, then a close in order."""
    rules.add(Rule(action=action))
    async with client.ws_connect("/socket") as socket:
        for text in ("a", "b", "c"):
            await socket.send_str(text)
        assert [message.data async for message in socket] == arrive
        assert socket.close_code == 1000


@pytest.mark.parametrize("ending", [Ending.CLEAN, Ending.RESET])
async def test_cut_while_it_runs(ending: Ending, rules: Rules, client: aiohttp.ClientSession) -> None:
    """A new rule ends connections that are older than it."""
    async with client.ws_connect("/socket") as socket:
        rules.add(Rule(action=Cut(ending=ending)))
        message = await socket.receive(timeout=5)
        assert message.type in (BROKEN if ending is Ending.RESET else {WSMsgType.CLOSE})


async def test_half_open(rules: Rules, client: aiohttp.ClientSession) -> None:
    """Not even a ping is answered, until the rule is removed."""
    async with client.ws_connect("/socket", autoping=False) as socket:
        applied = rules.add(Rule(action=Cut(ending=Ending.SILENT)))
        await socket.ping()
        with pytest.raises(TimeoutError):
            await socket.receive(timeout=0.2)
    rules.remove(applied.name)


@pytest.mark.parametrize("side", list(Side))
async def test_refused(side: Side, rules: Rules, client: aiohttp.ClientSession) -> None:
    """Rules about requests are about the opening, too."""
    rules.add(Rule(action=Answer(status=503, side=side)))
    with pytest.raises(aiohttp.WSServerHandshakeError, match="503"):
        await client.ws_connect("/socket")


async def test_refused_by_the_server(client: aiohttp.ClientSession) -> None:
    """A server that opens no WebSocket is passed on as such."""
    with pytest.raises(aiohttp.WSServerHandshakeError):
        await client.ws_connect("/not-a-socket")


async def test_a_socket_is_not_opened_twice(rules: Rules, client: aiohttp.ClientSession) -> None:
    """And nothing claims that it was."""
    rules.add(Rule(action=Duplicate()))
    async with client.ws_connect("/socket"):
        assert len(rules.log) == 0
