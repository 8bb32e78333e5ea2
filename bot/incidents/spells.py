"""How an incident comes back, and what that is worth; the reducer's, on its `Turn`.

A spell is one time of being broken. What is back after it was over is news: the channel sees it, those whom
the route calls are called, and the escalation begins anew. Only what comes and goes all the time (`FLAPS`)
stays quiet: then its thread counts, the steps that are left go on by their clock, and a webhook that was
called is told that it is over only once it has been so for a while.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.incidents import interventions
from bot.incidents.effects import CallRoute, PageAction
from bot.incidents.turn import FLAPS, Turn
from bot.model.incidents import Incident, Severity
from bot.model.stories import StoryKind

PAGES_STAND_FOR = timedelta(minutes=15)
"""How long what flapped has to be over until webhooks are told so: each return would wake somebody."""


def reopened(turn: Turn, count: int, moment: datetime) -> None:
    """Something died that was over, so many at once."""
    flaps, held = turn.flaps, turn.incident.attention
    turn.promptly()
    turn.unattended()
    turn.attend(returns=(*held.returns, turn.now)[-FLAPS:], standing=False)
    if not flaps:
        turn.attend(spell=held.spell + 1, steps=frozenset())
    holds = turn.incident.acknowledged
    if holds is None or holds.until <= turn.now:
        turn.change(acknowledged=None)
        if not held.standing and turn.incident.silenced is None:
            turn.page(PageAction.TRIGGER)
    if flaps:
        turn.fold(count, moment)
        turn.tell(StoryKind.REOPENED, aloud=False)
        return
    turn.unfold()
    turn.tell(StoryKind.REOPENED, news=True, deaths=count)
    after = turn.incident
    if after.acknowledged is None and after.shown and after.silenced is None:
        turn.effects.append(CallRoute(spell=after.attention.spell))


def worsened(turn: Turn, before: Severity, why: str) -> None:
    """Tell that it matters more than before, if it does, because of what was just taken in."""
    incident = turn.incident
    if not incident.severity.worse_than(before):
        return
    if incident.silenced is not None and incident.severity.worse_than(incident.silenced.severity):
        interventions.break_through(turn, why)
    turn.promptly()
    turn.unattended()
    turn.tell(StoryKind.NOW_PAGES, words=why, fresh=True)


def put_away(turn: Turn) -> None:
    """What ended by itself: webhooks are told at once, or once it has lasted.

    Of what was silent at once: no webhook was called by its return, so that the next one has to be.
    """
    later = turn.flaps and bool(turn.incident.attention.paged) and turn.incident.silenced is None
    interventions.put_away(turn, tells_webhooks=not later)
    turn.attend(standing=later)


def stands_until(incident: Incident) -> datetime | None:
    """When webhooks are to be told that it is over; None where they have been, or it is not."""
    ending = incident.ending
    if ending is None or not incident.attention.standing:
        return None
    return ending.since + PAGES_STAND_FOR


def time_passed(turn: Turn) -> None:
    """Tell webhooks that it is over, where that has lasted."""
    until = stands_until(turn.incident)
    if until is not None and until <= turn.now:
        turn.attend(standing=False)
        turn.page(PageAction.RESOLVE)
