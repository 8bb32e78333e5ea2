"""Requests to one API server: deadlines, retries, and the end of every third-party exception.

Requests go through `kubernetes.aio` (see `kubernetes_client`) for its configuration and credentials; answers
come as bytes, which `parse` and its neighbours decode.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar

import aiohttp

from bot.errors import ClusterError
from bot.kube import failures
from bot.kube.clients import BorrowedClient, Clients, CredentialsProblem, OpenClient
from bot.kube.failures import Fault
from bot.kube.request import Request
from bot.model.pods import ClusterName

CONNECT_WITHIN = 2.0
"""Seconds for a connection, TLS included, to come about."""

BODY_LIMIT = 256 << 20
"""Bytes of an answer above which it is refused rather than kept in memory."""

_REFUSAL_LIMIT = 1 << 20
RETRY_PAUSES = (0.1, 0.4)
"""Seconds before the first and second repetition, where the server does not say itself."""

_T = TypeVar("_T")

# What aiohttp raises, by its own documentation and by trial against broken servers (tests/unit/kube):
# some malformed answers come through as plain ValueErrors.
_HTTP_FAILURES = (aiohttp.ClientError, OSError, ValueError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The body of a good answer; `cut` where reading stopped at the limit."""

    body: bytes
    cut: bool


class Deadline:
    """The end of one call, whatever number of requests it takes."""

    def __init__(self, seconds: float) -> None:
        """`seconds` from now."""
        self.seconds = seconds
        self._end = asyncio.get_running_loop().time() + seconds

    def left(self) -> float:
        """Seconds that are left; negative when it is over."""
        return self._end - asyncio.get_running_loop().time()


class ApiServer:
    """Sends requests to one API server. Every error that leaves it is a `bot.errors.ClusterError`."""

    def __init__(
        self,
        name: ClusterName,
        open_client: OpenClient,
        *,
        retry_pauses: tuple[float, ...] = RETRY_PAUSES,
    ) -> None:
        """Connects at the first request; `open_client` is called again when credentials are refused."""
        self.name = name
        self._clients = Clients(open_client)
        self._retry_pauses = retry_pauses

    async def fetch(self, request: Request, *, deadline: Deadline, cut_at: int | None = None) -> Answer:
        """The answer to a request, within the deadline.

        A GET is repeated after faults that pass (429, 5xx, connections that break), when the server's
        Retry-After says so if it does; a request that changes something is sent once. An answer of more
        bytes than anyone needs is refused; with `cut_at` it is cut after so many instead.
        """
        limit = BODY_LIMIT if cut_at is None else cut_at
        pauses = iter(() if request.changes else self._retry_pauses)
        while True:
            outcome = await self._attempt(request, deadline, limit)
            if isinstance(outcome, Answer):
                if outcome.cut and cut_at is None:
                    raise failures.unreadable(self.name, request, f"it has more than {limit} bytes")
                return outcome
            own_pause = next(pauses, None)
            if not outcome.transient or own_pause is None:
                raise outcome.error
            pause = own_pause if outcome.retry_after is None else outcome.retry_after
            if pause >= deadline.left():
                raise outcome.error
            await asyncio.sleep(pause)

    async def read(self, request: Request, decode: Callable[[bytes], _T], *, deadline: Deadline) -> _T:
        """The answer, decoded; `UnreadableAnswer` where `decode` raises ValueError."""
        answer = await self.fetch(request, deadline=deadline)
        try:
            return decode(answer.body)
        except ValueError as problem:
            raise failures.unreadable(self.name, request, problem) from problem

    @asynccontextmanager
    async def stream(
        self, request: Request, *, open_within: float, silence: float
    ) -> AsyncIterator[AsyncIterator[bytes]]:
        """The chunks of an answer that goes on, as they come.

        The head of the answer is there within `open_within` seconds; after that, a silence of more than
        `silence` seconds raises `ClusterUnreachable`.
        """
        limits = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_WITHIN, sock_read=silence)
        deadline = Deadline(open_within)
        borrowed = await self._take(request, deadline)
        try:
            response = await self._open(request, borrowed, deadline, limits)
            try:
                yield self._chunks(request, response, silence)
            finally:
                _let_go(response)
        finally:
            await self._clients.give_back(borrowed)

    async def close(self) -> None:
        """Close every connection; requests under way fail."""
        await self._clients.close()

    async def _attempt(self, request: Request, deadline: Deadline, limit: int) -> Answer | Fault:
        """Send once; and once more, with new credentials, where the present ones were refused."""
        for last in (False, True):
            borrowed = await self._take(request, deadline)
            try:
                outcome, code = await self._exchange(request, borrowed, deadline, limit)
            finally:
                await self._clients.give_back(borrowed)
            if code != 401 or last or not await self._clients.renew(borrowed):
                break
        return outcome

    async def _exchange(
        self, request: Request, borrowed: BorrowedClient, deadline: Deadline, limit: int
    ) -> tuple[Answer | Fault, int]:
        limits = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_WITHIN)
        try:
            async with asyncio.timeout(max(deadline.left(), 0)):
                response = await borrowed.client.request(request, limits=limits)
                try:
                    if response.status >= 300:
                        return await self._refusal(request, response), response.status
                    body, cut = await _read(response, limit)
                    return Answer(body=body, cut=cut), response.status
                finally:
                    _let_go(response)
        except CredentialsProblem as problem:
            return Fault(error=failures.no_credentials(self.name, str(problem))), 0
        except _HTTP_FAILURES as problem:
            return failures.from_exception(self.name, request, problem, waited=deadline.seconds), 0

    async def _open(
        self, request: Request, borrowed: BorrowedClient, deadline: Deadline, limits: aiohttp.ClientTimeout
    ) -> aiohttp.ClientResponse:
        try:
            async with asyncio.timeout(max(deadline.left(), 0)):
                response = await borrowed.client.request(request, limits=limits)
                if response.status < 300:
                    return response
                try:
                    fault = await self._refusal(request, response)
                finally:
                    _let_go(response)
        except CredentialsProblem as problem:
            raise failures.no_credentials(self.name, str(problem)) from problem
        except _HTTP_FAILURES as problem:
            raise failures.from_exception(
                self.name, request, problem, waited=deadline.seconds
            ).error from problem
        if response.status == 401:
            await self._clients.renew(borrowed)
        raise fault.error

    async def _chunks(
        self, request: Request, response: aiohttp.ClientResponse, silence: float
    ) -> AsyncIterator[bytes]:
        chunks = response.content.iter_any()
        while True:
            try:
                chunk = await anext(chunks, None)
            except aiohttp.SocketTimeoutError as problem:
                raise failures.silent(self.name, silence) from problem
            except _HTTP_FAILURES as problem:
                raise failures.from_exception(self.name, request, problem, waited=silence).error from problem
            if chunk is None:
                return
            yield chunk

    async def _take(self, request: Request, deadline: Deadline) -> BorrowedClient:
        try:
            async with asyncio.timeout(max(deadline.left(), 0)):
                return await self._clients.take()
        except CredentialsProblem as problem:
            raise failures.no_credentials(self.name, str(problem)) from problem
        except TimeoutError as problem:
            raise _unsent(self.name, request, deadline) from problem

    async def _refusal(self, request: Request, response: aiohttp.ClientResponse) -> Fault:
        body, _ = await _read(response, _REFUSAL_LIMIT)
        return failures.from_answer(
            self.name, request, response.status, body, retry_after=_retry_after(response)
        )


def _unsent(name: ClusterName, request: Request, deadline: Deadline) -> ClusterError:
    why = f"its credentials were not there after {deadline.seconds:g} s, in which to {request.doing}"
    return failures.no_credentials(name, why)


def _let_go(response: aiohttp.ClientResponse) -> None:
    """Free the connection for the next request, where the answer was read to its end; else cut it.

    Whoever closes it in TLS waits for the server's goodbye: half a minute where that has fallen silent.
    """
    connection = response.connection
    if connection is not None and connection.transport is not None:
        connection.transport.abort()
    response.close()


async def _read(response: aiohttp.ClientResponse, limit: int) -> tuple[bytes, bool]:
    """The body, or its first `limit` bytes and True."""
    parts: list[bytes] = []
    size = 0
    async for chunk in response.content.iter_any():
        parts.append(chunk)
        size += len(chunk)
        if size > limit:
            return b"".join(parts)[:limit], True
    return b"".join(parts), False


def _retry_after(response: aiohttp.ClientResponse) -> float | None:
    """Seconds, from either form that RFC 9110 gives the header; None where it says nothing readable."""
    text = response.headers.get("Retry-After", "").strip()
    if text.isdecimal():
        return float(text)
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    return max((at - datetime.now(UTC)).total_seconds(), 0.0) if at.tzinfo else None
