"""Drawing goes on beside the event loop, one picture at a time."""

from __future__ import annotations

import asyncio
import threading

import pytest

from bot.model.statistics import Statistics
from bot.pictures import statistics as drawing
from bot.pictures.painter import Painter
from tests.support import statistics as made


async def test_it_draws() -> None:
    """A PNG, as asked for."""
    async with Painter() as painter:
        assert (await painter.statistics(made.FEW)).startswith(b"\x89PNG")


async def test_the_event_loop_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """While a picture is drawn, however long that takes, everything else is done; the next one waits."""
    running, most, may_end = 0, 0, threading.Event()

    def slowly(statistics: Statistics) -> bytes:
        nonlocal running, most
        running += 1
        most = max(most, running)
        assert threading.current_thread() is not threading.main_thread()
        assert may_end.wait(20)
        running -= 1
        return statistics.cluster.encode()

    monkeypatch.setattr(drawing, "draw", slowly)
    async with Painter() as painter:
        both = asyncio.gather(painter.statistics(made.FEW), painter.statistics(made.NONE))
        await asyncio.sleep(0)  # the loop is free
        assert not both.done()
        may_end.set()
        assert list(await both) == [b"prod-eu", b"prod-eu"]
    assert most == 1


async def test_a_mistake_in_drawing_reaches_whoever_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """And the next picture is drawn all the same."""
    with monkeypatch.context() as patched:
        patched.setattr(drawing, "draw", lambda _: 1 // 0)
        async with Painter() as painter:
            with pytest.raises(ZeroDivisionError):
                await painter.statistics(made.FEW)
    async with Painter() as painter:
        assert await painter.statistics(made.NONE)
