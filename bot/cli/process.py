"""How a command runs and ends: until a signal asks it to stop, and with words and a code for what went wrong.

Exit codes: 0 stopped cleanly, 2 the settings are wrong (each problem on a line of its own), 1 anything else.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import TypeAlias

import click

from bot.errors import PodbotError
from bot.settings import SettingsWrong
from bot.slack.connection import SlackRefused

SETTINGS_WRONG = 2
FAILED = 1

Start: TypeAlias = Callable[[asyncio.Event], Awaitable[None]]
"""Work that goes on until the event is set."""


def run_until_signalled(start: Start) -> None:
    """Do this work, which SIGTERM and SIGINT ask to stop, and end the process if it goes wrong."""
    with explained():
        asyncio.run(_until_signalled(start))


@contextmanager
def explained() -> Iterator[None]:
    """Turn what goes wrong within into words and an exit code."""
    try:
        yield
    except (BaseExceptionGroup, PodbotError) as error:
        causes = list(_causes(error))
        if not all(isinstance(each, PodbotError) for each in causes):
            raise  # a mistake in podbot itself: its traceback is what helps
        wrong = [each for each in causes if isinstance(each, (SettingsWrong, SlackRefused))]
        for each in wrong or causes:
            for line in str(each).splitlines():
                click.echo(f"podbot: {line}", err=True)
        sys.exit(SETTINGS_WRONG if wrong else FAILED)


async def _until_signalled(start: Start) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, stop.set)
    await start(stop)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """What really went wrong, taken out of the groups in which tasks hand it up."""
    if isinstance(error, BaseExceptionGroup):
        for each in error.exceptions:
            yield from _causes(each)
    else:
        yield error
