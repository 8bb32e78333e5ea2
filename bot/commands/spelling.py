"""Commands spelled as a person would type them, for messages that say what to do: `grammar`'s inverse."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from bot.commands.kubectl import KINDS, PODS
from bot.commands.misunderstood import SLASH
from bot.model import durations
from bot.model.commands import CanI, Command, DeletePod, DescribePod, GetLogs, Help, ListPods, OpenPod, WhoAmI
from bot.model.pods import ALL_NAMESPACES


def spell(command: Command, *, word: str = SLASH) -> str:
    """The canonical text of a command: `/pods can-i delete -n payments`.

    The grammar reads it back as the same command. What only buttons carry, a page or a UID, has no spelling.
    `word` is how podbot was called: `/kubectl`, or `@podbot` in a thread.
    """
    return f"{word} {shlex.join(_words(command))}"


def _words(command: Command) -> Iterator[str]:
    match command:
        case ListPods():
            yield from ("list", *_where(command.namespace))
            if command.selector:
                yield from ("-l", command.selector)
            if command.wide:
                yield from ("-o", "wide")
            if command.broken:
                yield "--broken"
        case OpenPod():
            yield from ("get", "pod", command.pod, *_where(command.namespace))
        case GetLogs():
            yield from _logs(command)
        case DescribePod():
            yield from ("describe", _pod(command.pod), *_where(command.namespace))
        case DeletePod():
            yield from ("delete", _pod(command.pod), *_where(command.namespace))
        case CanI():
            yield from ("can-i", command.verb.value, *_where(command.namespace))
        case WhoAmI():
            yield "whoami"
        case Help():
            yield "help"
            if command.topic:
                yield command.topic


def _logs(command: GetLogs) -> Iterator[str]:
    yield from ("logs", _pod(command.pod), *_where(command.namespace))
    if command.container:
        yield from ("-c", command.container)
    if command.previous:
        yield "--previous"
    if command.tail is not None:
        yield f"--tail={command.tail}"
    if command.since is not None:
        yield f"--since={durations.spell(command.since)}"


def _where(namespace: str) -> tuple[str, ...]:
    return ("-A",) if namespace == ALL_NAMESPACES else ("-n", namespace)


def _pod(name: str) -> str:
    """The name alone, unless it could be taken for a kind."""
    return f"pod/{name}" if name in PODS or name in KINDS else name
