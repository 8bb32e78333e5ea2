"""The command line: the only reader of the environment, and the one place that ends the process.

Exit codes: 0 stopped cleanly, 2 the settings are wrong (each problem on a line of its own), 1 anything else.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Coroutine, Iterator, Mapping
from pathlib import Path
from typing import Any

import click
from dotenv import dotenv_values

from bot import app, logs
from bot.clock import SystemClock
from bot.errors import PodbotError
from bot.settings import SettingsWrong, load
from bot.slack.connection import SlackRefused

SETTINGS_WRONG = 2
FAILED = 1


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="podbot")
def main() -> None:
    """Slack chat-ops for Kubernetes pods: look, understand, act, and be told once when pods die."""


@main.command()
def run() -> None:
    """Run the bot, set up by environment variables and .env (see .env.example)."""
    environment = {**_dotenv(), **os.environ}
    _end(lambda stop: _run(environment, stop))


@main.command()
@click.option(
    "--cluster",
    type=click.Choice(["simulated", "current"]),
    default="simulated",
    show_default=True,
    help="A simulated cluster, or the current kube context's.",
)
@click.option("--port", default=0, help="Port of the page; by default the system chooses.")
def demo(cluster: str, port: int) -> None:
    """Try podbot without Slack and without a cluster: prints the address of a page."""
    from bot.playground import demo as playground  # noqa: PLC0415 - half a second that `run` need not spend

    def start(stop: asyncio.Event) -> Coroutine[Any, Any, None]:
        return playground.run(
            stop,
            environment=dict(os.environ),
            simulated=cluster == "simulated",
            port=port,
            say=click.echo,
        )

    logs.configure("warning", logs.LogFormat.CONSOLE)
    _end(start)


async def _run(environment: Mapping[str, str], stop: asyncio.Event) -> None:
    settings = load(environment)
    logs.configure(settings.log_level.value, settings.log_format)
    clock = SystemClock()
    await app.run(await app.prepare(settings, environment, clock), stop, clock=clock)


def _end(start: Callable[[asyncio.Event], Coroutine[Any, Any, None]]) -> None:
    """Run until a signal asks to stop, and turn what went wrong into words and an exit code."""
    try:
        asyncio.run(_until_signalled(start))
    except (BaseExceptionGroup, PodbotError, OSError) as error:
        causes = list(_causes(error))
        if any(not isinstance(each, (PodbotError, OSError)) for each in causes):
            raise  # a mistake in podbot itself: its traceback is what helps
        wrong = [each for each in causes if isinstance(each, (SettingsWrong, SlackRefused))]
        for each in wrong or causes:
            for line in str(each).splitlines():
                click.echo(f"podbot: {line}", err=True)
        sys.exit(SETTINGS_WRONG if wrong else FAILED)


async def _until_signalled(start: Callable[[asyncio.Event], Coroutine[Any, Any, None]]) -> None:
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


def _dotenv() -> dict[str, str]:
    path = Path(".env")
    values = dotenv_values(path) if path.is_file() else {}
    return {name: value for name, value in values.items() if value is not None}
