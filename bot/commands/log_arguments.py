"""What stands behind `logs`, turned into a command, and a command into such words again.

Used by `verbs` and `spelling`; the one is the inverse of the other.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from bot.commands import flags, names, targets, values
from bot.commands.flags import Arguments, Flag
from bot.commands.kubectl import KINDS, PODS
from bot.commands.misunderstood import Misunderstood, listed, shown
from bot.model import durations
from bot.model.commands import FollowLogs, GetLogs
from bot.model.targets import TargetKind

_TOPIC = "logs"
_LONGEST_SEARCH = 200
_MOST_CONTEXT = 100
_MOST_BYTES = 10 * 1024 * 1024

FLAGS = (
    flags.NAMESPACE,
    flags.CONTAINER,
    flags.ALL_CONTAINERS,
    flags.SELECTOR,
    flags.FOLLOW,
    flags.PREVIOUS,
    flags.AROUND_DEATH,
    flags.TAIL,
    flags.SINCE,
    flags.SINCE_TIME,
    flags.GREP,
    flags.INVERT,
    flags.CONTEXT_LINES,
    flags.TIMESTAMPS,
    flags.LIMIT_BYTES,
    flags.ALL_PODS,
    flags.PREFIX,
)
"""What `logs` takes. `--all-pods` and `--prefix` ask for what podbot always does with several pods."""

# Together these would ask for two different things.
_EXCLUSIVE: tuple[tuple[Flag, Flag, str], ...] = (
    (flags.SINCE, flags.SINCE_TIME, "they say two beginnings"),
    (flags.CONTAINER, flags.ALL_CONTAINERS, "one container or all of them"),
    (flags.FOLLOW, flags.PREVIOUS, "the previous run writes no more"),
    (flags.FOLLOW, flags.AROUND_DEATH, "a run that died writes no more"),
    (flags.FOLLOW, flags.CONTEXT_LINES, "what comes after a line is not there yet when it is shown"),
    (flags.AROUND_DEATH, flags.PREVIOUS, "it finds the run that died by itself"),
    (flags.AROUND_DEATH, flags.SINCE, "it finds the minute before the death by itself"),
    (flags.AROUND_DEATH, flags.SINCE_TIME, "it finds the minute before the death by itself"),
)


def build(args: Arguments, default_namespace: str) -> GetLogs | FollowLogs:
    """The command of these arguments. Raises `Misunderstood`."""
    _check_together(args)
    words, container = _container(args)
    selector = args.value(flags.SELECTOR)
    named = targets.read(words, topic=_TOPIC, kind_needed=False)
    if selector is not None and named:
        raise Misunderstood("Give either names or `--selector`, not both.", topic=_TOPIC)
    if selector is None and not named:
        raise Misunderstood(
            "`logs` needs a name: `/pods logs NAME`, `/pods logs deploy/NAME`, or `-l SELECTOR`. "
            "`/pods list` shows the names of pods.",
            topic=_TOPIC,
        )
    lone = len(named) == 1 and named[0].kind is TargetKind.POD
    command = GetLogs(
        namespace=values.one_namespace(args, default_namespace, topic=_TOPIC),
        pod=named[0].name if lone else "",
        targets=() if lone else named,
        selector="" if selector is None else names.selector(selector, topic=_TOPIC),
        container="" if container is None else names.container(container, topic=_TOPIC),
        all_containers=args.has(flags.ALL_CONTAINERS),
        previous=args.has(flags.PREVIOUS),
        tail=values.tail(args),
        since=values.since(args),
        since_time=_since_time(args),
        timestamps=args.has(flags.TIMESTAMPS),
        limit=_number(args, flags.LIMIT_BYTES, 1, _MOST_BYTES),
        grep=_search(args),
        invert=args.has(flags.INVERT),
        context=_number(args, flags.CONTEXT_LINES, 0, _MOST_CONTEXT) or 0,
        around_death=args.has(flags.AROUND_DEATH),
    )
    return FollowLogs(logs=command) if args.has(flags.FOLLOW) else command


def spelled(command: GetLogs) -> Iterator[str]:
    """The words of a command, without the verb."""
    if command.pod:
        yield f"pod/{command.pod}" if command.pod in PODS or command.pod in KINDS else command.pod
    yield from map(str, command.targets)
    yield from ("-n", command.namespace)
    if command.selector:
        yield from ("-l", command.selector)
    if command.container:
        yield from ("-c", command.container)
    yield from _switches(command)
    if command.tail is not None:
        yield f"--tail={command.tail}"
    if command.since is not None:
        yield f"--since={durations.spell(command.since)}"
    if command.since_time is not None:
        yield f"--since-time={command.since_time.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    if command.grep:
        yield f"--grep={command.grep}"
    if command.context:
        yield f"--context-lines={command.context}"
    if command.limit is not None:
        yield f"--limit-bytes={command.limit}"


def _switches(command: GetLogs) -> Iterator[str]:
    switches = (
        (command.all_containers, flags.ALL_CONTAINERS),
        (command.previous, flags.PREVIOUS),
        (command.around_death, flags.AROUND_DEATH),
        (command.invert, flags.INVERT),
        (command.timestamps, flags.TIMESTAMPS),
    )
    return (f"--{flag.name}" for on, flag in switches if on)


def _check_together(args: Arguments) -> None:
    for one, other, why in _EXCLUSIVE:
        if _given(args, one) and _given(args, other):
            raise Misunderstood(
                f"`--{one.name}` and `--{other.name}` do not go together: {why}.", topic=_TOPIC
            )
    for flag in (flags.INVERT, flags.CONTEXT_LINES):
        if _given(args, flag) and not _given(args, flags.GREP):
            raise Misunderstood(f"`--{flag.name}` goes with `--grep TEXT` only.", topic=_TOPIC)


def _given(args: Arguments, flag: Flag) -> bool:
    return args.has(flag) or args.value(flag) is not None


def _container(args: Arguments) -> tuple[tuple[str, ...], str | None]:
    """The words that name pods, and the container, which kubectl also takes as the last word."""
    words, container = list(args.words), args.value(flags.CONTAINER)
    behind_kind = len(words) > 1 and "/" not in words[0] and targets.kind_of(words[0]) is not None
    if len(words) == (3 if behind_kind else 2) and "/" not in words[-1]:
        inline = words.pop()
        if container is not None:
            raise Misunderstood(
                f"The container is named twice: {listed([inline, container])}. Use `-c` alone.", topic=_TOPIC
            )
        if args.has(flags.ALL_CONTAINERS):
            raise Misunderstood(
                f"Give either the container {shown(inline)} or `--all-containers`, not both.", topic=_TOPIC
            )
        container = inline
    return tuple(words), container


def _since_time(args: Arguments) -> datetime | None:
    text = args.value(flags.SINCE_TIME)
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None or "T" not in text.upper():
            raise ValueError(text)
        return moment.astimezone(UTC).replace(microsecond=0)
    except (ValueError, OverflowError):
        raise Misunderstood(
            f"`--since-time` takes a moment such as `2026-03-01T14:02:00Z` (RFC 3339), not {shown(text)}. "
            "A duration goes with `--since`.",
            topic=_TOPIC,
        ) from None


def _search(args: Arguments) -> str:
    text = args.value(flags.GREP) or ""
    if len(text) > _LONGEST_SEARCH:
        raise Misunderstood(
            f"`--grep` takes a text of at most {_LONGEST_SEARCH} characters, not {len(text):,}.", topic=_TOPIC
        )
    return text


def _number(args: Arguments, flag: Flag, least: int, most: int) -> int | None:
    text = args.value(flag)
    if text is None:
        return None
    if text.isascii() and text.isdecimal() and len(text) <= 9 and least <= int(text) <= most:
        return int(text)
    raise Misunderstood(
        f"`--{flag.name}` takes a number from {least} to {most:,}, not {shown(text)}.", topic=_TOPIC
    )
