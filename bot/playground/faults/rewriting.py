"""Addresses that Slack hands out (its WebSocket, response URLs, uploads) made to lead through the proxy."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Self

from yarl import URL


@dataclass(frozen=True, slots=True)
class Rewriting:
    """Plain replacement of one origin by another, in HTTP and WebSocket form, escaped slashes included."""

    pairs: tuple[tuple[str, str], ...] = field(default=())

    @classmethod
    def between(cls, upstream: URL, proxy: URL) -> Self:
        """Lead what names the upstream's origin to the proxy's."""
        forms = [
            (str(upstream.origin()), str(proxy.origin())),
            (_socket_form(upstream), _socket_form(proxy)),
        ]
        escaped = [(_escaped(old), _escaped(new)) for old, new in forms]
        return cls((*forms, *escaped))

    def text(self, said: str) -> str:
        """The text with its addresses replaced."""
        for old, new in self.pairs:
            said = said.replace(old, new)
        return said

    def body(self, said: bytes) -> bytes:
        """The same for bytes that are text."""
        for old, new in self.pairs:
            said = said.replace(old.encode(), new.encode())
        return said


def _socket_form(url: URL) -> str:
    return f"ws{str(url.origin()).removeprefix('http')}"


def _escaped(origin: str) -> str:
    return origin.replace("/", "\\/")
