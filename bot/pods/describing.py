"""Understanding: a pod's state and why, and what the cluster noted about it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence
from datetime import UTC, datetime
from typing import TypeVar

import msgspec

from bot.clock import Clock
from bot.errors import ClusterError, NotServed, ObjectNotFound
from bot.model.answers import EventList, PodSummary
from bot.model.commands import DescribePod, ListEvents, Verb
from bot.model.events import Event
from bot.model.people import Asker
from bot.model.pods import Pod
from bot.model.problems import NoSuchPod
from bot.model.targets import TargetKind
from bot.model.usage import PodUsage
from bot.pods.finder import Finder
from bot.pods.gate import Gate
from bot.pods.ports import PodCluster
from bot.pods.reach import Reach
from bot.pods.summary import Surroundings, newest_first, summary

PATIENCE = 3.0
"""Seconds that a description waits for what stands around the pod; it is told without after that."""

REVISION = "deployment.kubernetes.io/revision"
"""The annotation by which a Deployment numbers its ReplicaSets (`deploymentutil.RevisionAnnotation`)."""

_OLDEST = datetime.min.replace(tzinfo=UTC)
_T = TypeVar("_T")


class Describing:
    """Answers questions about why; changes nothing."""

    def __init__(self, cluster: PodCluster, gate: Gate, finder: Finder, clock: Clock) -> None:
        self._cluster = cluster
        self._gate = gate
        self._reach = Reach(gate)
        self._finder = finder
        self._clock = clock

    async def describe(self, asker: Asker, command: DescribePod) -> PodSummary:
        """A pod's state and why; with its events where the asker may read them."""
        what = f"pod/{command.pod}"
        decision = self._gate.authorise(asker, Verb.GET, command.namespace, what)
        with self._gate.audited(asker, decision, what):
            pod = await self._finder.by_prefix(asker, command)
            may_see_events = self._gate.allows(asker, Verb.EVENTS, command.namespace)
            async with asyncio.TaskGroup() as tasks:
                events = tasks.create_task(self._events_of(pod, wanted=may_see_events), name="events")
                usage = tasks.create_task(self._usage_of(pod), name="usage")
                revision = tasks.create_task(self._revision_of(pod), name="revision")
            noted, events_problem = events.result()
            used, usage_problem = usage.result()
            around = Surroundings(
                events=noted,
                events_problem=events_problem,
                usage=used,
                usage_problem=usage_problem,
                revision=revision.result(),
            )
            return summary(self._cluster.name, pod, around, self._clock.now())

    async def events(self, asker: Asker, command: ListEvents) -> EventList:
        """What was noted in a namespace, or about one pod, even about one that is gone."""
        what = f"pod/{command.pod}" if command.pod else "events"
        decision = self._reach.authorise(asker, Verb.EVENTS, command.namespace, what)
        with self._gate.audited(asker, decision, what):
            name = await self._whole_name(asker, command) if command.pod else ""

            async def ask(namespace: str) -> Sequence[Event]:
                return await self._cluster.list_events(namespace, pod=name)

            found = await self._reach.read(asker, decision, ask, lambda each: each.metadata.namespace)
        since = self._clock.now() - command.since if command.since else _OLDEST
        wanted = [
            each
            for each in found.things
            if (each.last_seen or _OLDEST) >= since and (not command.warnings or each.type != "Normal")
        ]
        return EventList(
            cluster=self._cluster.name,
            asked=msgspec.structs.replace(command, pod=name),
            # Masking the messages of a whole cluster takes seconds, which the event loop has not to spare.
            events=await asyncio.to_thread(newest_first, wanted),
            namespaces_left_out=found.left_out,
        )

    async def _whole_name(self, asker: Asker, command: ListEvents) -> str:
        """The pod's name; of one that is gone as it was given, since its events outlive it."""
        try:
            return (await self._finder.by_prefix(asker, command)).name
        except NoSuchPod:
            if await self._cluster.list_events(command.namespace, pod=command.pod):
                return command.pod
            raise

    async def _events_of(self, pod: Pod, *, wanted: bool) -> tuple[tuple[Event, ...] | None, str]:
        if not wanted:
            return None, ""
        found, problem = await _in_time(self._cluster.list_events(pod.namespace, uid=pod.uid))
        return None if found is None else newest_first(found), problem

    async def _usage_of(self, pod: Pod) -> tuple[PodUsage | None, str]:
        if pod.status.phase != "Running":
            return None, ""
        # No figures is how most clusters are for a while, and some always.
        found, problem = await _in_time(
            self._cluster.pod_usage(pod.namespace, pod=pod.name), usual=(NotServed, ObjectNotFound)
        )
        return (found[0] if found else None), problem

    async def _revision_of(self, pod: Pod) -> str:
        controller = pod.controller
        if controller is None or controller.kind != "ReplicaSet":
            return ""
        found, _ = await _in_time(
            self._cluster.get_controller(TargetKind.REPLICA_SET, pod.namespace, controller.name)
        )
        return found.metadata.annotations.get(REVISION, "") if found else ""


async def _in_time(
    asked: Awaitable[_T], *, usual: tuple[type[ClusterError], ...] = ()
) -> tuple[_T | None, str]:
    """What was asked for, or why there is none; errors that are `usual` need no word."""
    try:
        return await asyncio.wait_for(asked, timeout=PATIENCE), ""
    except TimeoutError:
        return None, f"The cluster did not give them within {PATIENCE:.0f} s."
    except usual:
        return None, ""
    except ClusterError as error:
        return None, str(error)
