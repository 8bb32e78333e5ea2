"""What stands behind the flags, turned into values of the model. Raises `Misunderstood`; used by `verbs`."""

from __future__ import annotations

from datetime import timedelta

from bot.commands import flags, names
from bot.commands.flags import Arguments
from bot.commands.misunderstood import Misunderstood, shown
from bot.model import durations
from bot.model.pods import ALL_NAMESPACES


def namespace(args: Arguments, default: str, *, topic: str) -> str:
    """The namespace asked for; as in kubectl, `-A` wins over `-n`."""
    if args.has(flags.ALL_NAMESPACES):
        return ALL_NAMESPACES
    given = args.value(flags.NAMESPACE)
    return default if given is None else names.namespace(given, topic=topic)


def one_namespace(args: Arguments, default: str, *, topic: str) -> str:
    """The namespace asked for, where it must be exactly one."""
    found = namespace(args, default, topic=topic)
    if found == ALL_NAMESPACES:
        raise Misunderstood(
            f"In which namespace? Write `/pods {topic} NAME -n NAMESPACE`; "
            "`/pods list -A` shows where pods are.",
            topic=topic,
        )
    return found


def tail(args: Arguments) -> int | None:
    """`--tail`: a number of lines, -1 for all."""
    text = args.value(flags.TAIL)
    if text is None:
        return None
    digits = text.removeprefix("-")
    if digits.isascii() and digits.isdecimal() and len(digits) <= 9 and (text == "-1" or int(text) > 0):
        return int(text)
    raise Misunderstood(
        f"`--tail` takes a number of lines (1 or more), or -1 for all, not {shown(text)}.", topic="logs"
    )


def since(args: Arguments, *, topic: str = "logs") -> timedelta | None:
    """`--since`: a second or more."""
    text = args.value(flags.SINCE)
    if text is None:
        return None
    try:
        duration = durations.parse(text)
    except ValueError as error:
        raise Misunderstood(f"`--since` cannot be {shown(text)}: {error}.", topic=topic) from error
    if duration < timedelta(seconds=1):  # the API counts in whole seconds and takes no zero
        raise Misunderstood(f"`--since` is at least `1s`, not {shown(text)}.", topic=topic)
    return duration
