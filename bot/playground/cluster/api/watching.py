"""Watches: a stream of JSON lines, kept alive by bookmarks, ended by its timeout, by a cut, or by an ERROR
event.
"""

import asyncio
import contextlib

import msgspec
from aiohttp import web

from bot.playground.cluster import errors
from bot.playground.cluster.api.answers import Form, form_of, included, object_body
from bot.playground.cluster.api.context import ApiContext, Target
from bot.playground.cluster.api.listing import parse_version
from bot.playground.cluster.objects import Json
from bot.playground.cluster.printing.pods import pod_cells
from bot.playground.cluster.printing.tables import partial_metadata
from bot.playground.cluster.selectors import selector
from bot.playground.cluster.store import WatchCut, Watcher

_LONGEST_SECONDS = 3600.0
_TRUE = frozenset({"1", "true", "True"})


def is_watch(request: web.Request) -> bool:
    """Whether a GET asks for a watch."""
    return request.query.get("watch", "") in _TRUE


class _Stream:
    """One watch on its way to a client."""

    def __init__(self, context: ApiContext, request: web.Request, target: Target) -> None:
        self._context = context
        self._target = target
        self._form = form_of(request.headers.get("Accept", ""))
        self._include = included(request.query.get("includeObject", ""))
        self._header = True
        self._bookmarks = request.query.get("allowWatchBookmarks", "") in _TRUE
        self._initial_end = request.query.get("sendInitialEvents", "") in _TRUE and self._bookmarks
        self.response = web.StreamResponse(
            headers={"Content-Type": "application/json", "Cache-Control": "no-cache, private"}
        )
        self.response.enable_chunked_encoding()

    async def send(self, kind: str, obj: Json) -> None:
        await self.response.write(msgspec.json.encode({"type": kind, "object": obj}) + b"\n")

    async def send_object(self, kind: str, obj: Json) -> None:
        now = self._context.world.agenda.now()
        body = object_body(obj, form=self._form, include=self._include, now=now, header=self._header)
        self._header = False
        await self.send(kind, body)

    async def send_bookmark(self, *, initial_end: bool = False) -> None:
        resource = self._target.resource
        metadata: Json = {
            "resourceVersion": str(self._context.world.store.version),
            "creationTimestamp": None,
        }
        if initial_end:
            metadata["annotations"] = {"k8s.io/initial-events-end": "true"}
        mark: Json = {"kind": resource.kind, "apiVersion": resource.api_version, "metadata": metadata}
        if resource.kind == "Pod":
            mark |= {"spec": {"containers": None}, "status": {}}
        if self._form is Form.OBJECT:
            await self.send("BOOKMARK", mark)
        elif self._form is Form.METADATA:
            await self.send("BOOKMARK", partial_metadata(mark))
        else:
            await self.send("BOOKMARK", self._bookmark_table(mark))

    def _bookmark_table(self, mark: Json) -> Json:
        """Return a bookmark as a Table: the API server prints the empty object as a row like any other."""
        cells: list[object] = []
        if self._target.resource.kind == "Pod":
            empty = {"metadata": {"name": ""}, "spec": {"containers": []}, "status": {}}
            cells = pod_cells(empty, self._context.world.agenda.now())
        return {
            "kind": "Table",
            "apiVersion": "meta.k8s.io/v1",
            "metadata": {"resourceVersion": mark["metadata"]["resourceVersion"]},
            "columnDefinitions": None,
            "rows": [{"cells": cells, "object": partial_metadata(mark)}],
        }

    async def run(self, watcher: Watcher, seconds: float) -> None:
        """Send what the watcher sees until the time is over."""
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        period = self._context.faults.bookmark_seconds
        mark_due = loop.time() + period
        while (left := end - loop.time()) > 0:
            wait = 0.0 if self._initial_end else min(left, max(0.0, mark_due - loop.time()))
            event = await watcher.next(wait)
            if event is not None:
                await self.send_object(*event)
            elif self._initial_end:
                self._initial_end = False
                await self.send_bookmark(initial_end=True)
            elif loop.time() >= mark_due:
                mark_due = loop.time() + period
                if self._bookmarks:
                    await self.send_bookmark()
        if self._bookmarks:
            await self.send_bookmark()


async def serve_watch(context: ApiContext, request: web.Request, target: Target) -> web.StreamResponse:
    """Answer a watch request.

    Raises: Refusal: the options do not make sense, or the history is gone and the cluster is set to say so by
    HTTP.
    """
    query = request.query
    field_selector = query.get("fieldSelector", "")
    if target.name:
        field_selector = ",".join(filter(None, [field_selector, f"metadata.name={target.name}"]))
    matches = selector(target.resource, query.get("labelSelector", ""), field_selector)
    text = query.get("resourceVersion", "")
    since = parse_version(text) if text and text != "0" else None
    seconds = float(query.get("timeoutSeconds") or _LONGEST_SECONDS)
    stream = _Stream(context, request, target)
    with contextlib.ExitStack() as stack:
        try:
            watcher = stack.enter_context(
                context.world.store.watch(target.resource, target.namespace, matches, since)
            )
        except errors.Refusal as refusal:
            if context.faults.expired_watch_as_http:
                raise
            await stream.response.prepare(request)
            await stream.send("ERROR", refusal.status())
            return stream.response
        await stream.response.prepare(request)
        with contextlib.suppress(WatchCut, ConnectionError):
            await stream.run(watcher, min(seconds, _LONGEST_SECONDS))
    return stream.response
