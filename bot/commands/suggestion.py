"""What a person probably wants to ask about a message: the command that a shortcut's dialog begins with."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.commands.misunderstood import SLASH
from bot.commands.spelling import spell
from bot.model.commands import Command, DescribePod, GetLogs

_WORD = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?", re.ASCII)
# A Deployment's pods end in the hash of their template and five letters of their own.
_POD = re.compile(r"(?:[a-z0-9]+-)+(?=[a-z]*[0-9])[a-z0-9]{5,10}-[a-z0-9]{5}", re.ASCII)
_NAMESPACE = re.compile(
    r"""(?ix) \b (?: namespace | ns ) ["']? \s{0,3} [=:] \s{0,3} ["'`*]? ([a-z0-9-]{1,63})"""
)
_BEFORE = re.compile(r"\b([a-z0-9][a-z0-9-]{0,62})/$", re.ASCII)
_LONGEST = 20_000
"""Characters of a message that are looked at."""
_MOST_WORDS = 2_000


def words(text: str) -> tuple[str, ...]:
    """The words of a message that could be pods' names, each once, in their order."""
    found = dict.fromkeys(_WORD.findall(text[:_LONGEST].lower()))
    return tuple(each for each in found if "-" in each)[:_MOST_WORDS]


def from_buttons(commands: Sequence[Command]) -> Command | None:
    """Of the commands that a message's own buttons carry the one to begin with: its logs, else its pod."""
    for wanted in (GetLogs, DescribePod):
        for command in commands:
            if isinstance(command, wanted) and command.pod:
                return command
    return None


def from_text(text: str, *, default_namespace: str) -> Command | None:
    """The logs of the first thing in a text that looks like a Deployment's pod."""
    text = text[:_LONGEST]
    pod = next((word for word in _WORD.finditer(text) if _POD.fullmatch(word[0])), None)
    if pod is None:
        return None
    named = _NAMESPACE.search(text)
    before = _BEFORE.search(text[: pod.start()])
    path = before[1] if before and before[1] not in {"pod", "pods", "po"} else ""
    namespace = path or (named[1].lower() if named else default_namespace)
    return GetLogs(namespace=namespace, pod=pod[0])


def typed(command: Command) -> str:
    """The command as one types it into the dialog, without the word before it."""
    return spell(command).removeprefix(f"{SLASH} ")
