"""What people do about an incident, as the reducer has it: acknowledge, silence, close."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from bot.incidents import engine
from bot.incidents.effects import CallRoute, PageAction
from bot.incidents.inputs import Resolved
from bot.incidents.turn import Turn
from bot.model.deaths import Death
from bot.model.incidents import Acknowledgement, Ending, IncidentState, SilencedBy, SilenceId
from bot.model.people import UserId
from bot.model.silences import LONGEST
from bot.model.stories import StoryKind


def acknowledged(turn: Turn, by: UserId, until: datetime) -> None:
    """Somebody has it; another than before may take it over."""
    if turn.incident.state.is_over or until <= turn.now:
        return
    turn.change(acknowledged=Acknowledgement(by=by, at=turn.now, until=until))
    turn.tell(StoryKind.ACKNOWLEDGED, by=by, until=until)
    turn.page(PageAction.ACKNOWLEDGE)


def let_go(turn: Turn, kind: StoryKind, by: UserId) -> None:
    """Nobody has it any more, so the escalation goes on: with the steps that are not done yet.

    A webhook that was called is called again: whoever it woke has put it away since. In a
    silence that waits for its end.
    """
    if turn.incident.acknowledged is None or turn.incident.state.is_over:
        return
    turn.change(acknowledged=None)
    turn.unattended()
    turn.tell(kind, by=by)
    if turn.incident.silenced is None:
        turn.page(PageAction.TRIGGER)


def silenced(turn: Turn, silence: SilencedBy) -> None:
    """Somebody wants to hear no more of it. What is worse than they meant goes on being heard."""
    if turn.incident.state.is_over or not _holds(turn, silence):
        return
    turn.unfold()
    turn.tell(
        StoryKind.SILENCED,
        by=silence.by,
        until=min(silence.until, turn.now + LONGEST),
        until_resolved=silence.until_resolved,
        words=silence.reason,
    )
    _put_under(turn, silence)


def silence_ended(turn: Turn, silence: SilenceId, by: UserId | None, then: SilencedBy | None) -> None:
    """The silence that it is under is over, or covers it no more; `then` is another that still does."""
    held = turn.incident.silenced
    if held is None or held.silence != silence:
        return
    if then is None or not _holds(turn, then):
        heard_again(turn, by)
        return
    _put_under(turn, then)
    turn.tell(
        StoryKind.SILENCE_ENDED,
        by=by,
        people=(then.by,),
        until=then.until,
        until_resolved=then.until_resolved,
    )


def heard_again(turn: Turn, by: UserId | None = None) -> None:
    """Nothing silences it any more; what still fires is told now, or has its clock begin again."""
    held = turn.incident.silenced
    if held is None:
        return
    turn.unfold()
    turn.change(silenced=None)
    _heard(turn)
    turn.tell(StoryKind.SILENCE_ENDED, by=by, deaths=held.deaths)


def break_through(turn: Turn, what: str) -> None:
    """Something happened that the silence does not cover."""
    turn.unfold()
    turn.change(silenced=None)
    _heard(turn)
    turn.promptly()
    turn.tell(StoryKind.BROKE_THROUGH, words=what, fresh=True)


def _holds(turn: Turn, silence: SilencedBy) -> bool:
    """Whether it is for as bad as the incident is, and its time is not up."""
    return turn.now < silence.until and not turn.incident.severity.worse_than(silence.severity)


def _put_under(turn: Turn, silence: SilencedBy) -> None:
    """What another silence has kept back so far is told when it is heard again: once, at the end."""
    held = turn.incident.silenced
    kept_back = held.deaths if held is not None else silence.deaths
    turn.change(silenced=capped(replace(silence, deaths=kept_back), turn.now))


def _heard(turn: Turn) -> None:
    """Have it be as loud as if nobody had silenced it: those are called whom the silence kept that from.

    A webhook whose step is done is called again, as it may have been told meanwhile that it was over.
    """
    hidden = not turn.incident.shown
    turn.surface()
    turn.unattended()
    after = turn.incident
    if after.acknowledged is not None:
        return
    turn.page(PageAction.TRIGGER)
    if hidden and after.shown:
        turn.effects.append(CallRoute(spell=after.attention.spell, again=False))


def resolved(turn: Turn, given: Resolved) -> None:
    """A person calls it over; what still fails only if they insist."""
    if turn.incident.state.is_over or (given.failing and not given.force):
        return
    ending = Ending(since=turn.now, words=given.reason, by=given.by, still_failing=given.failing)
    turn.unfold()
    turn.incident = engine.closed(turn.incident, ending)
    turn.tell(StoryKind.ENDED, by=given.by, ending=ending, state=IncidentState.CLOSED)
    put_away(turn)


def page_answered(turn: Turn, webhook: str, problem: str) -> None:
    """Tell what came of a call, where that is news: a webhook is tried again and again."""
    held = turn.incident.attention
    if problem and webhook not in held.unreached:
        turn.attend(unreached=held.unreached | {webhook}, reached=held.reached - {webhook})
        turn.tell(StoryKind.UNREACHED, webhook=webhook, words=problem)
    elif not problem and webhook not in held.reached:
        turn.attend(unreached=held.unreached - {webhook}, reached=held.reached | {webhook})
        turn.tell(StoryKind.REACHED, webhook=webhook, aloud=webhook in held.unreached)


def put_away(turn: Turn, *, tells_webhooks: bool = True) -> None:
    """With an incident ends what was done about it. Who had it stays: the message says so."""
    turn.change(silenced=None, replacements=None)
    if tells_webhooks:
        turn.page(PageAction.RESOLVE)


def keeping_back(silence: SilencedBy | None, death: Death) -> SilencedBy | None:
    """The silence with one more death that it kept back."""
    return silence and replace(silence, deaths=silence.deaths + 1 + death.unseen_before)


def capped(silence: SilencedBy | None, now: datetime) -> SilencedBy | None:
    """The silence, over before it could be for ever."""
    return silence and replace(silence, until=min(silence.until, now + LONGEST))
