"""Whatever happens to incidents in whatever order: what must hold of them, holds."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.incidents import reducer
from bot.incidents.effects import CallRoute, Effect, Mention, Page, PageAction, Show, Tell
from bot.incidents.inputs import (
    Absorbed,
    Acknowledged,
    Died,
    Escalate,
    Gone,
    Input,
    Looked,
    NewRevision,
    Opened,
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
from bot.incidents.turn import FLAPS, FLAPS_WITHIN, Turn
from bot.model.incidents import Ending, Incident, IncidentId, IncidentState, Severity, SilencedBy, SilenceId
from bot.model.pods import Owner
from bot.model.revisions import RevisionChange
from bot.model.silences import LONGEST
from bot.model.situations import Headcount, Situation
from bot.model.stories import StoryKind
from tests.support.deaths import a_death
from tests.support.incidents import ALICE, PLAN, Told
from tests.support.pods import at

FOR_EVER = 10**9


def _silence(now: float, lasting: int, severity: Severity) -> SilencedBy:
    return SilencedBy(
        silence=SilenceId("S1"), by=ALICE, since=at(now), until=at(now + lasting), severity=severity
    )


@st.composite
def histories(draw: st.DrawFn) -> list[tuple[float, Input]]:
    """Inputs at rising times, as a keeper, a follow-up and people could give them."""
    silences = st.builds(
        lambda lasting, severity: (lasting, severity),
        st.sampled_from([1, 600, FOR_EVER]),
        st.sampled_from(Severity),
    )
    now = 20.0
    history: list[tuple[float, Input]] = []
    for number in range(1, draw(st.integers(1, 25)) + 1):
        now += draw(st.sampled_from([1, 30, 200, 1_200, 4_000, 20_000]))
        ending = Ending(since=at(now), words="5 of 5 Ready")
        lasting, severity = draw(silences)
        silence = draw(st.sampled_from([None, _silence(now, lasting, severity)]))
        death = a_death(
            restart=number, uid=f"uid-{number % 4}", seconds=now, unseen_before=draw(st.sampled_from([0, 2]))
        )
        other = Told(death, identity=f"O{number}").incident
        choices: list[Input] = [
            Died(death=death, silence=silence),
            Recovered(ending=ending, of_deaths=draw(st.integers(1, 30))),
            Gone(ending=ending, of_deaths=draw(st.integers(1, 30))),
            Resolved(by=ALICE, failing=draw(st.booleans()), force=draw(st.booleans())),
            Acknowledged(by=ALICE, until=at(now + draw(st.sampled_from([-1, 60, 14_400])))),
            Unacknowledged(by=ALICE),
            Silenced(silence=_silence(now, lasting, severity)),
            SilenceEnded(silence=SilenceId(draw(st.sampled_from(["S1", "S2"]))), then=silence),
            Escalate(why="BackoffLimitExceeded"),
            Recovering(since=at(now), after=timedelta(minutes=1)),
            Looked(situation=Situation(seen_at=at(now), headcount=Headcount(ready=4, desired=5, present=5))),
            Relapsed(),
            PageAnswered(webhook="pagerduty", problem=draw(st.sampled_from(["", "it answered 503"]))),
            PodsDeleted(by=ALICE, names=("web-1",)),
            NewRevision(
                change=RevisionChange(
                    number=draw(st.integers(1, 8)),
                    at=at(now - 500),
                    rollback=draw(st.booleans()),
                    deployment_at=at(draw(st.sampled_from([-900, 5_000]))),
                )
            ),
            Absorbed(other=other),
            Widened(key=other.key),
            Tick(plan=PLAN),
        ]
        history.append((now, draw(st.sampled_from(choices))))
    return history


OPENINGS = st.tuples(
    st.sampled_from(["Deployment", "Job"]), st.booleans(), st.sampled_from([None, IncidentId("STORM")])
)


def opened(kind: str, silenced: bool, storm: IncidentId | None) -> Told:
    silence = _silence(10, FOR_EVER, Severity.PAGE) if silenced else None
    return Told(a_death(owner=Owner(kind=kind, name="web")), silence=silence, storm=storm)


@given(OPENINGS, histories())
def test_what_must_hold(
    opening: tuple[str, bool, IncidentId | None], history: list[tuple[float, Input]]
) -> None:
    """Nothing broken is called recovered, no death is lost, silences end, and nobody is called twice.

    That is: not for one step of one spell of being broken; what is back calls anew, if it does not flap.
    """
    told = opened(*opening)
    deaths = told.incident.deaths
    for seconds, given_in in history:
        before = told.incident
        effects = told.give(given_in, seconds)
        after = told.incident
        deaths += _brought(before, given_in)
        assert after.deaths == deaths, "a death is lost, or counted twice"
        _the_end_is_true(before, after, given_in)
        _silence_is_bounded(after, at(seconds))
        _what_is_hidden_stays_so(after, effects)
        _what_is_silent_calls_nobody(after, effects)
        _a_revision_mends_only_what_recovers(after, effects)
        drawn_anew = any(isinstance(each, Show) for each in effects)
        assert after.revision >= before.revision
        assert not drawn_anew or after.revision > before.revision
    steps = [each.step for each in told.of(Mention)]
    assert len(steps) == len(set(steps)), "somebody was mentioned twice for one step of one spell"
    _who_is_called_anew_is_called_seldom(told)
    numbers = [each.entry.number for each in told.of(Tell)]
    assert numbers == list(range(1, len(numbers) + 1))
    told_of = [each.entry.change for each in told.of(Tell) if each.entry.kind is StoryKind.CHAPTER]
    revisions = [(each.deployment_at or at(0), each.number) for each in told_of if each is not None]
    assert revisions == sorted(set(revisions)), "a revision was told twice, or after a later one"
    _every_death_is_in_the_story(told, history[-1][0])


def _brought(before: Incident, given_in: Input) -> int:
    match given_in:
        case Died(death=death):
            return 1 + death.unseen_before
        case Absorbed(other=other):
            return 0 if before.state.is_over else other.deaths
        case _:
            return 0


def _the_end_is_true(before: Incident, after: Incident, given_in: Input) -> None:
    """Only a judgement about all its deaths recovers it; a person closes it; a death opens it again."""
    assert after.state.is_over is (after.ending is not None)
    if isinstance(given_in, Died):
        assert after.state is IncidentState.FIRING
    if after.state is before.state:
        return
    match after.state:
        case IncidentState.RECOVERED:
            assert isinstance(given_in, Recovered)
            assert given_in.of_deaths == before.deaths
        case IncidentState.GONE:
            assert isinstance(given_in, Gone)
            assert given_in.of_deaths == before.deaths
        case IncidentState.CLOSED:
            assert isinstance(given_in, Resolved)
            assert given_in.force or not given_in.failing
        case IncidentState.FIRING:
            assert isinstance(given_in, Died)
        case IncidentState.MERGED:
            raise AssertionError("nothing merged it")


def _silence_is_bounded(after: Incident, now: datetime) -> None:
    if after.silenced is None:
        return
    assert not after.state.is_over
    assert after.silenced.until <= now + LONGEST
    later = after.silenced.until
    ended = reducer.reduce(after, Tick(), later).incident
    assert ended is not None
    assert ended.silenced is None
    assert ended.shown or ended.storm is not None, "what is still broken is heard of"


def _what_is_hidden_stays_so(after: Incident, effects: tuple[Effect, ...]) -> None:
    aloud = [each for each in effects if isinstance(each, Tell) and each.entry.aloud]
    if not after.shown:
        assert not aloud
        assert not any(isinstance(each, Show | Mention | CallRoute) for each in effects)


def _what_is_silent_calls_nobody(after: Incident, effects: tuple[Effect, ...]) -> None:
    if after.silenced is not None:
        assert not any(isinstance(each, Mention | CallRoute) for each in effects)
        assert not any(isinstance(each, Page) and each.action is PageAction.TRIGGER for each in effects)


def _a_revision_mends_only_what_recovers(after: Incident, effects: tuple[Effect, ...]) -> None:
    for entry in (each.entry for each in effects if isinstance(each, Tell)):
        if entry.kind is StoryKind.ENDED and entry.change is not None:
            assert after.state is IncidentState.RECOVERED
            assert entry.change == after.chapters[-1]


def _who_is_called_anew_is_called_seldom(told: Told) -> None:
    """A spell begins with a return, and no three do within an hour; each calls the route once at most."""
    spells = [each.spell for each in told.of(CallRoute)]
    assert spells == sorted(set(spells))
    assert told.incident.attention.spell <= 1 + told.incident.reopened
    returns = [each.entry.at for each in told.of(Tell) if _begins_a_spell(each)]
    assert len(returns) == told.incident.attention.spell - 1
    assert all(third - first >= FLAPS_WITHIN for first, third in zip(returns, returns[FLAPS:], strict=False))


def _begins_a_spell(told: Tell) -> bool:
    """The deaths of other returns are folded."""
    return told.entry.kind is StoryKind.REOPENED and told.entry.deaths > 0


def _every_death_is_in_the_story(told: Told, seconds: float) -> None:
    """Said aloud or not, the entries add up to all deaths once the last fold is told."""
    for _ in range(3):
        due = reducer.due_at(told.incident)
        if due is not None:
            told.give(Tick(), max(seconds, (due - at(0)).total_seconds()))
    counting = {
        StoryKind.DIED,
        StoryKind.DIED_AGAIN,
        StoryKind.OPENED,
        StoryKind.REOPENED,
        StoryKind.TOOK_IN,
    }
    entries = [each.entry for each in told.of(Tell)]
    told_of = sum(each.deaths for each in entries if each.kind in counting)
    assert told_of == told.incident.deaths


def test_the_same_history_makes_the_same_incident() -> None:
    """The reducer has no memory and no clock of its own."""
    death = a_death()
    key = Told(death).incident.key
    given_in = Opened(identity=IncidentId("1F3K"), key=key, death=death)
    assert reducer.reduce(None, given_in, at(10)) == reducer.reduce(None, given_in, at(10))
    turn = Turn(Told(death).incident, at(10) + timedelta(seconds=1))
    assert turn.outcome()[1] == ()
