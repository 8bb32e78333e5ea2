"""How a deletion is spoken of: before it (the dialog), to the one who did it, and to the channel."""

from __future__ import annotations

from bot.commands.pod_summary import what_follows
from bot.commands.prose import clipped, joined, message, said, spoken
from bot.model.answers import Deleted, DeletionPlan
from bot.model.commands import DeletePod, ListPods
from bot.model.messages import (
    Actions,
    Block,
    Button,
    Context,
    Line,
    Mention,
    Message,
    Paragraph,
    Text,
    bold,
    code,
    plain,
)

_REASON = 500


def deletion_dialog(plan: DeletionPlan) -> tuple[Block, ...]:
    """What a deletion will do, to be read before it is confirmed."""
    now = joined(f"Now {plan.status}", f"{plan.ready} ready", f"{plan.age} old", *_on(plan.node))
    going = (
        (plain("It is already being deleted; another deletion changes nothing."),) if plan.terminating else ()
    )
    return (
        Paragraph(
            (
                said(bold("Delete "), code(plan.pod), bold(f" in {plan.namespace}?")),
                *going,
                _follows(plan),
                now,
            )
        ),
        Context(joined(plan.cluster, "valid for 5 minutes, for you alone, for this very pod")),
    )


def deletion_plan(plan: DeletionPlan) -> Message:
    """The same as a message, where no dialog could be opened: its button opens one."""
    command = DeletePod(namespace=plan.namespace, pod=plan.pod, uid=plan.uid)
    body, provenance = deletion_dialog(plan)
    return message(body, Actions((Button("Delete", command, dangerous=True),)), provenance)


def deleted(answer: Deleted) -> Message:
    """To the one who deleted: it is done, and what comes."""
    return message(
        Paragraph(
            (
                said(
                    "Deleted ",
                    code(answer.pod),
                    f" in {answer.namespace}. It has its grace period to stop in.",
                ),
                what_follows(answer.owner, replaced=answer.replaced_by_itself),
            )
        ),
        Actions((Button("List", ListPods(namespace=answer.namespace)),)),
    )


def deletion_announced(answer: Deleted) -> Message:
    """To the channel: who deleted what, why, and what comes."""
    reason = clipped(" ".join(answer.reason.split()), _REASON)
    what = said(" deleted ", code(answer.pod), f" ({answer.namespace})", f': "{reason}"' if reason else "")
    follows = what_follows(answer.owner, replaced=answer.replaced_by_itself)
    return Message(
        text=spoken((said(Text(f"@{answer.by.name}"), what), follows)),
        blocks=(Paragraph((said(Mention(answer.by.id), what), follows)),),
    )


def _follows(plan: DeletionPlan) -> Line:
    return what_follows(plan.owner, replaced=plan.replaced_by_itself)


def _on(node: str) -> tuple[Line, ...]:
    return (said("on ", code(node)),) if node and node != "<none>" else ()
