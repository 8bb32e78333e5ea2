"""docs/alerts.md says what the code says."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.incidents import advice, recovery
from bot.incidents.engine import REOPENS_FOR
from bot.model.deaths import Cause, Death, FailedProbe
from bot.model.durations import in_words
from bot.model.exits import explain
from bot.model.pods import Owner
from bot.model.pulls import PULL_WORDS
from bot.model.scheduling import NEXT_STEPS
from bot.watch.removals import BARE_RETURNS_WITHIN, REPLACED_WITHIN
from bot.watch.stuck import PATIENCE
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
        after = PATIENCE.get(cause)
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


def test_the_times_are_the_codes_own() -> None:
    """Hold-down and reopening, as they are waited for."""
    assert f"Ready for {in_words(recovery.HOLD_DOWN)}" in TEXT
    assert f"within {in_words(REOPENS_FOR)}" in TEXT
