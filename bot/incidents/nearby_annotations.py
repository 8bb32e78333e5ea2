"""What owners and namespaces say by podbot's own annotations, remembered for some minutes.

A pod names its owner, and only the owner its own: the CronJob that made a Job. So an owner is read first, and
then what it is part of.

An alert waits for it as long as nobody notices. A server that does not answer is then left alone for a while,
and alerts go without.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from bot import logs
from bot.clock import Clock
from bot.errors import ClusterRefused, PodbotError
from bot.incidents.ports import AnnotationSource
from bot.model.pods import Owner
from bot.model.surroundings import OWNER_KINDS

WITHIN = 0.5
"""Seconds for all that a batch of deaths needs to know."""

KNOWN_FOR = 300.0
"""Seconds. Whoever changes an annotation has not long to wait, and a server is asked little in a storm."""

LEFT_ALONE_FOR = 30.0
"""Seconds in which what could not be read is not asked for again, nor anything of a server that hung."""

AT_ONCE = 10
MOST_KNOWN = 2_000

log = logs.get(__name__)


class _Place(NamedTuple):
    """A workload, or its namespace where there is no owner."""

    namespace: str
    owner: Owner | None = None


class _Known(NamedTuple):
    """What a place says, and until when that is taken for true, by the monotonic clock."""

    until: float
    annotations: Mapping[str, str]
    part_of: Owner | None = None
    """Of a workload: its own owner, where that is of a kind that can be asked."""
    problem: str = ""
    """Why it could not be read the last time; what is known is from before."""


_UNKNOWN = _Known(0.0, {}, problem="it was not read in time")


class NearbyAnnotations:
    """Reads and remembers the annotations around one cluster's pods.

    What is not known is empty; nothing is raised.
    """

    def __init__(self, source: AnnotationSource, clock: Clock) -> None:
        self._source = source
        self._clock = clock
        self._known: dict[_Place, _Known] = {}
        """The oldest first."""
        self._asks_again_at = 0.0
        self._asking = asyncio.Semaphore(AT_ONCE)

    def of_owner(self, namespace: str, owner: Owner) -> Mapping[str, str]:
        """The owner's, as far as they were read."""
        return self._at(namespace, owner).annotations

    def part_of(self, namespace: str, owner: Owner) -> Owner | None:
        """The owner's own owner, as far as it was read and may say something, too."""
        return self._at(namespace, owner).part_of

    def of_namespace(self, namespace: str) -> Mapping[str, str]:
        """The namespace's, likewise."""
        return self._at(namespace).annotations

    def unread(self, namespace: str, owner: Owner) -> Iterator[tuple[str, str]]:
        """What of an owner's surroundings could not be read: which place, and why."""
        part_of = self.part_of(namespace, owner)
        for each in (owner, part_of):
            if each is not None and each.kind in OWNER_KINDS and self._at(namespace, each).problem:
                yield str(each), self._at(namespace, each).problem
        if self._at(namespace).problem:
            yield "the namespace", self._at(namespace).problem

    async def read(self, workloads: Iterable[tuple[str, Owner]], seconds: float = WITHIN) -> None:
        """Read what these workloads and their namespaces say, side by side, in `seconds` or not at all."""
        if self._clock.monotonic() < self._asks_again_at:
            return
        near: dict[_Place, None] = {}
        for namespace, owner in workloads:
            near[_Place(namespace)] = None
            if owner.kind in OWNER_KINDS:
                near[_Place(namespace, owner)] = None
        try:
            async with asyncio.timeout(seconds):
                await self._look_at(near)
                await self._look_at(self._further(near))
        except TimeoutError:
            self._asks_again_at = self._clock.monotonic() + LEFT_ALONE_FOR
            log.warning("annotations_not_read", places=len(near), asks_again_in=LEFT_ALONE_FOR)

    def _at(self, namespace: str, owner: Owner | None = None) -> _Known:
        return self._known.get(_Place(namespace, owner), _UNKNOWN)

    def _further(self, places: Iterable[_Place]) -> Iterable[_Place]:
        """What these workloads are part of, each once."""
        owners = ((each.namespace, self._at(*each).part_of) for each in places)
        return dict.fromkeys(_Place(namespace, owner) for namespace, owner in owners if owner is not None)

    async def _look_at(self, places: Iterable[_Place]) -> None:
        """Look at those that are not known, side by side."""
        moment = self._clock.monotonic()
        asked = [each for each in places if self._at(*each).until <= moment]
        async with asyncio.TaskGroup() as tasks:
            for each in asked:
                tasks.create_task(self._look(each), name="annotations of an owner or a namespace")

    async def _look(self, place: _Place) -> None:
        try:
            async with self._asking:
                found = await self._asked(place)
        except PodbotError as error:
            log.info("annotations_not_read", namespace=place.namespace, reason=str(error))
            refused = isinstance(error, ClusterRefused)
            problem = "podbot's account may not read it" if refused else "the cluster gave no answer"
            found = self._at(*place)._replace(until=self._from_now(LEFT_ALONE_FOR), problem=problem)
        self._known.pop(place, None)
        self._known[place] = found
        while len(self._known) > MOST_KNOWN:
            del self._known[next(iter(self._known))]

    async def _asked(self, place: _Place) -> _Known:
        until = self._from_now(KNOWN_FOR)
        if place.owner is None:
            return _Known(until, await self._source.namespace_annotations(place.namespace))
        state = await self._source.owner(place.namespace, place.owner)
        if state is None:
            return _Known(until, {})
        part_of = state.part_of if state.part_of is not None and state.part_of.kind in OWNER_KINDS else None
        return _Known(until, dict(state.annotations), part_of)

    def _from_now(self, seconds: float) -> float:
        return self._clock.monotonic() + seconds
