"""How `top` is answered: the table that `kubectl top pods` prints."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import pairwise

import msgspec

from bot.commands.pod_list import left_out, place
from bot.commands.prose import counted, joined, message, said
from bot.model import quantities
from bot.model.answers import UsageList, UsageRow
from bot.model.commands import DescribePod, TopPods
from bot.model.messages import (
    Actions,
    Audience,
    Button,
    Context,
    Line,
    Message,
    Paragraph,
    Table,
    bold,
    code,
    plain,
)
from bot.model.pods import ALL_NAMESPACES

ROWS_PER_PAGE = 30
_CELLS_PER_PAGE = 6_000
"""Slack refuses tables of more than 10,000 characters, and messages of not much more."""


def usage_list(answer: UsageList) -> Message:
    """One page of who uses how much, and the sum of all."""
    asked = answer.asked
    if not answer.rows:
        labels = said(" with labels ", code(asked.selector)) if asked.selector else ""
        line = said("No pod", labels, f" in {place(asked.namespace)} has figures (yet).")
        return message(Paragraph((line,)), Context(joined(answer.cluster, left_out(answer))))
    bounds = _pages(answer)
    page = min(max(asked.page, 0), len(bounds) - 2)
    first, last = list(pairwise(bounds))[page]
    rows = [_cells(row, asked) for row in answer.rows[first:last]]
    if asked.total and page == len(bounds) - 2:
        rows.append(_sum_row(answer))
    columns = _columns(asked)
    shown = f"{first + 1}-{last} of {len(answer.rows):,}" if len(bounds) > 2 else ""
    return message(
        Paragraph((_head(answer),)),
        Table(
            columns=columns,
            rows=tuple(rows),
            right_aligned=frozenset({len(columns) - 2, len(columns) - 1}),
        ),
        Actions(tuple(_buttons(answer, page, len(bounds) - 1))),
        Context(joined(answer.cluster, shown, "measured in the last half minute", left_out(answer))),
    )


def _head(answer: UsageList) -> Line:
    pods = len({(row.namespace, row.pod) for row in answer.rows})
    cpu, memory = _sums(answer.rows)
    together = f"{quantities.millicores(cpu)} CPU, {quantities.mebibytes(memory)} memory"
    what = said(code(answer.asked.pod)) if answer.asked.pod else plain(counted(pods, "pod"))
    return joined(bold(place(answer.asked.namespace)), what, together)


def _sums(rows: Sequence[UsageRow]) -> tuple[Decimal, Decimal]:
    return sum((row.cpu for row in rows), Decimal(0)), sum((row.memory for row in rows), Decimal(0))


def _columns(asked: TopPods) -> tuple[str, ...]:
    namespace = ("NAMESPACE",) if asked.namespace == ALL_NAMESPACES else ()
    names = ("POD", "NAME") if asked.containers else ("NAME",)
    return (*namespace, *names, "CPU(cores)", "MEMORY(bytes)")


def _cells(row: UsageRow, asked: TopPods) -> tuple[str, ...]:
    namespace = (row.namespace,) if asked.namespace == ALL_NAMESPACES else ()
    names = (row.pod, row.container) if asked.containers else (row.pod,)
    return (*namespace, *names, quantities.millicores(row.cpu), quantities.mebibytes(row.memory))


def _sum_row(answer: UsageList) -> tuple[str, ...]:
    cpu, memory = _sums(answer.rows)
    blank = ("",) * (len(_columns(answer.asked)) - 3)
    return ("Total", *blank, quantities.millicores(cpu), quantities.mebibytes(memory))


def _pages(answer: UsageList) -> list[int]:
    bounds, size = [0], 0
    for at, row in enumerate(answer.rows):
        cells = sum(map(len, _cells(row, answer.asked)))
        if at > bounds[-1] and (size + cells > _CELLS_PER_PAGE or at - bounds[-1] == ROWS_PER_PAGE):
            bounds.append(at)
            size = 0
        size += cells
    return [*bounds, len(answer.rows)]


def _buttons(answer: UsageList, page: int, pages: int) -> Iterator[Button]:
    asked = msgspec.structs.replace(answer.asked, page=page)
    if page > 0:
        yield Button("Previous", msgspec.structs.replace(asked, page=page - 1), replaces=True)
    if page + 1 < pages:
        yield Button("Next", msgspec.structs.replace(asked, page=page + 1), replaces=True)
    for key, word in (("cpu", "By CPU"), ("memory", "By memory")):
        if asked.sort != key and len(answer.rows) > 1:
            yield Button(word, msgspec.structs.replace(asked, sort=key, page=0), replaces=True)
    if asked.pod:
        yield Button("Describe", DescribePod(namespace=asked.namespace, pod=asked.pod))
    yield Button("Share", asked, audience=Audience.CHANNEL)
