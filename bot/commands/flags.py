"""The flags: which podbot takes, which of kubectl's it refuses by name, and reading them off a command.

pflag, which kubectl uses, spells some things as no Python parser reads them (`-n=shop`, `--previous=false`).
Those are first rewritten to the long form with a value; click does the rest.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import click

from bot.commands.misunderstood import Misunderstood, did_you_mean, shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    """A flag that podbot takes. Without `value` (a word for what stands behind it) it is a switch."""

    name: str
    short: str = ""
    value: str = ""
    purpose: str

    @property
    def spelling(self) -> str:
        """As help shows it: `-n, --namespace NAMESPACE`."""
        name = f"-{self.short}, --{self.name}" if self.short else f"--{self.name}"
        return f"{name} {self.value}" if self.value else name


@dataclass(frozen=True, slots=True, kw_only=True)
class NotTaken:
    """A flag that kubectl has and podbot does not take; `instead` is what to say about it, a clause."""

    name: str
    short: str = ""
    takes_value: bool = False
    instead: str


NAMESPACE = Flag(name="namespace", short="n", value="NAMESPACE", purpose="in this namespace")
ALL_NAMESPACES = Flag(name="all-namespaces", short="A", purpose="in all namespaces")
SELECTOR = Flag(name="selector", short="l", value="SELECTOR", purpose="only pods with these labels: app=web")
FIELD_SELECTOR = Flag(
    name="field-selector", value="SELECTOR", purpose="only pods with these fields: status.phase=Failed"
)
OUTPUT = Flag(
    name="output",
    short="o",
    value="FORM",
    purpose="wide adds IP and node; json, yaml, name or file come as a file",
)
SORT_BY = Flag(
    name="sort-by", value="KEY", purpose="age, restarts, name, node, or a path such as .status.startTime"
)
BROKEN = Flag(name="broken", purpose="only pods that are not healthy, worst first")
IP = Flag(name="ip", value="ADDRESS", purpose="which pod has or had this address, in any namespace")
FOR = Flag(name="for", value="POD", purpose="only about this pod")
TYPES = Flag(name="types", value="TYPES", purpose="Warning leaves out what is only for information")
CONTAINERS = Flag(name="containers", purpose="container by container")
USAGE_SORT_BY = Flag(name="sort-by", value="KEY", purpose="cpu or memory, most first")
SUM = Flag(name="sum", purpose="with a last line that sums them up")
CONTAINER = Flag(name="container", short="c", value="CONTAINER", purpose="this container of the pod")
PREVIOUS = Flag(name="previous", short="p", purpose="the run before the last restart")
TAIL = Flag(name="tail", value="LINES", purpose="the last so many lines; -1 for all")
SINCE = Flag(name="since", value="DURATION", purpose="not older than this: 30s, 10m, 1h30m")
SINCE_TIME = Flag(name="since-time", value="TIME", purpose="not older than this moment: 2026-03-01T14:02:00Z")
FOLLOW = Flag(name="follow", short="f", purpose="show what is written from now on, for up to 10 minutes")
ALL_CONTAINERS = Flag(name="all-containers", purpose="every container of the pod, merged by time")
AROUND_DEATH = Flag(name="around-death", purpose="the minute before the last death of the container")
GREP = Flag(name="grep", value="TEXT", purpose="only lines with this text; capitals count if it has any")
INVERT = Flag(name="invert", purpose="with --grep: only lines without the text")
CONTEXT_LINES = Flag(
    name="context-lines", short="C", value="LINES", purpose="with --grep: so many lines around each, too"
)
TIMESTAMPS = Flag(name="timestamps", purpose="the time of each line before it")
LIMIT_BYTES = Flag(name="limit-bytes", value="BYTES", purpose="read no more than this; 10 MB at most")
ALL_PODS = Flag(name="all-pods", purpose="all pods of a workload, which podbot always shows")
PREFIX = Flag(name="prefix", purpose="the pod before each line, which podbot always shows where it needs one")
IMAGE = Flag(name="image", value="IMAGE", purpose="what to run; one that the policy allows")
TARGET = Flag(name="target", value="CONTAINER", purpose="see the processes of this container")
RAW = Flag(name="raw", value="PATH", purpose="what the API server answers at a path that the policy allows")
REASON = Flag(name="reason", value="TEXT", purpose="why, to be told in the channel")
GRACE_PERIOD = Flag(name="grace-period", value="SECONDS", purpose="how long it may take to stop")
NOW = Flag(name="now", purpose="one second to stop in")
FORCE = Flag(name="force", purpose="let the cluster forget it at once, whether or not it has stopped")
DRY_RUN = Flag(name="dry-run", value="server", purpose="hear what the cluster would do; nothing is deleted")
LASTING = Flag(name="for", value="DURATION", purpose="for how long: 30m, 2h, 1d; 7 days at most")
UNTIL_RESOLVED = Flag(name="until-resolved", purpose="until the incident is over, and no longer than 7 days")
CAUSE = Flag(name="cause", value="CAUSE", purpose="only what dies of this: OOMKilled, ImagePull, Error")
CLOSE_ANYWAY = Flag(name="force", purpose="close it although it is still failing")
RECENT = Flag(name="recent", purpose="those that are over, too")
EXPORT = Flag(name="export", value="FORM", purpose="as a file: markdown or json")
EXPORT_FORM = Flag(name="output", short="o", value="FORM", purpose="markdown, or json for a machine")
CONTEXT = Flag(name="context", value="CLUSTER", purpose="the cluster that is meant, where there are several")
CLUSTER = Flag(name="cluster", value="CLUSTER", purpose="the same")
HELP = Flag(name="help", short="h", purpose="how the verb is used")

EVERYWHERE = (CONTEXT, CLUSTER, HELP)
"""What every verb takes."""

KNOWN: dict[str, Flag] = {
    flag.name: flag
    for flag in (
        NAMESPACE,
        ALL_NAMESPACES,
        SELECTOR,
        FIELD_SELECTOR,
        OUTPUT,
        SORT_BY,
        BROKEN,
        IP,
        FOR,
        TYPES,
        CONTAINERS,
        SUM,
        CONTAINER,
        PREVIOUS,
        TAIL,
        SINCE,
        SINCE_TIME,
        FOLLOW,
        ALL_CONTAINERS,
        AROUND_DEATH,
        GREP,
        INVERT,
        CONTEXT_LINES,
        TIMESTAMPS,
        LIMIT_BYTES,
        ALL_PODS,
        PREFIX,
        IMAGE,
        TARGET,
        RAW,
        REASON,
        GRACE_PERIOD,
        NOW,
        FORCE,
        DRY_RUN,
        UNTIL_RESOLVED,
        CAUSE,
        RECENT,
        EXPORT,
        *EVERYWHERE,
    )
}
"""Every flag that some verb takes, by its long name."""


_NEGATIVE = frozenset({TAIL.name, GRACE_PERIOD.name})
"""Flags whose value may begin with a hyphen: -1 says something of its own."""


@dataclass(frozen=True, slots=True)
class Arguments:
    """What stood behind a verb: the words, and the flags by long name (last one wins, as in kubectl)."""

    words: tuple[str, ...]
    values: Mapping[str, str]
    switches: frozenset[str]
    behind: tuple[str, ...] = ()
    """Those of the words that stood behind `--`."""

    def value(self, flag: Flag) -> str | None:
        """What was given for a flag, or None."""
        return self.values.get(flag.name)

    def has(self, flag: Flag) -> bool:
        """Whether a switch is on."""
        return flag.name in self.switches


def read(verb: str, args: Sequence[str], taken: Sequence[Flag], refused: Sequence[NotTaken]) -> Arguments:
    """Tell flags from words behind `verb`. Raises `Misunderstood` for every flag that is not in `taken`."""
    flags = (*taken, *EVERYWHERE)
    command = click.Command(verb, params=[*map(_option, flags), _WORDS], add_help_option=False)
    long_form = list(_long_form(verb, args, (*flags, *refused)))
    behind = long_form[long_form.index("--") + 1 :] if "--" in long_form else []
    try:
        params = command.make_context(verb, long_form).params
    except click.NoSuchOption as error:
        raise _unknown(verb, error.option_name, flags) from error
    except click.BadOptionUsage as error:
        flag = next(each for each in flags if each.name == error.option_name.lstrip("-"))
        raise Misunderstood(
            f"`--{flag.name}` needs {flag.value} behind it. See `/pods help {verb}`.", topic=verb
        ) from error
    values = {
        flag.name: params[_key(flag)] for flag in flags if flag.value and params[_key(flag)] is not None
    }
    _check_given(verb, values, flags)
    switches = frozenset(flag.name for flag in flags if not flag.value and params[_key(flag)])
    return Arguments(tuple(params["words"]), values, switches, tuple(behind))


_WORDS = click.Argument(["words"], nargs=-1, required=False)


def _option(flag: Flag) -> click.Option:
    if flag.value:
        return click.Option([_key(flag), f"--{flag.name}"])
    return click.Option([_key(flag), f"--{flag.name}/--no-{flag.name}"], default=False)


def _key(flag: Flag) -> str:
    return flag.name.replace("-", "_")


def _check_given(verb: str, values: Mapping[str, str], flags: Sequence[Flag]) -> None:
    """Refuse a value that is empty, or a flag swallowed as one: both mean that the value was forgotten."""
    wanted = {flag.name: flag.value for flag in flags}
    for name, value in values.items():
        forgotten = not value.strip() or (value.startswith("-") and name not in _NEGATIVE)
        if forgotten:
            raise Misunderstood(
                f"`--{name}` needs {wanted[name]} behind it{f', not {shown(value)}' if value else ''}. "
                f"See `/pods help {verb}`.",
                topic=verb,
            )


def _long_form(verb: str, args: Sequence[str], flags: Sequence[Flag | NotTaken]) -> Iterator[str]:
    """The arguments with every known flag as `--name`, `--no-name` or `--name=value`."""
    by_name = {flag.name: flag for flag in flags}
    by_short = {flag.short: flag for flag in flags if flag.short}
    rest = iter(args)
    for arg in rest:
        if arg == "--":
            yield arg
            yield from rest
        elif arg.startswith("--"):
            name, equals, value = arg[2:].partition("=")
            flag = by_name.get(name)
            yield _spelled(verb, flag, value if equals else None, rest) if flag else arg
        elif arg.startswith("-") and len(arg) > 1:
            name = arg[1:].partition("=")[0]
            if len(name) > 1 and name in KNOWN:
                raise Misunderstood(f"`-{name}` has one hyphen too few: write `--{name}`.", topic=verb)
            yield from _written_together(verb, arg[1:], by_short, rest)
        else:
            yield arg


def _written_together(
    verb: str, letters: str, by_short: Mapping[str, Flag | NotTaken], rest: Iterator[str]
) -> Iterator[str]:
    """Short flags written together, `-pnshop`: switches, then at most one that takes what remains."""
    while letters:
        letter, letters = letters[0], letters[1:]
        flag = by_short.get(letter)
        if flag is None:
            yield f"-{letter}"
            return
        attached: str | None = None
        if letters.startswith("="):
            attached, letters = letters[1:], ""
        elif _takes_value(flag) and letters:
            attached, letters = letters, ""
        yield _spelled(verb, flag, attached, rest)


def _spelled(verb: str, flag: Flag | NotTaken, attached: str | None, rest: Iterator[str]) -> str:
    if isinstance(flag, NotTaken):
        raise Misunderstood(
            f"podbot does not take `--{flag.name}`: {flag.instead}. See `/pods help {verb}`.", topic=verb
        )
    if flag.value:
        value = attached if attached is not None else next(rest, None)
        return f"--{flag.name}" if value is None else f"--{flag.name}={value}"
    return f"--{flag.name}" if attached is None or _truth(verb, flag, attached) else f"--no-{flag.name}"


def _takes_value(flag: Flag | NotTaken) -> bool:
    return flag.takes_value if isinstance(flag, NotTaken) else bool(flag.value)


def _truth(verb: str, flag: Flag, text: str) -> bool:
    """As Go's `strconv.ParseBool` reads it."""
    if text in {"1", "t", "T", "true", "TRUE", "True"}:
        return True
    if text in {"0", "f", "F", "false", "FALSE", "False"}:
        return False
    raise Misunderstood(
        f"`--{flag.name}` is true or false, not {shown(text)}. See `/pods help {verb}`.", topic=verb
    )


def _unknown(verb: str, option: str, flags: Sequence[Flag]) -> Misunderstood:
    elsewhere = option.startswith("--") and option[2:] in KNOWN
    hint = "" if elsewhere else did_you_mean(option[2:], [flag.name for flag in flags], before="--")
    return Misunderstood(f"`{verb}` has no flag {shown(option)}.{hint} See `/pods help {verb}`.", topic=verb)
