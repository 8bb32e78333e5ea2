"""Every flag that a real kubectl has for podbot's verbs is honoured, or refused by its name."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from bot.commands.grammar import Misunderstood, parse
from bot.commands.verbs import BY_WORD
from tests.support.envtest import ASSETS, HOW_TO_RUN

pytestmark = [
    pytest.mark.envtest,
    pytest.mark.skipif(not ASSETS, reason=HOW_TO_RUN),
]

_FLAG = re.compile(r"^ +(?:-(\w), )?--([\w-]+)(?:=(.*?))?:", re.MULTILINE)

VERBS = {
    "get": ("get", "get pods"),
    "logs": ("logs", "logs web-1"),
    "delete": ("delete", "delete pod web-1"),
    "describe": ("describe", "describe pod web-1"),
    "top pod": ("top", "top pods"),
    "auth can-i": ("can-i", "can-i list"),
    "debug": ("debug", "debug web-1"),
}
"""kubectl's words, podbot's verb, and a command of it that is understood."""


def flags_of(*words: str) -> dict[str, tuple[str, str]]:
    """By long name: the short one, and the default as help shows it."""
    done = subprocess.run(
        [str(Path(ASSETS) / "kubectl"), *words], capture_output=True, text=True, check=True, timeout=120
    )
    return {name: (short, default) for short, name, default in _FLAG.findall(done.stdout)}


@pytest.fixture(scope="module")
def everywhere() -> dict[str, tuple[str, str]]:
    found = flags_of("options")
    assert len(found) > 20
    return found


@pytest.mark.parametrize("words", VERBS)
def test_each_flag_is_known_by_its_name(words: str, everywhere: dict[str, tuple[str, str]]) -> None:
    """Long and short: nothing of kubectl's is answered with "has no flag"."""
    verb, command = VERBS[words]
    spec = BY_WORD[verb]
    own = flags_of(*words.split(), "--help")
    assert len(own) > 3
    spellings = [spelled for name, about in (own | everywhere).items() for spelled in _spelled(name, *about)]
    unknown = [spelled for spelled in spellings if _is_unknown(f"{command} {spelled}")]
    assert unknown == [], f"`{spec.name}` knows nothing of them"


def _spelled(name: str, short: str, default: str) -> list[str]:
    value = "" if default in {"true", "false"} else "=1"
    return [f"--{name}{value}", *([f"-{short}{value}"] if short else [])]


def _is_unknown(text: str) -> bool:
    try:
        parse(text, default_namespace="default")
    except Misunderstood as refusal:
        return "has no flag" in str(refusal)
    return False
