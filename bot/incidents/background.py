"""The lines of an alert that tell what was the case around a death: what changed, node, owner. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from bot.incidents import advice
from bot.incidents.revision_words import NAMES_SHOWN, short_image, what_changed
from bot.model.durations import in_words
from bot.model.incidents import Incident
from bot.model.messages import Line, Moment, Text, code, plain
from bot.model.revisions import RevisionChange
from bot.model.situations import BackOff
from bot.model.surroundings import JobEnd, NodeState, OwnerState

CHANGED_WITHIN = timedelta(minutes=30)
"""A new revision that is older than this when the first one dies is hardly why."""

CHAPTERS_SHOWN = 3
NOTE_SHOWN = 300


def lines(incident: Incident) -> Iterator[Line]:
    """What is known of the circumstances, most telling first."""
    death = incident.evidence.death if incident.evidence else incident.latest
    found = incident.evidence.circumstances if incident.evidence else None
    if death.probe is not None and death.probe.message:
        yield (Text("The probe got: "), code(_shortened(death.probe.message)))
    if found is not None and found.note:
        yield (Text("The events say: "), code(_shortened(found.note)))
    yield from lines_of_change(incident)
    if found is not None and found.owner is not None and found.owner.owner.kind == "Job":
        yield plain(_job(found.owner, len(incident.pods)))
    yield from _headcount(incident)
    if found is not None and found.node is not None:
        yield from _node(found.node)


def back_off(incident: Incident) -> Iterator[Line]:
    """That the kubelet waits before it starts again what crashed, and until about when.

    What the death itself tells of it is true until there has been another look.
    """
    seen, latest = incident.situation, incident.latest
    held = seen.back_off if seen is not None and not seen.outdated else None
    if seen is None and latest.crash_looping:
        held = BackOff(pods=1, restarts=latest.restarts)
    if held is None:
        return
    what = "In CrashLoopBackOff" if held.pods == 1 else f"{held.pods} pods in CrashLoopBackOff"
    if held.pods == 1 and held.restarts:
        what += f", restarted {advice.times(held.restarts)} so far"
    next_try: Line = (Text(", next try about "), Moment(held.next_at)) if held.next_at is not None else ()
    yield (Text(what), *next_try)


def lines_of_change(incident: Incident) -> Iterator[Line]:
    """What changed before, where something did."""
    change = recent_change(incident)
    if change is not None:
        yield (*_earlier(change, incident.first_at), *what_changed(change))


def names_image(incident: Incident) -> bool:
    """Whether what changed before has the whole name of the image of the latest one."""
    change = recent_change(incident)
    shown = change.images[:NAMES_SHOWN] if change is not None else ()
    return any(short_image(after, before) == incident.latest.image for before, after in shown)


def chapters(incident: Incident) -> Iterator[Line]:
    """What was rolled out while it was open, the last few."""
    earlier = len(incident.chapters) - CHAPTERS_SHOWN
    if earlier > 0:
        yield plain(f"{earlier} more revisions before these:")
    for change in incident.chapters[-CHAPTERS_SHOWN:]:
        yield (Moment(change.at), Text(" "), *chapter(change))


def chapter(change: RevisionChange) -> Line:
    """A rollout while it was open: `Revision 43 rolled out, a rollback to revision 41: image b → a`."""
    again = f" to revision {change.same_as}" if change.same_as is not None else ""
    what = f", a rollback{again}" if change.rollback else ""
    anew = ", of the Deployment made anew" if change.made_anew else ""
    changed: Line = (Text(": "), *what_changed(change)) if change.compared else ()
    return (Text(f"Revision {change.number} rolled out{anew}{what}"), *changed)


def after(change: RevisionChange | None) -> Line:
    """After which revision something came: `, after revision 43 (rollback to image a)`; empty after none."""
    if change is None:
        return ()
    images = [short_image(now, before) for before, now in change.images]
    what: Line = ()
    if images:
        more = f" and {len(images) - 1} more" if len(images) > 1 else ""
        what = (Text("image "), code(images[0]), Text(more))
    elif change.same_as is not None:
        what = plain(f"revision {change.same_as}")
    elif change.made_anew and not change.rollback:
        what = plain("of the Deployment made anew")
    words: Line = (Text("rollback to " if what else "rollback"), *what) if change.rollback else what
    return (Text(f", after revision {change.number}"), *((Text(" ("), *words, Text(")")) if words else ()))


def lines_of_node(incident: Incident) -> Iterator[Line]:
    """What is wrong with the node that several died with."""
    found = incident.evidence.circumstances if incident.evidence else None
    if found is not None and found.node is not None:
        yield from _node(found.node)


def recent_change(incident: Incident) -> RevisionChange | None:
    """The revision that was rolled out not long before the first death, where what died is of it.

    A pod of an earlier revision that dies meanwhile is not mended by a rollback. When something was rolled
    back to is not known: its ReplicaSet was there before.
    """
    if incident.evidence is None:
        return None
    found, controller = incident.evidence.circumstances, incident.evidence.death.controller
    if found is None or found.change is None or found.change.rollback:
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


def _headcount(incident: Incident) -> Iterator[Line]:
    """How many of its owner's pods are Ready now; where they are not watched any more, when that was so."""
    seen = incident.situation
    if seen is None or seen.headcount is None:
        return
    counted = seen.headcount
    words = f"{incident.key.owner}: {counted.ready} of {counted.desired} Ready"
    if counted.present > counted.desired:
        words = (
            f"{incident.key.owner}: {counted.ready} of {counted.present} pods Ready, {counted.desired} wanted"
        )
    since: Line = (Text(" at "), Moment(seen.seen_at), Text(", not seen since")) if seen.outdated else ()
    yield (Text(words), *since)


def _job(owner: OwnerState, died: int) -> str:
    """How a Job fares; its own count is left out where it is behind the pods that have died."""
    match owner.job_end:
        case JobEnd.FAILED:
            return f"{owner.owner} has failed: {owner.job_reason or 'no reason given'}"
        case JobEnd.COMPLETE:
            return f"{owner.owner} has succeeded"
        case None:
            failed = f", {owner.failed_tries} failed so far" if owner.failed_tries >= died else ""
            return f"{owner.owner} allows {owner.tries_allowed} tries{failed}"


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
