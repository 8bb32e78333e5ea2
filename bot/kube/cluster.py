"""The cluster as the pod service and the watch see it: pods, logs, deletions, events, and what changes."""

from __future__ import annotations

import codecs
import math
import random
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta

from bot import logs
from bot.kube import failures, parse
from bot.kube.api import RETRY_PAUSES, ApiServer, Deadline
from bot.kube.clients import OpenClient
from bot.kube.request import Request, checked, collection, place, pod_path
from bot.model.pods import ClusterName, Event, Pod, PodUid
from bot.pods.ports import LogText
from bot.watch.ports import ChangeKind, HistoryGone, PodKey, PodPage, WatchLine

_LINE_LIMIT = 32 << 20  # etcd takes 1.5 MB an object; the rest is room for other stores


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

_log = logs.get(__name__)


class KubeCluster:
    """One cluster, over its API server. Implements `pods.ports.PodCluster` and `watch.ports.PodSource`."""

    def __init__(
        self,
        name: ClusterName,
        open_client: OpenClient,
        *,
        default_namespace: str = "default",
        page_size: int = 500,
        timings: Timings = USUAL,
    ) -> None:
        """Made by `connect`; connects at the first request."""
        self._api = ApiServer(name, open_client, retry_pauses=timings.retry_pauses)
        self._default_namespace = default_namespace
        self._page_size = page_size
        self._timings = timings
        self._unreadable = 0

    @property
    def name(self) -> ClusterName:
        """How messages call this cluster."""
        return self._api.name

    @property
    def default_namespace(self) -> str:
        """The namespace that the kube context names, for commands that name none."""
        return self._default_namespace

    @property
    def unreadable(self) -> int:
        """How many pods came that did not decode, in listings and watches, since the start."""
        return self._unreadable

    async def close(self) -> None:
        """Close every connection; calls under way fail."""
        await self._api.close()

    async def list_pods(self, namespace: str, *, selector: str = "") -> Sequence[Pod]:
        """The pods of a namespace (`ALL_NAMESPACES`: of all) that the selector takes, read by pages."""
        deadline = Deadline(self._timings.command)
        try:
            return await self._all_pods(namespace, selector, deadline)
        except HistoryGone:
            # The listing took longer than its history was kept; a new one begins with new history.
            return await self._all_pods(namespace, selector, deadline)

    async def get_pod(self, namespace: str, name: str) -> Pod:
        """One pod, by its whole name."""
        request = Request(
            path=pod_path(namespace, name),
            doing=f"look at pod {name} in {namespace}",
            subject=f"pod `{name}` in {namespace}",
        )
        body = await self._fetch(request, Deadline(self._timings.command))
        try:
            return parse.pod(body)
        except ValueError as problem:
            raise failures.unreadable(self.name, request, problem) from problem

    async def read_log(
        self,
        namespace: str,
        pod: str,
        container: str,
        *,
        previous: bool = False,
        tail: int | None = None,
        since: timedelta | None = None,
        timestamps: bool = False,
        limit_bytes: int,
    ) -> LogText:
        """A container's log, at most `limit_bytes` of it; with `tail`, the newest lines that fit."""
        query = [("container", checked(container, "container"))]
        if previous:
            query.append(("previous", "true"))
        if since is not None:
            query.append(("sinceSeconds", str(max(math.ceil(since.total_seconds()), 1))))
        if timestamps:
            query.append(("timestamps", "true"))
        request = Request(
            path=f"{pod_path(namespace, pod)}/log",
            query=tuple(query),
            doing=f"read the log of {container} in pod {pod} in {namespace}",
            subject=f"pod `{pod}` in {namespace}",
        )
        deadline = Deadline(self._timings.command)
        log = await self._read_log(request, tail, limit_bytes, deadline)
        cut = log.cut
        while log.cut and tail is not None and tail > 1:
            # The kubelet cuts at the far end, where the newest lines are; asking for fewer brings them back.
            tail = max(tail // 4, 1)
            log = await self._read_log(request, tail, limit_bytes, deadline)
        return LogText(text=log.text, cut=cut)

    async def delete_pod(
        self, namespace: str, name: str, *, uid: PodUid, grace: timedelta | None = None
    ) -> None:
        """Delete the pod of exactly this UID; `ObjectConflict` where another has its name by now.

        It is sent once. (aiohttp itself sends it again where a kept connection proves closed before an
        answer came; bound to the UID, the second one can only find the deletion done.)
        """
        options: dict[str, object] = {
            "apiVersion": "v1",
            "kind": "DeleteOptions",
            "preconditions": {"uid": uid},
        }
        if grace is not None:
            options["gracePeriodSeconds"] = math.ceil(grace.total_seconds())
        request = Request(
            method="DELETE",
            path=pod_path(namespace, name),
            body=options,
            doing=f"delete pod {name} in {namespace}",
            subject=f"pod `{name}` in {namespace}",
        )
        await self._fetch(request, Deadline(self._timings.command))

    async def list_events(self, namespace: str, *, uid: PodUid) -> Sequence[Event]:
        """The events about the object of this UID, in no particular order."""
        deadline = Deadline(self._timings.command)
        found: list[Event] = []
        token = ""
        while True:
            request = self._listing(
                "events", namespace, token, ("fieldSelector", f"involvedObject.uid={uid}")
            )
            body = await self._fetch(request, deadline)
            try:
                page = parse.events(body)
            except ValueError as problem:
                raise failures.unreadable(self.name, request, problem) from problem
            found += page.events
            token = page.meta.continue_
            if not token:
                return found

    async def pod_pages(self, namespace: str) -> AsyncIterator[PodPage]:
        """All pods of a namespace, page by page, all of one resource version; `HistoryGone` in between."""
        token = ""
        while True:
            page = await self._pod_page(namespace, "", token, Deadline(self._timings.page))
            yield PodPage(
                pods=page.pods,
                resource_version=page.meta.resource_version,
                unreadable=tuple(PodKey(each.namespace or namespace, each.name) for each in page.unreadable),
            )
            token = page.meta.continue_
            if not token:
                return

    @asynccontextmanager
    async def watch_pods(
        self, namespace: str, *, resource_version: str
    ) -> AsyncIterator[AsyncIterator[WatchLine]]:
        """What happens after `resource_version`, until the server ends the watch (5 to 10 min)."""
        request = Request(
            path=collection("pods", namespace),
            query=(
                ("watch", "true"),
                ("allowWatchBookmarks", "true"),
                ("resourceVersion", resource_version),
                # Spreads the ends of watches; nothing about it is secret.
                ("timeoutSeconds", str(random.randint(*self._timings.watch_ends))),  # noqa: S311
            ),
            doing=f"watch the pods in {place(namespace)}",
        )
        async with AsyncExitStack() as stack:
            chunks = await stack.enter_async_context(
                self._api.stream(
                    request, open_within=self._timings.watch_opens, silence=self._timings.watch_silence
                )
            )
            yield await stack.enter_async_context(aclosing(self._lines(request, chunks)))

    async def _lines(self, request: Request, chunks: AsyncIterator[bytes]) -> AsyncGenerator[WatchLine, None]:
        splitter = parse.LineSplitter(_LINE_LIMIT)
        async for chunk in chunks:
            try:
                lines = splitter.feed(chunk)
            except ValueError as problem:
                raise failures.unreadable(self.name, request, problem) from problem
            for raw in lines:
                line = self._line(request, raw)
                if line is not None:
                    yield line
        if splitter.pending:
            raise failures.unreadable(self.name, request, "it ended in the middle of a line")

    def _line(self, request: Request, raw: bytes) -> WatchLine | None:
        """One line as the watch's own value; None for a pod that does not decode.

        It is logged and counted; ending the watch over it would only bring the same line again.
        """
        match parse.line(raw):
            case parse.Added(object=pod):
                kind = ChangeKind.ADDED
            case parse.Modified(object=pod):
                kind = ChangeKind.MODIFIED
            case parse.Deleted(object=pod):
                kind = ChangeKind.DELETED
            case parse.Bookmark(object=mark):
                version = mark.metadata.resource_version
                return WatchLine(kind=ChangeKind.BOOKMARK, pod=None, resource_version=version)
            case parse.Failed(object=status):
                raise failures.from_status(self.name, request, status.code, status).error
            case parse.Unreadable() as bad:
                self._report((bad,))
                return None
        return WatchLine(kind=kind, pod=pod, resource_version=pod.metadata.resource_version)

    async def _all_pods(self, namespace: str, selector: str, deadline: Deadline) -> list[Pod]:
        found: list[Pod] = []
        token = ""
        while True:
            page = await self._pod_page(namespace, selector, token, deadline)
            found += page.pods
            token = page.meta.continue_
            if not token:
                return found

    async def _pod_page(self, namespace: str, selector: str, token: str, deadline: Deadline) -> parse.Pods:
        request = self._listing("pods", namespace, token, ("labelSelector", selector))
        body = await self._fetch(request, deadline)
        try:
            page = parse.pods(body)
        except ValueError as problem:
            raise failures.unreadable(self.name, request, problem) from problem
        self._report(page.unreadable)
        return page

    def _listing(self, resource: str, namespace: str, token: str, selector: tuple[str, str]) -> Request:
        query = [("limit", str(self._page_size))]
        if selector[1]:
            query.append(selector)
        if token:
            query.append(("continue", token))
        return Request(
            path=collection(resource, namespace),
            query=tuple(query),
            doing=f"list the {resource} in {place(namespace)}",
        )

    async def _read_log(self, request: Request, tail: int | None, limit: int, deadline: Deadline) -> LogText:
        # One byte more than wanted tells a log that was cut from one that just fits.
        query = (*request.query, ("limitBytes", str(limit + 1)))
        if tail is not None:
            query = (*query, ("tailLines", str(tail)))
        request = replace(request, query=query)
        answer = await self._api.fetch(request, deadline=deadline, cut_at=limit)
        # A cut may fall inside a character: not the log's fault, so it is left out rather than replaced.
        text = codecs.getincrementaldecoder("utf-8")("replace").decode(answer.body, final=not answer.cut)
        return LogText(text=text, cut=answer.cut)

    async def _fetch(self, request: Request, deadline: Deadline) -> bytes:
        return (await self._api.fetch(request, deadline=deadline)).body

    def _report(self, bad: Sequence[parse.Unreadable]) -> None:
        for each in bad:
            self._unreadable += 1
            _log.warning(
                "pod_unreadable",
                cluster=self.name,
                namespace=each.namespace,
                pod=each.name,
                problem=each.problem,
            )
