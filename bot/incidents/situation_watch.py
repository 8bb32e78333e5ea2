"""Looks at what is around the incidents that fire: how many of the owner's pods are Ready, what is held back.

Every second the pods in the mirror are counted, in one pass for all incidents. How many an owner wants is
read with a death's circumstances, and again where its pods look as if it had changed. A message is changed
where it would say something else. Incidents are changed by the keeper alone: what is found goes to `found`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot import logs
from bot.clock import Clock
from bot.errors import ClusterError
from bot.incidents import readiness, recovery_of_many, rollouts, situation
from bot.incidents.followup import Found
from bot.incidents.held import Held
from bot.incidents.inputs import Looked
from bot.incidents.mistakes import contained
from bot.incidents.ports import PodLookup, Surroundings
from bot.incidents.recovery import Workload
from bot.model.pods import Pod
from bot.model.situations import Situation
from bot.model.surroundings import OwnerState

LOOK_EVERY = 1.0
"""Seconds between two looks at the pods."""

TELL_EVERY = timedelta(seconds=3)
"""Between two changes of one message: pods that come and go by the second are not told one by one."""

READ_WITHIN = 6.0
"""Seconds for a request."""

READ_SOON = 2.0
"""Seconds between two readings of one owner while the number of its pods changes."""

READ_AGAIN = 10.0
"""Seconds until an owner is read again that has more or fewer pods than it wants, or could not be read; then
twice that, and so on up to `READ_ANYHOW`."""

READ_ANYHOW = 300.0
"""Seconds after which an owner is read again although nothing looks changed."""

AT_ONCE = 4
"""Owners that are read at the same time."""

MOST_A_LOOK = 20
"""Owners that are read in one go; with more, the others have their turn after that."""

log = logs.get(__name__)


@dataclass(slots=True)
class _Owner:
    """What is known of one owner."""

    state: OwnerState | None
    """None: it could not be read, or is not there."""
    read_at: float
    """In monotonic time, as all of these."""
    not_before: float
    pause: float = READ_AGAIN
    pods: int = -1
    """How many it had when it was last read."""


class SituationWatch:
    """Looks at the surroundings of the incidents that `held` gives."""

    def __init__(
        self,
        held: Callable[[], Iterable[Held]],
        found: Found,
        *,
        pods: PodLookup,
        every_pod: Callable[[], Iterable[Pod]],
        in_sync: Callable[[str], bool],
        surroundings: Surroundings,
        clock: Clock,
    ) -> None:
        """`pods` and `every_pod`: those of the mirror; `in_sync`: whether it sees all of a namespace now."""
        self._held = held
        self._found = found
        self._pods = pods
        self._every_pod = every_pod
        self._in_sync = in_sync
        self._surroundings = surroundings
        self._clock = clock
        self._counted: Mapping[Workload, Sequence[Pod]] = {}
        self._owners: dict[Workload, _Owner] = {}
        self._seen_at: Mapping[str, datetime] = {}
        """When all of a namespace was seen last, of those with incidents that are looked at."""
        self._reading = asyncio.Semaphore(AT_ONCE)

    async def run(self) -> None:
        """Look again and again, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._look_on(), name="situations: pods")
            tasks.create_task(self._read_on(), name="situations: owners")

    def is_complete(self, workload: Workload) -> bool:
        """Whether an owner was seen at the last look to have all that it wants, Ready."""
        pods, known = self._counted.get(workload), self._owners.get(workload)
        if pods is None or known is None or known.state is None or not self._in_sync(workload.namespace):
            return False
        # One whose pods are more or fewer than it wants may want another number by now.
        is_sure = len(pods) in {known.state.desired, known.pods}
        return is_sure and readiness.is_complete(known.state, readiness.ready_among(pods))

    def at_first(self, held: Held) -> Situation | None:
        """How it is around an incident that is about to be told; None where there is nothing to say of it."""
        if not situation.is_told(held.incident) or not self._in_sync(held.incident.key.namespace):
            return None
        workload = situation.workload_of(held.incident)
        if workload is not None:
            self._learn(workload, held)
            counted = rollouts.pods_of([workload], self._every_pod())
            self._counted = {**self._counted, **counted}
        found = self._situation(held)
        return None if _is_empty(found) else found

    async def _look_on(self) -> None:
        while True:
            await self._clock.sleep(LOOK_EVERY)
            open_ones = [each for each in self._held() if each.told and each.followings]
            with contained("situations"):
                self._note_sync(open_ones)
                self._count(open_ones)
            for held in open_ones:
                with contained("situation", incident=held.incident.id):
                    await self._tell(held)

    def _note_sync(self, open_ones: Sequence[Held]) -> None:
        now, places = self._clock.now(), {each.incident.key.namespace for each in open_ones}
        before = {place: at for place, at in self._seen_at.items() if place in places}
        self._seen_at = before | {place: now for place in places if self._in_sync(place)}

    def _count(self, open_ones: Sequence[Held]) -> None:
        workloads: dict[Workload, Held] = {}
        for held in open_ones:
            for following in held.followings:
                key = recovery_of_many.key_for(held.incident.key, following)
                if readiness.is_counted(key.owner):
                    workloads[Workload(namespace=key.namespace, owner=key.owner)] = held
        self._owners = {each: known for each, known in self._owners.items() if each in workloads}
        for workload, held in workloads.items():
            self._learn(workload, held)
        self._counted = rollouts.pods_of(workloads, self._every_pod()) if workloads else {}

    def _learn(self, workload: Workload, held: Held) -> None:
        """Take over what was read of an owner with the circumstances of a death, if that is not long ago."""
        evidence = held.incident.evidence
        around = evidence.circumstances if evidence is not None else None
        if workload in self._owners or around is None or around.owner is None:
            return
        now, age = self._clock.monotonic(), (self._clock.now() - around.read_at).total_seconds()
        if around.owner.owner == workload.owner and 0 <= age < READ_ANYHOW:
            self._owners[workload] = _Owner(state=around.owner, read_at=now - age, not_before=now)

    async def _tell(self, held: Held) -> None:
        before, place = held.incident.situation, held.incident.key.namespace
        if not situation.is_told(held.incident):
            return
        found = self._situation(held)
        now = found.seen_at
        if not self._in_sync(place):
            if before is None:
                return
            # In this process it may not have been seen at all, with the first listing still to come.
            seen_at = max(before.seen_at, self._seen_at.get(place, before.seen_at))
            found = replace(before, seen_at=seen_at, outdated=True)
        if before is None:
            # What the death itself said of a back-off is over as soon as nothing is held back.
            if _is_empty(found) and not held.incident.latest.crash_looping:
                return
        elif situation.is_same(before, found) or now - before.seen_at < TELL_EVERY:
            return
        await self._found(held, Looked(situation=found))

    def _situation(self, held: Held) -> Situation:
        incident = held.incident
        workload = situation.workload_of(incident)
        known = self._owners.get(workload) if workload is not None else None
        pods = self._counted.get(workload) if workload is not None else None
        counted = None
        if pods is not None and known is not None and known.state is not None:
            counted = situation.headcount(incident, pods, known.state)
        held_back = None
        if incident.key.cause.is_container_exit:
            held_back = situation.back_off(held.followings, incident.key.namespace, self._pods)
        return Situation(seen_at=self._clock.now(), headcount=counted, back_off=held_back)

    # What owners want

    async def _read_on(self) -> None:
        while True:
            await self._clock.sleep(LOOK_EVERY)
            due = [
                workload
                for workload, pods in self._counted.items()
                if self._is_due(self._owners.get(workload), len(pods))
            ]
            async with asyncio.TaskGroup() as tasks:
                for workload in due[:MOST_A_LOOK]:
                    tasks.create_task(self._read(workload), name=f"what {workload.owner} wants")

    def _is_due(self, known: _Owner | None, pods: int) -> bool:
        now = self._clock.monotonic()
        if known is None:
            return True
        if known.state is None or not known.state.up_to_date:
            return now >= known.not_before
        if pods == known.state.desired:
            return now - known.read_at >= READ_ANYHOW
        changed = pods != known.pods and now - known.read_at >= READ_SOON
        return changed or now >= known.not_before

    async def _read(self, workload: Workload) -> None:
        async with self._reading:
            state = await self._owner(workload)
        now, pods = self._clock.monotonic(), len(self._counted.get(workload, ()))
        before = self._owners.get(workload)
        again = before is not None and before.pods == pods
        pause = min(before.pause * 2, READ_ANYHOW) if before is not None and again else READ_AGAIN
        self._owners[workload] = _Owner(
            state=state, read_at=now, not_before=now + pause, pause=pause, pods=pods
        )

    async def _owner(self, workload: Workload) -> OwnerState | None:
        try:
            async with asyncio.timeout(READ_WITHIN):
                return await self._surroundings.owner(workload.namespace, workload.owner)
        except (TimeoutError, ClusterError) as error:
            log.info("owner_unread", owner=str(workload.owner), problem=str(error))
            return None


def _is_empty(found: Situation) -> bool:
    return found.headcount is None and found.back_off is None
