"""Trying podbot out: the demo, recorded watches, and faults on the way to Slack or a cluster."""

from __future__ import annotations

import asyncio
import os
from datetime import timedelta
from functools import partial
from pathlib import Path

import click

from bot import app, logs
from bot.cli.environment import variables
from bot.cli.options import duration, web_address
from bot.cli.process import explained, run_until_signalled
from bot.clock import SystemClock
from bot.errors import PodbotError
from bot.model.pods import ALL_NAMESPACES
from bot.settings import SettingsWrong, load, load_sources


@click.command()
@click.option(
    "--cluster",
    type=click.Choice(["simulated", "current"]),
    default="simulated",
    show_default=True,
    help="A simulated cluster, or the current kube context's.",
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=0,
    help="Port of the page; by default the system chooses.",
)
def demo(cluster: str, port: int) -> None:
    """Try podbot without Slack and cluster: prints a page's address."""
    from bot.playground import demo as playground  # noqa: PLC0415 - half a second that `run` need not spend

    logs.configure("warning", logs.LogFormat.CONSOLE)
    run_until_signalled(
        partial(
            playground.run,
            environment=dict(os.environ),
            simulated=cluster == "simulated",
            port=port,
            say=click.echo,
        )
    )


@click.command()
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--output",
    "-o",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="How the result is written.",
)
@click.option(
    "--record",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write a recording of the live cluster to this new file instead, with everything disguised.",
)
@click.option(
    "--for",
    "lasts",
    metavar="DURATION",
    callback=duration,
    default="10m",
    show_default=True,
    help="With --record: how long; Ctrl-C ends it, too.",
)
@click.option("--namespace", "-n", metavar="NAME", default="", help="With --record: of one namespace alone.")
def replay(file: Path | None, output: str, record: Path | None, lasts: timedelta, namespace: str) -> None:
    """Say what would be announced of a recorded watch.

    With --record: make a recording of a live cluster, in which everything is disguised.

    FILE is what `kubectl get pods -A -w -o json --output-watch-events` wrote, or `podbot replay --record`.
    """
    from bot.replay import command  # noqa: PLC0415 - parts that `run` does not need

    logs.configure("error", logs.LogFormat.CONSOLE)
    if file is not None and record is None:
        if namespace:
            raise click.UsageError("--namespace is for --record; a FILE is replayed as a whole.")
        with explained():
            click.echo(command.replay(file, as_json=output == "json"), nl=False)
    elif record is not None and file is None:
        run_until_signalled(partial(_record, record, lasts, namespace))
    else:
        raise click.UsageError("Name a FILE to replay, or one to write with --record.")


@click.command()
@click.option(
    "--upstream",
    metavar="URL",
    required=True,
    callback=web_address,
    help="Where requests go: Slack's API base, or what `kubectl proxy` prints.",
)
@click.option(
    "--rules",
    "file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A YAML or JSON file of rules; more can be put in while it runs.",
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=0,
    help="Port of the proxy, on loopback; by default the system chooses.",
)
@click.option(
    "--control-port",
    type=click.IntRange(0, 65535),
    default=0,
    help="Port to look at the rules and change them; by default the system chooses.",
)
def faults(upstream: str, file: Path | None, port: int, control_port: int) -> None:
    """Make Slack or an API server fail, by rule.

    A proxy on loopback between a bot and one of them, for rehearsals (docs/operations.md).
    """
    run_until_signalled(partial(_faults, upstream, file, port, control_port))


async def _record(file: Path, lasts: timedelta, namespace: str, stop: asyncio.Event) -> None:
    from bot.replay import command  # noqa: PLC0415 - parts that `run` does not need

    environment = variables()
    clock = SystemClock()
    ground = await app.prepare(load_sources(environment) or load(environment), environment, clock)
    say = partial(click.echo, err=True)
    await command.record(
        ground.targets[0],
        file,
        stop,
        clock=clock,
        lasts=lasts,
        namespace=namespace or ALL_NAMESPACES,
        say=say,
    )


async def _faults(
    upstream: str, file: Path | None, port: int, control_port: int, stop: asyncio.Event
) -> None:
    from bot.playground.faults import RulesWrong, command  # noqa: PLC0415 - parts that `run` does not need

    try:
        await command.run(
            stop, upstream=upstream, file=file, port=port, control_port=control_port, say=click.echo
        )
    except RulesWrong as wrong:
        raise SettingsWrong(wrong.problems) from None
    except OSError as error:
        raise PodbotError(f"the proxy cannot listen: {error}") from error
