"""What a person probably wants to ask about a message: the command that a shortcut's dialog begins with."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from bot.commands.grammar import Asked
from bot.commands.misunderstood import SLASH
from bot.commands.spelling import spell
from bot.model.commands import DescribePod, GetLogs
from bot.model.pods import ClusterName

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


def from_buttons(pressable: Sequence[Asked]) -> Asked | None:
    """Of what a message's own buttons ask for the one to begin with: its logs, else its pod."""
    for wanted in (GetLogs, DescribePod):
        for asked in pressable:
            if isinstance(asked.command, wanted) and asked.command.pod:
                return asked
    return None


def from_text(text: str, clusters: Mapping[ClusterName, str]) -> Asked | None:
    """The logs of the first thing in a text that looks like a Deployment's pod.

    `clusters` as in `grammar.ask`; one whose name is a word of the text is taken for the pod's.
    """
    text = text[:_LONGEST]
    pod = next((word for word in _WORD.finditer(text) if _POD.fullmatch(word[0])), None)
    if pod is None:
        return None
    named = _NAMESPACE.search(text)
    before = _BEFORE.search(text[: pod.start()])
    path = before[1] if before and before[1] not in {"pod", "pods", "po"} else ""
    cluster = _cluster(text, clusters)
    elsewhere = clusters[cluster or next(iter(clusters))]
    namespace = path or (named[1].lower() if named else elsewhere)
    return Asked(command=GetLogs(namespace=namespace, pod=pod[0]), cluster=cluster)


def _cluster(text: str, clusters: Mapping[ClusterName, str]) -> ClusterName | None:
    if len(clusters) == 1:
        return None
    standing = {word.strip("*`_,;:()\"'") for word in text.split()}
    return next((each for each in clusters if each in standing), None)


def typed(asked: Asked) -> str:
    """The command as one types it into the dialog, without the word before it."""
    return spell(asked.command, cluster=asked.cluster).removeprefix(f"{SLASH} ")
