"""How pods in another form than a table are answered: as a file, with what is in it said beside it."""

from __future__ import annotations

from msgspec import structs

from bot.commands.pod_list import left_out, missed, place
from bot.commands.prose import counted, joined, marked, message, shortened
from bot.model.answers import PodExport, PodRow
from bot.model.commands import ExportPods, Form
from bot.model.messages import Attachment, Context, Message, Paragraph, Preformatted, bold, plain
from bot.model.pods import ALL_NAMESPACES

_NAMES_INLINE = 40
_FILENAME = 80
_HEADINGS = (
    "NAMESPACE",
    "NAME",
    "READY",
    "STATUS",
    "RESTARTS",
    "AGE",
    "IP",
    "NODE",
    "NOMINATED NODE",
    "READINESS GATES",
)


def pod_export(answer: PodExport) -> Message:
    """What the file holds; names are short enough to be said here."""
    where, form = answer.asked.listing.namespace, answer.asked.form
    remarks = [*missed(answer.missing)]
    if not answer.rows:
        nothing = Paragraph((plain(f"No such pods in {place(where)}."), *remarks))
        return message(nothing, Context(joined(answer.cluster, left_out(answer))))
    masked = f"{counted(answer.masked, 'secret')} masked" if answer.masked else ""
    head = joined(bold(place(where)), f"{counted(len(answer.rows), 'pod')} {_AS[form]}", masked)
    if form in {Form.JSON, Form.YAML}:
        remarks.append(marked("`managedFields` and the last applied configuration are left out."))
    names = _names(answer) if form is Form.NAME else []
    if len(names) > _NAMES_INLINE:
        remarks.append(plain(f"The first {_NAMES_INLINE}; all are in the file."))
    drawn = message(
        Paragraph((head, *remarks)),
        *((Preformatted("\n".join(names[:_NAMES_INLINE])),) if names else ()),
        Context(joined(answer.cluster, left_out(answer))),
    )
    short = form is Form.NAME and len(names) <= _NAMES_INLINE
    return drawn if short else structs.replace(drawn, attachments=(_file(answer, names),))


_AS = {Form.TABLE: "as a table", Form.JSON: "as JSON", Form.YAML: "as YAML", Form.NAME: "by name"}


def _names(answer: PodExport) -> list[str]:
    """As kubectl prints them; of several namespaces with the flag that finds each again."""
    everywhere = answer.asked.listing.namespace == ALL_NAMESPACES
    return [f"{f'-n {row.namespace} ' if everywhere else ''}pod/{row.name}" for row in answer.rows]


def _file(answer: PodExport, names: list[str]) -> Attachment:
    form = answer.asked.form
    content = {Form.NAME: lambda: _lines(names), Form.TABLE: lambda: _lines(_table(answer))}
    kind = "txt" if form in content else form.value
    return Attachment(
        filename=f"pods-{_stem(answer.asked)}.{kind}",
        title=f"{counted(len(answer.rows), 'pod')} of {place(answer.asked.listing.namespace)}",
        content=content[form]() if form in content else answer.content,
    )


def _stem(asked: ExportPods) -> str:
    stem = asked.listing.targets[0].name if len(asked.listing.targets) == 1 else asked.listing.namespace
    return shortened(stem or "all", _FILENAME).replace("…", "...")


def _lines(lines: list[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode(errors="replace")


def _table(answer: PodExport) -> list[str]:
    """In columns of equal width, as `kubectl get pods -A -o wide` prints them."""
    rows = [_HEADINGS, *map(_cells, answer.rows)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["   ".join(map(str.ljust, row, widths)).rstrip() for row in rows]


def _cells(row: PodRow) -> tuple[str, ...]:
    said_of = (row.namespace, row.name, row.ready, row.status, row.restarts, row.age)
    return (*said_of, row.ip, row.node, row.nominated_node, row.readiness_gates)
