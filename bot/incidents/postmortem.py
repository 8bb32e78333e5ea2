"""An incident as Markdown, to begin a post-mortem with: what is known, and places for what people know. Pure.

Times are in UTC, as readers sit in many zones. All text that podbot did not write goes through `markdown`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from bot.incidents import advice, background, headline, markdown
from bot.incidents.timeline import timeline
from bot.model.durations import in_words
from bot.model.incidents import Incident, IncidentState, Scope
from bot.model.messages import Attachment
from bot.model.past import Account, PastDeath
from bot.model.people import NAMELESS, Names
from bot.model.statistics import word_of
from bot.model.stories import StoryKind

MOST_DEATHS = 500
"""Lines of the table of deaths; the JSON has more."""

MOST_WORKLOADS = 100
MOST_NODES = 20

_TO_WRITE = ("Impact", "Root cause", "What went well, what did not", "Actions")
"""What only people know."""


def postmortem(told: Account, *, with_log: bool = True, names: Names = NAMELESS) -> Attachment:
    """The file. `with_log`: whoever asked may read logs; `names`: of those of whom it tells."""
    incident = told.incident
    return Attachment(
        filename=f"incident-{incident.id}.md",
        title=f"Incident {incident.id} for the post-mortem",
        content=document(told, with_log=with_log, names=names).encode(),
    )


def document(told: Account, *, with_log: bool = True, names: Names = NAMELESS) -> str:
    """The whole text."""
    parts = [
        f"# Incident {told.incident.id}: {_title(told.incident)}",
        markdown.table(("", ""), _summary(told, names)),
        *(f"## {heading}\n\n*To be written.*" for heading in _TO_WRITE[:2]),
        "## Timeline\n\nTimes are in UTC.",
        markdown.table(("When", "What"), _timeline(told, names)),
        "## Evidence",
        *_evidence(told.incident, with_log=with_log),
        *_workloads(told.incident),
        "## Deaths",
        *_deaths(told),
        *(f"## {heading}\n\n*To be written.*" for heading in _TO_WRITE[2:]),
    ]
    return "\n\n".join(filter(None, parts)) + "\n"


def _title(incident: Incident) -> str:
    where = " · ".join(markdown.code(each) for each in headline.where(incident))
    return f"{headline.what(incident)} · {where}"


def _summary(told: Account, names: Names) -> Iterator[tuple[str, str]]:
    incident, key = told.incident, told.incident.key
    ending, pods = incident.ending, len(incident.pods)
    yield "State", _state(incident)
    yield "Cause", key.cause.value
    yield "Severity", incident.severity.value
    if key.scope is Scope.WORKLOAD:
        yield "Workload", markdown.code(str(key.owner))
        yield "Namespace", markdown.code(key.namespace)
    yield "Cluster", markdown.code(key.cluster)
    yield "First death", _moment(incident.first_at)
    yield "Last death", _moment(incident.last_at)
    if ending is not None:
        outcome = f": {markdown.words(ending.words)}" if ending.words else ""
        yield "Over", f"{_moment(ending.since)}{outcome}"
        if not ending.unwatched:
            yield "Lasted", in_words(ending.since - incident.first_at)
    if incident.reopened:
        yield "Came back", "once" if incident.reopened == 1 else f"{incident.reopened} times"
    yield "Deaths", f"{incident.deaths:,} of {pods:,} {'pod' if pods == 1 else 'pods'}"
    yield from _people(told, names)
    if incident.nodes:
        more = len(incident.nodes) - MOST_NODES
        nodes = ", ".join(markdown.code(each) for each in incident.nodes[:MOST_NODES])
        yield "Nodes", f"{nodes} and {more} more" if more > 0 else nodes
    if incident.state is IncidentState.MERGED and incident.part_of:
        yield "Part of", f"incident {incident.part_of}"


def _state(incident: Incident) -> str:
    if incident.ending is None:
        return f"{incident.state.value}, not over yet"
    return "not watched any more" if incident.ending.unwatched else incident.state.value


def _people(told: Account, names: Names) -> Iterator[tuple[str, str]]:
    first = next((each for each in told.story if each.kind is StoryKind.ACKNOWLEDGED), None)
    if first is None or first.by is None:
        yield "Acknowledged", "by nobody"
        return
    after = in_words(first.at - told.incident.first_at)
    yield "Acknowledged", f"{_moment(first.at)} by {markdown.code(names.of_person(first.by))}, after {after}"


def _timeline(told: Account, names: Names) -> Iterator[tuple[str, str]]:
    for each in timeline(told):
        until = f"\N{EN DASH}{each.until:%H:%M:%S}" if each.until is not None else ""
        yield f"{each.at:%Y-%m-%d %H:%M:%S}{until}", markdown.line(each.line, names)


def _evidence(incident: Incident, *, with_log: bool) -> Iterator[str]:
    death, evidence = incident.latest, incident.evidence
    who = f"{markdown.code(death.id.container)} of " if death.id.container else ""
    pod = f"{who}{markdown.code(death.pod)}"
    facts = [f"- The latest: {pod}: {markdown.words(advice.happened(death))}"]
    if death.image:
        facts.append(f"- Image: {markdown.code(death.image)}")
    limits = [f"{name} {markdown.code(value)}" for name, value in _limits(incident) if value]
    if limits:
        facts.append(f"- Limits: {', '.join(limits)}")
    if death.message:
        facts.append(f"- The cluster says: {markdown.code(death.message)}")
    facts += [f"- Known: {markdown.line(each)}" for each in background.lines(incident)]
    facts += [f"- {markdown.line(each)}" for each in background.chapters(incident)]
    yield "\n".join(facts)
    if evidence is None or not evidence.log_tail:
        return
    if not with_log:
        yield "The log is left out: who asked for this may not read logs there."
        return
    yield f"The last lines of {markdown.code(evidence.death.pod)}:"
    yield markdown.fenced(evidence.log_tail)


def _limits(incident: Incident) -> tuple[tuple[str, str], ...]:
    return (("memory", incident.latest.memory_limit), ("cpu", incident.latest.cpu_limit))


def _workloads(incident: Incident) -> Iterator[str]:
    if incident.key.scope is Scope.WORKLOAD:
        return
    rows = [
        (markdown.code(each.namespace), markdown.code(str(each.owner)), str(each.pods), str(each.deaths))
        for each in incident.workloads[:MOST_WORKLOADS]
    ]
    yield "## Workloads"
    yield markdown.table(("Namespace", "Workload", "Pods", "Deaths"), rows)
    more = len(incident.workloads) - MOST_WORKLOADS
    if more > 0:
        yield f"There are {more:,} more."


def _deaths(told: Account) -> Iterator[str]:
    shown = told.deaths[:MOST_DEATHS]
    if not shown:
        yield "The ledger has none of it."
        return
    columns = ("Died", "Pod", "Container", "Run", "Cause", "Exit", "Announced")
    yield markdown.table(columns, (_death(each) for each in shown))
    if told.deaths_in_all > len(shown):
        yield f"These are the first {len(shown):,} of {told.deaths_in_all:,}; the export as JSON has more."


def _death(death: PastDeath) -> tuple[str, ...]:
    announced = death.announced_at
    return (
        f"{death.moment:%Y-%m-%d %H:%M:%S}" + ("" if death.finished_at else " (seen)"),
        markdown.code(death.pod),
        markdown.code(death.container) if death.container else "the whole pod",
        str(death.restart),
        word_of(death.cause),
        "-" if death.exit_code is None else str(death.exit_code),
        "no" if announced is None else f"{in_words(announced - death.seen_at)} after it was seen",
    )


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"
