"""The words of an incident of several workloads: a node's, an image's, a storm's. Pure.

It names every workload that it swallowed, as many as a message holds: the rest is a press away.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from bot.incidents import headline
from bot.model.deaths import Cause
from bot.model.durations import in_words
from bot.model.incidents import Incident, IncidentId, Scope, WorkloadPart
from bot.model.messages import Inline, Line, Link, Paragraph, Text, code, plain, spoken
from bot.model.pods import Owner

LIST_SHOWN = 6_000
"""Characters of workloads in a message; with 20 letters a name that is 300 of them."""

PARAGRAPH = 2_500
"""Characters after which the list goes on in another paragraph: Slack cuts them at 3,000."""

LOSSES_SHOWN = 10
"""Bare pods that are gone which a message names."""

OTHERS_SHOWN = 1_000
"""Characters of what has messages of its own."""

GROUPS_SHOWN = 3
"""Nodes and images of a storm that are named."""

TEXT_SHOWN = 1_500
"""Characters of workloads in the notification."""


def nowhere(_: IncidentId) -> str:
    """Where nobody knows the address of an incident's message."""
    return ""


def extent(incident: Incident) -> str:
    """How many: `57 pods of 20 workloads went with it in 8 s`."""
    mine = [each for each in incident.workloads if each.told_in is None]
    pods = _count(len(incident.pods), "pod")
    workloads = _count(len({(each.namespace, each.owner) for each in mine}), "workload")
    lasted = incident.last_at - incident.first_at
    told_when_seen = incident.key.cause.is_stuck and incident.key.scope is not Scope.STORM
    span = "" if told_when_seen or lasted.total_seconds() < 1 else f" in {in_words(lasted)}"
    if incident.key.scope is Scope.STORM:
        deaths, others = _count(incident.deaths, "death"), len(_told_elsewhere(incident))
        have = "has a message of its own" if others == 1 else "have messages of their own"
        beside = f" · {_count(others, 'more incident')} {have}" if others else ""
        return f"{deaths} in {pods} of {workloads}{span}{beside}"
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
        parts += [f"{found.complete} complete"] if found.complete else []
        parts += [f"{found.awaited} not there yet"] if found.awaited else []
        line = (*line, Text(f" · replacements: {', '.join(parts)}"))
    return line


def losses(incident: Incident) -> Iterator[Line]:
    """What will not come back by itself."""
    gone = incident.replacements.gone if incident.replacements is not None else ()
    if gone:
        more = f" and {len(gone) - LOSSES_SHOWN} more" if len(gone) > LOSSES_SHOWN else ""
        yield plain(f"Gone for good, nothing recreates it: {', '.join(gone[:LOSSES_SHOWN])}{more}")


def listing(
    incident: Incident,
    *,
    link: Callable[[IncidentId], str] = nowhere,
    groups: Sequence[Incident] = (),
) -> Iterator[Paragraph]:
    """Every workload with its pods, a line a namespace, those hit hardest first.

    Of a storm, before them, `groups`: those of its incidents that are about a node or an image, as that may
    be what is behind it; after them what has messages of its own, whose addresses `link` gives.
    """
    mine = [each for each in incident.workloads if each.told_in is None]
    words, left = _lines(mine, LIST_SHOWN, causes=incident.key.scope is Scope.STORM)
    if left:
        words.append(f"and {_count(left, 'more workload')}: Show all lists them")
    lines = [plain(f"Among them: {_as_one(each)}") for each in groups[:GROUPS_SHOWN]]
    lines += map(plain, words)
    if elsewhere := _told_elsewhere(incident):
        lines.append((Text("In messages of their own: "), *_named(elsewhere, link)))
    held: list[Line] = []
    size = 0
    for line in lines:
        length = len(spoken(line))
        if held and size + length > PARAGRAPH:
            yield Paragraph(lines=tuple(held))
            held, size = [], 0
        held.append(line)
        size += length
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
    """Lines of at most so many characters together, and how many workloads found no room.

    A pod that died of several causes is one pod: it is counted once, and its workload has all of them.
    """
    of: dict[str, dict[Owner, list[WorkloadPart]]] = {}
    for part in parts:
        of.setdefault(part.namespace, {}).setdefault(part.owner, []).append(part)
    lines: list[str] = []
    left = 0
    for namespace in sorted(of, key=lambda each: -sum(map(_pods, of[each].values()))):
        words: list[str] = []
        room -= len(namespace) + 2
        length = len(namespace) + 2
        for owner, its in sorted(of[namespace].items(), key=lambda each: (-_pods(each[1]), each[0].name)):
            word = f"{owner.name} {_pods(its)}{f' {_causes(its)}' if causes else ''}"
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


def _pods(parts: Iterable[WorkloadPart]) -> int:
    return sum(each.pods for each in parts)


def _causes(parts: Iterable[WorkloadPart]) -> str:
    return " and ".join(dict.fromkeys(each.cause.value for each in parts))


def _told_elsewhere(incident: Incident) -> dict[IncidentId, list[WorkloadPart]]:
    """The incidents that are named here and tell of themselves, with the workloads of each."""
    found: dict[IncidentId, list[WorkloadPart]] = {}
    for part in incident.workloads:
        if part.told_in is not None:
            found.setdefault(part.told_in, []).append(part)
    return found


def _as_one(group: Incident) -> str:
    """`Evicted · worker-2, 4 pods of 4 workloads died on it (HXCG)`."""
    return f"{headline.what(group)} · {group.key.owner.name}, {extent(group)} ({group.id})"


def _named(
    incidents: Mapping[IncidentId, Sequence[WorkloadPart]], link: Callable[[IncidentId], str]
) -> Iterator[Inline]:
    """`web Error (1F3K), cart and 3 more Evicted (9Q2F)`, the ids as links where their messages are known."""
    room = OTHERS_SHOWN
    for number, (identity, parts) in enumerate(incidents.items()):
        more = f" and {len(parts) - 1} more" if len(parts) > 1 else ""
        name = f"{parts[0].owner.name}{more} {_causes(parts)}"
        room -= len(name) + len(identity) + 5
        if room < 0:
            yield Text(f" and {len(incidents) - number} more")
            return
        yield Text(f"{', ' if number else ''}{name} (")
        address = link(identity)
        yield Link(address, identity) if address else Text(identity)
        yield Text(")")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number:,} {noun}s"
