"""Silences: what people asked podbot not to announce, until when, and what was kept back meanwhile."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.model.deaths import Cause
from bot.model.incidents import IncidentId, Severity, SilenceId
from bot.model.people import UserId

LONGEST = timedelta(days=7)
"""No silence is for ever: what is still to be silent then has to be asked for again."""

MOST_COUNTED = 1_000
"""Incidents that a silence remembers by id; those beyond are counted with their deaths alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SilenceScope:
    """What a silence takes in. Each part is exact or a glob (`shop-*`); an empty one takes all."""

    cluster: str = ""
    namespace: str = ""
    owner: str = ""
    """A workload, as `web` or `deployment/web`."""
    pod: str = ""
    cause: str = ""
    """Empty: the causes of `Silence.known`, or all where that is empty."""

    @property
    def is_empty(self) -> bool:
        """Whether it takes everything in the world."""
        return not (self.cluster or self.namespace or self.owner or self.pod or self.cause)

    def __str__(self) -> str:
        """As people write it: `deployment/web in shop, OOMKilled`."""
        what = f"pod {self.pod}" if self.pod else self.owner or "everything"
        where = [f"in {self.namespace}"] if self.namespace else []
        where += [f"on {self.cluster}"] if self.cluster else []
        return f"{' '.join([what, *where])}{f', {self.cause}' if self.cause else ''}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """One silence, from when somebody asked for it to when it is told what it kept back."""

    id: SilenceId
    scope: SilenceScope
    author: UserId
    reason: str = ""
    created_at: datetime
    until: datetime
    """At most `LONGEST` after its beginning."""
    incident: IncidentId | None = None
    """It lasts until this incident is over, and no longer than `until`."""
    came_back: int | None = None
    """Of such a one: how often its incident had come back when it was asked for. If it has done so since, it
    was over meanwhile. None: nobody noted that."""
    known: frozenset[Cause] = frozenset()
    """What was firing within the scope when it was asked for. Another cause is news, and breaks through.
    Empty: nothing was, so all is silent; or the scope names the cause itself."""
    severity: Severity = Severity.PAGE
    """The worst that it covers; worse breaks through."""
    ended_at: datetime | None = None
    ended_by: UserId | None = None
    """Who ended it before its time; None: it ended by itself."""
    incidents: frozenset[IncidentId] = frozenset()
    """What it kept back, or kept quiet."""
    deaths: int = 0

    @property
    def covered(self) -> str:
        """What it keeps back, as people say it: `deployment/web in shop (OOMKilled)`, `Error in shop`.

        Its cluster is left out, and what fires meanwhile of other causes is not kept back.
        """
        scope = self.scope
        causes = [scope.cause] if scope.cause else sorted(each.value for each in self.known)
        where = f" in {scope.namespace}" if scope.namespace else ""
        if what := (f"pod {scope.pod}" if scope.pod else scope.owner):
            of = f" ({', '.join(causes)})" if causes else ""
            return f"{what}{where}{of}"
        *others, last = causes or ["everything"]
        return f"{', '.join(others)}{' and ' if others else ''}{last}{where or ' in all namespaces'}"

    def lasts(self, now: datetime) -> bool:
        """Whether it still holds."""
        return self.ended_at is None and now < self.until
