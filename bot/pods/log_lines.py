"""Lines of logs: split, searched, merged by time and told apart. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

MOST_LINES = 200_000
"""Lines of one reading that are looked at: ten million empty ones fit into the limit of bytes, too."""

BREAK = "--"
"""Stands between groups of found lines that are not neighbours, as in grep."""

_LONGEST_PREFIX = 40
_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What lines are wanted: those with a text in them, or without, and how many around each."""

    text: str
    invert: bool = False
    context: int = 0

    def takes(self, line: str) -> bool:
        """Whether the line itself is wanted. Capitals count where the text has any."""
        if self.text == self.text.lower():
            line = line.lower()
        return (self.text in line) is not self.invert


@dataclass(frozen=True, slots=True, kw_only=True)
class Hits:
    """The places of the lines that a search keeps, in their order."""

    kept: tuple[int, ...]
    matches: int
    """How many of them were found; the others stand around those."""


def split(text: str) -> tuple[list[str], bool]:
    """The lines as the container ended them, the newest of them where there are too many; and whether so."""
    if not text:
        return [], False
    lines = text.removesuffix("\n").rsplit("\n", MOST_LINES)
    return (lines[1:], True) if len(lines) > MOST_LINES else (lines, False)


def found(lines: Sequence[str], search: Search) -> Hits:
    """Which lines a search keeps."""
    kept: list[int] = []
    matches = upto = 0
    for at, line in enumerate(lines):
        if search.takes(line):
            matches += 1
            after = min(at + search.context + 1, len(lines))
            kept += range(max(at - search.context, upto), after)
            upto = after
    return Hits(kept=tuple(kept), matches=matches)


def grouped(lines: Sequence[str], hits: Hits) -> Iterator[str]:
    """The kept lines with a break between those that are not neighbours."""
    before: int | None = None
    for at in hits.kept:
        if before is not None and at > before + 1:
            yield BREAK
        yield lines[at]
        before = at


def stamped(line: str) -> tuple[datetime | None, str, str]:
    """The runtime's stamp of a line, as a moment and as written, and the text behind it.

    A line without one (a masked key, the rest of a line that an old kubelet cut) is all text.
    """
    stamp, _, text = line.partition(" ")
    try:
        moment = datetime.fromisoformat(stamp)
    except ValueError:
        return None, "", line
    return (None, "", line) if moment.tzinfo is None else (moment, stamp, text)


def merged(streams: Sequence[Sequence[str]]) -> list[tuple[int, str, str]]:
    """Stamped lines of several containers in the order in which they were written.

    Of each the number of its stream, its stamp and its text. The lines of one container stay in their order:
    one without a stamp, or with an earlier one, belongs where the line before it does.
    """
    rows: list[tuple[datetime, int, str, str]] = []
    for number, lines in enumerate(streams):
        latest = _NEVER
        for line in lines:
            moment, stamp, text = stamped(line)
            latest = max(moment or latest, latest)
            rows.append((latest, number, stamp, text))
    rows.sort(key=lambda row: row[0])
    return [row[1:] for row in rows]


def prefixes(sources: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    """What tells the lines of these (pod, container) pairs apart, as short as can be, of one width.

    What the pods' names begin with alike, up to a hyphen, is left out, and so is a container that is the
    same in all of them.
    """
    pods = sorted({pod for pod, _ in sources})
    skip = _alike(pods[0], pods[-1]) if len(pods) > 1 else 0
    one_container = len({container for _, container in sources}) == 1
    names = []
    for pod, container in sources:
        parts = ([] if len(pods) == 1 else [_short(pod[skip:])]) + ([] if one_container else [container])
        names.append(" ".join(parts))
    width = max((len(name) for name in names), default=0)
    return tuple(name.ljust(width) for name in names)


def _alike(first: str, last: str) -> int:
    """How many letters two names begin with alike, up to a hyphen; sorted, they speak for all between."""
    at = 0
    for one, other in zip(first, last, strict=False):
        if one != other:
            break
        at += 1
    return first.rfind("-", 0, at) + 1


def _short(name: str) -> str:
    """A name that leaves room for the line; pods of one workload differ at the end."""
    return name if len(name) <= _LONGEST_PREFIX else f"…{name[-(_LONGEST_PREFIX - 1) :]}"
