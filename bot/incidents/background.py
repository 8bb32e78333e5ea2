"""The lines of an alert that tell what was the case around a death: what changed, node, owner. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from bot.model.durations import in_words
from bot.model.incidents import Incident
from bot.model.messages import Inline, Line, Moment, Text, code, plain
from bot.model.surroundings import Image, JobEnd, NodeState, OwnerState, RevisionChange

CHANGED_WITHIN = timedelta(minutes=30)
"""A new revision that is older than this when the first one dies is hardly why."""

CHAPTERS_SHOWN = 3
NAMES_SHOWN = 4
NOTE_SHOWN = 300


def lines(incident: Incident) -> Iterator[Line]:
    """What is known of the circumstances, most telling first."""
    death = incident.evidence.death if incident.evidence else incident.latest
    found = incident.evidence.circumstances if incident.evidence else None
    if death.probe is not None and death.probe.message:
        yield (Text("The probe got: "), code(_shortened(death.probe.message)))
    if found is None:
        return
    if found.note:
        yield (Text("The events say: "), code(_shortened(found.note)))
    yield from lines_of_change(incident)
    if found.owner is not None:
        yield plain(_owner(found.owner))
    if found.node is not None:
        yield from _node(found.node)


def lines_of_change(incident: Incident) -> Iterator[Line]:
    """What changed before, where something did."""
    change = recent_change(incident)
    if change is not None:
        yield (*_earlier(change, incident.first_at), *_what_changed(change))


def chapters(incident: Incident) -> Iterator[Line]:
    """What was rolled out while it was open, the last few."""
    earlier = len(incident.chapters) - CHAPTERS_SHOWN
    if earlier > 0:
        yield plain(f"{earlier} more revisions before these:")
    for change in incident.chapters[-CHAPTERS_SHOWN:]:
        yield (Moment(change.at), Text(" "), *chapter(change))


def chapter(change: RevisionChange) -> Line:
    """A rollout while it was open: `Revision 43 rolled out: image a → b`."""
    return (Text(f"Revision {change.number} rolled out: "), *_what_changed(change))


def lines_of_node(incident: Incident) -> Iterator[Line]:
    """What is wrong with the node that several died with."""
    found = incident.evidence.circumstances if incident.evidence else None
    if found is not None and found.node is not None:
        yield from _node(found.node)


def recent_change(incident: Incident) -> RevisionChange | None:
    """The revision that was rolled out not long before the first death, where what died is of it.

    A pod of an earlier revision that dies meanwhile is not mended by a rollback.
    """
    if incident.evidence is None:
        return None
    found, controller = incident.evidence.circumstances, incident.evidence.death.controller
    if found is None or found.change is None:
        return None
    replica_set = controller.name if controller is not None and controller.kind == "ReplicaSet" else None
    if replica_set is not None and replica_set != found.change.replica_set:
        return None
    began = incident.latest.started_at if incident.key.cause.is_stuck else None
    before = min(incident.first_at, began) if began is not None else incident.first_at
    # What is stuck is so from the rollout on; clocks of the API server and of nodes differ by a little.
    earlier = before + timedelta(seconds=5) - found.change.at
    return found.change if timedelta() <= earlier <= CHANGED_WITHIN else None


def _earlier(change: RevisionChange, first: datetime) -> Line:
    earlier = max(first - change.at, timedelta())
    when = f"{in_words(earlier)} earlier" if earlier >= timedelta(seconds=1) else "just then"
    return plain(f"Changed before: revision {change.number}, {when}: ")


def _what_changed(change: RevisionChange) -> Line:
    parts: list[Line] = []
    for before, after in change.images[:NAMES_SHOWN]:
        old, new = _short(before, after), _short(after, before)
        parts.append((Text("image "), code(old), Text(" → "), code(new)))
    if len(change.images) > NAMES_SHOWN:
        parts.append(plain(f"{len(change.images) - NAMES_SHOWN} more images"))
    for what, names in (("env", change.env), ("annotation", change.annotations)):
        if names:
            parts.append((Text(f"{what} "), code(", ".join(names[:NAMES_SHOWN])), *_more(names)))
    if change.other:
        parts.append(plain("something else in the pod template" if parts else "the pod template"))
    if not parts:
        parts.append(plain("nothing in the pod template"))
    separated: list[Inline] = []
    for number, part in enumerate(parts):
        separated += [Text("; "), *part] if number else part
    return tuple(separated)


def _more(names: tuple[str, ...]) -> Line:
    more = len(names) - NAMES_SHOWN
    return plain(f" and {more} more") if more > 0 else ()


def _short(image: Image, other: Image) -> str:
    """Without what both images have in common up to the last slash: the registry says nothing then."""
    path, slash, name = image.image.rpartition("/")
    return name if slash and other.image.rpartition("/")[0] == path else image.image


def _owner(owner: OwnerState) -> str:
    if owner.owner.kind != "Job":
        return f"{owner.owner}: {owner.ready} of {owner.desired} Ready"
    match owner.job_end:
        case JobEnd.FAILED:
            return f"{owner.owner} has failed: {owner.job_reason or 'no reason given'}"
        case JobEnd.COMPLETE:
            return f"{owner.owner} has succeeded"
        case None:
            return f"{owner.owner} allows {owner.tries_allowed} tries, {owner.failed_tries} failed so far"


def _node(node: NodeState) -> Iterator[Line]:
    if not node.there:
        yield (code(node.name), Text(" is not in the cluster any more"))
    for each in node.wrong:
        since: Line = (Text(" since "), Moment(each.since)) if each.since is not None else ()
        why: Line = (Text(": "), code(_shortened(each.message))) if each.message else ()
        yield (code(node.name), Text(f": {each.kind}"), *since, *why)
    if node.unschedulable:
        yield (code(node.name), Text(" is cordoned"))


def _shortened(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= NOTE_SHOWN else words[:NOTE_SHOWN] + "…"
