"""The documents say what is so: variables, links and commands."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.cli import main
from bot.settings import Settings

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
README = (ROOT / "README.md").read_text("utf-8")

_LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)\s]*)?\)")
_VARIABLE = re.compile(r"`([A-Z][A-Z0-9_]+)`")


def links(document: Path) -> Iterator[str]:
    """Where a document points to within the project."""
    for target in _LINK.findall(document.read_text("utf-8")):
        if "://" not in target and not target.startswith("mailto:"):
            yield target


def settings_table() -> list[str]:
    """The first cells of README's table of variables, one for each variable."""
    head, _, rest = README.partition("| variable | meaning |\n|---|---|\n")
    assert rest, f"README has no table of variables any more:\n{head[-500:]}"
    rows = rest.partition("\n\n")[0].splitlines()
    return [name for row in rows for name in _VARIABLE.findall(row.split("|")[1])]


def test_readme_names_every_variable_once_and_no_other() -> None:
    """The table is the settings class, as a person reads it."""
    assert sorted(settings_table()) == sorted(str(field.alias) for field in Settings.model_fields.values())


def test_readme_names_the_defaults() -> None:
    """Where a variable has a default of its own that is a word, the table says it."""
    lines = {name: row for row in README.splitlines() for name in _VARIABLE.findall(row)}
    assert Settings.model_fields["http_addr"].default in lines["PODBOT_HTTP_ADDR"]
    assert Settings.model_fields["log_level"].default.value in lines["PODBOT_LOG_LEVEL"]
    assert Settings.model_fields["log_format"].default.value in lines["PODBOT_LOG_FORMAT"]


@pytest.mark.parametrize(
    "document", [pytest.param(each, id=str(each.relative_to(ROOT))) for each in DOCUMENTS]
)
def test_links_within_the_project_lead_somewhere(document: Path) -> None:
    """Nobody follows a link into nothing."""
    lost = [target for target in links(document) if not (document.parent / target).exists()]
    assert lost == []


def test_architecture_has_the_layers_that_are_checked() -> None:
    """The line that people read is the contract that import-linter holds the code to."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    (layers,) = [
        each["layers"] for each in contracts if each["type"] == "layers" and "bot.cli" in each["layers"]
    ]
    line = " > ".join(each.replace("bot.", "") for each in layers if each != "bot.__main__")
    assert line in (ROOT / "docs/architecture.md").read_text("utf-8").splitlines()


def test_architecture_says_what_each_part_knows() -> None:
    """Every part has its row in the table of layers; but the foundations and the playground."""
    text = (ROOT / "docs/architecture.md").read_text("utf-8")
    told = set(re.findall(r"^\| `([a-z]+)` \|", text, re.MULTILINE))
    parts = {each.stem for each in (ROOT / "bot").iterdir() if not each.name.startswith("_")}
    assert parts - told == {"playground", "logs", "clock", "errors"}
    assert told <= parts


def test_the_make_targets_that_readme_names_exist() -> None:
    """The two commands of the project, and any other it may come to name."""
    named = set(re.findall(r"\bmake ([a-z]+)", README))
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    assert {"demo", "test"} <= named <= targets


def test_the_commands_that_readme_names_exist() -> None:
    """`podbot run` and whatever else stands behind `podbot` in a code block."""
    blocks = re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
    named = {word for block in blocks for word in re.findall(r"^podbot ([a-z]+)", block, re.MULTILINE)}
    assert {"run"} <= named <= set(main.commands)
