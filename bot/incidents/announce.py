"""An incident as a message: while it is open here, and with `ending_words` when it is over. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta

from bot.incidents import advice, background, buttons, ending_words, group_words, headline, last_words
from bot.model.deaths import Cause
from bot.model.durations import in_words
from bot.model.incidents import Incident, IncidentId, Scope
from bot.model.messages import (
    Block,
    Context,
    Line,
    Message,
    Moment,
    Paragraph,
    Preformatted,
    Text,
    code,
    plain,
)
from bot.model.revisions import is_later

UNSAVED = "podbot could not save this: it comes from memory, and may be told again after a restart."
"""The mark of what is said while the store is away."""

MESSAGE_SHOWN = 500
"""Characters that are shown of the kubelet's own message."""

NODES_SHOWN = 3


def message(
    incident: Incident,
    *,
    unsaved: bool = False,
    route: str = "",
    runbook: str = "",
    owned_by: str = "",
    link: Callable[[IncidentId], str] = group_words.nowhere,
    groups: Sequence[Incident] = (),
) -> Message:
    """The incident's one message, as it stands now.

    `unsaved`: podbot holds it in memory alone; `route` and `runbook`: the name of the route that claimed it,
    and an address; `owned_by`: whose the workload is, in its own words; `link`, `groups`: of a storm, as in
    `group_words.listing`.
    """
    if incident.state.is_over:
        text, blocks = ending_words.blocks(incident)
    elif incident.key.scope is Scope.WORKLOAD:
        text, blocks = _workload(incident)
    else:
        text, blocks = _group(incident, tuple(group_words.listing(incident, link=link, groups=groups)))
    warning: tuple[Block, ...] = (Context(plain(UNSAVED)),) if unsaved else ()
    quiet = Context(headline.provenance(incident, route, runbook, owned_by))
    return Message(text=text, blocks=(*blocks, *warning, quiet), metadata=headline.metadata(incident))


def in_short(incident: Incident) -> tuple[Line, ...]:
    """What it is, how bad, and of what: for where its whole message is not."""
    first = headline.first_line(incident)
    if incident.state.is_over:
        return first, ending_words.ended(incident), plain(ending_words.was(incident))
    state = headline.state_lines(incident)
    if incident.key.scope is not Scope.WORKLOAD:
        return first, group_words.second_line(incident), *state
    return first, _second_line(incident, _extent(incident)), *state, plain(advice.ended(incident))


def _workload(incident: Incident) -> tuple[str, tuple[Block, ...]]:
    head, extent = headline.headline(incident), _extent(incident)
    state = headline.state_in_words(incident)
    return f"{head}{state} · {extent}{_span(incident)} · {advice.ended(incident)}", (
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


def _group(incident: Incident, listing: tuple[Block, ...]) -> tuple[str, tuple[Block, ...]]:
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
                *group_words.losses(incident),
                *headline.state_lines(incident),
                *([subject] if subject else []),
                *([] if storm else background.lines_of_node(incident)),
            )
        ),
        *listing,
        Paragraph(lines=(plain(f"Next: {step}"),)),
        buttons.row(incident),
    )


_STORM_STEP = "Look for what they share: a dependency, a rollout, a network. Show all lists each incident."


def _next_step(incident: Incident) -> str:
    change = background.recent_change(incident)
    step = advice.next_steps(incident, changed=change is not None)
    if change is None or any(is_later(each, change) for each in incident.chapters):
        return step
    return f"{step} Or roll back revision {change.number}."


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
    pods_did = f"{_pods(incident)} {one if pods == 1 else several}"
    if incident.key.cause.is_stuck or incident.deaths == pods:
        return pods_did
    return f"{pods_did} {advice.times(incident.deaths)}"


def _pods(incident: Incident) -> str:
    """`3 of 5 pods`, where all that died are among the pods that its owner has."""
    pods, seen = len(incident.pods), incident.situation
    counted = seen.headcount if seen is not None else None
    if counted is not None and counted.among and counted.present > 1:
        return f"{pods} of {counted.present} pods"
    return "1 pod" if pods == 1 else f"{pods} pods"


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


def _evidence(incident: Incident) -> tuple[Line, ...]:
    death = incident.latest
    where = ", ".join(incident.nodes[:NODES_SHOWN])
    more = len(incident.nodes) - NODES_SHOWN
    nodes = f" · {where}" if where else ""
    lines: list[Line] = [plain(f"{advice.ended(incident)}{nodes}{f' and {more} more' if more > 0 else ''}")]
    if death.message and not advice.explains(death):
        lines.append((Text("The cluster says: "), code(_shortened(" ".join(death.message.split())))))
    if death.cause.is_container_exit:
        lines.append(_image_and_limits(incident))
    elif death.image and death.cause is Cause.IMAGE_PULL and not background.names_image(incident):
        lines.append((code(death.image),))
    lines += background.back_off(incident)
    if incident.escalated_for:
        lines.append(plain(f"The Job has given up: {incident.escalated_for}"))
    lines += [plain(each.capitalize()) for each in ending_words.came_back(incident)]
    lines += background.lines(incident)
    if not _last_words(incident):
        which = "The pod: " if len(incident.pods) == 1 else "The latest: "
        lines.append((Text(which), code(death.pod)))
    return tuple(lines)


def _shortened(text: str) -> str:
    return text if len(text) <= MESSAGE_SHOWN else text[:MESSAGE_SHOWN] + "…"


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
    zone = ", times in UTC" if last_words.timed(evidence) else ""
    told = Text(f" · {death.id.container} · last lines of the run that died{zone}")
    return (
        Paragraph(lines=((code(death.pod), told),)),
        Preformatted("\n".join(last_words.shown(evidence))),
    )
