"""What stands behind pods that are to be deleted: the controllers that start them, the budgets over them.

Everything is asked for at once and briefly. What cannot be had is said, and holds nothing up.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from bot.errors import ClusterError, ClusterUnreachable, ObjectNotFound
from bot.model.controllers import Controller, DisruptionBudget
from bot.model.pods import Owner, Pod
from bot.model.targets import TargetKind
from bot.pods.ports import PodCluster
from bot.pods.reasons import why_unread

FACTS_WAIT = 2.5
"""Seconds that a plan waits for what stands behind its pods."""

_KINDS = {kind.value: kind for kind in TargetKind if kind is not TargetKind.POD}
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Backing:
    """What was found out."""

    controllers: dict[Owner, Controller | None]
    """By kind and name; None for one that is not there. What could not be read has no entry."""
    budgets: tuple[DisruptionBudget, ...] = ()
    unknown: tuple[str, ...] = ()
    """What could not be read, and why: a clause each."""


def controller_of(pod: Pod) -> Owner | None:
    """What starts the pod's successor, as the pod itself names it."""
    reference = pod.controller
    return Owner(kind=reference.kind, name=reference.name) if reference else None


class BackingReader:
    """Reads what stands behind pods of one namespace."""

    def __init__(self, cluster: PodCluster) -> None:
        self._cluster = cluster

    async def behind(self, namespace: str, pods: Sequence[Pod], *, budgets: bool = True) -> Backing:
        """The controllers of the pods, their Deployments, and the namespace's budgets; raises nothing."""
        owners = dict.fromkeys(
            owner
            for pod in pods
            for owner in (controller_of(pod), pod.owner)
            if owner and owner.kind in _KINDS
        )
        controllers: dict[Owner, Controller | None] = {}
        found: list[DisruptionBudget] = []
        unknown: list[str] = []
        await asyncio.gather(
            *(self._controller(namespace, owner, controllers, unknown) for owner in owners),
            *((self._budgets(namespace, found, unknown),) if budgets else ()),
        )
        return Backing(controllers=controllers, budgets=tuple(found), unknown=tuple(sorted(unknown)))

    async def _controller(
        self, namespace: str, owner: Owner, found: dict[Owner, Controller | None], unknown: list[str]
    ) -> None:
        reading = self._cluster.get_controller(_KINDS[owner.kind], namespace, owner.name)
        try:
            found[owner] = await _in_time(reading)
        except ObjectNotFound:
            found[owner] = None
        except ClusterError as error:
            unknown.append(f"{owner.kind} `{owner.name}` could not be read ({why_unread(error)})")

    async def _budgets(self, namespace: str, found: list[DisruptionBudget], unknown: list[str]) -> None:
        try:
            found += await _in_time(self._cluster.list_budgets(namespace))
        except ClusterError as error:
            unknown.append(f"PodDisruptionBudgets could not be read ({why_unread(error)})")


async def _in_time(reading: Awaitable[_T]) -> _T:
    try:
        async with asyncio.timeout(FACTS_WAIT):
            return await reading
    except TimeoutError:
        raise ClusterUnreachable(f"no answer within {FACTS_WAIT:g} s") from None
