"""Follow-up: looks after open incidents until `recovery` judges them over, workload by workload.

It looks at the pods in the mirror every second, which costs no request, and asks the owner once they have
been well for the hold-down. Incidents are changed by the keeper alone: what is found goes to `found`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

from bot import logs
from bot.clock import Clock
from bot.errors import ClusterError, Deposed
from bot.incidents import readiness, recovery, recovery_of_many, replacements
from bot.incidents.held import Held
from bot.incidents.inputs import Escalate, Gone, Input, Recovered, Recovering, Relapsed, Replaced
from bot.incidents.mistakes import contained
from bot.incidents.ports import PodLookup, Surroundings
from bot.incidents.recovery import Following, Judgement, Verdict, Workload
from bot.model.incidents import Ending, Incident, IncidentKey, Replacements, Scope
from bot.model.pods import Pod
from bot.model.tuning import Timings

LOOK_EVERY = 1.0
"""Seconds between two looks."""

COUNT_EVERY = 5.0
"""Seconds between two counts of the replacements, which go through all pods."""

OWNERS_AT_ONCE = 4
"""Owners that are asked at the same time."""

_UNASKED = Judgement(verdict=Verdict.WAIT, words="the owner could not be asked")
"""What an owner that did not answer says: nothing, neither that it has all nor that it has not."""

log = logs.get(__name__)

Found = Callable[[Held, Input], Awaitable[None]]
"""Has an incident take in what was found about it."""


@dataclass(frozen=True, slots=True)
class _Looked:
    """One workload after a look at its pods."""

    key: IncidentKey
    following: Following
    judgement: Judgement


class FollowUp:
    """Looks every second whether the incidents that `held` gives have recovered."""

    def __init__(
        self,
        held: Callable[[], Iterable[Held]],
        found: Found,
        *,
        pods: PodLookup,
        surroundings: Surroundings,
        clock: Clock,
        every_pod: Callable[[], Iterable[Pod]] = tuple,
        is_complete: Callable[[Workload], bool] = lambda _: False,
        in_sync: Callable[[str], bool] = lambda _: True,
        watches: Callable[[str], bool] = lambda _: True,
        timings: Callable[[], Timings] = Timings,
    ) -> None:
        """`every_pod`: those of the mirror, among which replacements are counted.

        `is_complete`: whether an owner is seen to have all the pods that it wants, Ready; without it, that an
        incident is about to recover is only told of bare pods. `in_sync`: whether the mirror sees all of a
        namespace now; `watches`: whether a namespace is watched at all. `timings`: those in force now, asked
        for at every look.
        """
        self._held = held
        self._found = found
        self._pods = pods
        self._surroundings = surroundings
        self._clock = clock
        self._every_pod = every_pod
        self._is_complete = is_complete
        self._in_sync = in_sync
        self._watches = watches
        self._timings = timings
        self._gives_up = False
        self._count_at = 0.0
        self._asking = asyncio.Semaphore(OWNERS_AT_ONCE)

    def give_up_unwatched(self) -> None:
        """Call over from now on what is in namespaces that are not watched: nobody will see how it ends."""
        self._gives_up = True

    async def run(self) -> None:
        """Look at every open incident, again and again, until cancelled."""
        while True:
            await self._clock.sleep(LOOK_EVERY)
            open_ones = [each for each in self._held() if each.followings and each.told]
            async with asyncio.TaskGroup() as tasks:
                for held in filter(self._has_news, open_ones):
                    tasks.create_task(self._go_on_safely(held), name=f"follow-up {held.incident.id}")
            if self._clock.monotonic() >= self._count_at:
                self._count_at = self._clock.monotonic() + COUNT_EVERY
                for held in open_ones:
                    with contained("replacements", incident=held.incident.id):
                        await self._count_replacements(held)

    async def _count_replacements(self, held: Held) -> None:
        if not replacements.wanted(held.incident):
            return
        found = replacements.found(held.incident, self._every_pod())
        if found != (held.incident.replacements or Replacements(ready=0)):
            await self._found(held, Replaced(replacements=found))

    def _has_news(self, held: Held) -> bool:
        try:
            looked = self._look(held)
        except Exception:
            # As in `_go_on_safely`.
            log.exception("follow_up_failed", incident=held.incident.id)
            held.followings = ()
            return False
        changed = self._readiness(held) != _told(held.incident)
        return changed or any(each.judgement.verdict is not Verdict.WAIT for each in looked)

    def _readiness(self, held: Held) -> Recovering | None:
        """What is to be told of an incident that is Ready again, and may be called recovered soon."""
        incident, timings = held.incident, self._timings()
        since = recovery_of_many.told_ready(
            incident.key, held.followings, _workloads(incident), self._clock.now(), timings
        )
        return Recovering(since=since, after=timings.recovered) if since is not None else None

    def _look(self, held: Held) -> tuple[_Looked, ...]:
        """Look at the pods, remember what was seen, and say what it tells of each workload."""
        looked = tuple(self._look_at(held.incident.key, each) for each in held.followings)
        held.followings = tuple(each.following for each in looked)
        return looked

    def _look_at(self, key: IncidentKey, following: Following) -> _Looked:
        now = self._clock.now()
        key = recovery_of_many.key_for(key, following)
        if not self._watches(key.namespace):
            return self._left_alone(key, following)
        if not recovery.is_asked(key) and not self._in_sync(key.namespace):
            # How the pods were when they were seen last says nothing of now, and there is nobody to ask.
            return _Looked(key, recovery.anew(following, following.subjects, None), recovery.WAIT)
        pods = {uid: self._pods(key.namespace, each.pod) for uid, each in following.subjects.items()}
        following = recovery.looked(following, pods, now)
        complete = readiness.is_counted(key.owner) and self._is_complete(
            Workload(namespace=key.namespace, owner=key.owner)
        )
        following = readiness.with_readiness(key, following, pods, now, complete=complete)
        if following.found:
            return _Looked(key, following, recovery.WAIT)
        return _Looked(key, following, recovery.judged(key, following, pods, now, self._timings()))

    def _left_alone(self, key: IncidentKey, following: Following) -> _Looked:
        """An owner could still be asked, but whether its pods go on dying is not seen: so for all alike."""
        if following.found is not None:
            return _Looked(key, following, recovery.WAIT)
        judgement = recovery.UNWATCHED if self._gives_up else recovery.WAIT
        return _Looked(key, recovery.anew(following, following.subjects, None), judgement)

    async def _go_on_safely(self, held: Held) -> None:
        try:
            await self._go_on(held)
        except Deposed:
            raise
        except Exception:
            # A mistake of ours about one incident leaves it open, and must not end the telling of deaths.
            log.exception("follow_up_failed", incident=held.incident.id)
            held.followings = ()

    async def _go_on(self, held: Held) -> None:
        judged = held.incident
        for looked in self._look(held):
            if looked.judgement.verdict is not Verdict.WAIT:
                await self._judge(held, looked)
        told = self._readiness(held)
        if told != _told(held.incident):
            await self._found(held, told or Relapsed())
        conclusion = recovery_of_many.conclusion(
            held.followings, _workloads(judged), named=judged.key.scope is Scope.WORKLOAD
        )
        if conclusion.verdict in recovery_of_many.OVER:
            since = recovery_of_many.ready_since(held.followings, _workloads(judged))
            since = since or recovery_of_many.calm_since(held.followings) or self._clock.now()
            unwatched = conclusion.verdict is Verdict.UNWATCHED
            ending = Ending(since=since, words=conclusion.words, unwatched=unwatched)
            log.info("incident", incident=judged.id, verdict=conclusion.verdict.value, why=conclusion.words)
            await self._found(held, _over(conclusion.verdict, ending, judged))

    async def _judge(self, held: Held, looked: _Looked) -> None:
        """Take in what the pods or the owner say of one workload."""
        following, judgement = looked.following, looked.judgement
        if judgement.verdict is Verdict.ASK_OWNER:
            judgement = await self._ask(looked)
            following = recovery.asked(following, looked.key, self._clock.now(), self._timings())
            if judgement.verdict is Verdict.WAIT and judgement is not _UNASKED:
                following = readiness.contradicted(following)
        following = recovery_of_many.with_finding(following, judgement)
        if looked.following not in held.followings:
            return  # more has died while the owner was asked, so its answer is of another time
        held.followings = tuple(following if each is looked.following else each for each in held.followings)
        if judgement.verdict is Verdict.ESCALATE:
            await self._found(held, Escalate(why=judgement.words))

    async def _ask(self, looked: _Looked) -> Judgement:
        key, following = looked.key, looked.following
        async with self._asking:
            try:
                owner = await self._surroundings.owner(key.namespace, recovery.to_ask(key, following))
            except ClusterError as error:
                log.info("owner_unasked", owner=str(key.owner), problem=str(error))
                return _UNASKED
        return recovery.of_owner(owner, following.died_at)


def _workloads(incident: Incident) -> int:
    """How many workloads have to be over; those that other messages tell of are theirs."""
    return len({(each.namespace, each.owner) for each in incident.workloads if each.told_in is None})


def _told(incident: Incident) -> Recovering | None:
    """What its message says of being Ready again."""
    since, after = incident.recovering_since, incident.recovered_after
    return Recovering(since=since, after=after) if since is not None and after is not None else None


def _over(verdict: Verdict, ending: Ending, judged: Incident) -> Recovered | Gone:
    if verdict is Verdict.RECOVERED:
        return Recovered(ending=ending, of_deaths=judged.deaths)
    return Gone(ending=ending, of_deaths=judged.deaths)
