"""The opened way to an API server, and its renewal when the credentials it was opened with are refused.

Tokens expire, exec plugins hand out certificates for an hour, kubeconfigs are rewritten: all of these show
as a 401, and all are healed by reading the configuration again. Requests under way keep the client that
they began with.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

import aiohttp

from bot.kube.request import Request

_RENEW_AT_MOST_EVERY = 5.0
"""Seconds; a server that refuses every credential must not make every command run an exec plugin."""


class CredentialsProblem(Exception):
    """The configuration yields no client (any more); the message says why."""


class Redirected(aiohttp.ClientError):
    """The server sends the request elsewhere. An API server never does; `code` is the status."""

    def __init__(self, code: int) -> None:
        super().__init__(f"redirected ({code})")
        self.code = code


class BrokenOff(aiohttp.ClientError):
    """The connection broke before there was an answer; nobody knows whether the request was carried out."""


class Client(Protocol):
    """Address, credentials and a pool of connections."""

    async def request(self, request: Request, *, limits: aiohttp.ClientTimeout) -> aiohttp.ClientResponse:
        """Send a request with the present credentials; returns when the head of the answer is there.

        Goes where it was sent and nowhere else: raises `Redirected` where the server names another place.
        """
        ...

    async def close(self) -> None:
        """Close every connection."""
        ...


OpenClient = Callable[[], Awaitable[Client]]
"""Reads the configuration and makes a client of it; raises CredentialsProblem where there is none to make."""


@dataclass(eq=False, slots=True)
class BorrowedClient:
    """A client, and how many requests use it: whoever takes it gives it back."""

    client: Client
    since: float
    users: int = 0
    retired: bool = False


class Clients:
    """Hands out the present client, opened at first use and anew after `renew`."""

    def __init__(self, open_client: OpenClient) -> None:
        """Opens nothing yet."""
        self._open = open_client
        self._current: BorrowedClient | None = None
        self._closed = False
        self._opening = asyncio.Lock()

    async def take(self) -> BorrowedClient:
        """The present client; the caller must `give_back` it. Raises CredentialsProblem."""
        async with self._opening:
            if self._closed:
                raise CredentialsProblem("podbot is stopping")
            if self._current is None:
                self._current = BorrowedClient(client=await self._open(), since=time.monotonic())
            self._current.users += 1
            return self._current

    async def give_back(self, borrowed: BorrowedClient) -> None:
        """End one use; the last user of a retired client closes it."""
        borrowed.users -= 1
        await self._close_if_done(borrowed)

    async def renew(self, refused: BorrowedClient) -> bool:
        """Retire a client whose credentials were refused; says whether another is worth a try."""
        if self._current is not refused:
            return True
        if time.monotonic() - refused.since < _RENEW_AT_MOST_EVERY:
            return False
        self._current = None
        refused.retired = True
        await self._close_if_done(refused)
        return True

    async def close(self) -> None:
        """Close the client, under whoever still uses it, and hand out no other."""
        self._closed = True
        current, self._current = self._current, None
        if current is not None:
            await current.client.close()

    @staticmethod
    async def _close_if_done(borrowed: BorrowedClient) -> None:
        if borrowed.retired and not borrowed.users:
            await borrowed.client.close()
