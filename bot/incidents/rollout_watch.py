"""Looks for rollouts of what is broken, so that its thread says what mended it.

The pods in the mirror are looked at every two seconds, and only while an incident of a Deployment is open.
Where they look like a rollout (`rollouts`), the Deployment's revisions are read. Incidents are changed by the
keeper alone: what is found goes to `found`.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from bot import logs
from bot.clock import Clock
from bot.errors import ClusterError
from bot.incidents import rollouts
from bot.incidents.followup import Found
from bot.incidents.held import Held
from bot.incidents.inputs import NewRevision
from bot.incidents.mistakes import contained
from bot.incidents.ports import Surroundings
from bot.incidents.recovery import Workload
from bot.incidents.rollouts import Lineup
from bot.model.pods import Pod
from bot.model.revisions import Revision

LOOK_EVERY = 2.0
"""Seconds between two looks at the pods."""

READ_WITHIN = 6.0
"""Seconds for the two requests that a reading takes."""

READ_EVERY = 10.0
"""Seconds between two readings of one Deployment, whose pods may come and go for other reasons, too."""

LONGEST_PAUSE = 300.0
"""What cannot be read is tried again after twice the time, and so on up to this: a right may be missing."""

AT_ONCE = 4
"""Deployments that are read at the same time."""

MOST_A_LOOK = 20
"""Deployments that are read before the next look; with more, the others have their turn then."""

log = logs.get(__name__)


@dataclass(slots=True)
class _Watched:
    """One Deployment with an open incident."""

    lineup: Lineup
    due: bool = False
    """Its pods looked like a rollout, and its revisions were not read since."""
    read_at: float = 0.0
    """Not before then are they read again."""
    pause: float = READ_EVERY


class RolloutWatch:
    """Looks for rollouts of the Deployments that the incidents of `held` are about."""

    def __init__(
        self,
        held: Callable[[], Iterable[Held]],
        found: Found,
        *,
        every_pod: Callable[[], Iterable[Pod]],
        surroundings: Surroundings,
        clock: Clock,
    ) -> None:
        """`every_pod`: those of the mirror."""
        self._held = held
        self._found = found
        self._every_pod = every_pod
        self._surroundings = surroundings
        self._clock = clock
        self._watched: dict[Workload, _Watched] = {}
        self._reading = asyncio.Semaphore(AT_ONCE)

    async def run(self) -> None:
        """Look again and again, until cancelled."""
        while True:
            await self._clock.sleep(LOOK_EVERY)
            open_ones = self._open_ones()
            with contained("rollouts"):
                self._look(open_ones)
            due = [each for each in open_ones if self._is_due(each)][:MOST_A_LOOK]
            async with asyncio.TaskGroup() as tasks:
                for workload in due:
                    reading = self._read(workload, open_ones[workload])
                    tasks.create_task(reading, name=f"revisions of {workload.owner}")

    def _open_ones(self) -> Mapping[Workload, Sequence[Held]]:
        """The incidents to look for, by their Deployment."""
        found: dict[Workload, list[Held]] = defaultdict(list)
        for held in self._held():
            workload = rollouts.followed(held.incident)
            if workload is not None:
                found[workload].append(held)
        return found

    def _look(self, open_ones: Mapping[Workload, Sequence[Held]]) -> None:
        self._watched = {each: seen for each, seen in self._watched.items() if each in open_ones}
        if not open_ones:
            return
        for workload, pods in rollouts.pods_of(open_ones, self._every_pod()).items():
            incident = rollouts.least_knowing(held.incident for held in open_ones[workload])
            watched = self._watched.get(workload)
            if watched is None:
                watched = _Watched(lineup=rollouts.lineup_known_to(incident, pods))
                self._watched[workload] = watched
            now = rollouts.lineup(pods)
            watched.due |= rollouts.shows_in(now, watched.lineup, rollouts.known(incident))
            watched.lineup = now

    def _is_due(self, workload: Workload) -> bool:
        watched = self._watched.get(workload)
        return watched is not None and watched.due and watched.read_at <= self._clock.monotonic()

    async def _read(self, workload: Workload, incidents: Sequence[Held]) -> None:
        watched = self._watched[workload]
        async with self._reading:
            revisions = await self._revisions(workload)
        watched.read_at = self._clock.monotonic() + watched.pause
        if revisions is None:
            watched.pause = min(watched.pause * 2, LONGEST_PAUSE)
            return
        watched.due, watched.pause = False, READ_EVERY
        for held in incidents:
            with contained("rollout", incident=held.incident.id):
                for change in rollouts.news(held.incident, revisions):
                    log.info("rollout", incident=held.incident.id, revision=change.number)
                    await self._found(held, NewRevision(change=change))

    async def _revisions(self, workload: Workload) -> tuple[Revision, ...] | None:
        """Those of a Deployment, none where there is no such Deployment; None where they cannot be read."""
        try:
            async with asyncio.timeout(READ_WITHIN):
                owner = await self._surroundings.owner(workload.namespace, workload.owner)
                if owner is None or not owner.selector:
                    return ()
                return await self._surroundings.revisions(workload.namespace, owner)
        except (TimeoutError, ClusterError) as error:
            log.info("revisions_unread", owner=str(workload.owner), problem=str(error))
            return None
