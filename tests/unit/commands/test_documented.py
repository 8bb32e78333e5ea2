"""docs/commands.md says what the grammar takes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.commands.grammar import ask
from bot.commands.log_arguments import FLAGS
from bot.model.commands import Help
from bot.model.pods import ClusterName

_PAGE = (Path(__file__).parents[3] / "docs" / "commands.md").read_text("utf-8")
_TYPED = [
    re.split(r" {2,}", line)[0]
    for block in re.findall(r"```\n(.*?)```", _PAGE, re.DOTALL)
    for line in block.splitlines()
    if line.startswith(("/pods ", "/kubectl "))
]


@pytest.mark.parametrize("typed", _TYPED)
def test_every_command_of_the_page_is_understood(typed: str) -> None:
    """What stands there to be typed does something."""
    clusters = {ClusterName("prod"): "shop", ClusterName("staging"): "qa"}
    assert ask(typed, clusters).command != Help()


def test_the_page_names_every_flag_of_logs() -> None:
    """And no other, in its table."""
    section = _PAGE.partition("## logs\n")[2].partition("\n## ")[0]
    named = {
        name
        for row in section.splitlines()
        if row.startswith("| `")
        for name in re.findall(r"`--([a-z-]+)`", row.split("|")[1])
    }
    assert named == {flag.name for flag in FLAGS}
