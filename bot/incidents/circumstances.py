"""What was the case around a death, read in parallel, each part within its own bound.

With the log (`evidence`) it is at most six requests a death: the log once or twice, and once each the events,
the owner, its revisions, and the node or the metrics. Further deaths of the same incident reuse what is
fresh. What does not come is left out: it never delays or loses an alert.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeVar

from bot import logs
from bot.errors import ClusterError
from bot.incidents import recovery
from bot.incidents.ports import Masker, Surroundings
from bot.model import probes
from bot.model.deaths import Cause, Death
from bot.model.events import Event
from bot.model.incidents import Circumstances
from bot.model.revisions import Revision, change_between, newest_of
from bot.model.surroundings import OWNER_KINDS, NodeState, OwnerState

WAIT = 3.0
"""Seconds for each part."""

FRESH_FOR = timedelta(seconds=30)
"""How long the owner, its revisions and the node are not read again for the same incident."""

NODE_CAUSES = frozenset(
    {
        Cause.EVICTED,
        Cause.NODE_LOST,
        Cause.NODE_SHUTDOWN,
        Cause.TAINT_EVICTION,
        Cause.REJECTED,
        Cause.STUCK_CREATING,
        Cause.STUCK_TERMINATING,
    }
)
"""Causes that a node may have a hand in."""

_T = TypeVar("_T")

_log = logs.get(__name__)


async def read(
    surroundings: Surroundings,
    mask: Masker,
    death: Death,
    now: datetime,
    *,
    events: Sequence[Event] | None = None,
    known: Circumstances | None = None,
) -> tuple[Death, Circumstances]:
    """The circumstances, and the death with the cause that its events tell of.

    `events` are its pod's, where they were read already; `known` is what was read for the incident before.
    """
    fresh = known if known is not None and now - known.read_at < FRESH_FOR else None
    async with asyncio.TaskGroup() as tasks:
        told = None if events is not None else tasks.create_task(_events(surroundings, death))
        owner = None if fresh else tasks.create_task(_owner(surroundings, death))
        node = None if fresh or not _asks_node(death) else tasks.create_task(_node(surroundings, death))
        memory = tasks.create_task(_memory(surroundings, death)) if _asks_metrics(death) else None
    events = told.result() if told is not None else events
    state, revisions = owner.result() if owner is not None else (None, ())
    found = Circumstances(
        read_at=fresh.read_at if fresh else now,
        owner=fresh.owner if fresh else state,
        change=fresh.change if fresh else change_between(revisions),
        newest=fresh.newest if fresh else newest_of(revisions),
        node=fresh.node if fresh else (node.result() if node is not None else None),
        memory_in_use=memory.result() if memory is not None else "",
    )
    told_apart = refined(mask, death, events or ())
    return told_apart, replace(found, note=_masked(mask, _note(told_apart, events or ())))


def refined(mask: Masker, death: Death, events: Sequence[Event]) -> Death:
    """The death with the probe that it was killed for, where these events say so, secrets masked."""
    found = death if death.probe is not None else probes.refined(death, events)
    if found.probe is None:
        return found
    return replace(found, probe=replace(found.probe, message=_masked(mask, found.probe.message)))


async def events_within(surroundings: Surroundings, death: Death, seconds: float) -> Sequence[Event] | None:
    """The events of the death's pod, or None where they do not come in time."""
    return await _bounded(surroundings.events(death.namespace, death.id.uid), None, "events", seconds)


async def _events(surroundings: Surroundings, death: Death) -> Sequence[Event]:
    return await events_within(surroundings, death, WAIT) or ()


async def _owner(surroundings: Surroundings, death: Death) -> tuple[OwnerState | None, tuple[Revision, ...]]:
    asked = recovery.job_of(death) or death.owner  # of a CronJob, how the Job fares that the pod is of
    if asked.kind not in OWNER_KINDS:
        return None, ()
    owner = await _bounded(surroundings.owner(death.namespace, asked), None, "owner", WAIT)
    if owner is None or owner.owner.kind != "Deployment" or not owner.selector:
        return owner, ()
    return owner, await _bounded(surroundings.revisions(death.namespace, owner), (), "revisions", WAIT)


async def _node(surroundings: Surroundings, death: Death) -> NodeState | None:
    return await _bounded(surroundings.node(death.node), None, "node", WAIT)


async def _memory(surroundings: Surroundings, death: Death) -> str:
    asking = surroundings.memory_in_use(death.namespace, death.pod, death.id.container)
    return await _bounded(asking, "", "metrics", WAIT)


async def _bounded(asking: Awaitable[_T], otherwise: _T, what: str, seconds: float) -> _T:
    try:
        async with asyncio.timeout(seconds):
            return await asking
    except (TimeoutError, ClusterError) as error:
        _log.debug("circumstance_missing", what=what, problem=str(error))
        return otherwise


def _asks_node(death: Death) -> bool:
    if not death.node:
        return False
    without_a_limit = death.cause is Cause.OOM_KILLED and not death.memory_limit
    return death.cause in NODE_CAUSES or death.reason == "ContainerStatusUnknown" or without_a_limit


def _asks_metrics(death: Death) -> bool:
    return death.cause.is_container_exit and not _asks_node(death)


_TELLING = {
    Cause.STUCK_CREATING: ("FailedMount", "FailedAttachVolume", "FailedCreatePodSandBox", "FailedScheduling"),
    Cause.STUCK_TERMINATING: ("FailedKillPod", "FailedPreStopHook"),
    Cause.NOT_READY: ("Unhealthy",),
}
"""Reasons of the events that say why, the most telling first. Of other causes the status says it."""


def _note(death: Death, events: Sequence[Event]) -> str:
    """The event that says most about what happened, as `FailedMount: …`; empty where none adds anything."""
    if death.cause.is_container_exit and death.probe is None:
        kill = probes.kill_of(death, events)
        return f"{kill.reason}: {kill.message}" if kill is not None else ""
    for reason in _TELLING.get(death.cause, ()):
        said = [event for event in events if event.reason == reason and event.message]
        if said:
            latest = max(said, key=lambda event: event.last_seen.timestamp() if event.last_seen else 0.0)
            return f"{latest.reason}: {latest.message}"
    return ""


def _masked(mask: Masker, text: str) -> str:
    return mask([text])[0][0] if text else text
