"""Where deaths go among the incidents that live; and that all goes on where it stood after a restart."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count

import pytest

from bot.incidents import engine, reducer, silencing
from bot.incidents import live as live_incidents
from bot.incidents.effects import Effect, Tell
from bot.incidents.held import Held
from bot.incidents.inputs import Acknowledged, Recovered
from bot.incidents.live import Live
from bot.incidents.records import KeptIncident
from bot.model.deaths import Cause, Death
from bot.model.escalations import NOBODY
from bot.model.incidents import Circumstances, Evidence, IncidentId, IncidentState, Scope, SilenceId
from bot.model.people import ChannelId, UserId
from bot.model.pods import Owner
from bot.model.revisions import change_between, newest_of
from bot.model.routes import Route
from bot.model.silences import Silence, SilenceScope
from bot.model.stories import StoryKind
from bot.model.tuning import Limits
from tests.support.deaths import a_death, a_pods_death
from tests.support.incidents import an_ending
from tests.support.pods import at
from tests.support.surroundings import a_revision

ROUTE = Route(channels=(ChannelId("C1"),))
BOB = UserId("U02BOB")


class Stage:
    """Live incidents, and what was told of them; `restarted` goes on from what was kept."""

    def __init__(self, numbers: count[int] | None = None) -> None:
        self.numbers = numbers or count()
        self.kept: dict[IncidentId, KeptIncident] = {}
        self.entries: list[Effect] = []
        self.turns: list[set[IncidentId]] = []
        self.limits = Limits()
        self.live = Live(
            self.turned,
            lambda: IncidentId(f"I{next(self.numbers)}"),
            lambda _: NOBODY,
            lambda: self.limits,
        )

    def turned(self, held: Held, effects: tuple[Effect, ...]) -> None:
        self.kept[held.incident.id] = held.kept()
        self.entries += [each for each in effects if isinstance(each, Tell)]

    def restarted(self) -> Stage:
        after = Stage(self.numbers)
        after.kept = dict(self.kept)
        after.live.restore(self.kept.values())
        return after

    def dies(self, death: Death, now: datetime | None = None) -> Held:
        held = self.live.died(death, ROUTE, now or death.seen_at)
        assert held is not None
        return held

    def storm(self, size: int = 12) -> list[Held]:
        """So many workloads fail within seconds."""
        return [self.dies(of(number)) for number in range(size)]

    def messages(self) -> int:
        """The deaths that all messages together tell of."""
        shown = (each.incident for each in self.kept.values() if each.incident.shown)
        return sum(each.deaths for each in shown if each.state is not IncidentState.MERGED)


def of(number: int, cause: Cause = Cause.ERROR, *, restart: int = 0, seconds: float = 10) -> Death:
    make = a_death if cause.is_container_exit else a_pods_death
    owner = Owner(kind="Deployment", name=f"w{number}")
    death = make(cause, uid=f"uid-{number}-{seconds}", seconds=seconds, owner=owner)
    return death if not restart else a_death(cause, uid=f"uid-{number}", restart=restart, owner=owner)


def test_a_storm_goes_on_after_a_restart() -> None:
    """The eleventh of a minute went into a digest: so does what comes next, and not as ten more messages."""
    before = Stage()
    digest = before.storm()[-1].incident.storm
    after = before.restarted()
    assert after.dies(of(50, seconds=20)).incident.storm == digest
    assert after.messages() == 13


def test_a_storm_begins_where_the_limit_of_the_moment_is() -> None:
    """Three messages, and the rest in a digest; with more allowed there is none."""
    stage = Stage()
    stage.limits = Limits(incidents_a_minute=3)
    assert [each.incident.storm is None for each in stage.storm(5)] == [True, True, True, False, False]
    calm = Stage()
    calm.limits = Limits(incidents_a_minute=20)
    assert all(each.incident.storm is None for each in calm.storm(20))


def test_the_messages_of_the_last_minute_count_after_a_restart() -> None:
    """A restart in the middle of a storm does not allow for ten more."""
    before = Stage()
    before.storm(8)
    after = before.restarted()
    late = [after.dies(of(number, seconds=15)) for number in range(20, 26)]
    assert [each.incident.storm is None for each in late] == [True, True, False, False, False, False]


def test_what_a_storm_tells_of_is_not_told_by_another_message_too() -> None:
    """One has a message of its own, one is in the digest: made one, they would be counted twice."""
    stage = Stage()
    stage.dies(of(90, Cause.EVICTED))
    stage.storm()
    stage.dies(of(91, Cause.EVICTED))
    group = stage.dies(of(92, Cause.EVICTED))
    assert group.incident.key.scope is Scope.NODE
    assert stage.messages() == 15


def test_who_tells_of_merged_deaths_is_written_with_them() -> None:
    """Within a storm: the ledger looks for the digest in the same transaction."""
    stage = Stage()
    stage.storm()
    stage.dies(of(91, Cause.EVICTED))
    stage.dies(of(92, Cause.EVICTED))
    stage.dies(of(93, Cause.EVICTED))
    assert stage.messages() == 15
    merged = [each for each in stage.kept.values() if each.incident.state is IncidentState.MERGED]
    assert len(merged) == 1


def test_a_storm_knows_which_of_its_incidents_is_about_a_node() -> None:
    """The digest names it: that may be what is behind the storm."""
    stage = Stage()
    stage.storm()
    group = [stage.dies(of(number, Cause.EVICTED)) for number in (91, 92, 93)][-1]
    digest = stage.live.get(group.incident.storm or IncidentId(""))
    assert digest is not None
    assert stage.live.groups_of(digest.incident) == (group.incident,)
    assert stage.live.groups_of(group.incident) == ()


def test_what_dies_after_its_digest_is_gone_is_heard() -> None:
    """Memory has a bound; an incident that nobody tells of any more is told anew."""
    stage = Stage()
    member = stage.storm()[-1]
    digest = stage.live.get(member.incident.storm or IncidentId(""))
    assert digest is not None
    stage.live.let_go(digest)
    again = stage.dies(of(11, seconds=20)).incident
    assert again.id != member.incident.id
    assert again.shown or stage.live.get(again.storm or IncidentId("")) is not None


def test_a_digest_is_pushed_out_after_its_members(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is as lively as the liveliest of them."""
    stage = Stage()
    digest = stage.storm()[-1].incident.storm
    monkeypatch.setattr(live_incidents, "MOST_INCIDENTS", 5)
    stage.dies(of(50, seconds=20))
    assert digest in {each.incident.id for each in stage.live}


def a_silence(**changes: object) -> Silence:
    fields = {
        "id": SilenceId("S1"),
        "scope": SilenceScope(namespace="shop"),
        "author": BOB,
        "created_at": at(0),
        "until": at(3_600),
    }
    return Silence(**(fields | changes))  # type: ignore[arg-type]  # fields of Silence


def test_a_silence_that_is_heard_of_again_changes_nothing() -> None:
    """After a restart: no second entry in the story, and what it kept back is still counted."""
    before = Stage()
    before.live.silences.heard(a_silence(), at(0))
    before.dies(of(1))
    before.dies(of(1, seconds=12))
    after = before.restarted()
    after.live.silences.heard(a_silence(), at(20))
    (held,) = after.live
    assert held.incident.silenced is not None
    assert held.incident.silenced.deaths == 2
    assert after.entries == []
    assert not after.dies(of(1, seconds=22)).incident.shown


def test_a_silence_that_lasts_longer_now_goes_on_counting() -> None:
    """Its author has only put its end off."""
    stage = Stage()
    stage.live.silences.heard(a_silence(), at(0))
    held = stage.dies(of(1))
    stage.live.silences.heard(a_silence(until=at(7_200)), at(30))
    assert held.incident.silenced is not None
    assert (held.incident.silenced.deaths, held.incident.silenced.until) == (1, at(7_200))


def test_a_shorter_silence_does_not_end_a_longer_one() -> None:
    """The one that lasts longest holds, in whatever order they were asked for."""
    stage = Stage()
    held = stage.dies(of(1))
    stage.live.silences.heard(a_silence(until=at(36_000)), at(20))
    stage.live.silences.heard(a_silence(id=SilenceId("S2"), until=at(1_800)), at(30))
    assert held.incident.silenced is not None
    assert (held.incident.silenced.silence, held.incident.silenced.until) == ("S1", at(36_000))
    stage.live.tick(at(1_800))
    stage.dies(of(1, seconds=1_900))
    assert held.incident.silenced is not None
    assert stage.live.silences.take_counts()[SilenceId("S2"), held.incident.id] == 0, "it covers it, too"
    stage.live.silences.heard(a_silence(id=SilenceId("S3"), until=at(72_000)), at(1_900))
    assert held.incident.silenced.silence == "S3"


def test_a_silenced_storm_stays_silent_when_more_of_it_dies() -> None:
    """Its silence covers all that goes into it, and counts what it keeps back; not once it is over."""
    stage = Stage()
    member = stage.storm()[-1]
    digest = stage.live.get(member.incident.storm or IncidentId(""))
    assert digest is not None
    silence = silencing.of_incident(SilenceId("S1"), digest.incident, timedelta(hours=1), BOB, at(15))
    stage.live.silences.heard(silence, at(15))
    assert digest.incident.silenced is not None
    stage.dies(of(11, seconds=20))
    stage.dies(of(50, seconds=21))
    assert digest.incident.silenced is not None
    assert digest.incident.silenced.deaths == 2
    assert stage.live.silences.take_counts()[silence.id, digest.incident.id] == 2
    stage.live.silences.ended(silence.id, BOB, at(30))
    stage.dies(of(11, seconds=40))
    assert digest.incident.silenced is None


def test_the_last_deaths_of_what_flaps_are_told_before_it_is_let_go() -> None:
    """What is gathered late waits for longer than what is over is kept."""
    stage = Stage()
    held = stage.dies(of(1))
    over = 0.0
    for number in range(1, 40):
        over = 100.0 * number + 50
        stage.dies(of(1, seconds=100.0 * number))
        ending = an_ending(over)
        stage.live.apply(held, Recovered(ending=ending, of_deaths=held.incident.deaths), at(over))
        stage.live.tick(at(over))
    closes_at = held.incident.folding.closes_at
    assert closes_at is not None
    assert closes_at > at(over) + engine.REOPENS_FOR
    stage.live.sweep(at(over) + engine.REOPENS_FOR)
    assert list(stage.live) == [held]
    stage.live.tick(closes_at)
    stage.live.sweep(closes_at)
    assert list(stage.live) == []
    told = [each.entry for each in stage.entries if isinstance(each, Tell)]
    counting = {StoryKind.OPENED, StoryKind.DIED, StoryKind.REOPENED}
    assert sum(each.deaths for each in told if each.kind in counting) == held.incident.deaths


def test_a_mistake_about_one_incident_is_made_once_and_stops_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What goes by time passes over it from then on."""
    stage = Stage()
    one, other = stage.dies(of(1)), stage.dies(of(2))
    for held in (one, other):
        stage.live.apply(held, Acknowledged(by=BOB, until=at(60)), at(11))
    due_at, stumbles = reducer.due_at, count()

    def stumble(incident: object, plan: object) -> datetime | None:
        if incident is one.incident:
            next(stumbles)
            raise KeyError("a thing nobody thought of")
        return due_at(incident, plan)  # type: ignore[arg-type]  # as they came

    monkeypatch.setattr(reducer, "due_at", stumble)
    for seconds in (61, 62, 63):
        stage.live.tick(at(seconds))
    assert other.incident.acknowledged is None
    assert next(stumbles) == 1


def test_groups_go_on_after_a_restart() -> None:
    """A node that was lost explains what is found later, too."""
    before = Stage()
    before.dies(of(1, Cause.NODE_LOST))
    after = before.restarted()
    after.dies(of(2, Cause.NODE_LOST, seconds=15), at(15) + timedelta(minutes=5))
    (held,) = after.live
    assert held.incident.deaths == 2


def with_revisions(death: Death, number: int) -> Evidence:
    """What was found around a death: the newest revision of its Deployment, beside the one before."""
    kept = (a_revision(number - 1, "1.4.1", seconds=-60), a_revision(number, "1.5.0", seconds=5))
    around = Circumstances(read_at=at(12), change=change_between(kept), newest=newest_of(kept))
    return Evidence(death=death, circumstances=around)


def test_what_was_rolled_out_between_two_deaths_is_told() -> None:
    """The evidence of the second one shows another revision, although there was none before the first."""
    stage = Stage()
    held = stage.dies(of(1))
    first = Circumstances(read_at=at(12), newest=newest_of((a_revision(1, "1.0"),)))
    stage.live.learned(held, Evidence(death=held.incident.latest, circumstances=first), at(12))
    again = stage.dies(of(1, restart=1, seconds=40))
    stage.live.learned(again, with_revisions(again.incident.latest, 2), at(42))
    assert [each.number for each in again.incident.chapters] == [2]


def test_a_deployment_that_was_made_anew_between_two_deaths_is_told() -> None:
    """Revision 1 is no older than revision 42 of the one before; what was read of that one late is."""
    stage = Stage()
    held = stage.dies(of(1))
    old = replace(a_revision(42, "1.0"), deployment_at=at(-900))
    new = replace(a_revision(1, "1.1", seconds=31), deployment_at=at(30))
    again = replace(a_revision(2, "1.2", seconds=50), deployment_at=at(30))
    for restart, kept, told in (
        (0, (old,), []),
        (1, (new,), [1]),
        (2, (new, again), [1, 2]),
        (3, (old,), [1, 2]),
    ):
        if restart:
            held = stage.dies(of(1, restart=restart, seconds=20 * restart + 20))
        around = Circumstances(read_at=at(60), change=change_between(kept), newest=newest_of(kept))
        stage.live.learned(held, Evidence(death=held.incident.latest, circumstances=around), at(60))
        assert [each.number for each in held.incident.chapters] == told
    assert [each.made_anew for each in held.incident.chapters] == [True, False]


def test_the_revisions_of_two_workloads_are_not_held_against_each_other() -> None:
    """A node's incident has evidence of one workload's death after another's: nothing was rolled out."""
    stage = Stage()
    held = stage.dies(of(1, Cause.NODE_LOST))
    stage.live.learned(held, with_revisions(held.incident.latest, 5), at(12))
    stage.dies(of(2, Cause.NODE_LOST, seconds=15))
    stage.live.learned(held, with_revisions(held.incident.latest, 50), at(17))
    assert held.incident.chapters == ()
