"""Incidents with their stories and deaths, as the store gives them to a reader."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from bot.incidents import engine
from bot.model.deaths import Cause, Death, signal_of
from bot.model.incidents import Evidence, Incident, IncidentId, IncidentState
from bot.model.past import Account, PastDeath
from bot.model.people import ChannelId, UsergroupId, UserId
from bot.model.pods import PodUid
from bot.model.revisions import Image, RevisionChange
from bot.model.stories import StoryEntry, StoryKind
from tests.support.deaths import CLUSTER, a_death
from tests.support.incidents import an_ending
from tests.support.pods import at

ALICE = UserId("U01ALICE")
LOG = ("14:02:09 loading catalogue (3.1M rows)", "14:02:10 warn: heap at 96 %")


def a_line(
    seconds: float, *, uid: str = "uid-1", restart: int = 0, cause: Cause | None = Cause.OOM_KILLED
) -> PastDeath:
    """A line of the ledger, of a container of web in shop."""
    return PastDeath(
        cluster=CLUSTER,
        namespace="shop",
        pod=f"web-7d4b9c-{uid[-5:]}",
        uid=PodUid(uid),
        container="app",
        restart=restart,
        cause=cause,
        exit_code=None if cause is None else 137,
        signal=None if cause is None else signal_of(137),
        started_at=None,
        finished_at=None if cause is None else at(seconds),
        seen_at=at(seconds + 0.5),
        announced_at=at(seconds + 2),
    )


def deaths() -> tuple[Death, ...]:
    """Seven deaths of three pods within four minutes."""
    return tuple(
        a_death(
            Cause.OOM_KILLED,
            uid=f"uid-{number % 3}",
            restart=number // 3,
            seconds=10 + 40 * number,
            exit_code=137,
            reason="OOMKilled",
            memory_limit="256Mi",
            node=f"node-{number % 2 + 3}",
        )
        for number in range(7)
    )


def an_incident() -> Incident:
    """Open, acknowledged by nobody any more."""
    first, *more = deaths()
    incident = engine.opened(IncidentId("1F3K"), first)
    for death in more:
        incident = engine.with_death(incident, death)
    return engine.with_evidence(incident, Evidence(death=incident.latest, log_tail=LOG))


def story() -> tuple[StoryEntry, ...]:
    """What happened to it, from its beginning to its end."""
    return (
        StoryEntry(number=1, at=at(10), kind=StoryKind.OPENED, deaths=1),
        StoryEntry(
            number=2, at=at(120), kind=StoryKind.DIED, deaths=3, first_at=at(50), last_at=at(130), pods=3
        ),
        StoryEntry(number=3, at=at(190), kind=StoryKind.ACKNOWLEDGED, by=ALICE, until=at(14_400)),
        StoryEntry(
            number=4,
            at=at(300),
            kind=StoryKind.CALLED,
            groups=(UsergroupId("S01ONCALL"),),
            channel=ChannelId("C02SECOND"),
        ),
        StoryEntry(
            number=5,
            at=at(600),
            kind=StoryKind.CHAPTER,
            change=RevisionChange(
                number=43,
                at=at(600),
                images=(
                    (Image(container="app", image="web:1.5.0"), Image(container="app", image="web:1.5.1")),
                ),
            ),
        ),
        StoryEntry(
            number=6,
            at=at(1_150),
            kind=StoryKind.ENDED,
            ending=an_ending(1_150),
            state=IncidentState.RECOVERED,
        ),
    )


def an_account(*, over: bool = True) -> Account:
    """All of it."""
    incident = an_incident()
    if over:
        incident = replace(
            incident, state=IncidentState.RECOVERED, ending=an_ending(1_150), revision=incident.revision + 1
        )
    lines = tuple(
        a_line(10 + 40 * number, uid=f"uid-{number % 3}", restart=number // 3) for number in range(7)
    )
    return Account(
        incident=incident,
        story=story() if over else story()[:3],
        deaths=lines,
        deaths_in_all=len(lines),
    )


def flapping(minutes: int, every: timedelta = timedelta(minutes=2)) -> Account:
    """A workload that dies again and again for so long."""
    count = int(timedelta(minutes=minutes) / every)
    lines = tuple(a_line(every.total_seconds() * number, restart=number) for number in range(count))
    return Account(
        incident=replace(an_incident(), deaths=count), story=(), deaths=lines, deaths_in_all=count + 5_000
    )
