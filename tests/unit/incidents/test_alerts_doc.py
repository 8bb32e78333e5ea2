"""docs/alerts.md says what the code says."""

from __future__ import annotations

from dataclasses import fields
from datetime import timedelta
from pathlib import Path

import pytest

from bot.files.strict_yaml import FileMistakes
from bot.incidents import advice
from bot.incidents.engine import REOPENS_FOR
from bot.incidents.route_file import parse
from bot.model import durations
from bot.model.deaths import Cause, Death, FailedProbe
from bot.model.durations import in_words, spell
from bot.model.exits import explain
from bot.model.pods import Owner
from bot.model.pulls import PULL_WORDS
from bot.model.scheduling import NEXT_STEPS
from bot.model.tuning import Limits, Timings
from bot.watch.removals import BARE_RETURNS_WITHIN, REPLACED_WITHIN
from tests.support.deaths import a_death, a_pods_death

TEXT = (Path(__file__).parents[3] / "docs" / "alerts.md").read_text("utf-8")

EXIT_CODES = (0, 1, 126, 127, 130, 134, 135, 137, 139, 143)


def table(heading: str) -> list[tuple[str, ...]]:
    """The cells of the first table under a heading, without its own heading."""
    section = TEXT.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in lines[2:]]


def _typical(cause: Cause) -> Death:
    """A death of this cause as it mostly is."""
    probes = {Cause.LIVENESS_FAILED: "liveness", Cause.STARTUP_FAILED: "startup"}
    if cause in probes:
        return a_death(cause, exit_code=137, probe=FailedProbe(kind=probes[cause], failures=3, message=""))
    if cause is Cause.OOM_KILLED:
        return a_death(cause, exit_code=137, reason="OOMKilled", memory_limit="256Mi")
    if cause is Cause.START_ERROR:
        return a_death(cause, exit_code=128, reason="StartError")
    if cause is Cause.DELETED:
        return a_pods_death(cause, owner=Owner(kind="Pod", name="toolbox"))
    if cause.is_container_exit:
        return a_death(cause, exit_code=0 if cause is Cause.UNEXPECTED_EXIT else 1)
    return a_pods_death(cause)


def cause_rows() -> list[tuple[str, ...]]:
    """Cause, when it is told, what the alert says, what to look at next."""
    rows: list[tuple[str, ...]] = []
    for cause in Cause:
        death = _typical(cause)
        after = Timings().patience(cause) if cause.is_stuck else None
        if cause is Cause.DELETED:
            when = f"{in_words(BARE_RETURNS_WITHIN)}; with an owner {in_words(REPLACED_WITHIN)}"
        else:
            when = in_words(after) if after else "at once"
        rows.append((f"`{cause.value}`", when, advice.happened(death), advice.next_step(death)))
    return rows


def exit_rows() -> list[tuple[str, ...]]:
    """Exit code, how it reads, what to look at next."""
    causes = {0: Cause.UNEXPECTED_EXIT, 126: Cause.START_ERROR, 127: Cause.START_ERROR}
    return [
        (
            str(code),
            explain(code).partition(", ")[2],
            advice.next_step(a_death(causes.get(code, Cause.ERROR), exit_code=code)),
        )
        for code in EXIT_CODES
    ]


def pull_rows() -> list[tuple[str, ...]]:
    """Kind, meaning, next step."""
    return [(kind.value, words.meaning, words.next_step) for kind, words in PULL_WORDS.items()]


def obstacle_rows() -> list[tuple[str, ...]]:
    """Words, next step."""
    return [(obstacle.value, step) for obstacle, step in NEXT_STEPS.items()]


@pytest.mark.parametrize(
    ("heading", "rows"),
    [
        pytest.param("Causes", cause_rows(), id="causes"),
        pytest.param("Exit codes", exit_rows(), id="exits"),
        pytest.param("Images that cannot be pulled", pull_rows(), id="pulls"),
        pytest.param("Pods that find no node", obstacle_rows(), id="obstacles"),
    ],
)
def test_the_tables_are_the_codes_own(heading: str, rows: list[tuple[str, ...]]) -> None:
    """What an alert says can be looked up word by word."""
    assert table(heading) == rows


def tuning_defaults() -> list[tuple[str, str]]:
    """Field, default."""
    timings = [(f"`timings.{each.name}`", spell(getattr(Timings(), each.name))) for each in fields(Timings)]
    limits = [(f"`limits.{each.name}`", str(getattr(Limits(), each.name))) for each in fields(Limits)]
    return timings + limits


def test_what_can_be_set_stands_in_the_table_with_its_default() -> None:
    """Every field, and no other."""
    assert [row[:2] for row in table("Times and limits")] == tuning_defaults()


@pytest.mark.parametrize("row", [pytest.param(row, id=row[0]) for row in table("Times and limits")])
def test_the_bounds_in_the_table_are_those_of_the_file(row: tuple[str, ...]) -> None:
    """Both are taken, and nothing beyond them."""
    part, name = row[0].strip("`").split(".")
    if part == "limits":
        bounds = [str(int(row[2]) - 1), row[2], row[3], str(int(row[3]) + 1)]
    else:
        least, most = durations.parse(row[2]), durations.parse(row[3])
        a_bit = timedelta(microseconds=1)
        bounds = [spell(each) for each in (least - a_bit, least, most, most + a_bit)]
    found = [taken(f"version: 1\n{part}: {{{name}: {each}}}\n") for each in bounds]
    assert found == [False, True, True, False]


def taken(text: str) -> bool:
    """Whether this is a configuration."""
    try:
        parse(text, {})
    except FileMistakes:
        return False
    return True


def test_the_times_are_the_codes_own() -> None:
    """Hold-down, reopening and the size of a storm, as they are waited for."""
    assert f"more than {Limits().incidents_a_minute} new incidents" in TEXT
    assert f"Ready for {in_words(Timings().recovered)}" in TEXT
    assert f"within {in_words(REOPENS_FOR)}" in TEXT
