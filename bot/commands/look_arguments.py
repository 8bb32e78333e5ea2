"""The arguments of `events` and `top`: read into commands, and spelled out of them again."""

from __future__ import annotations

from collections.abc import Iterator

from bot.commands import flags, kubectl, names, targets, values
from bot.commands.flags import Arguments
from bot.commands.misunderstood import Misunderstood, did_you_mean, listed, shown
from bot.model import durations
from bot.model.commands import ListEvents, TopPods
from bot.model.pods import ALL_NAMESPACES
from bot.model.targets import TargetKind

EVENT_FLAGS = (flags.NAMESPACE, flags.ALL_NAMESPACES, flags.SINCE, flags.FOR, flags.TYPES)
TOP_FLAGS = (
    flags.NAMESPACE,
    flags.ALL_NAMESPACES,
    flags.SELECTOR,
    flags.CONTAINERS,
    flags.USAGE_SORT_BY,
    flags.SUM,
)

_PODS_ONLY = frozenset({TargetKind.POD})
_USAGES = ("cpu", "memory")


def build_events(args: Arguments, default_namespace: str) -> ListEvents:
    """`events`, `events NAME`, `events --for pod/NAME`."""
    words = list(args.words)
    about = args.value(flags.FOR)
    if about is not None:
        words.append(about)
    pod = _one_pod(words, args, topic="events")
    return ListEvents(
        namespace=_namespace(args, default_namespace, pod, topic="events"),
        pod=pod,
        since=values.since(args, topic="events"),
        warnings=_warnings(args),
    )


def build_top(args: Arguments, default_namespace: str) -> TopPods:
    """`top`, `top pods`, `top pod NAME`."""
    words = list(args.words)
    if words and words[0].lower() in {"node", "nodes", "no"}:
        raise Misunderstood("podbot shows what pods use; for nodes use kubectl.", topic="top")
    pod = _one_pod(words, args, topic="top")
    labels = args.value(flags.SELECTOR)
    if pod and labels is not None:
        raise Misunderstood("Give either a pod's name or `--selector`, not both.", topic="top")
    sort = args.value(flags.USAGE_SORT_BY)
    if sort is not None and sort not in _USAGES:
        raise Misunderstood(
            f"`top --sort-by` takes `cpu` or `memory`, not {shown(sort)}.{did_you_mean(sort, _USAGES)}",
            topic="top",
        )
    return TopPods(
        namespace=_namespace(args, default_namespace, pod, topic="top"),
        pod=pod,
        selector="" if labels is None else names.selector(labels, topic="top"),
        containers=args.has(flags.CONTAINERS),
        sort=sort or "",
        total=args.has(flags.SUM),
    )


def _one_pod(words: list[str], args: Arguments, *, topic: str) -> str:
    found = targets.read(words, topic=topic, kinds=_PODS_ONLY)
    if len(found) > 1:
        raise Misunderstood(
            f"`{topic}` takes one pod at a time; {listed([each.name for each in found[:4]])} "
            f"are {len(found)} names. See `/pods help {topic}`.",
            topic=topic,
        )
    if not found and words and words[0].lower() not in kubectl.PODS:
        raise Misunderstood(f"`{topic}` takes pods, not {shown(words[0])}.", topic=topic)
    if found and args.has(flags.ALL_NAMESPACES):
        raise Misunderstood(
            "A pod's name goes with one namespace: write `-n NAMESPACE` instead of `-A`.", topic=topic
        )
    return found[0].name if found else ""


def _namespace(args: Arguments, default: str, pod: str, *, topic: str) -> str:
    if pod:
        return values.one_namespace(args, default, topic=topic)
    return values.namespace(args, default, topic=topic)


def _warnings(args: Arguments) -> bool:
    text = args.value(flags.TYPES)
    if text is None:
        return False
    wanted = {each.strip().lower() for each in text.split(",")}
    if not wanted <= {"warning", "normal"}:
        raise Misunderstood(f"`--types` takes `Warning` and `Normal`, not {shown(text)}.", topic="events")
    if wanted == {"normal"}:
        raise Misunderstood(
            "`--types Normal` alone would hide what is wrong; leave it out to see both.", topic="events"
        )
    return "normal" not in wanted


def spelled_events(command: ListEvents) -> Iterator[str]:
    """Verb, name and flags."""
    yield from ("events", *_named(command.pod), *_where(command.namespace))
    if command.since is not None:
        yield f"--since={durations.spell(command.since)}"
    if command.warnings:
        yield "--types=Warning"


def spelled_top(command: TopPods) -> Iterator[str]:
    """Verb, name and flags."""
    yield from ("top", *(_named(command.pod) or ("pods",)), *_where(command.namespace))
    if command.selector:
        yield from ("-l", command.selector)
    if command.containers:
        yield "--containers"
    if command.sort:
        yield f"--sort-by={command.sort}"
    if command.total:
        yield "--sum"


def _named(pod: str) -> tuple[str, ...]:
    return (f"pod/{pod}",) if pod else ()


def _where(namespace: str) -> tuple[str, ...]:
    return ("-A",) if namespace == ALL_NAMESPACES else ("-n", namespace)
