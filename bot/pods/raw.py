"""Reading the API by path (`get --raw`): what the policy allows, masked, as a file."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec

from bot.errors import UserError
from bot.model import api_path
from bot.model.answers import Decision
from bot.model.commands import ReadRaw, Verb
from bot.model.debugging import RawAnswer
from bot.model.people import Asker
from bot.model.pods import ALL_NAMESPACES
from bot.pods import manifest, redact
from bot.pods.gate import Gate
from bot.pods.ports import PodCluster

LIMIT = 10 * 1024 * 1024
"""Bytes of one answer."""


class SecretFound(UserError):
    """What is at the path turned out to be a secret."""


class RawReading:
    """Answers what the API server says at a path."""

    def __init__(self, cluster: PodCluster, gate: Gate) -> None:
        self._cluster = cluster
        self._gate = gate

    async def read(self, asker: Asker, command: ReadRaw) -> RawAnswer:
        """The answer of one GET; its path is checked here again, wherever the command comes from."""
        try:
            path = api_path.parse(command.path)
        except api_path.Unreadable as reason:
            never = Decision(
                allowed=False, verb=Verb.RAW, namespace=ALL_NAMESPACES, rule=None, why=str(reason)
            )
            self._gate.refuse(asker, never, command.path[: api_path.LONGEST])
        decision = self._gate.authorise_path(asker, path)
        with self._gate.audited(asker, decision, path.path):
            answer = await self._cluster.read_path(path, limit_bytes=LIMIT)
            content, whole, masked = await asyncio.to_thread(_readable, answer)
            fields: dict[str, Any] = whole if isinstance(whole, dict) else {}
            kind, items = str(fields.get("kind") or ""), fields.get("items")
            if "secret" in kind.lower():
                raise SecretFound("That would show a secret, which podbot never does.")
            return RawAnswer(
                cluster=self._cluster.name,
                path=path.path,
                kind=kind,
                items=len(items) if isinstance(items, list) else None,
                content=content,
                masked=masked,
            )


def _readable(answer: bytes) -> tuple[bytes, Any, int]:
    try:
        return manifest.readable(answer)
    except (msgspec.DecodeError, RecursionError):
        lines, masked = redact.mask_lines(answer.decode(errors="replace").split("\n"))
        return "\n".join(lines).encode(), None, masked
