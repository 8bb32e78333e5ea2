"""The incident engine: `(incident, input, now) -> (incident, effects)`. No clock, no I/O, no chance.

The keeper loads an incident, reduces, and writes the result with its effects in one transaction; what the
inputs make of an incident is in `engine`, the words are in `announce` and `story`.

What holds, whatever comes in whatever order: only `Recovered` makes an incident recovered, and not if
something died after it was judged; every death is counted once; a silence has an end; a step of the
escalation is taken once in each spell (`spells`); what nobody was shown opening is not shown ending.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import assert_never

from bot.incidents import engine, escalation, interventions, rollouts, spells
from bot.incidents.effects import Effect, Mention, Page, PageAction, SecondChannel
from bot.incidents.inputs import (
    Absorbed,
    Acknowledged,
    Corrected,
    Died,
    Escalate,
    EvidenceRead,
    Gone,
    Input,
    Looked,
    Merged,
    NewRevision,
    Opened,
    PageAnswered,
    PodsDeleted,
    Recovered,
    Recovering,
    Relapsed,
    Replaced,
    Resolved,
    Silenced,
    SilenceEnded,
    Tick,
    Unacknowledged,
    Widened,
)
from bot.incidents.turn import Turn
from bot.model.deaths import Death
from bot.model.escalations import NOBODY, EscalationPlan, EscalationStep
from bot.model.incidents import (
    Ending,
    Incident,
    IncidentState,
    SilencedBy,
)
from bot.model.revisions import RevisionChange, is_later
from bot.model.stories import StoryKind

QUIET = timedelta(hours=1)
"""A death so long after the last one has a line of its own in the thread."""

MOST_CHAPTERS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What came of an input. An incident that is the very same as before needs no saving."""

    incident: Incident | None
    effects: tuple[Effect, ...] = ()


def reduce(incident: Incident | None, given: Input, now: datetime) -> Step:
    """What an input makes of an incident, and what is to be done about it.

    An incident that is not there is made by `Opened` and by nothing else; one that is there takes an `Opened`
    as one more death.
    """
    if incident is None:
        return _opened(given, now) if isinstance(given, Opened) else Step(incident=None)
    turn = Turn(incident, now)
    _take(turn, given)
    after, effects = turn.outcome()
    return Step(incident=after, effects=effects)


def due_at(incident: Incident, plan: EscalationPlan = NOBODY) -> datetime | None:
    """When the next `Tick` changes something; None where nothing goes by time."""
    silence, held = incident.silenced, incident.acknowledged
    dues = [
        incident.folding.closes_at,
        silence.until if silence is not None else None,
        held.until if held is not None and not incident.state.is_over else None,
        escalation.next_at(incident, plan),
        spells.stands_until(incident),
    ]
    return min((each for each in dues if each is not None), default=None)


def _opened(given: Opened, now: datetime) -> Step:
    shown = given.silence is None and given.storm is None
    incident = replace(
        engine.opened(given.identity, given.death, given.key),
        shown=shown,
        noticed_at=now if shown else None,
        storm=given.storm,
        silenced=interventions.keeping_back(interventions.capped(given.silence, now), given.death),
    )
    turn = Turn(incident, now)
    turn.unattended()
    turn.tell(StoryKind.OPENED, aloud=False, deaths=incident.deaths)
    after, effects = turn.opening()
    return Step(incident=after, effects=effects)


def _take(turn: Turn, given: Input) -> None:  # noqa: PLR0912 - a case for each input
    match given:
        case Opened() | Died():
            _died(turn, given.death, given.silence)
        case Corrected(death=death, silence=silence):
            _corrected(turn, death, silence)
        case EvidenceRead(evidence=evidence):
            turn.incident = engine.with_evidence(turn.incident, evidence)
        case NewRevision(change=change):
            _new_revision(turn, change)
        case Acknowledged(by=by, until=until):
            interventions.acknowledged(turn, by, until)
        case Unacknowledged(by=by):
            interventions.let_go(turn, StoryKind.UNACKNOWLEDGED, by)
        case Silenced(silence=silence):
            interventions.silenced(turn, silence)
        case SilenceEnded(silence=silence_id, by=by, then=then):
            interventions.silence_ended(turn, silence_id, by, then)
        case Escalate(why=why):
            _now_pages(turn, why)
        case Recovering() | Relapsed() | Replaced() | Looked():
            _followed(turn, given)
        case Recovered(ending=ending, of_deaths=of_deaths):
            _over(turn, IncidentState.RECOVERED, ending, of_deaths)
        case Gone(ending=ending, of_deaths=of_deaths):
            _over(turn, IncidentState.GONE, ending, of_deaths)
        case Resolved():
            interventions.resolved(turn, given)
        case Widened(key=key):
            if key != turn.incident.key:
                turn.incident = engine.widened(turn.incident, key)
                turn.tell(StoryKind.WIDENED, words=str(key.owner))
        case PageAnswered(webhook=webhook, problem=problem):
            interventions.page_answered(turn, webhook, problem)
        case PodsDeleted(by=by, names=names, reason=reason):
            turn.tell(StoryKind.DELETED, by=by, names=names, words=reason)
        case Absorbed(other=other):
            _absorbed(turn, other)
        case Merged(into=into):
            if not turn.incident.state.is_over:
                turn.unfold()
                turn.incident = engine.merged(turn.incident, into, turn.now)
                turn.tell(StoryKind.ENDED, other=into, state=IncidentState.MERGED)
                interventions.put_away(turn)
        case Tick(plan=plan):
            _tick(turn, plan)
        case _:
            assert_never(given)


def _died(turn: Turn, death: Death, silence: SilencedBy | None) -> None:
    if turn.incident.silenced is not None and turn.incident.silenced.until <= turn.now:
        interventions.heard_again(turn)
    before = turn.incident
    count = 1 + death.unseen_before
    held = before.folding.closes_at
    if held is not None and held <= turn.now:
        turn.unfold()
    turn.incident = engine.with_death(turn.incident, death)
    if before.state.is_over:
        turn.change(silenced=interventions.capped(silence, turn.now))
    elif before.silenced is not None and silence is None:
        interventions.break_through(turn, death.cause.value)
    turn.change(silenced=interventions.keeping_back(turn.incident.silenced, death))
    turn.surface()
    if before.state.is_over:
        spells.reopened(turn, count, engine.moment_of(death))
    elif engine.moment_of(death) - before.last_at >= QUIET:
        turn.unfold()
        turn.change(folding=replace(turn.incident.folding, level=0))
        turn.tell(StoryKind.DIED_AGAIN, fresh=True, deaths=count, first_at=before.last_at)
    else:
        turn.fold(count, engine.moment_of(death))
    spells.worsened(turn, before.severity, f"{death.owner} is part of it")


def _corrected(turn: Turn, death: Death, silence: SilencedBy | None) -> None:
    before, held = turn.incident, turn.incident.silenced
    turn.incident = engine.corrected(before, death)
    if turn.incident.key == before.key or held is None:
        return
    if silence is None:
        interventions.break_through(turn, death.cause.value)
    elif silence.silence != held.silence:
        interventions.silence_ended(turn, held.silence, None, silence)


def _new_revision(turn: Turn, change: RevisionChange) -> None:
    incident = turn.incident
    told = incident.chapters[-1] if incident.chapters else None
    if incident.state.is_over or (told is not None and not is_later(change, told)):
        return
    turn.unfold()
    if change.rollback:
        change = replace(change, at=turn.now)
    turn.change(chapters=(*incident.chapters, change)[-MOST_CHAPTERS:])
    turn.tell(StoryKind.CHAPTER, change=change)


def _now_pages(turn: Turn, why: str) -> None:
    before = turn.incident
    turn.incident = engine.escalated(before, why)
    if not before.state.is_over:
        spells.worsened(turn, before.severity, why)


def _followed(turn: Turn, given: Recovering | Relapsed | Replaced | Looked) -> None:
    if turn.incident.state.is_over:
        return
    match given:
        case Recovering(since=since, after=after):
            turn.change(recovering_since=since, recovered_after=after)
        case Relapsed():
            turn.change(recovering_since=None, recovered_after=None)
        case Looked(situation=situation):
            turn.change(situation=situation)
        case Replaced(replacements=replacements):
            turn.change(replacements=replacements)


def _over(turn: Turn, state: IncidentState, ending: Ending, of_deaths: int) -> None:
    incident = turn.incident
    if incident.state.is_over or incident.deaths != of_deaths:
        return
    flaps = turn.flaps
    if not flaps:
        turn.unfold()
    ended = engine.recovered if state is IncidentState.RECOVERED else engine.gone
    turn.incident = ended(turn.incident, ending)
    mended_by = rollouts.mended_by(incident) if state is IncidentState.RECOVERED else None
    turn.tell(StoryKind.ENDED, aloud=not flaps, ending=ending, state=state, change=mended_by)
    spells.put_away(turn)


def _absorbed(turn: Turn, other: Incident) -> None:
    if turn.incident.state.is_over or other.state is IncidentState.MERGED:
        return
    before = turn.incident
    turn.incident = engine.absorbed(before, other)
    turn.tell(StoryKind.TOOK_IN, other=other.id, deaths=other.deaths, aloud=other.shown)
    spells.worsened(turn, before.severity, f"{other.latest.owner} is part of it")


def _tick(turn: Turn, plan: EscalationPlan) -> None:
    incident, now = turn.incident, turn.now
    if incident.folding.closes_at is not None and incident.folding.closes_at <= now:
        turn.unfold()
    if incident.silenced is not None and incident.silenced.until <= now:
        interventions.heard_again(turn)
    if incident.acknowledged is not None and incident.acknowledged.until <= now:
        interventions.let_go(turn, StoryKind.LAPSED, incident.acknowledged.by)
    spells.time_passed(turn)
    for name, step in escalation.due(turn.incident, plan, now):
        _call(turn, name, step)


def _call(turn: Turn, name: str, step: EscalationStep) -> None:
    attention = turn.incident.attention
    turn.attend(steps=attention.steps | {name})
    if step.groups or step.people:
        turn.effects.append(Mention(step=name, groups=step.groups, people=step.people))
    if step.channel is not None:
        again = step.channel in attention.channels
        turn.effects.append(SecondChannel(step=name, channel=step.channel, again=again))
        turn.attend(channels=attention.channels if again else (*attention.channels, step.channel))
    if step.webhook:
        turn.attend(
            paged=attention.paged | {step.webhook},
            reached=attention.reached - {step.webhook},
            unreached=attention.unreached - {step.webhook},
        )
        turn.effects.append(Page(webhook=step.webhook, action=PageAction.TRIGGER))
    turn.tell(
        StoryKind.CALLED,
        aloud=False,  # the mention itself is what the thread shows
        groups=step.groups,
        people=step.people,
        channel=step.channel,
        webhook=step.webhook,
    )
