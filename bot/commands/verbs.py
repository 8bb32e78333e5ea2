"""The verbs: one table from which commands are built and help is written."""

from __future__ import annotations

from bot.commands import (
    debug_arguments,
    delete_arguments,
    flags,
    kubectl,
    list_arguments,
    log_arguments,
    look_arguments,
    names,
    values,
)
from bot.commands.flags import Arguments
from bot.commands.incident_verbs import INCIDENT_VERBS
from bot.commands.misunderstood import Misunderstood, did_you_mean, listed, shown
from bot.commands.verb_spec import VerbSpec
from bot.model.commands import (
    CanI,
    DescribePod,
    Help,
    ListClusters,
    Verb,
    WhoAmI,
)

__all__ = ["BY_WORD", "VERBS", "VerbSpec", "unknown_verb"]


def _describe(args: Arguments, default_namespace: str) -> DescribePod:
    pod = names.one_pod(args.words, topic="describe")
    return DescribePod(
        namespace=values.one_namespace(args, default_namespace, topic="describe"),
        pod=names.beginning_of_pod(pod, topic="describe"),
    )


_SUBRESOURCES = {"get": {"pods/log": Verb.LOGS, "pod/log": Verb.LOGS, "events": Verb.EVENTS}}
"""What kubectl's own questions mean in podbot's verbs."""

_VERBS = {verb.value: verb for verb in Verb} | {
    "describe": Verb.GET,
    "find": Verb.LIST,
    "top": Verb.LIST,
}


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


def _clusters(args: Arguments, _default_namespace: str) -> ListClusters:
    _no_words(args, "clusters")
    return ListClusters()


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


def _no_words(args: Arguments, verb: str) -> None:
    if args.words:
        raise Misunderstood(
            f"`{verb}` takes no words behind it, but {shown(args.words[0])} stands there.", topic=verb
        )


VERBS: tuple[VerbSpec, ...] = (
    VerbSpec(
        name="list",
        also=("ls",),
        usage=(
            "list [-n NAMESPACE | -A] [-l SELECTOR] [--field-selector SELECTOR] [-o FORM]",
            "list [--broken] [--sort-by KEY]",
            "list --ip ADDRESS",
        ),
        purpose="the pods of a namespace, or of all, with their state",
        flags=list_arguments.FLAGS,
        refused=(*kubectl.GET, *kubectl.NO_RAW),
        examples=(
            "list -n shop -l app=web",
            "list -A --broken",
            "list --sort-by=restarts -o wide",
            "list --ip 10.2.3.4",
        ),
        build=list_arguments.build_list,
    ),
    VerbSpec(
        name="get",
        usage=(
            "get pods [-n NAMESPACE | -A] [-l SELECTOR] [--field-selector SELECTOR] [-o FORM]",
            "get pod NAME [-n NAMESPACE] [-o json | -o yaml]",
            "get pods NAME NAME | get deploy/NAME [-n NAMESPACE]",
            "get --raw PATH",
        ),
        purpose="the same as kubectl's: all pods, some, or one with what can be done about it",
        flags=debug_arguments.GET_FLAGS,
        refused=kubectl.GET,
        examples=(
            "get pods -o wide -n shop",
            "get pod web-7d4b9c-x2x9q -n shop",
            "get pod web-7d4b9c-x2x9q -o yaml",
            "get deploy/web sts/db -n shop",
            "get --raw /api/v1/namespaces/shop/configmaps",
        ),
        build=debug_arguments.build_get,
    ),
    VerbSpec(
        name="find",
        usage=("find TEXT [-n NAMESPACE]",),
        purpose="the pods that have a text in their name, namespace, image, node, owner or address",
        flags=list_arguments.FIND_FLAGS,
        refused=(*kubectl.GET, *kubectl.NO_RAW),
        examples=("find web:1.5.0", "find node-3 --broken"),
        build=list_arguments.build_find,
    ),
    VerbSpec(
        name="logs",
        also=("log",),
        usage=(
            "logs NAME [CONTAINER] [-p | --around-death] [--tail LINES] [--since DURATION] [-n NAMESPACE]",
            "logs deploy/NAME | sts/NAME | ds/NAME | job/NAME | pod/NAME pod/NAME … | -l SELECTOR",
            "logs … --grep TEXT [--invert] [-C LINES]",
            "logs -f …",
        ),
        purpose="what containers wrote; the beginning of a pod's name is enough where it is unique",
        flags=log_arguments.FLAGS,
        refused=kubectl.LOGS,
        examples=(
            "logs web-7d4b9c-x2x9q -n shop --since 10m",
            "logs web-7d4b9c-x2x9q -c app --previous",
            "logs deploy/web -n shop --grep timeout -C 3",
            "logs -f -l app=web -n shop",
        ),
        build=log_arguments.build,
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
        name="events",
        also=("event",),
        usage=("events [NAME] [-n NAMESPACE | -A] [--since DURATION] [--types Warning]",),
        purpose="what the cluster noted lately, newest first; of a pod even when it is gone",
        flags=look_arguments.EVENT_FLAGS,
        refused=kubectl.EVENTS,
        examples=(
            "events -n shop --since 10m",
            "events web-7d4b9c-x2x9q -n shop",
            "events -A --types Warning",
        ),
        build=look_arguments.build_events,
    ),
    VerbSpec(
        name="top",
        usage=(
            "top [pods] [-n NAMESPACE | -A] [-l SELECTOR] [--sort-by cpu | memory] [--sum]",
            "top pod NAME [--containers] [-n NAMESPACE]",
        ),
        purpose="the CPU and memory that pods use now, where the cluster measures it",
        flags=look_arguments.TOP_FLAGS,
        refused=kubectl.TOP,
        examples=("top -n shop --sort-by=memory", "top pod web-7d4b9c-x2x9q --containers"),
        build=look_arguments.build_top,
    ),
    VerbSpec(
        name="delete",
        usage=(
            "delete NAME [NAME …] [-n NAMESPACE] [--reason TEXT] [--grace-period SECONDS | --now | --force]",
            "delete -l SELECTOR [-n NAMESPACE]",
            "delete NAME --dry-run=server",
        ),
        purpose="delete pods, by their whole names, after showing what that will do and asking once more",
        flags=delete_arguments.FLAGS,
        refused=kubectl.DELETE,
        examples=(
            "delete web-7d4b9c-x2x9q -n shop --reason 'stuck on a stale lock'",
            "delete pods -l app=web,canary -n shop",
            "delete web-7d4b9c-x2x9q --dry-run=server",
        ),
        build=delete_arguments.build,
    ),
    VerbSpec(
        name="debug",
        usage=("debug NAME [--image IMAGE] [--target CONTAINER] [-n NAMESPACE] [-- COMMAND …]",),
        purpose="run a command in a container of its own inside a running pod, and read what it wrote",
        flags=debug_arguments.FLAGS,
        refused=kubectl.DEBUG,
        examples=(
            "debug web-7d4b9c-x2x9q --image=busybox:1.36 --target=app -- ps",
            "debug web-7d4b9c-x2x9q -n shop -- nslookup ledger.payments",
        ),
        build=debug_arguments.build_debug,
    ),
    *INCIDENT_VERBS,
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
        name="clusters",
        also=("contexts",),
        usage=("clusters",),
        purpose="the clusters that podbot serves, and how well they are",
        refused=kubectl.CLUSTERS,
        examples=("clusters", "config get-contexts"),
        build=_clusters,
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
