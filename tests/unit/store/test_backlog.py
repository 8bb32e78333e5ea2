"""What waits to be written: in order, bounded, and told where it is lost."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
import structlog

from bot.errors import StoreUnavailable
from bot.store import backlog
from bot.store.backlog import Backlog
from tests.support.clock import HeldClock, settle


class Writer:
    """A store that may be away."""

    def __init__(self) -> None:
        self.written: list[int] = []
        self.away = False

    async def write(self, some: Sequence[int]) -> None:
        if self.away:
            raise StoreUnavailable("its disk is full")
        self.written += some


@pytest.fixture
def writer() -> Writer:
    return Writer()


async def test_what_is_put_is_written_in_order_once_the_store_is_back(writer: Writer) -> None:
    """Said once in the log, however often it is tried."""
    clock = HeldClock()
    waiting = Backlog("audit", writer.write, clock)
    running = asyncio.create_task(waiting.run(), name="backlog")
    writer.away = True
    with structlog.testing.capture_logs() as logged:
        for number in range(450):
            waiting.put(number)
        await settle()
        await clock.advance(10 * backlog.RETRY_EVERY)
        writer.away = False
        await clock.advance(backlog.RETRY_EVERY)
    assert writer.written == list(range(450))
    assert [each["reason"] for each in logged] == ["its disk is full"]
    await waiting.settle(1)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_more_than_it_holds_is_let_go_and_counted(
    writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The log says so at once, and how many it was afterwards."""
    monkeypatch.setattr(backlog, "HOLDS", 3)
    waiting = Backlog("audit", writer.write, HeldClock())
    with structlog.testing.capture_logs() as logged:
        for number in range(5):
            waiting.put(number)
        running = asyncio.create_task(waiting.run(), name="backlog")
        await waiting.settle(1)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    assert writer.written == [0, 1, 2]
    assert [(each["event"], each.get("number")) for each in logged] == [("not_kept", None), ("not_kept", 2)]


async def test_who_has_to_stop_does_not_wait_for_ever(writer: Writer) -> None:
    """And says what was not written."""
    writer.away = True
    waiting = Backlog("audit", writer.write, HeldClock())
    waiting.put(1)
    running = asyncio.create_task(waiting.run(), name="backlog")
    with structlog.testing.capture_logs() as logged:
        await waiting.settle(0.01)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert logged[-1]["reason"] == "podbot has to stop"
