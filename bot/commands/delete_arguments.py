"""The arguments of `delete`: read into commands, and spelled out of them again.

kubectl's rules hold: `--now` is a grace of one second, 0 without `--force` is one second too, and a forced
deletion has no grace.
"""

from __future__ import annotations

from collections.abc import Iterator

from bot.commands import flags, names, targets, values
from bot.commands.flags import Arguments
from bot.commands.kubectl import KINDS, PODS
from bot.commands.misunderstood import Misunderstood, shown
from bot.model.commands import LONGEST_REASON, DeletePod, DeletePods, Manner
from bot.model.targets import Target, TargetKind

FLAGS = (
    flags.NAMESPACE,
    flags.SELECTOR,
    flags.REASON,
    flags.GRACE_PERIOD,
    flags.NOW,
    flags.FORCE,
    flags.DRY_RUN,
)

_LONGEST_GRACE = 7 * 24 * 3600
"""Seconds; a longer grace is a slip of the finger."""


def build(args: Arguments, default_namespace: str) -> DeletePod | DeletePods:
    """`delete NAME`, `delete NAME NAME`, `delete -l app=web`: whole names, and pods alone."""
    manner = _manner(args)
    named = targets.read(args.words, topic="delete", kinds=frozenset({TargetKind.POD}), whole=True)
    selector = args.value(flags.SELECTOR)
    if bool(named) is (selector is not None):
        raise Misunderstood(
            "`delete` takes names or labels, not both: `/pods delete NAME` or `/pods delete -l app=web`."
            if named
            else "`delete` needs a pod's name, `/pods delete NAME`, or labels, `/pods delete -l app=web`. "
            "`/pods list` shows the names.",
            topic="delete",
        )
    namespace = values.one_namespace(args, default_namespace, topic="delete")
    if selector is not None:
        selector = names.selector(selector, topic="delete")
        return DeletePods(namespace=namespace, selector=selector, manner=manner)
    if len(named) == 1:
        return DeletePod(namespace=namespace, pod=named[0].name, manner=manner)
    return DeletePods(namespace=namespace, pods=tuple(each.name for each in named), manner=manner)


def spelled(command: DeletePod | DeletePods) -> Iterator[str]:
    """The words of the command as a person would type them."""
    yield "delete"
    pods = (command.pod,) if isinstance(command, DeletePod) else command.pods
    like_a_kind = any(pod.partition(".")[0] in KINDS.keys() | PODS for pod in pods)
    yield from (str(Target(TargetKind.POD, pod)) if like_a_kind else pod for pod in pods)
    yield from ("-n", command.namespace)
    if isinstance(command, DeletePods) and command.selector:
        yield from ("-l", command.selector)
    manner = command.manner
    if manner.grace is not None:
        yield f"--grace-period={manner.grace}"
    if manner.force:
        yield "--force"
    if manner.dry_run:
        yield "--dry-run=server"
    if manner.reason:
        yield f"--reason={manner.reason}"


def _manner(args: Arguments) -> Manner:
    grace, force = _grace(args), args.has(flags.FORCE)
    if force and grace:
        raise Misunderstood(
            "`--force` leaves no grace: give it alone, or `--grace-period` without it.", topic="delete"
        )
    return Manner(
        grace=None if force or grace is None else max(grace, 1),
        force=force,
        dry_run=_dry_run(args),
        reason=_reason(args),
    )


def _grace(args: Arguments) -> int | None:
    """Seconds as they were asked for; None for the pod's own, which kubectl spells -1."""
    text, now = args.value(flags.GRACE_PERIOD), args.has(flags.NOW)
    if text is None:
        return 1 if now else None
    if now:
        raise Misunderstood("`--now` is a grace of one second: leave `--grace-period` out.", topic="delete")
    if text == "-1":
        return None
    if not (text.isascii() and text.isdecimal() and len(text) <= 9 and int(text) <= _LONGEST_GRACE):
        raise Misunderstood(
            f"`--grace-period` takes a number of seconds up to {_LONGEST_GRACE:,}, not {shown(text)}.",
            topic="delete",
        )
    return int(text)


def _dry_run(args: Arguments) -> bool:
    text = args.value(flags.DRY_RUN)
    if text not in {None, "server", "none"}:
        raise Misunderstood(
            f"`--dry-run` is `server` here, not {shown(str(text))}: the cluster says what it would do.",
            topic="delete",
        )
    return text == "server"


def _reason(args: Arguments) -> str:
    reason = " ".join((args.value(flags.REASON) or "").split())
    if len(reason) > LONGEST_REASON:
        raise Misunderstood(
            f"A reason has at most {LONGEST_REASON} characters; this one has {len(reason)}.", topic="delete"
        )
    return reason
