"""Which of a container's last lines an alert shows, and how. Pure.

On a phone the log stands between what happened and what to do next, so a few lines have to do. The whole of
it is a press away.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from bot.model.incidents import Evidence

LINES_SHOWN = 5

LINE_SHOWN = 500
"""Characters of a line."""

OWN_TIME = 40
"""Characters in which a line that begins with its own time has it: it needs no other."""

GAP = "…"
"""Stands for lines that are left out between two that are shown."""

_FAILURE = re.compile(
    r"\b(?:error|err|fatal|panic|crit|critical|emerg|severe|exception|traceback|failed|failure)\b"
    # What languages call their exceptions, how Go heads its stack, and how klog begins a line.
    r"|\B(?:Error|Exception)\b|^goroutine \d+ |^[EF]\d{4} ",
    re.IGNORECASE,
)
_WARNING = re.compile(r"\bwarn(?:ing)?\b|^W\d{4} ", re.IGNORECASE)
_PROBED = re.compile(r"kube-probe/|[ =\"]/(?:healthz?|livez|readyz|health/\w+)(?=[ \"?]|$)", re.IGNORECASE)
_REFUSED = re.compile(r"(?<![\w.])[45]\d\d(?![\w.])")
"""An HTTP status that tells of a failure."""


def shown(evidence: Evidence) -> tuple[str, ...]:
    """The lines to show, in their order, each with the time (UTC) at which it was written, where known."""
    lines, times = evidence.log_tail, evidence.log_times
    return tuple(_drawn(lines, times, chosen(lines)))


def chosen(lines: Sequence[str], most: int = LINES_SHOWN) -> tuple[int, ...]:
    """Which lines to show: the last one, and before it what failed, what warned, and what came last.

    Requests of probes that went well come after everything else.
    """
    if not lines:
        return ()
    *before, last = range(len(lines))
    ranked = sorted(before, key=lambda number: (_rank(lines[number]), -number))
    return (*sorted(ranked[: most - 1]), last)


def timed(evidence: Evidence) -> bool:
    """Whether times stand before the lines that are shown."""
    return len(evidence.log_times) == len(evidence.log_tail) and any(evidence.log_times)


def _rank(line: str) -> int:
    if _PROBED.search(line) and not _REFUSED.search(line):
        return 3
    if _FAILURE.search(line):
        return 0
    return 1 if _WARNING.search(line) else 2


def _drawn(lines: Sequence[str], times: Sequence[datetime | None], numbers: Sequence[int]) -> Iterator[str]:
    stamped = times if len(times) == len(lines) else (None,) * len(lines)
    before: int | None = None
    for number in numbers:
        if before is not None and number > before + 1:
            yield GAP
        yield _line(lines[number], stamped[number])
        before = number


def _line(line: str, written: datetime | None) -> str:
    text = line if len(line) <= LINE_SHOWN else line[:LINE_SHOWN] + "…"
    if written is None:
        return text
    at = f"{written.astimezone(UTC):%H:%M:%S}"
    return text if at in text[:OWN_TIME] else f"{at} {text}"
