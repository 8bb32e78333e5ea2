"""How a deletion is spoken of before it is done: what it will do, and what the cluster said to a dry run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

import msgspec

from bot.commands.prose import clipped, counted, joined, marked, message, said
from bot.model.commands import DeletePod, DeletePods
from bot.model.deletions import BudgetRoom, DeletionPlan, DryRun, PlannedPod, Replicas, Successor
from bot.model.messages import (
    Actions,
    Block,
    Button,
    Context,
    Line,
    Message,
    Moment,
    Paragraph,
    bold,
    code,
    plain,
)
from bot.model.pods import Volume

_NAMED = 40
"""Pods that are listed one by one; more than these are only allowed where somebody configured it."""

_PODS_A_PARAGRAPH = 8
_REFUSAL = 500


def deletion_dialog(plan: DeletionPlan) -> tuple[Block, ...]:
    """What a deletion will do, to be read before it is confirmed."""
    very = "for this very pod" if len(plan.pods) == 1 else "for these very pods"
    (pod, *others) = plan.pods
    what = bold(counted(len(plan.pods), "pod")) if others else code(pod.name)
    whose = "Their" if others else "Its"
    first, *rest = _facts(plan)
    return (
        Paragraph((said(bold("Delete "), what, bold(f" in {plan.namespace}?")), *first)),
        *map(Paragraph, rest),
        Paragraph((plain(f"{whose} logs, describe and events are saved to the thread first."),)),
        Context(joined(plan.cluster, f"valid for 5 minutes, for you alone, {very}")),
    )


def deletion_plan(plan: DeletionPlan) -> Message:
    """The same as a message, where no dialog could be opened: its button opens one."""
    *body, provenance = deletion_dialog(plan)
    return message(*body, Actions((Button("Delete", _again(plan), dangerous=True),)), provenance)


def dry_run(answer: DryRun) -> Message:
    """What the cluster would do, and what it will not."""
    plan, refused = answer.plan, answer.refusals
    would = [pod for pod in plan.pods if pod.name not in refused]
    lines = [
        *(
            (said("Dry run: the cluster would delete ", _names(would), f" in {plan.namespace}."),)
            if would
            else ()
        ),
        *(
            said("Dry run: the cluster would not delete ", code(name), ": ", marked(clipped(why, _REFUSAL)))
            for name, why in refused.items()
        ),
        plain("Nothing was deleted."),
    ]
    button = (Actions((Button("Delete", _again(plan), dangerous=True),)),) if would else ()
    facts = map(Paragraph, _facts(plan))
    return message(Paragraph(tuple(lines)), *facts, *button, Context(joined(plan.cluster)))


def _facts(plan: DeletionPlan) -> Iterator[tuple[Line, ...]]:
    """What there is to know before one decides, a paragraph each."""
    if len(plan.pods) == 1:
        yield tuple(_one(plan, plan.pods[0]))
    else:
        yield from _listed(plan.pods)
        yield tuple(_several(plan))
    rest = tuple(_rest(plan))
    if rest:
        yield rest


def _one(plan: DeletionPlan, pod: PlannedPod) -> Iterator[Line]:
    if pod.terminating_until is not None:
        yield said(
            "It is already being deleted, and its grace period ends at ",
            Moment(pod.terminating_until),
            "." if plan.manner.force else ". Another deletion changes nothing.",
        )
    yield _what_comes(pod, "Its")
    for each in plan.replicas:
        yield from _ready(each, alone=True)
    yield from map(_budget, plan.budgets)
    yield joined(f"Now {pod.status}", f"{pod.ready} ready", f"{pod.age} old", *_on(pod.node))


def _several(plan: DeletionPlan) -> Iterator[Line]:
    by_owner = sorted(plan.pods, key=lambda pod: str(pod.owner))
    for owner, group in groupby(by_owner, key=lambda pod: pod.owner):
        pods = tuple(group)
        kinds = dict.fromkeys(pod.successor for pod in pods)
        for successor in kinds:
            which = [pod for pod in pods if pod.successor is successor]
            if successor is Successor.NOTHING:
                yield said(bold("Nothing will recreate "), _names(which), bold("."))
            elif len(which) == 1:
                yield said(_names(which), ": ", _what_comes(which[0], "its"))
            else:
                yield said(f"{len(which)} of ", code(str(owner)), ": ", _what_comes_of_several(which[0]))
        for each in plan.replicas:
            if each.owner == owner:
                yield from _ready(each, alone=False)
    yield from map(_budget, plan.budgets)


def _rest(plan: DeletionPlan) -> Iterator[Line]:
    """What is lost, what is dangerous about it, and what is not known."""
    manner, one = plan.manner, len(plan.pods) == 1
    yield from _losses(plan.pods)
    if manner.force:
        it = "it" if one else "each"
        yield said(
            bold("Forced: "),
            f"the cluster forgets {it} at once, without waiting for the node, where it may still be running.",
        )
        if any(pod.successor is Successor.SAME_NAME for pod in plan.pods):
            yield (bold("Two pods of the same name may then run at the same time."),)
    elif manner.grace is not None:
        yield plain(f"{'It has' if one else 'Each has'} {manner.grace} s to stop in.")
    yield from (marked(f"{each}.") for each in plan.unknown)


def _what_comes(pod: PlannedPod, its: str) -> Line:
    """What comes after a pod; `its` begins the sentence or goes on with one."""
    by = _controller(pod, its)
    match pod.successor:
        case Successor.AT_ONCE:
            return said(by, " will start another at once.")
        case Successor.ALREADY:
            return said(by, " has started another already.")
        case Successor.SAME_NAME:
            order = " Those behind it in the order wait until it is Ready." if pod.in_order else ""
            return said(by, f" starts it again under the same name once it is gone.{order}")
        case Successor.PERHAPS if pod.controller and pod.controller.kind == "Job":
            return said(by, " starts another as long as it has retries left.")
        case Successor.PERHAPS:
            return said(by, " may start another; podbot does not know its kind.")
        case Successor.STATIC:
            return said(
                "It is a static pod: its node ", code(pod.node), " runs on with it, and shows it again."
            )
        case Successor.NOTHING:
            return (bold("Nothing will recreate this pod."),)


def _what_comes_of_several(pod: PlannedPod) -> Line:
    """What comes after several pods like this one, to go on with a sentence."""
    by = _controller(pod, "its")
    match pod.successor:
        case Successor.ALREADY:
            return said(by, " has started others already.")
        case Successor.SAME_NAME:
            order = " One waits for the other." if pod.in_order else ""
            return said(by, f" starts them again under the same names once they are gone.{order}")
        case Successor.PERHAPS if pod.controller and pod.controller.kind == "Job":
            return said(by, " starts others as long as it has retries left.")
        case Successor.PERHAPS:
            return said(by, " may start others; podbot does not know its kind.")
        case Successor.STATIC:
            return plain("static pods: their node runs on with them, and shows them again.")
        case _:
            return said(by, " will start others at once.")


def _controller(pod: PlannedPod, its: str) -> Line:
    if pod.controller is None:
        return ()
    return said(f"{its} ", pod.controller.kind, " ", code(pod.controller.name))


def _ready(replicas: Replicas, *, alone: bool) -> Iterator[Line]:
    of = f"of {replicas.wanted}"
    yield plain(f"Ready now {replicas.ready} {of}, after {replicas.ready_after} {of}.")
    if replicas.ready and not replicas.ready_after:
        which = "This is the last Ready pod" if alone else "These are the last Ready pods"
        yield said(bold(f"{which} of "), code(str(replicas.owner)), bold("."))


def _budget(room: BudgetRoom) -> Line:
    name = said("PodDisruptionBudget ", code(room.name))
    may = f"{room.allowed} may go" if room.allowed else "none may go now"
    if room.going > room.allowed:
        but = f", not {room.going}" if room.allowed else ""
        return said(name, ": ", bold(f"{may}{but}. Deleting goes past it."))
    return said(name, f": {may}.")


def _losses(pods: Sequence[PlannedPod]) -> Iterator[Line]:
    one = len(pods) == 1
    going = _volumes(pods, gone=True)
    if going:
        yield said("Goes with it: " if one else "Goes with them: ", going, ".")
    staying = _volumes(pods, gone=False)
    if staying:
        where = said("on ", code(pods[0].node)) if one and pods[0].node else "on the node"
        yield said("Stays behind ", where, ": ", staying, ".")


def _volumes(pods: Sequence[PlannedPod], *, gone: bool) -> Line:
    """The volumes whose data is deleted, or those whose data stays on the node, each kind and name once."""
    names = dict.fromkeys(
        (_kind(volume), volume.name)
        for pod in pods
        for volume in pod.lost
        if (volume.host_path is None) is gone
    )
    line: Line = ()
    for kind, name in names:
        line = said(line, ", " if line else "", f"{kind} ", code(name))
    return line


def _kind(volume: Volume) -> str:
    if volume.host_path is not None:
        return "hostPath"
    return "emptyDir" if volume.empty_dir is not None else "ephemeral volume"


def _listed(pods: Sequence[PlannedPod]) -> Iterator[tuple[Line, ...]]:
    named = pods[:_NAMED]
    for start in range(0, len(named), _PODS_A_PARAGRAPH):
        yield tuple(_row(pod) for pod in named[start : start + _PODS_A_PARAGRAPH])
    if len(pods) > len(named):
        yield (plain(f"… and {counted(len(pods) - len(named), 'more pod', 'more pods')}."),)


def _row(pod: PlannedPod) -> Line:
    going = "already being deleted" if pod.terminating_until is not None else ""
    return joined(code(pod.name), pod.status, f"{pod.ready} ready", f"{pod.age} old", *_on(pod.node), going)


def _names(pods: Sequence[PlannedPod]) -> Line:
    line: Line = ()
    for pod in pods[:_NAMED]:
        line = said(line, ", " if line else "", code(pod.name))
    return said(line, f" and {len(pods) - _NAMED} more") if len(pods) > _NAMED else line


def _on(node: str) -> tuple[Line, ...]:
    return (said("on ", code(node)),) if node else ()


def _again(plan: DeletionPlan) -> DeletePod | DeletePods:
    """The command that asks for the same again, for real; one pod is bound to what was seen."""
    manner = msgspec.structs.replace(plan.manner, dry_run=False)
    if isinstance(plan.asked, DeletePods):
        return msgspec.structs.replace(plan.asked, manner=manner)
    return msgspec.structs.replace(plan.asked, uid=plan.pods[0].uid, manner=manner)
