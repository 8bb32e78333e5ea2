"""The verbs: one table from which commands are built and help is written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bot.commands import flags, kubectl, names, values
from bot.commands.flags import Arguments, Flag, NotTaken
from bot.commands.misunderstood import Misunderstood, did_you_mean, listed, nearest, shown
from bot.model.commands import (
    CanI,
    Command,
    DeletePod,
    DescribePod,
    GetLogs,
    Help,
    ListPods,
    OpenPod,
    Verb,
    WhoAmI,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class VerbSpec:
    """One verb: how it is spelled, what it is for, and how its arguments become a command."""

    name: str
    also: tuple[str, ...] = ()
    """Other words for it."""
    usage: tuple[str, ...]
    purpose: str
    flags: tuple[Flag, ...] = ()
    refused: tuple[NotTaken, ...] = ()
    examples: tuple[str, ...]
    build: Callable[[Arguments, str], Command]
    """Arguments and default namespace to command; raises `Misunderstood`."""


def _list(args: Arguments, default_namespace: str) -> ListPods:
    found = names.pods(args.words, topic="list")
    if found:
        raise Misunderstood(
            f"`list` takes no name, but {shown(found[0])} stands there. One pod: `/pods get pod NAME`; "
            "a namespace: `/pods list -n NAMESPACE`.",
            topic="list",
        )
    return _pods(args, default_namespace, topic="list")


def _get(args: Arguments, default_namespace: str) -> Command:
    first = args.words[0] if args.words else ""
    if not names.pods(args.words, topic="get"):
        return _pods(args, default_namespace, topic="get")
    guess = (
        nearest(first, ("pods",), cutoff=0.75)
        if first.lower() not in kubectl.PODS and "/" not in first
        else ""
    )
    if guess:
        raise Misunderstood(
            f"{shown(first)} is no kind that podbot knows. Did you mean `get pods`? "
            f"For a pod of that name: `/pods get pod/{first}`.",
            topic="get",
        )
    pod = names.beginning_of_pod(names.one_pod(args.words, topic="get"), topic="get")
    if args.has(flags.ALL_NAMESPACES):
        raise Misunderstood(
            "A pod's name goes with one namespace: write `-n NAMESPACE` instead of `-A`.", topic="get"
        )
    for flag in (flags.SELECTOR, flags.BROKEN):
        if args.value(flag) is not None or args.has(flag):
            raise Misunderstood(f"Give either a pod's name or `--{flag.name}`, not both.", topic="get")
    values.wide(args, topic="get")
    return OpenPod(namespace=values.one_namespace(args, default_namespace, topic="get"), pod=pod)


def _logs(args: Arguments, default_namespace: str) -> GetLogs:
    words, container = list(args.words), args.value(flags.CONTAINER)
    behind_kind = len(words) > 1 and words[0].lower() in kubectl.PODS
    if len(words) == (3 if behind_kind else 2) and not all("/" in word for word in words):
        inline = words.pop()
        if container is not None:
            raise Misunderstood(
                f"The container is named twice: {listed([inline, container])}. Use `-c` alone.", topic="logs"
            )
        container = inline
    pod = names.one_pod(words, topic="logs", kind_needed=False)
    return GetLogs(
        namespace=values.one_namespace(args, default_namespace, topic="logs"),
        pod=names.beginning_of_pod(pod, topic="logs"),
        container="" if container is None else names.container(container, topic="logs"),
        previous=args.has(flags.PREVIOUS),
        tail=values.tail(args),
        since=values.since(args),
    )


def _describe(args: Arguments, default_namespace: str) -> DescribePod:
    pod = names.one_pod(args.words, topic="describe")
    return DescribePod(
        namespace=values.one_namespace(args, default_namespace, topic="describe"),
        pod=names.beginning_of_pod(pod, topic="describe"),
    )


def _delete(args: Arguments, default_namespace: str) -> DeletePod:
    pod = names.one_pod(args.words, topic="delete")
    return DeletePod(
        namespace=values.one_namespace(args, default_namespace, topic="delete"),
        pod=names.whole_pod(pod, topic="delete"),
    )


_SUBRESOURCES = {"get": {"pods/log": Verb.LOGS, "pod/log": Verb.LOGS, "events": Verb.EVENTS}}
"""What kubectl's own questions mean in podbot's verbs."""

_VERBS = {verb.value: verb for verb in Verb} | {"describe": Verb.GET}


def _can_i(args: Arguments, default_namespace: str) -> CanI:
    if not args.words:
        raise Misunderstood(f"`can-i` needs a verb: {listed(_VERBS, last='or')}.", topic="can-i")
    word, *rest = (each.lower() for each in args.words)
    verb = _VERBS.get(word)
    if verb is None:
        raise Misunderstood(
            f"{shown(word)} is nothing that podbot's policy knows.{did_you_mean(word, _VERBS)} "
            f"It knows {listed(_VERBS)}.",
            topic="can-i",
        )
    if rest and rest[0] in _SUBRESOURCES.get(word, {}):
        verb = _SUBRESOURCES[word][rest.pop(0)]
    if names.pods(rest, topic="can-i"):
        raise Misunderstood(
            f"Rules hold for all pods of a namespace: ask `/pods can-i {word} -n NAMESPACE`.", topic="can-i"
        )
    return CanI(verb=verb, namespace=values.namespace(args, default_namespace, topic="can-i"))


def _whoami(args: Arguments, _default_namespace: str) -> WhoAmI:
    _no_words(args, "whoami")
    return WhoAmI()


def _help(args: Arguments, _default_namespace: str) -> Help:
    if not args.words:
        return Help()
    word, *rest = (each.lower() for each in args.words)
    if word == "auth" and rest:
        word = rest[0]
    spec = BY_WORD.get(word)
    if spec is None:
        raise unknown_verb(word)
    return Help(topic=spec.name)


def _pods(args: Arguments, default_namespace: str, *, topic: str) -> ListPods:
    text = args.value(flags.SELECTOR)
    return ListPods(
        namespace=values.namespace(args, default_namespace, topic=topic),
        selector="" if text is None else names.selector(text, topic=topic),
        wide=values.wide(args, topic=topic),
        broken=args.has(flags.BROKEN),
    )


def _no_words(args: Arguments, verb: str) -> None:
    if args.words:
        raise Misunderstood(
            f"`{verb}` takes no words behind it, but {shown(args.words[0])} stands there.", topic=verb
        )


_LISTING = (flags.NAMESPACE, flags.ALL_NAMESPACES, flags.SELECTOR, flags.OUTPUT, flags.BROKEN)

VERBS: tuple[VerbSpec, ...] = (
    VerbSpec(
        name="list",
        also=("ls",),
        usage=("list [-n NAMESPACE | -A] [-l SELECTOR] [-o wide] [--broken]",),
        purpose="the pods of a namespace, or of all, with their state",
        flags=_LISTING,
        refused=kubectl.GET,
        examples=("list -n shop -l app=web", "list -A --broken"),
        build=_list,
    ),
    VerbSpec(
        name="get",
        usage=("get pods [-n NAMESPACE | -A] [-l SELECTOR] [-o wide]", "get pod NAME [-n NAMESPACE]"),
        purpose="the same as kubectl's: all pods, or one with what can be done about it",
        flags=_LISTING,
        refused=kubectl.GET,
        examples=("get pods -o wide -n shop", "get pod web-7d4b9c-x2x9q -n shop"),
        build=_get,
    ),
    VerbSpec(
        name="logs",
        also=("log",),
        usage=("logs NAME [-c CONTAINER] [-p] [--tail LINES] [--since DURATION] [-n NAMESPACE]",),
        purpose="what a container wrote; the beginning of a pod's name is enough where it is unique",
        flags=(flags.NAMESPACE, flags.CONTAINER, flags.PREVIOUS, flags.TAIL, flags.SINCE),
        refused=kubectl.LOGS,
        examples=("logs web-7d4b9c-x2x9q -n shop --since 10m", "logs web-7d4b9c-x2x9q -c app --previous"),
        build=_logs,
    ),
    VerbSpec(
        name="describe",
        usage=("describe NAME [-n NAMESPACE]",),
        purpose="what state a pod is in and why, container by container, with its events",
        flags=(flags.NAMESPACE,),
        refused=kubectl.DESCRIBE,
        examples=("describe web-7d4b9c-x2x9q -n shop", "describe pod/web-7d4b9c-x2x9q"),
        build=_describe,
    ),
    VerbSpec(
        name="delete",
        usage=("delete NAME [-n NAMESPACE]",),
        purpose="delete a pod, by its whole name, after showing what that will do and asking once more",
        flags=(flags.NAMESPACE,),
        refused=kubectl.DELETE,
        examples=("delete web-7d4b9c-x2x9q -n shop", "delete pod web-7d4b9c-x2x9q"),
        build=_delete,
    ),
    VerbSpec(
        name="can-i",
        usage=("can-i VERB [-n NAMESPACE | -A]",),
        purpose="whether you may do something here, and by which rule",
        flags=(flags.NAMESPACE, flags.ALL_NAMESPACES),
        refused=kubectl.CAN_I,
        examples=("can-i delete -n payments", "auth can-i get pods/log -n shop"),
        build=_can_i,
    ),
    VerbSpec(
        name="whoami",
        usage=("whoami",),
        purpose="who podbot takes you for, and what you may do here",
        refused=kubectl.WHOAMI,
        examples=("whoami", "auth whoami"),
        build=_whoami,
    ),
    VerbSpec(
        name="help",
        usage=("help [VERB]",),
        purpose="what podbot does, or how one verb is used",
        examples=("help", "help logs"),
        build=_help,
    ),
)

BY_WORD: dict[str, VerbSpec] = {word: spec for spec in VERBS for word in (spec.name, *spec.also)}
"""Every word that is understood as a verb."""


def unknown_verb(word: str) -> Misunderstood:
    """Why a word is no verb: kubectl's, but not podbot's; a slip of the fingers; or neither."""
    if word in kubectl.VERBS:
        return Misunderstood(
            f"podbot does not do `{word}`: {kubectl.VERBS[word]}. `/pods help` lists what it does."
        )
    if word in kubectl.PODS:
        return Misunderstood(f"`{word}` is what podbot is about, not what to do. Did you mean `get pods`?")
    return Misunderstood(
        f"{shown(word)} is no verb of podbot.{did_you_mean(word, BY_WORD)} `/pods help` lists what it does."
    )
