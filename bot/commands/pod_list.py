"""How a list of pods and a single pod's line are answered."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import msgspec

from bot.commands.prose import counted, joined, marked, message, said, shortened
from bot.commands.spelling import spell
from bot.model.answers import (
    AddressHolders,
    EventList,
    Health,
    PodCard,
    PodExport,
    PodList,
    PodRow,
    Trouble,
    UsageList,
)
from bot.model.commands import DeletePod, DescribePod, ExportPods, Form, GetLogs, ListPods, OpenPod
from bot.model.messages import (
    CHOICE_LABEL,
    Actions,
    Audience,
    Button,
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
from bot.model.pods import ALL_NAMESPACES

ROWS_PER_PAGE = 30

# Slack refuses a message of more than about 13,000 characters, menus included. These leave room for all else
# in it; a page with names of ordinary length comes near neither.
_CELLS_PER_PAGE = 5_000
_MENU_PER_PAGE = 3_500


_IN_WORDS = (
    (Health.HEALTHY, "healthy"),
    (Health.FAILING, "failing"),
    (Health.PENDING, "pending"),
    (Health.FINISHED, "finished"),
)


def pod_list(answer: PodList, *, command_word: str) -> Message:
    """One page of the pods found, what is wrong among them, and ways to look closer."""
    if not answer.rows:
        return _nothing(answer, command_word)
    bounds = _pages(answer)
    page = min(max(answer.asked.page, 0), len(bounds) - 2)
    rows = answer.rows[bounds[page] : bounds[page + 1]]
    troubles = _troubles(answer)[bounds[page] : bounds[page + 1]]
    return message(
        Paragraph((_summary(answer), *_remarks(answer))),
        Table(
            columns=_columns(answer.asked, with_troubles=troubles[0] is not None),
            rows=tuple(_cells(*each, answer.asked) for each in zip(rows, troubles, strict=True)),
        ),
        Actions((*_buttons(answer, page, len(bounds) - 1), _menu(rows, answer.asked))),
        Context(_provenance(answer, page, bounds)),
    )


def pod_card(answer: PodCard) -> Message:
    """One pod's line with what can be done about it."""
    row = answer.row
    return message(
        Paragraph(
            (joined(code(row.name), row.namespace, bold(row.status), f"{row.ready} ready"), _history(row))
        ),
        Actions(tuple(_card_buttons(answer))),
        Context(joined(f"IP {row.ip}", f"node {row.node}")),
    )


def _card_buttons(answer: PodCard) -> Iterator[Button]:
    namespace, pod = answer.row.namespace, answer.row.name
    yield Button("Logs", GetLogs(namespace=namespace, pod=pod))
    if restarted(answer.row):
        yield Button("Previous logs", GetLogs(namespace=namespace, pod=pod, previous=True))
    yield Button("Describe", DescribePod(namespace=namespace, pod=pod))
    yield Button("Share", OpenPod(namespace=namespace, pod=pod), audience=Audience.CHANNEL)
    yield Button("Delete", DeletePod(namespace=namespace, pod=pod, uid=answer.uid), dangerous=True)


def place(namespace: str) -> str:
    """A namespace as sentences name it."""
    return "all namespaces" if namespace == ALL_NAMESPACES else namespace


def restarted(row: PodRow) -> bool:
    """Whether there may be a previous run to read."""
    return not row.restarts.startswith("0")


def _remarks(answer: PodList) -> Iterator[Line]:
    """Everything that the table does not say of itself."""
    if answer.asked.broken:
        since = answer.watched_since
        counted_from = said(", restarts counted since ", Moment(since)) if since else ""
        yield said(f"Shown: {counted(len(answer.rows), 'pod')} not healthy, worst first", counted_from, ".")
    yield from missed(answer.missing)


def missed(names: Sequence[str]) -> Iterator[Line]:
    """Which of the names asked for came to nothing."""
    if names:
        more = f" and {len(names) - 10} more" if len(names) > 10 else ""
        yield marked(f"Not found, or not the beginning of one name alone: {_codes(names[:10])}{more}.")


def _codes(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _history(row: PodRow) -> Line:
    restarts = f"restarts {row.restarts}" if restarted(row) else "never restarted"
    return joined(restarts, f"{row.age} old")


def _summary(answer: PodList) -> Line:
    total = sum(answer.counts.values())
    parts = [f"{answer.counts[health]} {word}" for health, word in _IN_WORDS if answer.counts.get(health)]
    found = said("with ", code(answer.asked.containing)) if answer.asked.containing else ""
    where = bold(place(answer.asked.namespace))
    return joined(where, said(counted(total, "pod"), " " if found else "", found), ", ".join(parts))


def _nothing(answer: PodList, word: str) -> Message:
    asked, total = answer.asked, sum(answer.counts.values())
    if total and asked.broken:
        everything = Button("All", msgspec.structs.replace(asked, broken=False, page=0), replaces=True)
        return message(
            Paragraph((_summary(answer), plain("None of them is broken."))),
            Actions((everything,)),
            Context(joined(answer.cluster)),
        )
    matching = (
        *(said(" with labels ", code(asked.selector)) if asked.selector else ()),
        *(said(" with fields ", code(asked.fields)) if asked.fields else ()),
        *(said(" with ", code(asked.containing)) if asked.containing else ()),
    )
    where = "any namespace" if asked.namespace == ALL_NAMESPACES else place(asked.namespace)
    lines = [said("No pods", matching, f" in {where}."), *missed(answer.missing)]
    if matching or asked.targets:
        lines.append(
            marked(f"All that are there: `{spell(ListPods(namespace=asked.namespace), word=word)}`.")
        )
    elif asked.namespace != ALL_NAMESPACES:
        if answer.namespaces_alike:
            either = " or ".join(f"`{each}`" for each in answer.namespaces_alike)
            lines.append(marked(f"Did you mean {either}?"))
        lines.append(
            marked(f"Those of other namespaces: `{spell(ListPods(namespace=ALL_NAMESPACES), word=word)}`.")
        )
    return message(Paragraph(tuple(lines)), Context(joined(answer.cluster, left_out(answer))))


def _columns(asked: ListPods, *, with_troubles: bool) -> tuple[str, ...]:
    namespace = ("NAMESPACE",) if asked.namespace == ALL_NAMESPACES else ()
    broken = ("LAST HOUR", "LAST EXIT") if with_troubles else ()
    wide = ("IP", "NODE", "NOMINATED NODE", "READINESS GATES") if asked.wide else ()
    return (*namespace, "NAME", "READY", "STATUS", "RESTARTS", *broken, "AGE", *wide)


def _cells(row: PodRow, trouble: Trouble | None, asked: ListPods) -> tuple[str, ...]:
    namespace = (row.namespace,) if asked.namespace == ALL_NAMESPACES else ()
    broken = (str(trouble.restarts), trouble.last_exit or "-") if trouble is not None else ()
    wide = (row.ip, row.node, row.nominated_node, row.readiness_gates) if asked.wide else ()
    return (*namespace, row.name, row.ready, row.status, row.restarts, *broken, row.age, *wide)


def _troubles(answer: PodList) -> Sequence[Trouble | None]:
    """One for each row, where the table has columns for them."""
    return answer.troubles if answer.asked.broken and answer.troubles else (None,) * len(answer.rows)


def _pages(answer: PodList) -> list[int]:
    """Where pages begin, and where the last ends: as many rows as fit, at most `ROWS_PER_PAGE`."""
    bounds, cells, menu = [0], 0, 0
    for at, (row, trouble) in enumerate(zip(answer.rows, _troubles(answer), strict=True)):
        in_cells = sum(map(len, _cells(row, trouble, answer.asked)))
        in_menu = min(len(row.namespace) + len(row.name), CHOICE_LABEL) + len(row.namespace) + len(row.name)
        full = cells + in_cells > _CELLS_PER_PAGE or menu + in_menu > _MENU_PER_PAGE
        if at > bounds[-1] and (full or at - bounds[-1] == ROWS_PER_PAGE):
            bounds.append(at)
            cells = menu = 0
        cells += in_cells
        menu += in_menu
    return [*bounds, len(answer.rows)]


def _menu(rows: Sequence[PodRow], asked: ListPods) -> Menu:
    everywhere = asked.namespace == ALL_NAMESPACES
    return Menu(
        "Choose a pod",
        tuple(
            Choice(
                shortened(f"{row.namespace}/{row.name}" if everywhere else row.name, CHOICE_LABEL),
                OpenPod(namespace=row.namespace, pod=row.name),
            )
            for row in rows
        ),
    )


def _buttons(answer: PodList, page: int, pages: int) -> Iterator[Button]:
    asked = msgspec.structs.replace(answer.asked, page=page)
    if page > 0:
        yield Button("Previous", msgspec.structs.replace(asked, page=page - 1), replaces=True)
    if page + 1 < pages:
        yield Button("Next", msgspec.structs.replace(asked, page=page + 1), replaces=True)
    ill = answer.counts.get(Health.FAILING, 0) + answer.counts.get(Health.PENDING, 0)
    if asked.broken:
        yield Button("All", msgspec.structs.replace(asked, broken=False, page=0), replaces=True)
    elif ill:
        yield Button("Broken only", msgspec.structs.replace(asked, broken=True, page=0), replaces=True)
    wide = "Narrow" if asked.wide else "Wide"
    yield Button(wide, msgspec.structs.replace(asked, wide=not asked.wide, page=0), replaces=True)
    if page == 0 and pages > 1:
        yield Button("All as a file", ExportPods(listing=asked, form=Form.TABLE))
    yield Button("Share", asked, audience=Audience.CHANNEL)


def _provenance(answer: PodList, page: int, bounds: Sequence[int]) -> Line:
    first, last = list(pairwise(bounds))[page]
    shown = f"{first + 1}-{last} of {len(answer.rows):,}" if len(bounds) > 2 else ""
    labels = said("labels ", code(answer.asked.selector)) if answer.asked.selector else ""
    fields = said("fields ", code(answer.asked.fields)) if answer.asked.fields else ""
    sort = f"by {answer.asked.sort}" if answer.asked.sort else ""
    return joined(answer.cluster, labels, fields, sort, shown, left_out(answer))


def left_out(answer: PodList | PodExport | AddressHolders | EventList | UsageList) -> str:
    """Whether there may be more where the asker may not look."""
    return "without namespaces that you may not see" if answer.namespaces_left_out else ""
