"""The command line: the only reader of the environment, and the one place that ends the process.

Exit codes: 0 stopped cleanly, 2 the settings are wrong (each problem on a line of its own), 1 anything else.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click
from dotenv import dotenv_values

from bot import app, logs
from bot.clock import Clock, SystemClock
from bot.errors import PodbotError
from bot.model import durations
from bot.model.pods import ALL_NAMESPACES, ClusterName
from bot.settings import Settings, SettingsWrong, Sources, load, load_sources, load_storage
from bot.slack.connection import SlackRefused

SETTINGS_WRONG = 2
FAILED = 1


def _duration(ctx: click.Context, param: click.Parameter, value: str) -> timedelta:
    try:
        return durations.parse(value)
    except ValueError as problem:
        raise click.BadParameter(str(problem), ctx, param) from None


def _web_address(ctx: click.Context, param: click.Parameter, value: str) -> str:
    address = urlsplit(value)
    if address.scheme not in {"http", "https"} or not address.hostname:
        raise click.BadParameter(f"{value!r} is no http or https URL", ctx, param)
    return value


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="podbot", prog_name="podbot")
def main() -> None:
    """Slack chat-ops for Kubernetes pods: look, understand, act, and be told once when pods die."""


@main.command()
def run() -> None:
    """Run the bot, as the environment, or .env, sets it up.

    .env.example lists all variables; `podbot check` says what is wrong with them.
    """
    logs.configure("info", logs.LogFormat.JSON)  # until the settings say otherwise
    _end(_run)


@main.command()
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


@main.command()
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--output", "-o", type=click.Choice(["text", "json"]), default="text", help="How the result is written."
)
@click.option(
    "--record",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write a recording of the live cluster to this new file instead, with everything disguised.",
)
@click.option(
    "--for",
    "lasts",
    callback=_duration,
    default="10m",
    show_default=True,
    help="How long to record; Ctrl-C ends it, too.",
)
@click.option("--namespace", "-n", default="", help="The namespace to record; default all.")
def replay(file: Path | None, output: str, record: Path | None, lasts: timedelta, namespace: str) -> None:
    """Say what would be announced of a recorded watch.

    With --record: make a recording of a live cluster, in which everything is disguised.

    FILE is what `kubectl get pods -A -w -o json --output-watch-events` wrote, or `podbot replay --record`.
    """
    from bot.replay import command  # noqa: PLC0415 - parts that `run` does not need

    logs.configure("error", logs.LogFormat.CONSOLE)
    if file is not None and record is None:
        with _explained():
            click.echo(command.replay(file, as_json=output == "json"), nl=False)
    elif record is not None and file is None:
        _end(partial(_record, record, lasts, namespace))
    else:
        raise click.UsageError("Name a FILE to replay, or one to write with --record.")


@main.command()
@click.option(
    "--upstream",
    required=True,
    callback=_web_address,
    help="Where requests go: Slack's API base, or what `kubectl proxy` prints.",
)
@click.option(
    "--rules",
    "file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A YAML or JSON file of rules; more can be put in while it runs.",
)
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Port of the proxy, on loopback.")
@click.option("--control-port", type=click.IntRange(0, 65535), default=0, help="Port to change the rules at.")
def faults(upstream: str, file: Path | None, port: int, control_port: int) -> None:
    """Make Slack or an API server fail, by rule.

    A proxy on loopback between a bot and one of them, for rehearsals (docs/operations.md).
    """
    _end(partial(_faults, upstream, file, port, control_port))


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


@main.command()
@click.option(
    "--since", callback=_duration, default="24h", show_default=True, help="How far to look back: 90m, 7d."
)
@click.option(
    "--output", "-o", type=click.Choice(["text", "json"]), default="text", help="How it is written."
)
def incidents(since: timedelta, output: str) -> None:
    """Say what the store knows: incidents and their deaths."""
    from bot.store import command  # noqa: PLC0415 - as above

    logs.configure("error", logs.LogFormat.CONSOLE)
    with _explained():
        found = command.incidents(_database_url(), SystemClock(), since, as_json=output == "json")
        click.echo(asyncio.run(found), nl=False)


@main.command()
@click.option("--offline", is_flag=True, help="Ask neither Slack nor a cluster nor the store.")
@click.option("--route", "pod", metavar="NAMESPACE/POD", help="Say only where an alert about this pod goes.")
@click.option("--cluster", default="", help="With --route: the pod's cluster, where there are several.")
def check(*, offline: bool, pod: str | None, cluster: str) -> None:
    """Say what of the set-up is wrong, changing nothing.

    One line for each thing that was looked at: ok, warn or wrong. Exit code 2 where something is wrong.
    """
    from bot.check import command  # noqa: PLC0415 - parts that `run` does not need
    from bot.check.findings import are_right  # noqa: PLC0415 - as above

    logs.configure("critical", logs.LogFormat.CONSOLE)  # what is wrong is told by the findings
    if pod is not None and offline:
        raise click.UsageError("--route looks at the cluster, so it cannot be --offline.")
    with _explained():
        environment = {**_dotenv(Path(".env")), **os.environ}
        if pod is not None:
            click.echo(asyncio.run(command.explain(environment, SystemClock(), pod, cluster)))
            return
        findings = asyncio.run(command.check(environment, SystemClock(), offline=offline))
        for each in findings:
            click.echo(str(each))
        if not are_right(findings):
            sys.exit(SETTINGS_WRONG)


@main.command()
@click.option("--check", is_flag=True, help="Only say whether there is something to do (exit code 1).")
@click.option(
    "--forget-cluster",
    "forgotten",
    metavar="NAME",
    help="Free the name of a cluster that is gone, for another one. Its incidents stay.",
)
def migrate(*, check: bool, forgotten: str | None) -> None:
    """Bring the store's schema up to date, as `run` does."""
    from bot.store import command  # noqa: PLC0415 - as above

    logs.configure("error", logs.LogFormat.CONSOLE)
    if check and forgotten is not None:
        raise click.UsageError("--check changes nothing, so it takes no --forget-cluster.")
    with _explained():
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


@main.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def backup(file: Path) -> None:
    """Copy an SQLite store into a new FILE, beside a running bot."""
    from bot.store import backup as copy  # noqa: PLC0415 - as above

    logs.configure("error", logs.LogFormat.CONSOLE)
    with _explained():
        asyncio.run(copy.backup(_database_url(), file))
        click.echo(f"{file}: the store as of now")


def _database_url() -> str:
    environment = {**_dotenv(Path(".env")), **os.environ}
    return load_storage(environment).database_url.get_secret_value()


async def _record(file: Path, lasts: timedelta, namespace: str, stop: asyncio.Event) -> None:
    from bot.replay import command  # noqa: PLC0415 - as above

    environment = {**_dotenv(Path(".env")), **os.environ}
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


async def _run(stop: asyncio.Event) -> None:
    environment = {**_dotenv(Path(".env")), **os.environ}
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


def _end(start: Callable[[asyncio.Event], Coroutine[Any, Any, None]]) -> None:
    """Run until a signal asks to stop."""
    with _explained():
        asyncio.run(_until_signalled(start))


@contextmanager
def _explained() -> Iterator[None]:
    """Turn what goes wrong into words and an exit code."""
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


def _dotenv(path: Path) -> dict[str, str]:
    """The variables of a `.env` file, where there is one. Raises `SettingsWrong` where it cannot be read."""
    if not path.is_file():
        return {}
    try:
        values = dotenv_values(path)
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsWrong((f"{path}: cannot be read: {error}",)) from error
    return {name: value for name, value in values.items() if value is not None}
