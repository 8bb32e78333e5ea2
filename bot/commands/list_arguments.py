"""The arguments of `list`, `get` and `find`: read into commands, and spelled out of them again."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address

from bot.commands import flags, look_arguments, names, targets, values
from bot.commands.flags import Arguments
from bot.commands.misunderstood import Misunderstood, did_you_mean, listed, nearest, shown
from bot.model import jsonpath
from bot.model.commands import Command, ExportPods, FindAddress, Form, ListPods, OpenPod
from bot.model.pods import ALL_NAMESPACES
from bot.model.targets import Target, TargetKind

FLAGS = (
    flags.NAMESPACE,
    flags.ALL_NAMESPACES,
    flags.SELECTOR,
    flags.FIELD_SELECTOR,
    flags.OUTPUT,
    flags.SORT_BY,
    flags.BROKEN,
    flags.IP,
)
FIND_FLAGS = FLAGS[:-1]

SORT_KEYS = ("age", "restarts", "name", "node")
_EVENTS = frozenset({"events", "event", "ev"})
_FORMS = {form.value: form for form in Form}
_TEXT_LENGTH = 253


def build_list(args: Arguments, default_namespace: str) -> Command:
    """`list`: takes no names, since a lone word may as well be meant for a namespace."""
    found = names.pods(args.words, topic="list")
    if found:
        raise Misunderstood(
            f"`list` takes no name, but {shown(found[0])} stands there. One pod: `/pods get pod NAME`; "
            "a namespace: `/pods list -n NAMESPACE`.",
            topic="list",
        )
    return _listing(args, default_namespace, topic="list")


def build_get(args: Arguments, default_namespace: str) -> Command:
    """`get pods`, `get pod NAME`, `get pods NAME NAME`, `get deploy/NAME`."""
    first = args.words[0] if args.words else ""
    bare = first.lower().partition(".")[0]
    if bare in _EVENTS:
        return _events(args, default_namespace)
    known = targets.kind_of(first) is not None or "/" in first
    guess = "" if known else nearest(first, ("pods",), cutoff=0.75)
    if guess:
        raise Misunderstood(
            f"{shown(first)} is no kind that podbot knows. Did you mean `get pods`? "
            f"For a pod of that name: `/pods get pod/{first}`.",
            topic="get",
        )
    named = targets.read(args.words, topic="get")
    if not named:
        kind = targets.kind_of(bare)
        if kind is not None and kind is not TargetKind.POD:
            raise Misunderstood(
                f"podbot lists pods. For those of one workload: `/pods get {kind.short}/NAME`.", topic="get"
            )
        return _listing(args, default_namespace, topic="get")
    if args.has(flags.ALL_NAMESPACES):
        raise Misunderstood(
            "A pod's name goes with one namespace: write `-n NAMESPACE` instead of `-A`.", topic="get"
        )
    for flag in (flags.SELECTOR, flags.FIELD_SELECTOR, flags.IP):
        if args.value(flag) is not None:
            raise Misunderstood(f"Give either a pod's name or `--{flag.name}`, not both.", topic="get")
    one_pod = [each.kind for each in named] == [TargetKind.POD]
    if one_pod and args.has(flags.BROKEN):
        raise Misunderstood("Give either a pod's name or `--broken`, not both.", topic="get")
    if one_pod and _form(args, topic="get") is None:
        _sort(args, topic="get")
        namespace = values.one_namespace(args, default_namespace, topic="get")
        return OpenPod(namespace=namespace, pod=named[0].name, begins=True)
    return _listing(args, default_namespace, topic="get", named=named)


def _events(args: Arguments, default_namespace: str) -> Command:
    """`get events`, which kubectl's users type for `events`."""
    for flag in FLAGS[2:]:
        if args.value(flag) is not None or args.has(flag):
            raise Misunderstood(
                f"`get events` does not take `--{flag.name}`: events come newest first. "
                "See `/pods help events`.",
                topic="events",
            )
    if len(args.words) > 1:
        raise Misunderstood(
            f"Events are not asked for by their own names. About a pod: `/pods events {args.words[1]}`.",
            topic="events",
        )
    return look_arguments.build_events(
        Arguments(words=(), values=args.values, switches=args.switches), default_namespace
    )


def build_find(args: Arguments, default_namespace: str) -> Command:  # noqa: ARG001 - it looks everywhere
    """`find TEXT`: in all namespaces where none is given."""
    if len(args.words) != 1:
        what = f"{listed(args.words[:4])} are {len(args.words)}" if args.words else "none stands there"
        raise Misunderstood(
            f"`find` takes one text to look for; {what}. Put quotes around several words.", topic="find"
        )
    text = args.words[0].strip()
    if not text or len(text) > _TEXT_LENGTH:
        raise Misunderstood(
            f"`find` looks for a text of 1 to {_TEXT_LENGTH} characters in names, images, nodes, owners and "
            "addresses.",
            topic="find",
        )
    return _listing(args, ALL_NAMESPACES, topic="find", containing=text)


def _listing(
    args: Arguments,
    default_namespace: str,
    *,
    topic: str,
    named: tuple[Target, ...] = (),
    containing: str = "",
) -> Command:
    labels, fields = args.value(flags.SELECTOR), args.value(flags.FIELD_SELECTOR)
    form = _form(args, topic=topic)
    address = args.value(flags.IP)
    listing = ListPods(
        namespace=values.namespace(args, default_namespace, topic=topic),
        selector="" if labels is None else names.selector(labels, topic=topic),
        fields="" if fields is None else names.field_selector(fields, topic=topic),
        wide=args.value(flags.OUTPUT) == "wide",
        broken=args.has(flags.BROKEN),
        sort=_sort(args, topic=topic),
        targets=named,
        containing=containing,
    )
    if address is not None:
        given = values.namespace(args, ALL_NAMESPACES, topic=topic)
        plain = ListPods(namespace=listing.namespace, wide=listing.wide)
        if listing != plain or form is not None:
            raise Misunderstood(
                "`--ip` looks for one address, with `-n` or without; other flags do not go with it.",
                topic=topic,
            )
        return FindAddress(namespace=given, address=_address(address, topic=topic))
    return listing if form is None else ExportPods(listing=listing, form=form)


def _form(args: Arguments, *, topic: str) -> Form | None:
    """The form of a file that `-o` asks for; None for a table in the message."""
    word = args.value(flags.OUTPUT)
    if word is None or word == "wide":
        return None
    if word in _FORMS:
        return _FORMS[word]
    name = word.partition("=")[0]
    guess = did_you_mean(name, ["wide", *_FORMS], before="-o ")
    raise Misunderstood(
        f"podbot does not answer as {shown(name)}: `-o` takes {listed(['wide', *_FORMS], last='or')}.{guess}",
        topic=topic,
    )


def _sort(args: Arguments, *, topic: str) -> str:
    text = args.value(flags.SORT_BY)
    if text is None or text in SORT_KEYS:
        return text or ""
    if text.isalpha():
        raise Misunderstood(
            f"`--sort-by` takes {listed(SORT_KEYS)}, or a path such as `.status.startTime`, "
            f"not {shown(text)}.{did_you_mean(text, SORT_KEYS)}",
            topic=topic,
        )
    try:
        jsonpath.parse(text)
    except ValueError as error:
        raise Misunderstood(f"`--sort-by` cannot be {shown(text)}: {error}.", topic=topic) from error
    return text


def _address(text: str, *, topic: str) -> str:
    try:
        return str(ip_address(text.strip()))
    except ValueError as error:
        raise Misunderstood(
            f"{shown(text)} is no IP address: write `--ip 10.2.3.4`, or an IPv6 one.", topic=topic
        ) from error


def spelled(command: ListPods | ExportPods) -> Iterator[str]:
    """Verb, names and flags of a listing."""
    listing = command if isinstance(command, ListPods) else command.listing
    if listing.containing:
        guard = ("--",) if listing.containing.startswith("-") else ()
        yield from ("find", *_flags(listing), *guard, listing.containing)
        return
    if listing.targets:
        yield from ("get", *map(_target, listing.targets))
    else:
        yield "list"
    yield from _flags(listing)
    if isinstance(command, ExportPods):
        yield from ("-o", command.form.value)


def _target(target: Target) -> str:
    return f"{target.kind.short}/{target.name}"


def _flags(listing: ListPods) -> Iterator[str]:
    yield from ("-A",) if listing.namespace == ALL_NAMESPACES else ("-n", listing.namespace)
    if listing.selector:
        yield from ("-l", listing.selector)
    if listing.fields:
        yield f"--field-selector={listing.fields}"
    if listing.wide:
        yield from ("-o", "wide")
    if listing.sort:
        yield f"--sort-by={listing.sort}"
    if listing.broken:
        yield "--broken"
