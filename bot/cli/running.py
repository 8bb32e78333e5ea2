"""The bot itself: running it, and checking what it is set up with."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping

import click

from bot import app, logs
from bot.cli.environment import variables
from bot.cli.process import SETTINGS_WRONG, explained, run_until_signalled
from bot.clock import Clock, SystemClock
from bot.settings import Settings, SettingsWrong, Sources, load, load_sources


@click.command()
def run() -> None:
    """Run the bot, as the environment, or .env, sets it up.

    .env.example lists all variables; `podbot check` says what is wrong with them.
    """
    logs.configure("info", logs.LogFormat.JSON)  # until the settings say otherwise
    run_until_signalled(_run)


@click.command()
@click.option("--offline", is_flag=True, help="Ask neither Slack nor a cluster nor the store.")
@click.option("--route", "pod", metavar="NAMESPACE/POD", help="Say only where an alert about this pod goes.")
@click.option(
    "--cluster", metavar="NAME", default="", help="With --route: the pod's cluster, where there are several."
)
def check(*, offline: bool, pod: str | None, cluster: str) -> None:
    """Say what of the set-up is wrong, changing nothing.

    One line for each thing that was looked at: ok, warn or wrong. Exit code 2 where something is wrong.
    """
    from bot.check import command  # noqa: PLC0415 - parts that `run` does not need
    from bot.check.findings import are_right  # noqa: PLC0415 - parts that `run` does not need

    logs.configure("critical", logs.LogFormat.CONSOLE)  # what is wrong is told by the findings
    if pod is not None and offline:
        raise click.UsageError("--route looks at the cluster, so it cannot be --offline.")
    if cluster and pod is None:
        raise click.UsageError(
            "--cluster says whose pod --route is about; without it, all clusters are checked."
        )
    with explained():
        environment = variables()
        if pod is not None:
            click.echo(asyncio.run(command.explain(environment, SystemClock(), pod, cluster)))
            return
        findings = asyncio.run(command.check(environment, SystemClock(), offline=offline))
        for each in findings:
            click.echo(str(each))
        if not are_right(findings):
            sys.exit(SETTINGS_WRONG)


async def _run(stop: asyncio.Event) -> None:
    environment = variables()
    clock = SystemClock()
    settings, ground = await _checked(environment, clock)
    await app.run(settings, ground, stop, clock=clock)


async def _checked(environment: Mapping[str, str], clock: Clock) -> tuple[Settings, app.Ground]:
    """The settings and what they name. Raises `SettingsWrong` with the problems of both at once."""
    try:
        settings = load(environment)
    except SettingsWrong as wrong:
        sources = load_sources(environment)
        more = () if sources is None else await _problems(sources, environment, clock)
        raise SettingsWrong((*wrong.problems, *more)) from None
    logs.configure(settings.log_level.value, settings.log_format)
    return settings, await app.prepare(settings, environment, clock)


async def _problems(sources: Sources, environment: Mapping[str, str], clock: Clock) -> tuple[str, ...]:
    try:
        await app.prepare(sources, environment, clock)
    except SettingsWrong as wrong:
        return wrong.problems
    return ()
