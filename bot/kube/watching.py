"""Watches of pods: the lines of an answer that goes on, each decoded as it comes."""

from __future__ import annotations

import random
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AsyncExitStack, aclosing, asynccontextmanager

from bot.kube import failures, parse
from bot.kube.api import ApiServer
from bot.kube.request import Request, collection, place
from bot.kube.unreadable import UnreadablePods
from bot.watch.ports import ChangeKind, WatchLine

_LINE_LIMIT = 32 << 20  # etcd takes 1.5 MB an object; the rest is room for other stores


class Watches:
    """Opens watches of one cluster's pods."""

    def __init__(
        self,
        api: ApiServer,
        bad: UnreadablePods,
        *,
        opens_within: float,
        silence: float,
        ends: tuple[int, int],
    ) -> None:
        """Times in seconds, as `cluster.Timings` has them; pods that do not decode are told to `bad`."""
        self._api = api
        self._bad = bad
        self._opens_within = opens_within
        self._silence = silence
        self._ends = ends

    @asynccontextmanager
    async def watch(
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
                ("timeoutSeconds", str(random.randint(*self._ends))),  # noqa: S311
            ),
            doing=f"watch the pods in {place(namespace)}",
        )
        async with AsyncExitStack() as stack:
            chunks = await stack.enter_async_context(
                self._api.stream(request, open_within=self._opens_within, silence=self._silence)
            )
            yield await stack.enter_async_context(aclosing(self._lines(request, chunks)))

    async def _lines(self, request: Request, chunks: AsyncIterator[bytes]) -> AsyncGenerator[WatchLine, None]:
        splitter = parse.LineSplitter(_LINE_LIMIT)
        async for chunk in chunks:
            try:
                lines = splitter.feed(chunk)
            except ValueError as problem:
                raise failures.unreadable(self._api.name, request, problem) from problem
            for raw in lines:
                line = self._line(request, raw)
                if line is not None:
                    yield line
        if splitter.pending:
            raise failures.unreadable(self._api.name, request, "it ended in the middle of a line")

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
                raise failures.from_status(self._api.name, request, status.code, status).error
            case parse.Unreadable() as bad:
                self._bad.note((bad,))
                return None
        return WatchLine(kind=kind, pod=pod, resource_version=pod.metadata.resource_version)
