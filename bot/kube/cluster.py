"""The cluster as the pod service and the watch see it: pods, logs, deletions, events, and what changes."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.kube import access, identity, parse, parse_usage, raw_api
from bot.kube.api import RETRY_PAUSES, ApiServer, Deadline
from bot.kube.clients import OpenClient
from bot.kube.container_logs import ContainerLogs
from bot.kube.controllers import Controllers
from bot.kube.debugging import DebugContainers
from bot.kube.leases import KubeLease
from bot.kube.listing import Listings
from bot.kube.own_deletions import OwnDeletions
from bot.kube.request import Request, pod_path, usage_request
from bot.kube.surroundings import KubeSurroundings
from bot.kube.unreadable import UnreadablePods
from bot.kube.watching import Watches
from bot.model.api_path import ApiPath
from bot.model.controllers import Controller, DisruptionBudget
from bot.model.events import Event
from bot.model.pods import ClusterName, ClusterUid, Pod, PodUid
from bot.model.targets import TargetKind
from bot.model.usage import PodUsage
from bot.pods.ports import Claims, DebugContainer, LogText, RawPod
from bot.watch.ports import PodPage, WatchLine


@dataclass(frozen=True, slots=True, kw_only=True)
class Timings:
    """How long the cluster is waited for, in seconds."""

    command: float = 8.0
    """What a person asked for: even a hanging API server is to be reported to them within ten."""
    page: float = 30.0
    """One page of the mirror's listing."""
    watch_opens: float = 30.0
    watch_silence: float = 85.0
    """A watch without a byte for so long is taken for dead: bookmarks come about once a minute."""
    watch_ends: tuple[int, int] = (300, 600)
    """From and to when the server is asked to end a watch: they must not all end at once."""
    retry_pauses: tuple[float, ...] = RETRY_PAUSES


USUAL = Timings()


class KubeCluster:
    """One cluster, over its API server.

    Implements `pods.ports.PodCluster`, and `watch.ports.PodSource` as `watch.recognition.Identified` has it.
    """

    def __init__(
        self,
        name: ClusterName,
        open_client: OpenClient,
        *,
        default_namespace: str = "default",
        page_size: int = 500,
        timings: Timings = USUAL,
        claims: Claims | None = None,
    ) -> None:
        """Made by `connect`; connects at the first request."""
        self._api = ApiServer(name, open_client, retry_pauses=timings.retry_pauses)
        self._default_namespace = default_namespace
        self._timings = timings
        self._bad = UnreadablePods(name)
        self._listings = Listings(self._api, self._bad, page_size=page_size, within=timings.command)
        self._watches = Watches(
            self._api,
            self._bad,
            opens_within=timings.watch_opens,
            silence=timings.watch_silence,
            ends=timings.watch_ends,
        )
        self._controllers = Controllers(self._api, within=timings.command)
        self._container_logs = ContainerLogs(self._api, within=timings.command)
        self._debug_containers = DebugContainers(self._api, within=timings.command)
        self._own_deletions = OwnDeletions(name, claims)
        self._surroundings = KubeSurroundings(self._api)

    @property
    def name(self) -> ClusterName:
        """How messages call this cluster."""
        return self._api.name

    @property
    def default_namespace(self) -> str:
        """The namespace that the kube context names, for commands that name none."""
        return self._default_namespace

    @property
    def surroundings(self) -> KubeSurroundings:
        """What alerts ask of the cluster beside its pods, over the same connections."""
        return self._surroundings

    def lease(self, namespace: str, name: str) -> KubeLease:
        """The lease of this name, over the same connections; it need not exist."""
        return KubeLease(self._api, namespace, name, within=self._timings.command)

    async def allows(self, right: access.Right, namespace: str) -> bool:
        """Whether podbot's own account has a right in a namespace (`ALL_NAMESPACES`: in all of them)."""
        return await access.allowed(self._api, right, namespace, within=self._timings.command)

    async def uid(self) -> ClusterUid:
        """Which cluster it is, whatever it is called."""
        return await identity.read(self._api, within=self._timings.command)

    async def deleted_by_bot(self, uid: PodUid) -> bool:
        """Whether the bot itself has deleted the pod of this UID, as far as it remembers."""
        return await self._own_deletions.known(uid)

    @property
    def unreadable(self) -> int:
        """How many pods came that did not decode, in listings and watches, since the start."""
        return self._bad.count

    async def close(self) -> None:
        """Close every connection; calls under way fail."""
        await self._api.close()

    async def list_pods(self, namespace: str, *, selector: str = "", fields: str = "") -> Sequence[Pod]:
        """The pods of a namespace (`ALL_NAMESPACES`: of all) that both selectors take, read by pages."""
        return await self._listings.pods(namespace, selector, fields)

    async def raw_pods(
        self, namespace: str, *, selector: str = "", fields: str = "", most: int
    ) -> Sequence[RawPod]:
        """The same with all that the API server has to say of each; at most `most` of them are read."""
        return await self._listings.raw_pods(namespace, selector, fields, most)

    async def get_pod(self, namespace: str, name: str) -> Pod:
        """One pod, by its whole name."""
        request = Request(
            path=pod_path(namespace, name),
            doing=f"look at pod {name} in {namespace}",
            subject=f"pod `{name}` in {namespace}",
        )
        return await self._api.read(request, parse.pod, deadline=Deadline(self._timings.command))

    async def read_log(
        self,
        namespace: str,
        pod: str,
        container: str,
        *,
        previous: bool = False,
        tail: int | None = None,
        since: timedelta | None = None,
        since_time: datetime | None = None,
        timestamps: bool = False,
        limit_bytes: int,
    ) -> LogText:
        """A container's log, at most `limit_bytes` of it; with `tail`, the newest lines that fit."""
        return await self._container_logs.read(
            namespace,
            pod,
            container,
            previous=previous,
            tail=tail,
            since=since,
            since_time=since_time,
            timestamps=timestamps,
            limit_bytes=limit_bytes,
        )

    def follow_log(
        self,
        namespace: str,
        pod: str,
        container: str,
        *,
        tail: int | None = None,
        since_time: datetime | None = None,
        line_limit: int,
    ) -> AbstractAsyncContextManager[AsyncIterator[str]]:
        """The stamped lines of a container's current run as they are written, until the run ends."""
        return self._container_logs.follow(
            namespace, pod, container, tail=tail, since_time=since_time, line_limit=line_limit
        )

    async def delete_pod(
        self,
        namespace: str,
        name: str,
        *,
        uid: PodUid,
        grace: timedelta | None = None,
        dry_run: bool = False,
    ) -> None:
        """Delete the pod of exactly this UID; `ObjectConflict` where another has its name by now.

        With `dry_run` the server does all of it, admission included, but for the deletion itself.

        It is sent once.
        """
        options: dict[str, object] = {
            "apiVersion": "v1",
            "kind": "DeleteOptions",
            "preconditions": {"uid": uid},
        }
        if grace is not None:
            options["gracePeriodSeconds"] = math.ceil(grace.total_seconds())
        if dry_run:
            options["dryRun"] = ["All"]
        request = Request(
            method="DELETE",
            path=pod_path(namespace, name),
            body=options,
            doing=f"delete pod {name} in {namespace}",
            subject=f"pod `{name}` in {namespace}",
        )
        deadline = Deadline(self._timings.command)
        if dry_run:
            await self._api.fetch(request, deadline=deadline)
            return
        async with self._own_deletions.noted(uid):
            await self._api.fetch(request, deadline=deadline)

    async def add_debug_container(
        self, namespace: str, name: str, *, uid: PodUid, container: DebugContainer
    ) -> None:
        """Add a debug container to the pod of exactly this UID; `NotServed` where the cluster cannot."""
        await self._debug_containers.add(namespace, name, uid=uid, container=container)

    async def read_path(self, path: ApiPath, *, limit_bytes: int) -> bytes:
        """What the API server answers at a path; `InvalidRequest` where it is more than `limit_bytes`."""
        return await raw_api.read(self._api, path, within=self._timings.command, limit_bytes=limit_bytes)

    async def get_controller(self, kind: TargetKind, namespace: str, name: str) -> Controller:
        """One Deployment, Job and so on, by its whole name; `kind` is not `POD`."""
        return await self._controllers.get(kind, namespace, name)

    async def list_budgets(self, namespace: str) -> Sequence[DisruptionBudget]:
        """The PodDisruptionBudgets of a namespace."""
        return await self._controllers.budgets(namespace)

    async def pod_usage(self, namespace: str, *, pod: str = "", selector: str = "") -> Sequence[PodUsage]:
        """What the pods of a namespace (`ALL_NAMESPACES`: of all), or one of them, use at the moment."""
        request = usage_request(namespace, pod, selector)
        decode = parse_usage.one if pod else parse_usage.several
        return await self._api.read(request, decode, deadline=Deadline(self._timings.command))

    async def list_events(
        self, namespace: str, *, uid: PodUid | None = None, pod: str = ""
    ) -> Sequence[Event]:
        """The events of a namespace, or those about one object or about pods of one name, in no order."""
        return await self._listings.events(namespace, uid, pod)

    def pod_pages(self, namespace: str) -> AsyncIterator[PodPage]:
        """All pods of a namespace, page by page, all of one resource version; `HistoryGone` in between."""
        return self._listings.pages(namespace, within=self._timings.page)

    async def latest_version(self, namespace: str) -> str:
        """The resource version at which the pods of a namespace are now."""
        return await self._listings.latest_version(namespace, within=self._timings.page)

    def watch_pods(
        self, namespace: str, *, resource_version: str
    ) -> AbstractAsyncContextManager[AsyncIterator[WatchLine]]:
        """What happens after `resource_version`, until the server ends the watch (5 to 10 min)."""
        return self._watches.watch(namespace, resource_version=resource_version)
