"""What comes back is news, and called anew; what comes and goes all the time stays quiet."""

from __future__ import annotations

from typing import Any

import pytest

from bot.incidents import reducer
from bot.incidents.effects import CallRoute, Mention, Page, PageAction, SecondChannel, Show
from bot.incidents.inputs import (
    Absorbed,
    Acknowledged,
    Died,
    Gone,
    PageAnswered,
    PodsDeleted,
    Recovered,
    Resolved,
    Silenced,
    SilenceEnded,
    Tick,
)
from bot.model.deaths import Cause
from bot.model.incidents import IncidentState, Severity, SilenceId
from bot.model.letters import Urgency
from bot.model.pods import Owner
from bot.model.stories import StoryKind
from tests.support.deaths import a_death, a_pods_death
from tests.support.incidents import ALICE, BOB, PLAN, SECOND, Told, a_silence, an_ending
from tests.support.pods import at

JOB, API = Owner(kind="Job", name="report"), Owner(kind="Deployment", name="api")
HOUR = 3_600


def died(told: Told, seconds: float, **changes: Any) -> None:  # fields of `Death`
    told.give(Died(death=a_death(restart=int(seconds), seconds=seconds), **changes), seconds)


def recovered(told: Told, seconds: float) -> None:
    told.give(Recovered(ending=an_ending(seconds), of_deaths=told.incident.deaths), seconds)


def comes_and_goes(told: Told, times: int, *, every: int = 120) -> float:
    """It recovers and is back so many times; returns when it last was."""
    for number in range(1, times + 1):
        recovered(told, every * number - 30)
        died(told, every * number)
    return every * times


def test_what_is_back_is_told_to_the_channel_and_to_those_its_route_calls() -> None:
    """However short a time ago the message was new: an edit of what was green is seen by nobody."""
    told = Told()
    recovered(told, 60)
    died(told, 120)
    back = told.thread[-1]
    assert (back.kind, back.broadcast, back.deaths) == (StoryKind.REOPENED, True, 1)
    assert told.of(CallRoute) == [CallRoute(spell=2)]
    assert told.incident.noticed_at == at(120)


@pytest.mark.parametrize(
    "over",
    [
        pytest.param(lambda told: recovered(told, 4_000), id="recovered"),
        pytest.param(lambda told: told.give(Gone(ending=an_ending(4_000), of_deaths=1), 4_000), id="gone"),
        pytest.param(lambda told: told.give(Resolved(by=BOB, failing=False), 4_000), id="closed"),
    ],
)
def test_the_escalation_begins_anew_with_each_return(
    over: Any,
) -> None:  # a callable, which mypy cannot name here
    """A spell has steps of its own, and the second channel, which has a message, is called in its thread."""
    told = Told()
    told.give(Tick(plan=PLAN), 2_000)
    over(told)
    died(told, 4_100)
    told.give(Tick(plan=PLAN), 4_100 + 299)
    assert len(told.of(Mention)) == 2, "its clock begins when it is back"
    told.give(Tick(plan=PLAN), 4_100 + 2_000)
    assert [each.step for each in told.of(Mention)] == ["page/0", "page/1", "2/page/0", "2/page/1"]
    assert told.of(SecondChannel) == [
        SecondChannel(step="page/1", channel=SECOND),
        SecondChannel(step="2/page/1", channel=SECOND, again=True),
    ]
    assert told.incident.attention.channels == (SECOND,)


def test_what_comes_and_goes_all_the_time_calls_nobody_anew() -> None:
    """Two returns within an hour are told and called; from then on it only counts."""
    told = Told()
    last = comes_and_goes(told, 5)
    assert [each.spell for each in told.of(CallRoute)] == [2, 3]
    assert [each.broadcast for each in told.thread].count(True) == 2
    told.give(Tick(plan=PLAN), last + 2_000)
    steps = [each.step for each in told.of(Mention)]
    assert steps == ["3/page/0", "3/page/1"], "what then stays broken calls those who were not called yet"
    recovered(told, last + HOUR)
    died(told, last + HOUR + 60)
    told.give(Tick(plan=PLAN), last + HOUR + 60 + 400)
    assert [each.step for each in told.of(Mention)][2:] == ["4/page/0"], "by then it had been quiet"


def test_after_a_quiet_time_a_return_is_news_again() -> None:
    """Whatever it did the day before."""
    told = Told()
    last = comes_and_goes(told, 8)
    called = len(told.of(CallRoute))
    recovered(told, last + HOUR)
    died(told, last + HOUR + 60)
    assert len(told.of(CallRoute)) == called + 1
    assert told.thread[-1].broadcast


def test_what_somebody_has_or_nobody_should_hear_calls_nobody() -> None:
    """Who has it still has it; what is silent is not heard of."""
    told = Told()
    told.give(Acknowledged(by=ALICE, until=at(HOUR)), 20)
    recovered(told, 60)
    died(told, 120)
    assert told.acknowledged_by() == ALICE
    assert told.thread[-1].broadcast
    recovered(told, 180)
    died(told, 240, silence=a_silence())
    assert not told.of(CallRoute)
    assert len([each for each in told.thread if each.broadcast]) == 1


def test_a_webhook_is_not_called_by_each_return_of_what_flaps() -> None:
    """It hears that it is over once that has lasted, and of the first return after that."""
    told = Told()
    told.give(Tick(plan=PLAN), 2_000)
    for number in range(1, 6):
        recovered(told, 2_000 + 120 * number)
        died(told, 2_060 + 120 * number)
    told.give(Tick(), 2_700)
    trigger, resolve = PageAction.TRIGGER, PageAction.RESOLVE
    first = [trigger, resolve, trigger, resolve, trigger]
    assert [each.action for each in told.of(Page)] == first
    recovered(told, 2_800)
    told.give(Tick(), 2_800 + 14 * 60)
    assert [each.action for each in told.of(Page)] == first, "it may be back in a moment"
    assert reducer.due_at(told.incident) == at(2_800 + 15 * 60)
    told.give(Tick(), 2_800 + 15 * 60)
    assert [each.action for each in told.of(Page)] == [*first, resolve]
    assert told.give(Tick(), 2_800 + 16 * 60) == ()
    died(told, 2_800 + 20 * 60)
    assert [each.action for each in told.of(Page)] == [*first, resolve, trigger]


TRIGGER, ACKNOWLEDGE, RESOLVE = PageAction.TRIGGER, PageAction.ACKNOWLEDGE, PageAction.RESOLVE


def test_what_is_back_under_a_silence_calls_no_webhook_until_that_ends() -> None:
    """Its step is done, and the call would be lost if the end of the silence did not make it."""
    told = Told()
    told.give(Tick(plan=PLAN), 2_000)
    recovered(told, 2_100)
    died(told, 2_200, silence=a_silence(until=9_000))
    assert [each.action for each in told.of(Page)] == [TRIGGER, RESOLVE]
    told.give(Tick(plan=PLAN), 9_000)
    assert [each.action for each in told.of(Page)] == [TRIGGER, RESOLVE, TRIGGER]


def test_what_breaks_through_a_silence_calls_the_webhook_again() -> None:
    """Whatever it was told before the silence."""
    told = Told()
    told.give(Tick(plan=PLAN), 2_000)
    recovered(told, 2_100)
    died(told, 2_200, silence=a_silence(until=9_000))
    died(told, 2_300)
    assert [each.action for each in told.of(Page)] == [TRIGGER, RESOLVE, TRIGGER]


def test_what_is_taken_and_lapses_under_a_silence_calls_no_webhook_until_that_ends() -> None:
    """Nobody has it, and nobody is to hear of it; who has it by then is not called."""
    told = Told()
    told.give(Tick(plan=PLAN), 2_000)
    told.give(Silenced(silence=a_silence(until=9_000)), 2_100)
    told.give(Acknowledged(by=ALICE, until=at(3_000)), 2_200)
    told.give(Tick(plan=PLAN), 3_000)
    assert told.incident.acknowledged is None
    assert [each.action for each in told.of(Page)] == [TRIGGER, ACKNOWLEDGE]
    told.give(Acknowledged(by=BOB, until=at(20_000)), 3_100)
    told.give(SilenceEnded(silence=SilenceId("S1")), 3_200)
    assert [each.action for each in told.of(Page)] == [TRIGGER, ACKNOWLEDGE, ACKNOWLEDGE]
    told.give(Tick(plan=PLAN), 20_000)
    assert [each.action for each in told.of(Page)][3:] == [TRIGGER]


def test_what_flaps_calls_the_webhook_by_its_first_return_after_a_silence() -> None:
    """It was told that it is over, and heard of no return since."""
    told = Told()
    told.give(Tick(plan=PLAN), 2_000)
    for number in range(1, 3):
        recovered(told, 2_000 + 120 * number)
        died(told, 2_060 + 120 * number)
    recovered(told, 2_400)
    told.give(Tick(), 2_400 + 15 * 60)
    assert told.of(Page)[-1].action is RESOLVE
    died(told, 3_400, silence=a_silence(until=9_000))
    recovered(told, 3_500)
    died(told, 3_600)
    assert told.of(Page)[-1].action is TRIGGER


@pytest.mark.parametrize(
    "heard",
    [
        pytest.param(lambda told: told.give(Tick(), 3_600), id="its-time-is-up"),
        pytest.param(lambda told: told.give(SilenceEnded(silence=SilenceId("S1")), 60), id="ended"),
        pytest.param(lambda told: died(told, 60), id="broken-through"),
    ],
)
def test_what_opened_under_a_silence_calls_its_route_once_it_is_heard(
    heard: Any,  # a callable, which mypy cannot name here
) -> None:
    """It is told for the first time, so those hear of it whom the route calls at once."""
    told = Told(silence=a_silence())
    assert told.of(CallRoute) == []
    heard(told)
    assert told.of(CallRoute) == [CallRoute(spell=1, again=False)]
    told.give(Silenced(silence=a_silence(until=9_000)), 3_700)
    told.give(SilenceEnded(silence=SilenceId("S1")), 3_800)
    assert len(told.of(CallRoute)) == 1, "it was shown before"


def test_what_somebody_has_already_calls_no_route_when_its_silence_ends() -> None:
    """They were there before it could be heard."""
    told = Told(silence=a_silence())
    told.give(Acknowledged(by=ALICE, until=at(9_000)), 20)
    told.give(SilenceEnded(silence=SilenceId("S1")), 60)
    assert told.of(Show)
    assert told.of(CallRoute) == []


def test_what_is_closed_by_a_person_is_closed_at_the_webhook_at_once() -> None:
    """They know what they do."""
    told = Told()
    told.give(Tick(plan=PLAN), 2_000)
    for number in range(1, 4):
        recovered(told, 2_000 + 120 * number)
        died(told, 2_060 + 120 * number)
    told.give(Resolved(by=ALICE, failing=True, force=True), 2_500)
    assert told.of(Page)[-1].action is PageAction.RESOLVE
    assert reducer.due_at(told.incident) is None


def test_an_incident_matters_as_much_as_the_worst_of_what_died() -> None:
    """A lost node whose first pod seen is a Job's: it pages with the first other one, and goes on so."""
    told = Told(a_pods_death(Cause.NODE_LOST, uid="uid-job", owner=JOB, seconds=10))
    before = told.incident.severity
    other = a_pods_death(Cause.NODE_LOST, uid="uid-api", owner=API, seconds=12)
    effects = told.give(Died(death=other), 12)
    assert (before, told.incident.severity) == (Severity.MINOR, Severity.PAGE)
    assert effects[0] == Show(urgency=Urgency.CRITICAL)
    assert (told.thread[-1].kind, told.thread[-1].words) == (
        StoryKind.NOW_PAGES,
        "deployment/api is part of it",
    )
    assert told.incident.attention.unattended_since == at(12)
    told.give(Died(death=a_pods_death(Cause.NODE_LOST, uid="uid-2", owner=JOB, seconds=14)), 14)
    assert told.incident.severity is Severity.PAGE
    assert [each.kind for each in told.thread].count(StoryKind.NOW_PAGES) == 1


def test_what_becomes_part_of_it_raises_it_too() -> None:
    """Two incidents become one, and that one pages."""
    told = Told(a_death(Cause.EVICTED, owner=JOB))
    told.give(Absorbed(other=Told(a_death(Cause.EVICTED, uid="two", owner=API)).incident), 20)
    assert told.incident.severity is Severity.PAGE
    assert [each.kind for each in told.thread] == [StoryKind.TOOK_IN, StoryKind.NOW_PAGES]


def test_a_worse_death_breaks_through_a_silence_of_what_was_minor() -> None:
    """Whoever silenced a Job has not silenced the node."""
    told = Told(a_pods_death(Cause.NODE_LOST, owner=JOB), silence=a_silence(severity=Severity.MINOR))
    told.give(Died(death=a_pods_death(Cause.NODE_LOST, uid="uid-2", owner=API, seconds=12)), 12)
    assert told.incident.silenced is None
    assert told.incident.shown


def test_what_came_of_a_call_is_told_where_that_is_news() -> None:
    """That a webhook does not answer is said in the thread, once, and that it does after all."""
    told = Told()
    told.give(Tick(plan=PLAN), 2_000)
    for second in (2_001, 2_011, 2_021):
        told.give(PageAnswered(webhook="pagerduty", problem="it answered 503; still trying"), second)
    told.give(PageAnswered(webhook="pagerduty"), 2_031)
    told.give(PageAnswered(webhook="pagerduty"), 2_041)
    assert [(each.kind, each.words) for each in told.thread] == [
        (StoryKind.UNREACHED, "it answered 503; still trying"),
        (StoryKind.REACHED, ""),
    ]
    assert told.incident.revision == Told().incident.revision, "the message says nothing of it"


def test_a_call_that_arrives_at_once_is_written_down_and_not_said() -> None:
    """The thread has enough to say; the export knows."""
    told = Told()
    told.give(Tick(plan=PLAN), 2_000)
    effects = told.give(PageAnswered(webhook="pagerduty"), 2_001)
    assert [each.entry.kind for each in effects] == [StoryKind.REACHED]  # type: ignore[union-attr]
    assert told.thread == []


def test_who_deleted_a_pod_of_it_and_why_is_in_its_story() -> None:
    """It may be what mended it; and it is said even in a silence, as who comes to help has to know."""
    told = Told(silence=None)
    told.give(PodsDeleted(by=ALICE, names=("web-1",), reason="stuck on stale lock"), 60)
    entry = told.thread[-1]
    assert (entry.kind, entry.by, entry.names, entry.words) == (
        StoryKind.DELETED,
        ALICE,
        ("web-1",),
        "stuck on stale lock",
    )


def test_its_endings_are_counted_by_container_and_exit_code() -> None:
    """The last one does not speak for the others."""
    told = Told(a_death(exit_code=1))
    for number, code in enumerate((1, 139, 1), start=1):
        told.give(Died(death=a_death(uid=f"uid-{number}", exit_code=code, seconds=10 + number)), 20)
    counts = {(each.container, each.exit_code): each.deaths for each in told.incident.exits}
    assert counts == {("app", 1): 3, ("app", 139): 1}
    assert told.incident.state is IncidentState.FIRING
