"""What owners and namespaces say by podbot's own annotations, remembered for some minutes.

An alert waits for it as long as nobody notices. A server that does not answer is then left alone for a while,
and alerts go without.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from bot import logs
from bot.clock import Clock
from bot.errors import PodbotError
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


class NearbyAnnotations:
    """Of one cluster. What is not known is empty; nothing is raised."""

    def __init__(self, source: AnnotationSource, clock: Clock) -> None:
        self._source = source
        self._clock = clock
        self._known: dict[_Place, tuple[float, Mapping[str, str]]] = {}
        """Until when it is known, by the monotonic clock; the oldest first."""
        self._asks_again_at = 0.0
        self._asking = asyncio.Semaphore(AT_ONCE)

    def of_owner(self, namespace: str, owner: Owner) -> Mapping[str, str]:
        """The owner's, as far as they were read."""
        return self._known.get(_Place(namespace, owner), (0.0, {}))[1]

    def of_namespace(self, namespace: str) -> Mapping[str, str]:
        """The namespace's, likewise."""
        return self._known.get(_Place(namespace), (0.0, {}))[1]

    async def read(self, workloads: Iterable[tuple[str, Owner]], seconds: float = WITHIN) -> None:
        """Read what these workloads and their namespaces say, side by side, in `seconds` or not at all."""
        moment = self._clock.monotonic()
        if moment < self._asks_again_at:
            return
        wanted: dict[_Place, None] = {}
        for namespace, owner in workloads:
            wanted[_Place(namespace)] = None
            if owner.kind in OWNER_KINDS:
                wanted[_Place(namespace, owner)] = None
        asked = [each for each in wanted if self._known.get(each, (0.0, {}))[0] <= moment]
        if not asked:
            return
        try:
            async with asyncio.timeout(seconds), asyncio.TaskGroup() as tasks:
                for each in asked:
                    tasks.create_task(self._look(each), name="annotations of an owner or a namespace")
        except TimeoutError:
            self._asks_again_at = self._clock.monotonic() + LEFT_ALONE_FOR
            log.warning("annotations_not_read", places=len(asked), asks_again_in=LEFT_ALONE_FOR)

    async def _look(self, place: _Place) -> None:
        try:
            async with self._asking:
                found = await self._annotations(place)
        except PodbotError as error:
            log.info("annotations_not_read", namespace=place.namespace, reason=str(error))
            before = self._known.get(place, (0.0, {}))[1]
            self._keep(place, before, LEFT_ALONE_FOR)
            return
        self._keep(place, found, KNOWN_FOR)

    async def _annotations(self, place: _Place) -> Mapping[str, str]:
        if place.owner is None:
            return await self._source.namespace_annotations(place.namespace)
        state = await self._source.owner(place.namespace, place.owner)
        return {} if state is None else dict(state.annotations)

    def _keep(self, place: _Place, annotations: Mapping[str, str], seconds: float) -> None:
        self._known.pop(place, None)
        self._known[place] = (self._clock.monotonic() + seconds, annotations)
        while len(self._known) > MOST_KNOWN:
            del self._known[next(iter(self._known))]
