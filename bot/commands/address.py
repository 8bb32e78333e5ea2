"""How `list --ip` is answered: who has an address now, and who had it before."""

from __future__ import annotations

from collections.abc import Iterator

from bot.commands.pod_list import left_out, place
from bot.commands.prose import counted, joined, message, said, shortened
from bot.model.answers import AddressHolders
from bot.model.commands import OpenPod
from bot.model.history import FormerPod
from bot.model.messages import (
    CHOICE_LABEL,
    Actions,
    Choice,
    Context,
    Line,
    Menu,
    Message,
    Moment,
    Paragraph,
    Table,
    bold,
    code,
    plain,
)

_ROWS = 20
"""A host's own address may be that of as many pods as run in its network."""
_FORMER = 10


def address_holders(answer: AddressHolders) -> Message:
    """Those that have it in a table, those that had it in a line each, last gone first."""
    address, rows = answer.asked.address, answer.rows[:_ROWS]
    now = f"{counted(len(answer.rows), 'pod')} now" if answer.rows else "no pod has it now"
    head = joined(bold(address), now, place(answer.asked.namespace))
    table = Table(
        columns=("NAMESPACE", "NAME", "READY", "STATUS", "AGE", "NODE"),
        rows=tuple((row.namespace, row.name, row.ready, row.status, row.age, row.node) for row in rows),
    )
    choices = tuple(
        Choice(
            shortened(f"{row.namespace}/{row.name}", CHOICE_LABEL),
            OpenPod(namespace=row.namespace, pod=row.name),
        )
        for row in rows
    )
    return message(
        Paragraph((head, *_remarks(answer))),
        *((table,) if rows else ()),
        Paragraph(tuple(_former(answer))),
        *((Actions((Menu("Choose a pod", choices),)),) if choices else ()),
        Context(joined(answer.cluster, left_out(answer))),
    )


def _remarks(answer: AddressHolders) -> Iterator[Line]:
    if len(answer.rows) > 1:
        yield plain("Several have it: they run in their node's own network.")
    if len(answer.rows) > _ROWS:
        yield plain(f"The first {_ROWS} are shown.")


def _former(answer: AddressHolders) -> Iterator[Line]:
    for former in answer.former[:_FORMER]:
        yield _one(former)
    if len(answer.former) > _FORMER:
        yield plain(f"and {len(answer.former) - _FORMER:,} more before them.")
    if not answer.former:
        since = answer.watched_since
        remembered = said("since ", Moment(since, with_date=True)) if since else "here"
        yield said("No pod that is gone had it, as far as podbot remembers ", remembered, ".")


def _one(former: FormerPod) -> Line:
    began = said("from ", Moment(former.created, with_date=True), " ") if former.created else ""
    return said(
        code(former.name),
        f" ({former.namespace}) of {former.owner} had it ",
        began,
        "until ",
        Moment(former.gone, with_date=True),
        *((" on ", code(former.node)) if former.node else ()),
        ".",
    )
