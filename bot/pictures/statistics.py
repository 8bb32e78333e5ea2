"""Draws what died: by time, stacked by cause, and the workloads that lost the most. No clock, no I/O."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bot.model.statistics import Statistics, WorkloadLosses, word_of
from bot.pictures.canvas import Canvas, fitting, width_of
from bot.pictures.palette import BAR, GRID, GROUND, INK, QUIET, REST, SERIES, Colour

WIDTH = 560
MARGIN = 22.0
CHART = 180.0
ROW = 27.0
MOST_ROWS = 8

_TITLE, _HEADING, _WORDS = 19, 15, 14
_HOUR = timedelta(hours=1)
_STEPS = (1, 2, 3, 6, 12, 24, 48, 168)
"""Hours that one bar may stand for."""
_MOST_BARS = 170


@dataclass(frozen=True, slots=True, kw_only=True)
class Bars:
    """Deaths by time: a stack for each span, of numbers in the order of `series`."""

    begin: datetime
    span: timedelta
    stacks: tuple[tuple[int, ...], ...]
    series: tuple[tuple[str, int, Colour], ...]
    """The causes that have a colour of their own, with their totals; the last may be all others."""

    @property
    def highest(self) -> int:
        """The most deaths of a span."""
        return max(map(sum, self.stacks), default=0)


def draw(statistics: Statistics) -> bytes:
    """The picture, as a PNG."""
    bars = stacked(statistics)
    legend = tuple(_legend(bars.series))
    rows = statistics.worst[:MOST_ROWS]
    head = MARGIN + 50
    chart_top = head + 22 * len(legend) + 12
    chart_bottom = chart_top + CHART
    worst_top = chart_bottom + 62
    height = chart_bottom + 46 if not rows else worst_top + ROW * len(rows) + 14
    canvas = Canvas(WIDTH, round(height))
    _head(canvas, statistics, bars)
    for number, line in enumerate(legend):
        for left, label, colour in line:
            y = head + 22 * number + 10
            canvas.box(left, y - 10, left + 11, y + 1, colour)
            canvas.text(left + 16, y, label, size=_WORDS)
    left = MARGIN + max(width_of(f"{each:,}") for each in _ticks(bars.highest)) + 9
    _axis(canvas, bars, left, chart_top, chart_bottom)
    _bars(canvas, bars, left, chart_top, chart_bottom)
    _times(canvas, bars, left, chart_bottom)
    if rows:
        canvas.text(MARGIN, worst_top - 12, "Worst workloads, by deaths", size=_HEADING)
        _worst(canvas, rows, worst_top)
    return canvas.png()


def stacked(statistics: Statistics) -> Bars:
    """The numbers of each bar."""
    named = list(statistics.by_cause.items())
    own = named[: len(SERIES)] if len(named) > len(SERIES) + 1 else named[: len(SERIES) + 1]
    colours = (*SERIES, REST)
    series = [(word_of(cause), count, colour) for (cause, count), colour in zip(own, colours, strict=False)]
    rest = sum(count for _, count in named[len(own) :])
    if rest:
        series.append((f"{len(named) - len(own)} others", rest, REST))
    place = {cause: number for number, (cause, _) in enumerate(own)}
    span = _span(statistics.until - statistics.since)
    begin = _floor(statistics.since, span)
    count = max(1, -((begin - statistics.until) // span))
    sums = [[0] * len(series) for _ in range(count)]
    for each in statistics.by_hour:
        number = min(max((each.hour - begin) // span, 0), count - 1)
        sums[number][place.get(each.cause, len(series) - 1)] += each.deaths
    return Bars(
        begin=begin,
        span=span,
        stacks=tuple(tuple(each) for each in sums),
        series=tuple(series),
    )


def _span(whole: timedelta) -> timedelta:
    return next(
        (span for step in _STEPS if whole / (span := step * _HOUR) <= _MOST_BARS - 1), _STEPS[-1] * _HOUR
    )


def _floor(moment: datetime, span: timedelta) -> datetime:
    """The beginning of the span that a moment lies in, as days in UTC are cut into them."""
    midnight = moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + (moment - midnight) // span * span


def _head(canvas: Canvas, statistics: Statistics, bars: Bars) -> None:
    deaths = "no deaths" if not statistics.deaths else f"{statistics.deaths:,} deaths"
    deaths = "1 death" if statistics.deaths == 1 else deaths
    room = WIDTH - 2 * MARGIN - width_of(f": {deaths}", _TITLE)
    canvas.text(
        MARGIN, MARGIN + 14, f"{fitting(statistics.cluster, room, _TITLE)}: {deaths}", size=_TITLE, colour=INK
    )
    hours = bars.span // _HOUR
    by = (
        "hour"
        if hours == 1
        else f"{hours} hours"
        if hours < 24
        else "day"
        if hours == 24
        else f"{hours // 24} days"
    )
    last = statistics.until.astimezone(UTC)
    first = statistics.since.astimezone(UTC)
    canvas.text(
        MARGIN, MARGIN + 34, f"by {by} and cause, {first:%d %b %H:%M} to {last:%d %b %H:%M} UTC", colour=QUIET
    )


def _legend(series: Sequence[tuple[str, int, Colour]]) -> Iterator[tuple[tuple[float, str, Colour], ...]]:
    """Lines of (left, label, colour)."""
    line: list[tuple[float, str, Colour]] = []
    left = MARGIN
    for name, count, colour in series:
        label = f"{name} {count:,}"
        width = 16 + width_of(label, _WORDS) + 18
        if line and left + width - 18 > WIDTH - MARGIN:
            yield tuple(line)
            line, left = [], MARGIN
        line.append((left, label, colour))
        left += width
    if line:
        yield tuple(line)


def _axis(canvas: Canvas, bars: Bars, left: float, top: float, bottom: float) -> None:
    for value in _ticks(bars.highest):
        y = bottom - (bottom - top) * value / _top(bars.highest)
        canvas.box(left, y - 0.5, WIDTH - MARGIN, y + 0.5, QUIET if value == 0 else GRID)
        canvas.text(left - 7, y + 4.5, f"{value:,}", colour=QUIET, anchor="rs")
    if not bars.highest:
        middle = (left + WIDTH - MARGIN) / 2
        canvas.text(middle, (top + bottom) / 2, "Nothing died.", size=_HEADING, colour=QUIET, anchor="ms")


def _step(highest: int) -> int:
    """A round number of which two to four make the height."""
    step = 1
    while step * 4 < highest:
        digits = 10 ** (len(str(step)) - 1)
        step = {1: 2, 2: 5, 5: 10}[step // digits] * digits
    return step


def _ticks(highest: int) -> range:
    return range(0, _top(highest) + 1, _step(highest)) if highest else range(1)


def _top(highest: int) -> int:
    step = _step(highest)
    return max(-(-highest // step), 1) * step


def _bars(canvas: Canvas, bars: Bars, left: float, top: float, bottom: float) -> None:
    right = WIDTH - MARGIN
    width = (right - left) / len(bars.stacks)
    gap = min(3.0, width * 0.2)
    for number, stack in enumerate(bars.stacks):
        y = bottom - 0.5
        x = left + number * width
        for count, (_, _, colour) in zip(stack, bars.series, strict=True):
            if not count:
                continue
            height = max(1.0, (bottom - top) * count / _top(bars.highest))
            canvas.box(x + gap / 2, y - height, x + width - gap / 2, y, colour)
            canvas.box(x + gap / 2, y - height, x + width - gap / 2, y - height + 0.5, GROUND)
            y -= height


def _times(canvas: Canvas, bars: Bars, left: float, bottom: float) -> None:
    """Words under the bars: hours for a day or two, days beyond."""
    right = WIDTH - MARGIN
    whole = bars.span * len(bars.stacks)
    days = whole / timedelta(days=1)
    step, form = (timedelta(hours=6), "%H:%M") if days <= 2.1 else (timedelta(days=1), "%a %d")
    if days > 8:
        step, form = timedelta(days=max(1, round(days / 6))), "%d %b"
    first = _floor(bars.begin, min(step, timedelta(days=1)))
    moment = first if first >= bars.begin else first + min(step, timedelta(days=1))
    free = left
    while moment < bars.begin + whole:
        x = left + (right - left) * ((moment - bars.begin) / whole)
        label = f"{moment:{form}}"
        canvas.box(x - 0.5, bottom, x + 0.5, bottom + 5, QUIET)
        start = max(x - width_of(label) / 2, left)
        if start >= free and start + width_of(label) <= right:
            canvas.text(start, bottom + 20, label, colour=QUIET)
            free = start + width_of(label) + 8
        moment += step


def _worst(canvas: Canvas, rows: Sequence[WorkloadLosses], top: float) -> None:
    most = max(each.deaths for each in rows)
    names, left = 220.0, MARGIN + 230.0
    numbers = max(width_of(f"{each.deaths:,}", _WORDS) for each in rows) + 8
    room = WIDTH - MARGIN - numbers - left
    for number, each in enumerate(rows):
        y = top + number * ROW + 14
        name = fitting(each.owner.name, names if not each.namespace else names * 0.62, _WORDS)
        canvas.text(MARGIN, y, name, size=_WORDS)
        used = width_of(name, _WORDS)
        place = each.namespace or each.owner.kind.lower()
        canvas.text(MARGIN + used + 7, y, fitting(place, names - used - 7, _WORDS), size=_WORDS, colour=QUIET)
        length = max(2.0, room * each.deaths / most)
        canvas.box(left, y - 12, left + length, y + 3, BAR)
        canvas.text(left + length + 6, y, f"{each.deaths:,}", size=_WORDS)
