"""An incident as a message. Pure."""

from __future__ import annotations

from datetime import timedelta

from bot.incidents import advice
from bot.model.commands import DescribePod, GetLogs
from bot.model.deaths import Cause, Death
from bot.model.durations import human
from bot.model.incidents import Incident
from bot.model.messages import (
    Actions,
    Block,
    Button,
    Context,
    Line,
    Message,
    Metadata,
    Moment,
    Paragraph,
    Preformatted,
    Text,
    bold,
    code,
    plain,
)

EVENT_TYPE = "podbot_incident"
"""`event_type` of the metadata that every alert carries."""

LINE_SHOWN = 500
"""Characters that are shown of the kubelet's own message, and of each line of the log."""

LOG_SHOWN = 2_400
"""Characters of the last words that are shown: the end counts most."""

NODES_SHOWN = 3


def message(incident: Incident) -> Message:
    """The incident's one message, as it stands now."""
    headline, extent = _headline(incident), _extent(incident)
    return Message(
        text=f"{headline} · {extent}{_span(incident)} · {_what(incident.latest)}",
        blocks=(
            Paragraph(lines=(_first_line(headline), _second_line(incident, extent), *_evidence(incident))),
            *_last_words(incident),
            Paragraph(lines=(plain(f"Next: {advice.next_step(incident.latest)}"),)),
            *_buttons(incident),
            Context(line=_provenance(incident)),
        ),
        metadata=_metadata(incident),
    )


def bare(incident: Incident) -> Message:
    """The least that can be said of an incident: for when its words fail us."""
    return Message(
        text=f"{_headline(incident)} · incident {incident.id}: podbot could not word it, see its log",
        metadata=_metadata(incident),
    )


def _metadata(incident: Incident) -> Metadata:
    return Metadata(
        event_type=EVENT_TYPE,
        payload={
            "incident": incident.id,
            "state": incident.state.value,
            "deaths": incident.deaths,
            "revision": incident.revision,
        },
    )


def _headline(incident: Incident) -> str:
    key = incident.key
    return f"{key.cause.value} · {key.owner.name} · {key.namespace} · {key.cluster}"


def _first_line(headline: str) -> Line:
    return (Text("🔴 "), bold(headline))


def _extent(incident: Incident) -> str:
    pods = len(incident.pods)
    one, several = advice.verb(incident.key.cause)
    pods_did = f"1 pod {one}" if pods == 1 else f"{pods} pods {several}"
    if incident.key.cause.is_stuck or incident.deaths == pods:
        return pods_did
    return f"{pods_did} {_times(incident.deaths)}"


def _span(incident: Incident) -> str:
    lasted = incident.last_at - incident.first_at
    if incident.key.cause.is_stuck or incident.deaths == 1 or lasted < timedelta(seconds=1):
        return ""
    return f" in {human(lasted)}"


def _second_line(incident: Incident, extent: str) -> Line:
    first, last, latest = incident.first_at, incident.last_at, incident.latest
    if incident.key.cause.is_stuck:
        if latest.since_before_first_look:
            return plain(f"{extent} since before podbot first looked")
        since = " since " if len(incident.pods) == 1 else ", the latest since "
        return (Text(extent + since), Moment(latest.started_at or latest.seen_at))
    span = _span(incident)
    if not span:
        return (Text(f"{extent} · "), Moment(last))
    return (Text(f"{extent}{span} · first "), Moment(first), Text(", last "), Moment(last))


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
        lines.append(_image_and_limits(death))
    elif death.image and death.cause is Cause.IMAGE_PULL:
        lines.append((code(death.image),))
    if death.crash_looping:
        lines.append(plain(f"In CrashLoopBackOff, restarted {_times(death.restarts)} so far"))
    if not _last_words(incident):
        which = "The pod: " if len(incident.pods) == 1 else "The latest: "
        lines.append((Text(which), code(death.pod)))
    return tuple(lines)


def _shortened(text: str) -> str:
    return text if len(text) <= LINE_SHOWN else text[:LINE_SHOWN] + "…"


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _image_and_limits(death: Death) -> Line:
    image: Line = (code(death.image),) if death.image else ()
    limits = [
        f"{name} {value}"
        for name, value in (("memory", death.memory_limit), ("cpu", death.cpu_limit))
        if value
    ]
    words = f"limits: {', '.join(limits)}" if limits else "no limits"
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


def _buttons(incident: Incident) -> tuple[Block, ...]:
    death = incident.latest
    describe = Button("Describe", DescribePod(namespace=death.namespace, pod=death.pod))
    if not death.cause.is_container_exit:
        return (Actions(elements=(describe,)),)
    logs = GetLogs(
        namespace=death.namespace,
        pod=death.pod,
        container=death.id.container,
        previous=death.restarts > death.id.restart,
    )
    return (Actions(elements=(Button("Logs", logs), describe)),)


def _provenance(incident: Incident) -> Line:
    owner = incident.key.owner
    return plain(f"incident {incident.id} · {owner} in {incident.key.namespace}")
