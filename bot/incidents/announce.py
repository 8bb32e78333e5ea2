"""An incident as a message. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.incidents import advice, background, buttons, group_words, headline
from bot.model.deaths import Cause, Death
from bot.model.durations import in_words
from bot.model.incidents import Incident, IncidentState, Scope
from bot.model.messages import (
    Block,
    Context,
    Line,
    Mention,
    Message,
    Moment,
    Paragraph,
    Preformatted,
    Text,
    code,
    plain,
)

UNSAVED = "podbot could not save this: it comes from memory, and may be told again after a restart."
"""The mark of what is said while the store is away."""

LINE_SHOWN = 500
"""Characters that are shown of the kubelet's own message, and of each line of the log."""

LOG_SHOWN = 2_400
"""Characters of the last words that are shown: the end counts most."""

NODES_SHOWN = 3


def message(incident: Incident, *, unsaved: bool = False, route: str = "", runbook: str = "") -> Message:
    """The incident's one message, as it stands now.

    `unsaved`: podbot holds it in memory alone; `route` and `runbook`: the name of the route that claimed it,
    and an address.
    """
    if incident.state.is_over:
        text, blocks = _over(incident)
    elif incident.key.scope is Scope.WORKLOAD:
        text, blocks = _workload(incident)
    else:
        text, blocks = _group(incident)
    warning: tuple[Block, ...] = (Context(plain(UNSAVED)),) if unsaved else ()
    quiet = Context(headline.provenance(incident, route, runbook))
    return Message(text=text, blocks=(*blocks, *warning, quiet), metadata=headline.metadata(incident))


def _workload(incident: Incident) -> tuple[str, tuple[Block, ...]]:
    head, extent = headline.headline(incident), _extent(incident)
    state = headline.state_in_words(incident)
    return f"{head}{state} · {extent}{_span(incident)} · {_what(incident.latest)}", (
        Paragraph(
            lines=(
                headline.first_line(incident),
                _second_line(incident, extent),
                *headline.state_lines(incident),
                *_evidence(incident),
                *background.chapters(incident),
            )
        ),
        *_last_words(incident),
        Paragraph(lines=(plain(f"Next: {_next_step(incident)}"),)),
        buttons.row(incident),
    )


def _group(incident: Incident) -> tuple[str, tuple[Block, ...]]:
    head, state = headline.headline(incident), headline.state_in_words(incident)
    storm = incident.key.scope is Scope.STORM
    what = "" if storm else f" · {incident.key.cause.value}: {advice.happened(incident.latest)}"
    text = f"{head}{state} · {group_words.extent(incident)} · {group_words.in_short(incident)}{what}"
    subject = group_words.subject(incident)
    step = _STORM_STEP if storm else advice.next_step(incident.latest)
    return text, (
        Paragraph(
            lines=(
                headline.first_line(incident),
                group_words.second_line(incident),
                *headline.state_lines(incident),
                *([subject] if subject else []),
                *([] if storm else background.lines_of_node(incident)),
            )
        ),
        *group_words.listing(incident),
        Paragraph(lines=(plain(f"Next: {step}"),)),
        buttons.row(incident),
    )


_STORM_STEP = "Look for what they share: a dependency, a rollout, a network. Show all lists each incident."


def _over(incident: Incident) -> tuple[str, tuple[Block, ...]]:
    """What is left to say: how it ended, how long it lasted, and what it was."""
    head, ending = headline.headline(incident), incident.ending
    lasted = in_words(max(ending.since - _began(incident), timedelta())) if ending else ""
    counts = [f"lasted {lasted}", _deaths(incident), *_came_back(incident)]
    if incident.state is IncidentState.MERGED:
        counts = [f"{_deaths(incident)} counted there"]
    held = incident.acknowledged
    had: Line = (Text(" · "), Mention(held.by)) if held is not None else ()
    was = f"Was {headline.what(incident)}: {_was(incident)}"
    return f"{head} · {_how(incident)}{' · '.join(counts)} · {was}", (
        Paragraph(
            lines=(
                headline.first_line(incident),
                (*_ended(incident), Text(f" · {' · '.join(counts)}"), *had),
                plain(was),
                *background.lines_of_change(incident),
                *background.chapters(incident),
            )
        ),
    )


def _how(incident: Incident) -> str:
    """How it ended, for the notification."""
    ending = incident.ending
    if ending is None:
        return ""
    if incident.state is IncidentState.CLOSED:
        return (
            "closed by a person while still failing · " if ending.still_failing else "closed by a person · "
        )
    return f"{ending.words} · "


def _ended(incident: Incident) -> Line:
    """How it ended, and since when that is so."""
    ending = incident.ending
    if ending is None:
        return ()
    if incident.state is IncidentState.CLOSED:
        failing = " while still failing" if ending.still_failing else ""
        by: Line = (Text(" by "), Mention(ending.by)) if ending.by is not None else ()
        why = headline.reason(ending.words)
        return (Text("Closed"), *by, Text(f"{failing} at "), Moment(ending.since), *why)
    joined = " · " if incident.state is IncidentState.GONE else " since "
    return (Text(ending.words + joined), Moment(ending.since))


def _was(incident: Incident) -> str:
    if incident.key.scope is Scope.WORKLOAD:
        return _what(incident.latest)
    return f"{group_words.extent(incident)} · {group_words.in_short(incident)}"


def _began(incident: Incident) -> datetime:
    """When it began; what is stuck was so before it was told."""
    began = incident.latest.started_at if incident.key.cause.is_stuck else None
    return min(incident.first_at, began) if began is not None else incident.first_at


def _deaths(incident: Incident) -> str:
    if incident.key.cause.is_stuck:
        return "1 pod" if len(incident.pods) == 1 else f"{len(incident.pods)} pods"
    return "1 death" if incident.deaths == 1 else f"{incident.deaths} deaths"


def _came_back(incident: Incident) -> list[str]:
    return [f"came back {_times(incident.reopened)}"] if incident.reopened else []


def _next_step(incident: Incident) -> str:
    step = advice.next_step(incident.latest)
    change = background.recent_change(incident)
    return step if change is None else f"{step} Or roll back revision {change.number}."


def bare(incident: Incident) -> Message:
    """The least that can be said of an incident: for when its words fail us."""
    return Message(
        text=f"{headline.headline(incident)} · incident {incident.id}: podbot could not word it, see its log",
        metadata=headline.metadata(incident),
    )


def _extent(incident: Incident) -> str:
    pods = len(incident.pods)
    if incident.latest.since_before_first_look and not incident.key.cause.is_stuck:
        return "1 pod was already failing" if pods == 1 else f"{pods} pods were already failing"
    one, several = advice.verb(incident.key.cause)
    pods_did = f"1 pod {one}" if pods == 1 else f"{pods} pods {several}"
    if incident.key.cause.is_stuck or incident.deaths == pods:
        return pods_did
    return f"{pods_did} {_times(incident.deaths)}"


def _span(incident: Incident) -> str:
    lasted = incident.last_at - incident.first_at
    of_one_look = incident.deaths == 1 or incident.latest.since_before_first_look
    if incident.key.cause.is_stuck or of_one_look or lasted < timedelta(seconds=1):
        return ""
    return f" in {in_words(lasted)}"


def _second_line(incident: Incident, extent: str) -> Line:
    last, latest = incident.last_at, incident.latest
    if incident.key.cause.is_stuck:
        if latest.since_before_first_look:
            return plain(f"{extent} since before podbot first looked")
        since = " since " if len(incident.pods) == 1 else ", the latest since "
        return (Text(extent + since), Moment(latest.started_at or latest.seen_at))
    if latest.since_before_first_look:
        return (Text(f"{extent} when podbot first looked · last died "), Moment(last))
    span = _span(incident)
    if not span:
        return (Text(f"{extent} · "), Moment(last))
    return (Text(f"{extent}{span} · "), *headline.times(incident))


def _what(death: Death) -> str:
    who = f"{death.id.container}: " if death.id.container else ""
    return who + advice.happened(death)


def _evidence(incident: Incident) -> tuple[Line, ...]:
    death = incident.latest
    where = ", ".join(incident.nodes[:NODES_SHOWN])
    more = len(incident.nodes) - NODES_SHOWN
    nodes = f" · {where}" if where else ""
    lines: list[Line] = [plain(f"{_what(death)}{nodes}{f' and {more} more' if more > 0 else ''}")]
    if death.message:
        lines.append((Text("The cluster says: "), code(_shortened(" ".join(death.message.split())))))
    if death.cause.is_container_exit:
        lines.append(_image_and_limits(incident))
    elif death.image and death.cause is Cause.IMAGE_PULL:
        lines.append((code(death.image),))
    if death.crash_looping:
        lines.append(plain(f"In CrashLoopBackOff, restarted {_times(death.restarts)} so far"))
    if incident.escalated_for:
        lines.append(plain(f"The Job has given up: {incident.escalated_for}"))
    lines += [plain(each.capitalize()) for each in _came_back(incident)]
    lines += background.lines(incident)
    if not _last_words(incident):
        which = "The pod: " if len(incident.pods) == 1 else "The latest: "
        lines.append((Text(which), code(death.pod)))
    return tuple(lines)


def _shortened(text: str) -> str:
    return text if len(text) <= LINE_SHOWN else text[:LINE_SHOWN] + "…"


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _image_and_limits(incident: Incident) -> Line:
    death = incident.latest
    image: Line = (code(death.image),) if death.image else ()
    limits = [
        f"{name} {value}"
        for name, value in (("memory", death.memory_limit), ("cpu", death.cpu_limit))
        if value
    ]
    words = f"limits: {', '.join(limits)}" if limits else "no limits"
    evidence = incident.evidence
    if evidence is not None and evidence.circumstances is not None and evidence.circumstances.memory_in_use:
        words += f" · {evidence.circumstances.memory_in_use} memory in use when last measured"
    return (*image, Text(f" · {words}" if image else words))


def _last_words(incident: Incident) -> tuple[Block, ...]:
    evidence = incident.evidence
    if evidence is None:
        return ()
    death = evidence.death
    if evidence.missing:
        return (Paragraph(lines=((Text("No log of "), code(death.pod), Text(f": {evidence.missing}")),)),)
    if not death.cause.is_container_exit:
        return ()
    if not evidence.log_tail:
        wrote_nothing = Text(f" · {death.id.container} · the run that died wrote nothing")
        return (Paragraph(lines=((code(death.pod), wrote_nothing),)),)
    lines = [_shortened(line) for line in evidence.log_tail]
    while len(lines) > 1 and sum(len(line) + 1 for line in lines) > LOG_SHOWN:
        lines.pop(0)
    return (
        Paragraph(
            lines=((code(death.pod), Text(f" · {death.id.container} · last lines of the run that died")),)
        ),
        Preformatted("\n".join(lines)),
    )
