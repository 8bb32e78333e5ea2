"""A storm: incidents open faster than anybody reads. One digest then tells them all. Pure.

The first ones of a minute (ten, by default) have messages of their own; what opens beyond them goes into the
digest and stays there until it is over: to hand them out as messages later would be the same storm once more.
Each keeps its id, and `incident ID` shows it.

The digest is an incident itself, of the scope `STORM`: it takes every death of its members, can be
acknowledged, silenced and escalated, and is over when all its members are. Its count of deaths is theirs
alone; those of the first ones are counted by their own messages, and named here.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.incidents import engine
from bot.incidents.reducer import Step
from bot.incidents.turn import Turn
from bot.model.deaths import Death
from bot.model.incidents import Ending, Incident, IncidentId, IncidentKey, IncidentState, Scope
from bot.model.pods import Owner
from bot.model.stories import StoryKind

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Weather:
    """What is known of one channel: the incidents of the last minute, and the storm that blows."""

    openings: tuple[tuple[IncidentId, datetime], ...] = ()
    """Those that had a message of their own, by when they opened."""
    digest: IncidentId | None = None
    last_joined_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelter:
    """What becomes of an incident that opens."""

    digest: IncidentId | None = None
    """The digest that it goes into; None: it has a message of its own."""
    begins: bool = False
    """There is no digest yet: it is to be opened with `opened`."""


def placed(
    weather: Weather,
    incident: IncidentId,
    new_digest: Callable[[], IncidentId],
    now: datetime,
    *,
    a_minute: int,
) -> tuple[Weather, Shelter]:
    """What becomes of an incident that opens now, unsilenced; `new_digest` gives an id that is free.

    `a_minute`: how many may have messages of their own within one.
    """
    if weather.digest is not None:
        if weather.last_joined_at is not None and now - weather.last_joined_at < MINUTE:
            return replace(weather, last_joined_at=now), Shelter(digest=weather.digest)
        weather = Weather(openings=weather.openings)
    lately = tuple(each for each in weather.openings if now - each[1] < MINUTE)
    if len(lately) < a_minute:
        return replace(weather, openings=(*lately, (incident, now))), Shelter()
    digest = new_digest()
    return (
        Weather(openings=lately, digest=digest, last_joined_at=now),
        Shelter(digest=digest, begins=True),
    )


def recalled(incidents: Collection[Incident], *, a_minute: int) -> Weather:
    """What is known of a channel after a restart, by the incidents that go there."""
    own = sorted(
        (each.noticed_at, each.id)
        for each in incidents
        if each.shown and each.noticed_at is not None and each.key.scope is not Scope.STORM
    )
    openings = tuple((identity, at) for at, identity in own[-a_minute:])
    joined = [
        (each.attention.unattended_since or each.first_at, each.storm)
        for each in incidents
        if each.storm is not None
    ]
    if not joined:
        return Weather(openings=openings)
    last_joined_at, digest = max(joined)
    return Weather(openings=openings, digest=digest, last_joined_at=last_joined_at)


def opened(identity: IncidentId, death: Death, before: Sequence[Incident], now: datetime) -> Step:
    """The digest with its first member's first death; `before` are the incidents of the minute before."""
    key = IncidentKey(
        cluster=death.id.cluster,
        namespace="",
        owner=Owner(kind="Storm", name=identity),
        cause=death.cause,
        scope=Scope.STORM,
    )
    incident = engine.opened(identity, death, key)
    named = tuple(
        replace(part, deaths=0, pods=0, told_in=each.id) for each in before for part in each.workloads
    )
    turn = Turn(replace(incident, workloads=(*named, *incident.workloads), noticed_at=now), now)
    turn.unattended()
    turn.tell(StoryKind.OPENED, aloud=False, deaths=incident.deaths)
    digest, effects = turn.opening()
    return Step(incident=digest, effects=effects)


def ending(members: Iterable[Incident]) -> tuple[IncidentState, Ending] | None:
    """How a storm has ended: as the worst of its members; None while one of them is open.

    A storm of which every incident recovered is recovered; if some are merely gone, or were closed by
    somebody, it says how many.
    """
    every = [each for each in members if each.state is not IncidentState.MERGED]
    if any(not each.state.is_over for each in every):
        return None
    endings = [each.ending for each in every if each.ending is not None]
    if not endings:
        return None
    since = max(each.since for each in endings)
    unwatched = sum(each.unwatched for each in endings)
    counts = {
        state.value: sum(each.state is state for each in every)
        for state in (IncidentState.RECOVERED, IncidentState.GONE, IncidentState.CLOSED)
    }
    counts[IncidentState.GONE.value] -= unwatched
    counts["not watched any more"] = unwatched
    words = ", ".join(f"{count} {how}" for how, count in counts.items() if count)
    recovered = counts[IncidentState.RECOVERED.value] == len(every)
    state = IncidentState.RECOVERED if recovered else IncidentState.GONE
    return state, Ending(
        since=since,
        words=f"all {len(every)} incidents recovered" if recovered else words,
        still_failing=any(each.still_failing for each in endings),
    )
