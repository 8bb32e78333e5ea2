"""A recording as a series of records. Pure: bytes in, values out; errors name the line.

A recording is what `kubectl get pods -A -w -o json --output-watch-events` writes, `{"type", "object"}` a
line; objects printed over several lines are understood as well. Beside pods it may hold what the bot would
have asked the cluster for (events, nodes, workloads), and records of our own:

- `# …`: a comment.
- `"at"` beside any `"type"`: when the line arrived. Without it, a line arrives at the latest moment that its
  object speaks of, or together with the line before, whichever is later.
- `{"type": "CLOCK", "at": …}`: nothing happens until then.
- `{"type": "LISTED"}`: the listing is complete. A listing is a run of ADDED lines: at the beginning, after
  `LOST` and after `RESTARTED`. This line is needed only where pods are added directly after it.
- `{"type": "LOST"}`: the watch broke off and its history is gone (410); the bot lists again.
- `{"type": "RESTARTED"}`: the bot starts again, with what it remembered, or with `"forgets": true` without.
- `{"type": "STOPPED"}`: the bot stops. What follows up to `RESTARTED` happened without it, and is history
  that the cluster still has then; a `LOST` in between takes all before it away.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

import msgspec

from bot.errors import UserError
from bot.model.events import Event
from bot.model.pods import Pod
from bot.replay import moments


class RecordingWrong(UserError):
    """A line of a recording is not what it should be."""

    def __init__(self, line: int, what: str) -> None:
        super().__init__(f"line {line}: {what}")
        self.line = line


class RecordKind(Enum):
    """What a record says happened."""

    ADDED = "ADDED"
    MODIFIED = "MODIFIED"
    DELETED = "DELETED"
    BOOKMARK = "BOOKMARK"
    CLOCK = "CLOCK"
    LISTED = "LISTED"
    LOST = "LOST"
    STOPPED = "STOPPED"
    RESTARTED = "RESTARTED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One record. `pod` and `event` are set where its object is one; any other object is in `other`."""

    line: int
    kind: RecordKind
    at: datetime | None = None
    forgets: bool = False
    pod: Pod | None = None
    event: Event | None = None
    other: bytes = b""

    @property
    def may_be_listed(self) -> bool:
        """It may belong to a listing: an object that was added, and no pod that was changed or deleted."""
        return self.kind is RecordKind.ADDED


class _Envelope(msgspec.Struct, frozen=True, kw_only=True):
    kind: str = ""
    """Set where the line is an object by itself, as `kubectl get -w -o json` writes without the option."""
    type: str = ""
    at: datetime | None = None
    forgets: bool = False
    object: msgspec.Raw = msgspec.Raw(b"")


class _Kind(msgspec.Struct, frozen=True, kw_only=True):
    kind: str = ""


_ENVELOPE = msgspec.json.Decoder(_Envelope)
_KIND = msgspec.json.Decoder(_Kind)
_POD = msgspec.json.Decoder(Pod)
_EVENT = msgspec.json.Decoder(Event)
_NOT_DECODED = (msgspec.DecodeError, UnicodeDecodeError)


def read(lines: Iterable[bytes]) -> Iterator[Record]:
    """The records of a recording, one by one. Raises `RecordingWrong`."""
    for number, text in _objects(lines):
        yield _record(number, text)


def _objects(lines: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
    """Each JSON object with the number of its first line.

    One that is spread over several lines begins with a line `{` and ends with a line `}`, as every JSON
    printer indents it.
    """
    began, parts = 0, list[bytes]()
    for number, raw in enumerate(lines, 1):
        line = raw.rstrip()
        if parts:
            parts.append(line)
            if line == b"}":
                yield began, b"\n".join(parts)
                parts.clear()
        elif line == b"{":
            began, parts = number, [line]
        elif line and not line.startswith(b"#"):
            yield number, line
    if parts:
        raise RecordingWrong(began, "the object that begins here does not end")


def _record(line: int, text: bytes) -> Record:
    try:
        envelope = _ENVELOPE.decode(text)
    except _NOT_DECODED as error:
        raise RecordingWrong(line, f"it is no record: {error}") from None
    if envelope.kind:
        return _with_object(line, RecordKind.MODIFIED, msgspec.Raw(text), None)
    try:
        kind = RecordKind(envelope.type)
    except ValueError:
        known = ", ".join(each.value for each in RecordKind)
        said = f"its type is {envelope.type[:40]!r}" if envelope.type else "it has no type"
        raise RecordingWrong(line, f"{said}, which is none of {known}") from None
    if kind is RecordKind.CLOCK and envelope.at is None:
        raise RecordingWrong(line, 'a CLOCK record needs "at", a time such as "2026-11-22T14:00:00Z"')
    if envelope.at is not None and envelope.at.tzinfo is None:
        raise RecordingWrong(line, '"at" names no time zone; end it in Z for UTC')
    if kind in {RecordKind.ADDED, RecordKind.MODIFIED, RecordKind.DELETED}:
        return _with_object(line, kind, envelope.object, envelope.at)
    return Record(line=line, kind=kind, at=envelope.at, forgets=envelope.forgets)


def _with_object(line: int, kind: RecordKind, raw: msgspec.Raw, at: datetime | None) -> Record:
    if not bytes(raw):
        raise RecordingWrong(line, f"a record of type {kind.value} needs an object")
    try:
        what = _KIND.decode(raw).kind
        if what in {"", "Pod"}:
            pod = _POD.decode(raw)
            return Record(line=line, kind=kind, at=at or moments.latest(pod, raw), pod=pod)
        if what == "Event":
            event = _EVENT.decode(raw)
            return Record(line=line, kind=kind, at=at or event.last_seen, event=event)
    except _NOT_DECODED as error:
        raise RecordingWrong(line, f"its object is no {what or 'Pod'}: {error}") from None
    if what == "List" or what.endswith("List"):
        raise RecordingWrong(line, f"it is a {what}; record a watch (-w), not a listing")
    return Record(line=line, kind=kind, at=at, other=bytes(raw))
