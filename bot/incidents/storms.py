"""The storms of one cluster: which incidents a digest tells of, and when it is over.

The rules are in `storm`; here is what remembers the weather of each channel, for `live`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from bot.incidents import storm
from bot.incidents.effects import Effect
from bot.incidents.held import Held
from bot.incidents.inputs import Died, Gone, Input, Recovered
from bot.incidents.shelf import Shelf
from bot.model.deaths import Death
from bot.model.incidents import Incident, IncidentId, IncidentState, SilencedBy
from bot.model.people import ChannelId
from bot.model.routes import Route
from bot.model.tuning import Limits


class Keeping(Protocol):
    """What storms need of `live`."""

    def apply(self, held: Held, given: Input, now: datetime) -> bool:
        """Have something happen to an incident."""
        ...

    def opened(self, held: Held, effects: tuple[Effect, ...]) -> None:
        """Hold an incident that was not there before."""
        ...


class Storms:
    """The storms among the incidents on a shelf.

    `take_id` gives a free id for a digest, `limits` what holds now.
    """

    def __init__(
        self,
        shelf: Shelf,
        keeping: Keeping,
        take_id: Callable[[], IncidentId],
        limits: Callable[[], Limits],
    ) -> None:
        self._shelf = shelf
        self._keeping = keeping
        self._take_id = take_id
        self._limits = limits
        self._weather: dict[ChannelId, storm.Weather] = {}

    def recall(self) -> None:
        """Know the weather again by the incidents that were taken up."""
        channels: dict[ChannelId, list[Incident]] = defaultdict(list)
        for held in self._shelf:
            if held.route.channels:
                channels[held.route.channels[0]].append(held.incident)
        a_minute = self._limits().incidents_a_minute
        self._weather = {
            channel: storm.recalled(incidents, a_minute=a_minute) for channel, incidents in channels.items()
        }

    def shelter(self, identity: IncidentId, death: Death, route: Route, now: datetime) -> storm.Shelter:
        """What becomes of an incident that opens with this death, which a new digest counts, too."""
        channel = route.channels[0]
        weather = self._weather.get(channel, storm.Weather())
        if weather.digest is not None and self._shelf.get(weather.digest) is None:
            weather = replace(weather, digest=None)  # it was pushed out, and tells nobody anything
        a_minute = self._limits().incidents_a_minute
        weather, shelter = storm.placed(weather, identity, self._take_id, now, a_minute=a_minute)
        self._weather[channel] = weather
        if shelter.begins and shelter.digest is not None:
            self._begin(shelter.digest, death, route, weather.openings, now)
        return shelter

    def count(self, held: Held, death: Death, now: datetime, *, silence: SilencedBy | None) -> None:
        """Have the digest that tells of an incident count one more death of it; `silence`: the digest's."""
        digest = self._shelf.get(held.incident.storm)
        if digest is not None:
            self._keeping.apply(digest, Died(death=death, silence=silence), now)
            self._shelf.forward(digest)  # it goes after its members: they would be told by nobody

    def perhaps_end(self, identity: IncidentId | None, now: datetime) -> None:
        """End a storm if all its members are over."""
        digest = self._shelf.get(identity)
        if digest is None or digest.incident.state.is_over:
            return
        ended = storm.ending(each.incident for each in self._shelf if each.incident.storm == identity)
        if ended is not None:
            state, ending = ended
            over = Recovered if state is IncidentState.RECOVERED else Gone
            self._keeping.apply(digest, over(ending=ending, of_deaths=digest.incident.deaths), now)

    def is_orphan(self, held: Held) -> bool:
        """Whether the digest that told of it is gone, so that nobody would hear of it."""
        return held.incident.storm is not None and self._shelf.get(held.incident.storm) is None

    def awaits(self, held: Held) -> bool:
        """Whether a storm is not over that it is a member of."""
        digest = self._shelf.get(held.incident.storm)
        return digest is not None and not digest.incident.state.is_over

    def _begin(
        self,
        identity: IncidentId,
        death: Death,
        route: Route,
        before: Sequence[tuple[IncidentId, datetime]],
        now: datetime,
    ) -> None:
        told = [held.incident for each, _ in before if (held := self._shelf.get(each)) is not None]
        step = storm.opened(identity, death, told, now)
        if step.incident is None:
            raise RuntimeError("what opens has no incident")
        digest = Held(incident=step.incident, route=route, told=True)  # it has no evidence to wait for
        self._keeping.opened(digest, step.effects)
