"""The store, beside a running bot or without one: reading it, bringing it up to date, copying it."""

from __future__ import annotations

import asyncio
import sys
from datetime import timedelta
from pathlib import Path

import click

from bot import logs
from bot.cli.environment import variables
from bot.cli.options import duration
from bot.cli.process import FAILED, explained
from bot.clock import SystemClock
from bot.model.pods import ClusterName
from bot.settings import load_storage


@click.command()
@click.option(
    "--since",
    metavar="DURATION",
    callback=duration,
    default="24h",
    show_default=True,
    help="How far to look back: 90m, 7d.",
)
@click.option(
    "--output",
    "-o",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="How it is written.",
)
def incidents(since: timedelta, output: str) -> None:
    """Say what the store knows: incidents and their deaths."""
    from bot.store import command  # noqa: PLC0415 - parts that `run` does not need

    logs.configure("error", logs.LogFormat.CONSOLE)
    with explained():
        found = command.incidents(_database_url(), SystemClock(), since, as_json=output == "json")
        click.echo(asyncio.run(found), nl=False)


@click.command()
@click.option("--check", is_flag=True, help="Only say whether there is something to do (exit code 1).")
@click.option(
    "--forget-cluster",
    "forgotten",
    metavar="NAME",
    help="Free the name of a cluster that is gone, for another one. Its incidents stay.",
)
def migrate(*, check: bool, forgotten: str | None) -> None:
    """Bring the store's schema up to date, as `run` does."""
    from bot.store import command  # noqa: PLC0415 - parts that `run` does not need

    logs.configure("error", logs.LogFormat.CONSOLE)
    if check and forgotten is not None:
        raise click.UsageError("--check changes nothing, so it takes no --forget-cluster.")
    with explained():
        if forgotten is not None:
            click.echo(asyncio.run(command.forgotten(_database_url(), ClusterName(forgotten))))
            return
        if not check:
            click.echo(asyncio.run(command.migrated(_database_url())))
            return
        current, words = asyncio.run(command.is_current(_database_url()))
        click.echo(words)
        if not current:
            sys.exit(FAILED)


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def backup(file: Path) -> None:
    """Copy an SQLite store into a new FILE, beside a running bot."""
    from bot.store import backup as copy  # noqa: PLC0415 - parts that `run` does not need

    logs.configure("error", logs.LogFormat.CONSOLE)
    with explained():
        asyncio.run(copy.backup(_database_url(), file))
        click.echo(f"{file}: the store as of now")


def _database_url() -> str:
    return load_storage(variables()).database_url.get_secret_value()
