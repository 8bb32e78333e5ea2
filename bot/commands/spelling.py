"""Commands spelled as a person would type them, for messages that say what to do: `grammar`'s inverse."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from bot.commands import (
    debug_arguments,
    delete_arguments,
    incident_spelling,
    list_arguments,
    log_arguments,
    look_arguments,
    names,
)
from bot.commands.clusters import context
from bot.commands.misunderstood import SLASH
from bot.model.commands import (
    CanI,
    Command,
    DebugPod,
    DeletePod,
    DeletePods,
    DescribePod,
    ExportPods,
    FindAddress,
    FollowLogs,
    GetLogs,
    Help,
    ListClusters,
    ListEvents,
    ListPods,
    OpenPod,
    ReadRaw,
    StopFollowing,
    TopPods,
    WhoAmI,
)
from bot.model.incident_commands import IncidentRequest
from bot.model.pods import ALL_NAMESPACES, ClusterName


def spell(command: Command, *, word: str = SLASH, cluster: ClusterName | None = None) -> str:
    """The canonical text of a command: `/pods can-i delete -n payments`.

    The grammar reads it back as the same command. What only buttons carry, a page or a UID, has no spelling.
    `word` is how podbot was called: `/kubectl`, or `@podbot` in a thread. `cluster` is named where given.
    """
    return f"{word} {shlex.join((*context(cluster), *_words(command)))}"


def _words(command: Command) -> Iterator[str]:  # noqa: PLR0912 - a case for each command
    match command:
        case ListPods() | ExportPods():
            yield from list_arguments.spelled(command)
        case FindAddress():
            yield from ("list", f"--ip={command.address}", *_where(command.namespace))
        case ListEvents():
            yield from look_arguments.spelled_events(command)
        case TopPods():
            yield from look_arguments.spelled_top(command)
        case OpenPod():
            yield from ("get", "pod", command.pod, *_where(command.namespace))
        case GetLogs():
            yield from ("logs", *log_arguments.spelled(command))
        case FollowLogs():
            yield from ("logs", "--follow", *log_arguments.spelled(command.logs))
        case StopFollowing():
            yield from ("help", "logs")  # itself it is only ever pressed
        case IncidentRequest():
            yield from incident_spelling.spelled(command)
        case DescribePod():
            yield from ("describe", names.spelled_pod(command.pod), *_where(command.namespace))
        case DeletePod() | DeletePods():
            yield from delete_arguments.spelled(command)
        case DebugPod():
            yield from debug_arguments.spelled_debug(command, pod=names.spelled_pod(command.pod))
        case ReadRaw():
            yield from ("get", f"--raw={command.path}")
        case CanI():
            yield from ("can-i", command.verb.value, *_where(command.namespace))
        case ListClusters():
            yield "clusters"
        case WhoAmI():
            yield "whoami"
        case Help():
            yield "help"
            if command.topic:
                yield command.topic


def _where(namespace: str) -> tuple[str, ...]:
    return ("-A",) if namespace == ALL_NAMESPACES else ("-n", namespace)
