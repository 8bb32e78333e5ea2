"""docs/commands.md has a section and a picture for every verb, and its generated parts are up to date."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from bot.commands.verbs import VERBS, VerbSpec

_DOCS = Path(__file__).parents[3] / "docs"
_PAGE = (_DOCS / "commands.md").read_text("utf-8")
_PNG = b"\x89PNG\r\n\x1a\n"


def generator() -> ModuleType:
    """docs/make_commands.py, which is a script and in no package."""
    spec = importlib.util.spec_from_file_location("make_commands", _DOCS / "make_commands.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # where dataclasses look for the names in their annotations
    spec.loader.exec_module(module)
    return module


def test_the_generated_parts_are_what_the_table_of_verbs_says() -> None:
    """`make docs`, or `python docs/make_commands.py --text-only`, brings them up to date."""
    assert generator().written(_PAGE) == _PAGE


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.name)
def test_every_verb_has_its_section_with_a_picture_of_a_real_answer(verb: VerbSpec) -> None:
    """Drawn by the page: `make docs`."""
    section = _PAGE.partition(f"\n## {verb.name}\n")[2].partition("\n## ")[0]
    assert f"](images/commands/{verb.name}.png)" in section
    picture = (_DOCS / "images" / "commands" / f"{verb.name}.png").read_bytes()
    assert picture.startswith(_PNG)
    assert len(picture) > 5_000, "a picture of nothing"


def test_the_generator_draws_every_verb() -> None:
    """A verb that is added is drawn, too."""
    cluster = _FewPods()
    assert set(generator().shots(cluster)) == {verb.name for verb in VERBS}


class _FewPods:
    """As much of a cluster as the generator asks for names."""

    def pods(self, namespace: str, *, app: str) -> list[dict[str, object]]:
        return [
            {
                "metadata": {"name": f"{app}-{restarts}", "namespace": namespace},
                "status": {"containerStatuses": [{"restartCount": restarts, "ready": True}]},
            }
            for restarts in (0, 1)
        ]
