"""What surrounds a death, read from the API server: events, owner, revisions, node, metrics.

A few requests a death, each with a short bound of its own: an alert does not wait for them (`incidents`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from bot.errors import ObjectNotFound
from bot.kube import parse, parse_revisions, parse_surroundings
from bot.kube.api import ApiServer, Deadline
from bot.kube.request import Request, checked, collection
from bot.model.events import Event
from bot.model.pods import Owner, PodUid
from bot.model.revisions import Revision
from bot.model.surroundings import OWNER_KINDS, NodeState, OwnerState

WITHIN = 3.0
"""Seconds for each request, repetitions included."""

MOST_EVENTS = 200
MOST_REVISIONS = 100
"""A Deployment keeps 10 old ReplicaSets unless it is told otherwise (`revisionHistoryLimit`)."""

_GROUPS = {"Job": "batch/v1", "CronJob": "batch/v1"}
_APPS = "apps/v1"
_PLURALS = {kind: f"{kind.lower()}s" for kind in OWNER_KINDS}

_T = TypeVar("_T")


class KubeSurroundings:
    """Reads the surroundings of deaths in one cluster.

    Implements `incidents.ports.Surroundings` and `watch.ports.OwnerSource`.

    Every method ends within `WITHIN` seconds and raises `bot.errors.ClusterError`s.
    """

    def __init__(self, api: ApiServer) -> None:
        """`api` is the cluster's own, with its connections."""
        self._api = api

    async def events(self, namespace: str, uid: PodUid) -> Sequence[Event]:
        """The events about the pod of this UID, `MOST_EVENTS` at most."""
        request = Request(
            path=collection("events", namespace),
            query=(("fieldSelector", f"involvedObject.uid={uid}"), ("limit", str(MOST_EVENTS))),
            doing=f"list the events in {namespace}",
        )
        return await self._read(request, lambda body: parse.events(body).events)

    async def owner(self, namespace: str, owner: Owner) -> OwnerState | None:
        """The owner as it is now; None where it is not there any more. Its kind is one of `OWNER_KINDS`."""
        request = Request(
            path=f"{_path(owner.kind, namespace)}/{checked(owner.name, owner.kind)}",
            doing=f"look at {owner} in {namespace}",
            subject=f"{owner.kind} `{owner.name}` in {namespace}",
        )
        try:
            return await self._read(request, lambda body: parse_surroundings.owner(owner.kind, body))
        except ObjectNotFound:
            return None

    async def namespace_annotations(self, namespace: str) -> dict[str, str]:
        """Those annotations of a namespace that are podbot's; none where there is no such namespace."""
        try:
            return await self._read(_look_at(namespace), parse_surroundings.podbot_annotations)
        except ObjectNotFound:
            return {}

    async def has_namespace(self, namespace: str) -> bool:
        """Whether there is a namespace of this name."""
        try:
            await self._read(_look_at(namespace), len)
        except ObjectNotFound:
            return False
        return True

    async def revisions(self, namespace: str, deployment: OwnerState) -> tuple[Revision, ...]:
        """The revisions of a Deployment that are still kept, in no particular order."""
        selector = ",".join(f"{key}={value}" for key, value in deployment.selector)
        request = Request(
            path=_path("ReplicaSet", namespace),
            query=(
                *((("labelSelector", selector),) if selector else ()),
                ("limit", str(MOST_REVISIONS)),
            ),
            doing=f"list the ReplicaSets in {namespace}",
        )
        return await self._read(request, lambda body: parse_revisions.revisions(body, deployment))

    async def node(self, name: str) -> NodeState:
        """What is wrong with a node."""
        request = Request(
            path=f"/api/v1/nodes/{checked(name, 'node')}",
            doing=f"look at node {name}",
            subject=f"node `{name}`",
        )
        try:
            return await self._read(request, parse_surroundings.node)
        except ObjectNotFound:
            return NodeState(name=name, there=False)

    async def memory_in_use(self, namespace: str, pod: str, container: str) -> str:
        """What metrics.k8s.io last measured, as a quantity; empty where it has nothing on this container."""
        where = checked(namespace, "namespace")
        request = Request(
            path=f"/apis/metrics.k8s.io/v1beta1/namespaces/{where}/pods/{checked(pod, 'pod')}",
            doing=f"read the metrics of pod {pod} in {namespace}",
            subject=f"metrics of pod `{pod}` in {namespace}",
        )
        return await self._read(request, lambda body: parse_surroundings.memory_use(body, container))

    async def _read(self, request: Request, decode: Callable[[bytes], _T]) -> _T:
        return await self._api.read(request, decode, deadline=Deadline(WITHIN))


def _look_at(namespace: str) -> Request:
    return Request(
        path=f"/api/v1/namespaces/{checked(namespace, 'namespace')}",
        doing=f"look at namespace {namespace}",
        subject=f"namespace `{namespace}`",
    )


def _path(kind: str, namespace: str) -> str:
    group = _GROUPS.get(kind, _APPS)
    return f"/apis/{group}/namespaces/{checked(namespace, 'namespace')}/{_PLURALS[kind]}"
