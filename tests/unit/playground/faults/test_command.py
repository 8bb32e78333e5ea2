"""`podbot faults`, from its options to its last line."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import aiohttp
import pytest
from click.testing import CliRunner

from bot import cli
from bot.playground.faults import RulesWrong, command
from tests.support.waiting import eventually
from tests.unit.playground.faults.conftest import Origin


async def test_says_what_it_does(origin: Origin, tmp_path: Path) -> None:
    """The address to use, how to change the rules, and every fault in a line."""
    file = tmp_path / "rules.yaml"
    file.write_text(
        "rules: [{name: busy, match: {slack: '*'}, action: {kind: answer, status: 429}}]", "utf-8"
    )
    stop, said = asyncio.Event(), list[str]()
    running = asyncio.create_task(
        command.run(stop, upstream=f"{origin.url}/api/", file=file, port=0, control_port=0, say=said.append),
        name="faults",
    )
    await eventually(lambda: bool(said))
    found = re.search(r"(http://\S+)  leads to", said[0])
    control = re.search(r"curl (http://\S+)/__faults__/rules\n", said[0])
    assert found
    assert control
    async with aiohttp.ClientSession() as client:
        async with client.get(f"{found[1]}auth.test") as answer:
            assert answer.status == 429
        async with client.delete(f"{control[1]}/__faults__/rules"):
            pass
        async with client.get(f"{found[1]}auth.test") as answer:
            assert answer.status == 200
    stop.set()
    await running
    assert [line.split(" ", 1)[1] for line in said[1:]] == ["busy: answered 429 <- GET /api/auth.test"]


async def test_a_wrong_file(tmp_path: Path) -> None:
    """Nothing is served."""
    file = tmp_path / "rules.yaml"
    file.write_text("rules: [{action: x}]", "utf-8")
    with pytest.raises(RulesWrong):
        await command.run(
            asyncio.Event(), upstream="http://localhost", file=file, port=0, control_port=0, say=print
        )


def test_wrong_options(tmp_path: Path) -> None:
    """Every mistake on a line of its own, and exit code 2."""
    file = tmp_path / "rules.yaml"
    file.write_text("rules: [{action: x}, {action: drop, times: 0}]", "utf-8")
    options = ["faults", "--upstream", "http://127.0.0.1:1", "--rules", str(file)]
    result = CliRunner().invoke(cli.main, options)
    assert result.exit_code == 2
    assert len(result.stderr.splitlines()) == 2
    assert all(line.startswith("podbot: ") for line in result.stderr.splitlines())
    for upstream in ("nowhere", "http://["):
        result = CliRunner().invoke(cli.main, ["faults", "--upstream", upstream])
        assert (result.exit_code, "no http or https URL" in result.output) == (2, True)
