"""What becomes of an incident, input by input, and what is to be done about it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from bot.incidents import reducer
from bot.incidents.effects import Effect, Mention, Page, PageAction, SecondChannel, Show, Tell
from bot.incidents.inputs import (
    Absorbed,
    Acknowledged,
    Died,
    Escalate,
    EvidenceRead,
    Gone,
    Input,
    Merged,
    NewRevision,
    PageAnswered,
    PodsDeleted,
    Recovered,
    Recovering,
    Relapsed,
    Resolved,
    Silenced,
    SilenceEnded,
    Tick,
    Unacknowledged,
    Widened,
)
from bot.incidents.turn import NOTICED_FOR
from bot.model.deaths import Cause, Unwatched
from bot.model.incidents import (
    Evidence,
    Incident,
    IncidentId,
    IncidentState,
    Scope,
    Severity,
    SilenceId,
)
from bot.model.letters import Urgency
from bot.model.pods import Owner
from bot.model.revisions import RevisionChange
from bot.model.silences import LONGEST
from bot.model.stories import StoryKind
from tests.support.deaths import a_death
from tests.support.incidents import ALICE, BOB, ON_CALL, PLAN, SECOND, Told, a_silence, an_ending
from tests.support.pods import at

JOB = Owner(kind="Job", name="report")


def died(restart: int, seconds: float, **changes: Any) -> Died:  # fields of `Death`
    return Died(death=a_death(restart=restart, seconds=seconds, **changes))


def test_the_first_death_is_shown_at_once() -> None:
    """One message; the thread has nothing to add yet."""
    told = Told()
    assert told.of(Show) == [Show(urgency=Urgency.CRITICAL)]
    assert told.thread == []
    assert (told.incident.revision, told.incident.noticed_at) == (1, at(10))


def test_what_flaps_for_an_hour_is_one_message_and_a_short_thread() -> None:
    """It dies every two minutes and never recovers: five lines at most, and no death is missing in them."""
    told = Told()
    for second in range(20, 3_700):
        told.give(Tick(plan=PLAN), second)
        if second % 120 == 0:
            told.give(died(second // 120, second), second)
    told.give(Recovered(ending=an_ending(3_700), of_deaths=told.incident.deaths), 3_800)
    lines = [each for each in told.thread if each.kind is StoryKind.DIED]
    assert told.incident.deaths == 31
    assert sum(each.deaths for each in lines) == 30
    assert len(told.thread) <= 7, [each.kind for each in told.thread]


def test_what_recovers_and_comes_back_all_the_time_does_not_fill_its_thread() -> None:
    """The message turns green and red; the thread says so twice and counts from then on."""
    told = Told()
    for number in range(1, 31):
        told.give(
            Recovered(ending=an_ending(120 * number - 30), of_deaths=told.incident.deaths), 120 * number - 20
        )
        assert told.state() is IncidentState.RECOVERED
        told.give(died(number, 120 * number), 120 * number)
        assert told.state() is IncidentState.FIRING
        told.give(Tick(), 120 * number + 60)
    assert (told.incident.reopened, told.incident.deaths) == (30, 31)
    assert len(told.thread) <= 9, [each.kind for each in told.thread]
    assert told.incident.id == "1F3K"


def test_a_death_after_a_long_quiet_is_said_in_the_thread_and_in_the_channel() -> None:
    """Quiet is no recovery: the incident is the same, but its message has scrolled away."""
    told = Told()
    late = 10 + NOTICED_FOR.total_seconds()
    told.give(died(1, late), late)
    assert [(each.kind, each.broadcast) for each in told.thread] == [(StoryKind.DIED_AGAIN, True)]
    told.give(died(2, late + 3_700), late + 3_700)
    assert not told.thread[-1].broadcast, "the channel saw it an hour ago"


def test_a_judgement_that_a_death_has_overtaken_ends_nothing() -> None:
    """The owner was asked before the last death was taken in."""
    told = Told()
    judged_of = told.incident.deaths
    told.give(died(1, 30), 30)
    for over in (Recovered, Gone):
        assert told.give(over(ending=an_ending(29), of_deaths=judged_of), 31) == ()
    assert told.incident.state is IncidentState.FIRING


@pytest.mark.parametrize(
    ("failing", "force", "state"),
    [
        pytest.param(True, False, IncidentState.FIRING, id="still-failing"),
        pytest.param(True, True, IncidentState.CLOSED, id="still-failing-and-forced"),
        pytest.param(False, False, IncidentState.CLOSED, id="nothing-broken"),
    ],
)
def test_a_person_closes_but_never_recovers(failing: bool, force: bool, state: IncidentState) -> None:
    """What still fails is closed on purpose only, and says so."""
    told = Told()
    told.give(Resolved(by=ALICE, reason="moved", failing=failing, force=force), 60)
    assert told.incident.state is state
    ending = told.incident.ending
    if ending is not None:
        assert (ending.by, ending.still_failing) == (ALICE, failing)


def test_nobody_having_it_calls_step_after_step_and_each_once() -> None:
    """The clock comes from the incident, so a tick late or early changes nothing."""
    told = Told()
    called: list[tuple[int, Effect]] = []
    for second in range(10, 4_000, 7):
        effects = told.give(Tick(plan=PLAN), second)
        called += [(second, each) for each in effects if not isinstance(each, Show | Tell)]
    assert [each for _, each in called] == [
        Mention(step="page/0", groups=(ON_CALL,)),
        Mention(step="page/1", people=(BOB,)),
        SecondChannel(step="page/1", channel=SECOND),
        Page(webhook="pagerduty", action=PageAction.TRIGGER),
    ]
    assert [second for second, _ in called] == [311, 913, 913, 1_816]


def test_an_acknowledgement_stops_the_clock_until_it_lapses() -> None:
    """Then the steps that are left are counted from the lapse."""
    told = Told()
    told.give(Acknowledged(by=ALICE, until=at(600)), 60)
    assert told.acknowledged_by() == ALICE
    told.give(Tick(plan=PLAN), 599)
    assert told.of(Mention) == []
    told.give(Tick(plan=PLAN), 600)
    assert told.acknowledged_by() is None
    assert [each.kind for each in told.thread] == [StoryKind.ACKNOWLEDGED, StoryKind.LAPSED]
    told.give(Tick(plan=PLAN), 899)
    assert told.of(Mention) == []
    told.give(Tick(plan=PLAN), 900)
    assert len(told.of(Mention)) == 1


def test_a_webhook_hears_of_acknowledgement_end_and_return() -> None:
    """An alert in another system is not left standing, and not left closed."""
    told = Told()
    told.give(Tick(plan=PLAN), 2_000)
    told.give(Acknowledged(by=ALICE, until=at(2_200)), 2_100)
    told.give(Unacknowledged(by=ALICE), 2_150)
    told.give(Recovered(ending=an_ending(2_200), of_deaths=1), 2_300)
    told.give(died(1, 2_400), 2_400)
    assert [each.action for each in told.of(Page)] == [
        PageAction.TRIGGER,
        PageAction.ACKNOWLEDGE,
        PageAction.TRIGGER,
        PageAction.RESOLVE,
        PageAction.TRIGGER,
    ]
    assert len(told.of(Mention)) == 2, "people were mentioned once for each step"


def test_what_opens_under_a_silence_is_kept_back_and_told_when_it_ends() -> None:
    """It was counted all the while, and its clock begins when people can see it."""
    told = Told(silence=a_silence(until=600))
    told.give(Died(death=a_death(restart=1, seconds=60), silence=a_silence(until=600)), 60)
    told.give(Tick(plan=PLAN), 599)
    assert told.of(Show) == []
    assert told.of(Mention) == []
    told.give(Tick(plan=PLAN), 600)
    assert told.of(Show) == [Show(urgency=Urgency.CRITICAL)]
    assert told.incident.attention.unattended_since == at(600)
    assert (told.thread[-1].kind, told.thread[-1].deaths) == (StoryKind.SILENCE_ENDED, 2)


def test_what_nobody_saw_open_is_not_shown_ending() -> None:
    """Silence from its first death to its recovery: no message at all."""
    told = Told(silence=a_silence())
    told.give(Recovered(ending=an_ending(60), of_deaths=1), 120)
    assert told.of(Show) == []
    assert told.thread == []
    assert told.incident.silenced is None


def test_a_silenced_incident_goes_on_counting_in_its_message_and_says_nothing_in_its_thread() -> None:
    """An edit disturbs nobody; a line in a thread does."""
    told = Told()
    told.give(Silenced(silence=a_silence()), 20)
    effects = told.give(Died(death=a_death(restart=1, seconds=60), silence=a_silence()), 60)
    assert [type(each) for each in effects] == [Show]
    told.give(Tick(plan=PLAN), 3_000)
    assert [each.kind for each in told.thread] == [StoryKind.SILENCED]
    assert told.of(Mention) == []
    told.give(SilenceEnded(silence=SilenceId("S1"), by=ALICE), 3_100)
    assert told.incident.silenced is None
    assert told.thread[-1].kind is StoryKind.SILENCE_ENDED


def test_who_has_a_silenced_incident_is_said_in_its_thread() -> None:
    """Whoever comes to help has to know that somebody is there."""
    told = Told()
    told.give(Silenced(silence=a_silence()), 20)
    told.give(Acknowledged(by=BOB, until=at(3_600)), 30)
    told.give(Unacknowledged(by=BOB), 40)
    assert [each.kind for each in told.thread] == [
        StoryKind.SILENCED,
        StoryKind.ACKNOWLEDGED,
        StoryKind.UNACKNOWLEDGED,
    ]


@pytest.mark.parametrize(
    "given",
    [
        pytest.param(died(1, 60), id="a-death-that-is-not-covered"),
        pytest.param(Escalate(why="BackoffLimitExceeded"), id="a-worse-severity"),
    ],
)
def test_what_is_worse_breaks_through_a_silence(given: Input) -> None:
    """It is shown, if it was not, and the clock runs."""
    told = Told(a_death(owner=JOB), silence=a_silence(severity=Severity.MINOR))
    told.give(given, 60)
    assert told.incident.silenced is None
    assert told.of(Show)
    assert StoryKind.BROKE_THROUGH in [each.kind for each in told.thread]
    assert told.incident.attention.unattended_since == at(60)


def test_no_silence_outlasts_its_cap() -> None:
    """Whatever end it is given."""
    told = Told()
    told.give(Silenced(silence=a_silence(until=LONGEST.total_seconds() * 50)), 20)
    assert told.incident.silenced is not None
    assert told.incident.silenced.until == at(20) + LONGEST


def test_a_new_revision_is_a_chapter_once() -> None:
    """Seen again and again, told once; what is over gets none."""
    told = Told()
    change = RevisionChange(number=43, at=at(60))
    for second in (61, 62):
        told.give(NewRevision(change=change), second)
    assert told.incident.chapters == (change,)
    told.give(Gone(ending=an_ending(70), of_deaths=1), 71)
    told.give(NewRevision(change=replace(change, number=44)), 72)
    assert told.incident.chapters == (change,)
    assert [each.kind for each in told.thread] == [StoryKind.CHAPTER, StoryKind.ENDED]


def test_a_rollback_was_rolled_out_when_it_was_noticed() -> None:
    """The API tells only when its ReplicaSet was first made; and numbers only ever grow."""
    told = Told()
    change = RevisionChange(number=43, at=at(-9_000), rollback=True)
    told.give(NewRevision(change=change), 61)
    told.give(NewRevision(change=replace(change, number=42)), 62)
    assert told.incident.chapters == (replace(change, at=at(61)),)


def test_a_recovery_is_told_with_what_mended_it() -> None:
    """The revision that was rolled out meanwhile; what is gone was not mended."""
    for ends, number in ((Recovered, 43), (Gone, None)):
        told = Told()
        told.give(NewRevision(change=RevisionChange(number=43, at=at(60))), 61)
        told.give(ends(ending=an_ending(70), of_deaths=1), 71)
        mended_by = told.thread[-1].change
        assert (mended_by.number if mended_by else None) == number


def test_what_becomes_part_of_another_incident_is_counted_there_alone() -> None:
    """The group has the sum, the other says where to look."""
    one = Told(a_death(Cause.EVICTED, uid="one"), identity="ONE")
    other = Told(a_death(Cause.EVICTED, uid="two", owner=Owner(kind="Deployment", name="cart")))
    key = replace(one.incident.key, namespace="", owner=Owner(kind="Node", name="n"), scope=Scope.NODE)
    one.give(Widened(key=key), 20)
    one.give(Absorbed(other=other.incident), 20)
    other.give(Merged(into=IncidentId("ONE")), 20)
    assert (one.incident.deaths, len(one.incident.pods)) == (2, 2)
    assert [each.owner.name for each in one.incident.workloads] == ["web", "cart"]
    assert (other.incident.state, other.incident.part_of) == (IncidentState.MERGED, "ONE")
    before = one.incident
    one.give(Absorbed(other=other.incident), 21)
    assert one.incident is before, "not a second time"


def test_deaths_while_nobody_watched_are_counted_apart() -> None:
    """So that the message can say when that was."""
    gap = Unwatched(since=at(-900), until=at(-60))
    told = Told(a_death(unwatched=gap))
    told.give(died(1, 20, unwatched=Unwatched(since=at(-800), until=at(0)), unseen_before=1), 20)
    found = told.incident.unwatched
    assert found is not None
    assert (found.deaths, found.since, found.until) == (3, at(-900), at(0))


def test_an_incident_of_a_storm_has_no_message_and_calls_nobody() -> None:
    """The digest does both."""
    told = Told(storm=IncidentId("DIGEST"))
    told.give(Tick(plan=PLAN), 4_000)
    told.give(Recovered(ending=an_ending(4_010), of_deaths=1), 4_100)
    assert not told.of(Show)
    assert not told.of(Mention)
    assert told.thread == []


def test_a_tick_that_changes_nothing_leaves_the_very_same_incident() -> None:
    """The keeper may tick as often as it likes; `due_at` says when it has to."""
    told = Told()
    before = told.incident
    assert told.give(Tick(plan=PLAN), 20) == ()
    assert told.incident is before
    assert reducer.due_at(before, PLAN) == at(10) + timedelta(minutes=5)
    told.give(died(1, 30), 30)
    assert reducer.due_at(told.incident, PLAN) == at(30) + timedelta(minutes=1)


def test_only_what_the_message_says_makes_a_revision() -> None:
    """A line in the thread or a step taken is no new wording."""
    told = Told()
    told.give(Recovering(since=at(20), after=timedelta(minutes=1)), 21)
    told.give(Relapsed(), 22)
    assert told.incident.revision == 3
    told.give(Tick(plan=PLAN), 4_000)
    assert told.incident.revision == 3
    told.give(EvidenceRead(evidence=Evidence(death=told.incident.latest)), 4_001)
    assert told.incident.revision == 4


def test_nothing_but_an_opening_makes_an_incident() -> None:
    """An input for one that is not kept any more is lost on purpose."""
    assert reducer.reduce(None, Tick(), at(0)) == reducer.Step(incident=None)


def test_all_of_it_is_kept_as_json() -> None:
    """Incidents, inputs and effects come back as they were."""
    told = Told(silence=a_silence())
    given: list[Input] = [
        died(1, 20),
        Acknowledged(by=ALICE, until=at(900)),
        Silenced(silence=a_silence()),
        NewRevision(change=RevisionChange(number=43, at=at(60))),
        Tick(plan=PLAN),
        PageAnswered(webhook="pagerduty", problem="it answered 503"),
        PodsDeleted(by=ALICE, names=("web-1",), reason="stale lock"),
        Resolved(by=ALICE, failing=False),
        died(2, 110),
    ]
    for number, each in enumerate(given):
        told.give(each, 100 + number)
    assert msgspec.json.decode(msgspec.json.encode(told.incident), type=Incident) == told.incident
    assert msgspec.json.decode(msgspec.json.encode(given), type=list[Input]) == given
    assert msgspec.json.decode(msgspec.json.encode(told.effects), type=list[Effect]) == told.effects
