"""The words of an incident of several workloads: a node's, an image's, a storm's. Pure.

It names every workload that it swallowed, as many as a message holds: the rest is a press away.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.incidents import headline
from bot.model.deaths import Cause
from bot.model.durations import in_words
from bot.model.incidents import Incident, Scope, WorkloadPart
from bot.model.messages import Line, Paragraph, Text, code, plain

LIST_SHOWN = 6_000
"""Characters of workloads in a message; with 20 letters a name that is 300 of them."""

PARAGRAPH = 2_500
"""Characters after which the list goes on in another paragraph: Slack cuts them at 3,000."""

TEXT_SHOWN = 1_500
"""Characters of workloads in the notification."""


def extent(incident: Incident) -> str:
    """How many: `57 pods of 20 workloads went with it in 8 s`."""
    mine = [each for each in incident.workloads if each.told_in is None]
    pods = _count(len(incident.pods), "pod")
    workloads = _count(len({(each.namespace, each.owner) for each in mine}), "workload")
    lasted = incident.last_at - incident.first_at
    told_when_seen = incident.key.cause.is_stuck and incident.key.scope is not Scope.STORM
    span = "" if told_when_seen or lasted.total_seconds() < 1 else f" in {in_words(lasted)}"
    if incident.key.scope is Scope.STORM:
        others = len(incident.workloads) - len(mine)
        beside = f" · {_count(others, 'other')} in messages of their own" if others else ""
        return f"{workloads} lost {pods}{span}, {_count(incident.deaths, 'death')}{beside}"
    return f"{pods} of {workloads} {_did(incident)}{span}"


def second_line(incident: Incident) -> Line:
    """How bad, when, and how far the replacements are."""
    line: Line = (Text(f"{extent(incident)} · "), *headline.times(incident))
    found = incident.replacements
    if found is not None:
        parts = [f"{found.ready} Ready"]
        parts += [f"{found.starting} starting"] if found.starting else []
        if found.unschedulable:
            why = f" ({found.why})" if found.why else ""
            parts.append(f"{found.unschedulable} cannot be scheduled{why}")
        line = (*line, Text(f" · replacements: {', '.join(parts)}"))
    return line


def listing(incident: Incident) -> Iterator[Paragraph]:
    """Every workload with its pods, a line a namespace, those hit hardest first."""
    mine = [each for each in incident.workloads if each.told_in is None]
    lines, left = _lines(mine, LIST_SHOWN, causes=incident.key.scope is Scope.STORM)
    if left:
        lines.append(f"and {_count(left, 'more workload')}: Show all lists them")
    others = [each for each in incident.workloads if each.told_in is not None]
    if others:
        names, more = _named(others, 1_000)
        lines.append(f"In messages of their own: {names}{f' and {more} more' if more else ''}")
    held: list[Line] = []
    size = 0
    for line in lines:
        if held and size + len(line) > PARAGRAPH:
            yield Paragraph(lines=tuple(held))
            held, size = [], 0
        held.append(plain(line))
        size += len(line)
    if held:
        yield Paragraph(lines=tuple(held))


def in_short(incident: Incident) -> str:
    """The workloads for the notification, in one line."""
    mine = [each for each in incident.workloads if each.told_in is None]
    lines, left = _lines(mine, TEXT_SHOWN, causes=incident.key.scope is Scope.STORM)
    return "; ".join(lines) + (f"; and {left} more" if left else "")


def subject(incident: Incident) -> Line:
    """What they have in common, to copy: the image. A node is named by the headline."""
    if incident.key.scope is Scope.IMAGE:
        return (Text("They wait for "), code(incident.key.owner.name))
    return ()


def _did(incident: Incident) -> str:
    if incident.key.scope is Scope.IMAGE:
        return "wait for it"
    if incident.key.cause in {Cause.NODE_LOST, Cause.NODE_SHUTDOWN}:
        return "went with it"
    return "are stuck on it" if incident.key.cause.is_stuck else "died on it"


def _lines(parts: Sequence[WorkloadPart], room: int, *, causes: bool) -> tuple[list[str], int]:
    """Lines of at most so many characters together, and how many workloads found no room."""
    of: dict[str, list[WorkloadPart]] = {}
    for part in parts:
        of.setdefault(part.namespace, []).append(part)
    lines: list[str] = []
    left = 0
    for namespace in sorted(of, key=lambda each: -sum(part.pods for part in of[each])):
        words: list[str] = []
        room -= len(namespace) + 2
        length = len(namespace) + 2
        for part in sorted(of[namespace], key=lambda each: (-each.pods, each.owner.name)):
            word = f"{part.owner.name} {part.pods}" + (f" {part.cause.value}" if causes else "")
            if room < len(word) + 2:
                left += 1
                continue
            room -= len(word) + 2
            if length + len(word) + 2 > PARAGRAPH:
                lines.append(f"{namespace}: {', '.join(words)}")
                words, length = [], len(namespace) + 2
            words.append(word)
            length += len(word) + 2
        if words:
            lines.append(f"{namespace}: {', '.join(words)}")
    return lines, left


def _named(parts: Sequence[WorkloadPart], room: int) -> tuple[str, int]:
    names: list[str] = []
    for part in parts:
        name = f"{part.owner.name} ({part.told_in})"
        room -= len(name) + 2
        if room < 0:
            break
        names.append(name)
    return ", ".join(names), len(parts) - len(names)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number:,} {noun}s"
