"""An incident as the keeper holds it while it lives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from bot.incidents.records import KeptIncident
from bot.incidents.recovery import Following
from bot.model.deaths import Death
from bot.model.events import Event
from bot.model.incidents import Incident
from bot.model.routes import Route

AWAITED_FOR = timedelta(seconds=10)
"""For which somebody who pressed a button looks at the message to see it change."""


@dataclass(slots=True, eq=False)
class Held:
    """The incident itself is a value; this is the place where its latest version is found."""

    incident: Incident
    route: Route = field(default_factory=Route)
    """Where it was routed when it opened; what is said of it goes there as long as it lives."""
    followings: tuple[Following, ...] = ()
    """What is followed of it, workload by workload; none once nothing more is expected."""
    events: tuple[Death, Sequence[Event]] | None = None
    """Of which death the events were read already, until its evidence is gathered."""
    gathering: bool = False
    """Its evidence is being read."""
    told: bool = False
    """Its letter has been handed over at least once; before, it waits for its evidence for a moment."""
    timeless: bool = False
    """A mistake of ours stopped what goes by time: it is not tried again every second."""
    final: bool = False
    """It is over, or has been pushed out: nothing more will be said of it."""

    pressed_at: datetime | None = None
    """When a person did something to it last."""

    def is_awaited(self, now: datetime) -> bool:
        """Whether somebody waits to see what became of what they did."""
        return self.pressed_at is not None and now - self.pressed_at <= AWAITED_FOR

    def reword(self) -> None:
        """The same incident is to be said in other words: what is announced must be newer than what was."""
        self.incident = replace(self.incident, revision=self.incident.revision + 1)

    def kept(self) -> KeptIncident:
        """What the store keeps of it."""
        return KeptIncident(
            incident=self.incident, route=self.route, followings=self.followings, final=self.final
        )
