"""What containers wrote: read once within a budget of bytes, or followed line by line as it is written."""

from __future__ import annotations

import codecs
import math
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta

from bot.kube.api import ApiServer, Deadline
from bot.kube.request import Request, checked, pod_path
from bot.pods.ports import LogText

_SHARES = (0.125, 0.6, 1.0)
"""What each try may take of the bytes that are left, where a tail proves longer than the budget."""

_ROOM = 0.8
"""Of a share: lines differ in length, so a tail is chosen that probably leaves some of it free."""

_SILENCE = 900.0
"""Seconds without a byte after which a followed log's connection is taken for dead. Containers may well
write nothing for minutes; broken connections are noticed by TCP's own probes (`kubernetes_client`)."""


class ContainerLogs:
    """The `log` subresource of pods. `within` bounds each reading, in seconds."""

    def __init__(self, api: ApiServer, within: float) -> None:
        self._api = api
        self._within = within

    async def read(
        self,
        namespace: str,
        pod: str,
        container: str,
        *,
        previous: bool,
        tail: int | None,
        since: timedelta | None,
        since_time: datetime | None,
        timestamps: bool,
        limit_bytes: int,
    ) -> LogText:
        """A container's log; no more than `limit_bytes` travel, however often it takes to ask."""
        query = [*_since(since, since_time)]
        if previous:
            query.append(("previous", "true"))
        if timestamps:
            query.append(("timestamps", "true"))
        request = _request(namespace, pod, container, query)
        deadline = Deadline(self._within)
        if tail is None:
            return await self._once(request, None, limit_bytes, deadline)
        return await self._newest(request, tail, limit_bytes, deadline)

    async def _newest(self, request: Request, tail: int, limit: int, deadline: Deadline) -> LogText:
        """The newest of the last `tail` lines that fit.

        The kubelet cuts at the far end, where the newest lines are; asking for fewer lines brings them back.
        """
        left, cut = limit, False
        log = LogText(text="", cut=True)
        for at, share in enumerate(_SHARES):
            allowed = max(int(left * share), 1)
            log = await self._once(request, tail, allowed, deadline)
            left -= allowed
            if not log.cut or tail <= 1 or left <= 0:
                break
            cut = True
            lines_a_byte = (log.text.count("\n") + 1) / allowed
            following = _SHARES[min(at + 1, len(_SHARES) - 1)]
            tail = max(min(tail - 1, int(_ROOM * left * following * lines_a_byte)), 1)
        return LogText(text=log.text, cut=cut or log.cut)

    async def _once(self, request: Request, tail: int | None, limit: int, deadline: Deadline) -> LogText:
        # One byte more than wanted tells a log that was cut from one that just fits.
        query = (*request.query, ("limitBytes", str(limit + 1)))
        if tail is not None:
            query = (*query, ("tailLines", str(tail)))
        answer = await self._api.fetch(replace(request, query=query), deadline=deadline, cut_at=limit)
        # A cut may fall inside a character: not the log's fault, so it is left out rather than replaced.
        text = codecs.getincrementaldecoder("utf-8")("replace").decode(answer.body, final=not answer.cut)
        return LogText(text=text, cut=answer.cut)

    @asynccontextmanager
    async def follow(
        self,
        namespace: str,
        pod: str,
        container: str,
        *,
        tail: int | None,
        since_time: datetime | None,
        line_limit: int,
    ) -> AsyncIterator[AsyncIterator[str]]:
        """The lines of the current run, with the runtime's stamp before each, until the run ends."""
        query = [*_since(None, since_time), ("follow", "true"), ("timestamps", "true")]
        if tail is not None:
            query.append(("tailLines", str(tail)))
        request = _request(namespace, pod, container, query)
        async with AsyncExitStack() as stack:
            chunks = await stack.enter_async_context(
                self._api.stream(request, open_within=self._within, silence=_SILENCE)
            )
            yield await stack.enter_async_context(aclosing(_lines(chunks, line_limit)))


class CutLines:
    """Lines out of chunks that are cut anywhere; of a line longer than the limit, its beginning."""

    __slots__ = ("_dropping", "_held", "_limit")

    def __init__(self, limit: int) -> None:
        """`limit`: the most bytes that are kept of one line."""
        self._limit = limit
        self._held = bytearray()
        self._dropping = False

    def feed(self, chunk: bytes) -> list[str]:
        """The lines that this chunk completes, without their line ends."""
        *complete, rest = chunk.split(b"\n")
        lines = []
        for part in complete:
            self._keep(part)
            lines.append(self.rest())
        self._keep(rest)
        return lines

    def rest(self) -> str:
        """What is held of a line whose end has not come; it is held no longer."""
        line = self._held.decode(errors="ignore" if self._dropping else "replace")
        cut, self._dropping = self._dropping, False
        self._held.clear()
        return f"{line}…" if cut else line

    def _keep(self, part: bytes) -> None:
        room = self._limit - len(self._held)
        self._dropping = self._dropping or len(part) > room
        self._held += part[:room]


async def _lines(chunks: AsyncIterator[bytes], limit: int) -> AsyncGenerator[str, None]:
    splitter = CutLines(limit)
    async for chunk in chunks:
        for line in splitter.feed(chunk):
            yield line
    if rest := splitter.rest():
        yield rest


def _since(since: timedelta | None, since_time: datetime | None) -> list[tuple[str, str]]:
    if since is not None:
        return [("sinceSeconds", str(max(math.ceil(since.total_seconds()), 1)))]
    if since_time is not None:
        return [("sinceTime", f"{since_time:%Y-%m-%dT%H:%M:%SZ}")]
    return []


def _request(namespace: str, pod: str, container: str, query: list[tuple[str, str]]) -> Request:
    return Request(
        path=f"{pod_path(namespace, pod)}/log",
        query=(("container", checked(container, "container")), *query),
        doing=f"read the log of {container} in pod {pod} in {namespace}",
        subject=f"pod `{pod}` in {namespace}",
    )
