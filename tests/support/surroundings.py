"""Surroundings of a death in memory: `bot.incidents.ports.Surroundings` with what a test lays down."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TypeVar

from bot.model.events import Event
from bot.model.pods import Owner, PodUid
from bot.model.revisions import Image, Revision
from bot.model.surroundings import NodeState, OwnerState
from tests.support.pods import at

WEB = Owner(kind="Deployment", name="web")
HEALTHY = OwnerState(owner=WEB, desired=5, present=5, ready=5, selector=(("app", "web"),))

_T = TypeVar("_T")


def a_revision(number: int, tag: str, *, seconds: float = 0, **changes: object) -> Revision:
    """A revision of web with one image."""
    return Revision(
        number=number,
        replica_set=f"web-{number}",
        replica_set_uid=f"web-{number}",
        created_at=at(seconds),
        images=(Image(container="app", image=f"registry.example/shop/web:{tag}"),),
        **changes,  # type: ignore[arg-type]  # fields of Revision, by name
    )


class MemorySurroundings:
    """`asked` tells the calls in order; those in `failing` raise `failure`, `hanging` ones never answer."""

    def __init__(self) -> None:
        self.found_events: Sequence[Event] = ()
        self.state: OwnerState | None = HEALTHY
        self.kept: tuple[Revision, ...] = ()
        self.node_state = NodeState(name="node-1")
        self.memory = ""
        self.failing: set[str] = set()
        self.failing_once: set[str] = set()
        self.failure: Exception | None = None
        self.hanging: set[str] = set()
        self.asked: list[str] = []

    async def events(self, namespace: str, uid: PodUid) -> Sequence[Event]:
        return await self._answer("events", self.found_events)

    async def owner(self, namespace: str, owner: Owner) -> OwnerState | None:
        return await self._answer("owner", self.state)

    async def revisions(self, namespace: str, deployment: OwnerState) -> tuple[Revision, ...]:
        return await self._answer("revisions", self.kept)

    async def node(self, name: str) -> NodeState:
        return await self._answer("node", self.node_state)

    async def memory_in_use(self, namespace: str, pod: str, container: str) -> str:
        return await self._answer("memory", self.memory)

    async def _answer(self, what: str, answer: _T) -> _T:
        self.asked.append(what)
        if what in self.hanging:
            await asyncio.Event().wait()
        if what in self.failing_once and self.failure is not None:
            self.failing_once.discard(what)
            raise self.failure
        if what in self.failing and self.failure is not None:
            raise self.failure
        return answer
