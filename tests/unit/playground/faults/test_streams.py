"""Watches and followed logs on their way through."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest

from bot.playground.faults import Cut, Ending, Match, Rule, Rules, Verb
from tests.support.waiting import eventually
from tests.unit.playground.faults.conftest import Origin

STREAM = "/stream"
CUT = Match(path=STREAM)


async def test_every_line_passes_as_it_comes(origin: Origin, client: aiohttp.ClientSession) -> None:
    """Nothing waits for more to come."""
    async with client.get(STREAM) as answer:
        for number in range(3):
            line = f"{number}\n".encode()
            await origin.lines.put(line)
            assert await answer.content.readline() == line
        await origin.lines.put(None)
        assert await answer.content.read() == b""


async def test_many_events(origin: Origin, client: aiohttp.ClientSession) -> None:
    """Thousands of events pass whole and in order."""
    event = b'{"type":"MODIFIED","object":{"metadata":{"name":"%d"}}}' + b" " * 8_000 + b"\n"

    async def told() -> None:
        for number in range(5_000):
            await origin.lines.put(event % number)
        await origin.lines.put(None)

    async with client.get(STREAM) as answer:
        telling = asyncio.create_task(told(), name="events")
        seen = [line async for line in answer.content]
        await telling
    assert seen == [event % number for number in range(5_000)]


@pytest.mark.parametrize(
    ("action", "arrives"),
    [
        pytest.param(Cut(after_bytes=5), b"one\nt", id="bytes"),
        pytest.param(Cut(after_messages=2), b"one\ntwo\n", id="lines"),
        pytest.param(Cut(after_messages=0), b"", id="nothing"),
        pytest.param(Cut(), b"", id="at-once"),
    ],
)
async def test_cut_from_the_start(
    action: Cut, arrives: bytes, origin: Origin, rules: Rules, client: aiohttp.ClientSession
) -> None:
    """So much of it, to the byte, and an end in order."""
    rules.add(Rule(action=action, match=CUT))
    origin.lines.put_nowait(b"one\ntwo\nthree\n")
    async with client.get(STREAM) as answer:
        assert await answer.read() == arrives


async def test_cut_after_a_time(origin: Origin, rules: Rules, client: aiohttp.ClientSession) -> None:
    """What comes before the time is up arrives."""
    rules.add(Rule(action=Cut(after_seconds=0.2), match=CUT))
    async with client.get(STREAM) as answer:
        await origin.lines.put(b"one\n")
        assert await answer.read() == b"one\n"


async def test_cut_while_it_runs(origin: Origin, rules: Rules, client: aiohttp.ClientSession) -> None:
    """A new rule reaches streams that are older than it; only those it is about."""
    async with client.get(STREAM) as answer, client.get("/other/stream") as other:
        rules.add(Rule(action=Cut(), match=CUT, name="cut"))
        assert await answer.read() == b""
        await eventually(lambda: origin.gone == 1)
        await origin.lines.put(b"two\n")
        assert b"two\n" in await asyncio.wait_for(other.content.readany(), 5)
    assert rules.log.count(rule="cut") == 1


async def test_torn(origin: Origin, rules: Rules, client: aiohttp.ClientSession) -> None:
    """A reset in the middle is an error to the client."""
    async with client.get(STREAM) as answer:
        await origin.lines.put(b"one\n")
        assert await answer.content.readline() == b"one\n"
        rules.add(Rule(action=Cut(ending=Ending.RESET)))
        with pytest.raises((aiohttp.ClientError, ConnectionError)):
            await answer.content.read()


async def test_half_open(origin: Origin, rules: Rules, client: aiohttp.ClientSession) -> None:
    """Silence: the connection stands, nothing comes, until the rule is removed."""
    async with client.get(STREAM) as answer:
        applied = rules.add(Rule(action=Cut(ending=Ending.SILENT)))
        await origin.lines.put(b"unheard\n")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(answer.content.readany(), 0.2)
        rules.remove(applied.name)
        with pytest.raises((aiohttp.ClientError, ConnectionError)):
            await answer.content.read()


async def test_only_watches(origin: Origin, rules: Rules, client: aiohttp.ClientSession) -> None:
    """A list of the same resource is not a watch."""
    rules.add(Rule(action=Cut(), match=Match(verb=Verb.WATCH, resource="pods-stream")))
    async with client.get("/api/v1/pods-stream") as answer:
        await origin.lines.put(b"one\n")
        await origin.lines.put(None)
        assert await answer.read() == b"one\n"
    assert len(rules.log) == 0
    async with client.get("/api/v1/pods-stream?watch=true") as answer:
        assert await answer.read() == b""
    assert rules.log.count(action="cut", target="(watch)") == 1
