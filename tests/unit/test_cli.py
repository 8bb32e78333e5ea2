"""The command line: what is wrong becomes words and an exit code, and a mistake of ours a traceback."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from bot import cli
from bot.cli.environment import of_file
from bot.cli.process import Start, run_until_signalled
from bot.errors import PodbotError
from bot.settings import SettingsWrong
from bot.slack.connection import SlackRefused


def ended(start: Start) -> Result:
    """How a command ends that does this."""

    @click.command()
    def command() -> None:
        run_until_signalled(start)

    return CliRunner().invoke(command)


def raising(error: BaseException) -> Start:
    async def start(_: asyncio.Event) -> None:
        raise error

    return start


TWO_PROBLEMS = SettingsWrong(("A: is not set", "B: is no URL"))


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        pytest.param(TWO_PROBLEMS, 2, "podbot: A: is not set\npodbot: B: is no URL\n", id="settings"),
        pytest.param(SlackRefused("SLACK_BOT_TOKEN: no"), 2, "podbot: SLACK_BOT_TOKEN: no\n", id="token"),
        pytest.param(PodbotError("slack has ended"), 1, "podbot: slack has ended\n", id="anything-else"),
        pytest.param(
            ExceptionGroup("tasks", [ExceptionGroup("slack", [SlackRefused("no")]), PodbotError("also")]),
            *(2, "podbot: no\n"),
            id="out-of-a-task-group",
        ),
    ],
)
def test_what_is_wrong_is_said_in_words(error: Exception, code: int, said: str) -> None:
    """One line a problem, and the exit code that the README promises."""
    result = ended(raising(error))
    assert (result.exit_code, result.stderr) == (code, said)


@pytest.mark.parametrize(
    "error",
    [ValueError("a mistake"), ExceptionGroup("tasks", [PodbotError("known"), ValueError("a mistake")])],
    ids=["alone", "in-a-group"],
)
def test_a_mistake_of_ours_keeps_its_traceback(error: Exception) -> None:
    """Words would hide where it happened."""
    result = ended(raising(error))
    assert result.exit_code == 1
    assert result.exception is error


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_asks_to_stop(number: signal.Signals) -> None:
    """Nothing is interrupted: the work sees the event and ends by itself."""

    async def start(stop: asyncio.Event) -> None:
        os.kill(os.getpid(), number)
        async with asyncio.timeout(5.0):
            await stop.wait()

    assert ended(start).exit_code == 0


def test_the_commands_explain_themselves() -> None:
    """`podbot -h` names every command."""
    said = CliRunner().invoke(cli.main, ["-h"]).output
    assert all(name in said for name in cli.main.commands)
    assert {"run", "demo"} <= set(cli.main.commands)


def test_the_version() -> None:
    """It is the installed distribution's."""
    assert CliRunner().invoke(cli.main, ["--version"]).output.startswith("podbot, version ")


def test_a_port_that_cannot_be(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refused before anything is started."""
    result = CliRunner().invoke(cli.main, ["demo", "--port", "70000"])
    assert result.exit_code == 2
    assert "--port" in result.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param(["check", "--cluster", "prod-eu"], "--route", id="check-one-cluster"),
        pytest.param(["check", "--offline", "--route", "shop/web-1"], "--offline", id="route-offline"),
        pytest.param(["migrate", "--check", "--forget-cluster", "a"], "--check", id="migrate-check-forget"),
        pytest.param(["replay", __file__, "-n", "shop"], "--record", id="replay-one-namespace"),
        pytest.param(["replay"], "FILE", id="replay-nothing"),
        pytest.param(["incidents", "--since", "999999d"], "100 years", id="since-for-ever"),
    ],
)
def test_options_that_do_not_go_together_are_refused(arguments: list[str], said: str) -> None:
    """None of them is passed over in silence."""
    result = CliRunner().invoke(cli.main, arguments)
    assert result.exit_code == 2
    assert said in result.stderr


def test_dotenv(tmp_path: Path) -> None:
    """Absent, it is nothing; a name without `=` is left out; what is no text is told by the file's name."""
    path = tmp_path / ".env"
    assert of_file(path) == {}
    path.write_text("A=1\nexport B='two words'\nC\n", "utf-8")
    assert of_file(path) == {"A": "1", "B": "two words"}
    path.write_bytes(b"A=\xff\n")
    with pytest.raises(SettingsWrong, match="cannot be read"):
        of_file(path)
