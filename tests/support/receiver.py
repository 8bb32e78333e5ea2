"""A server that takes pages: it keeps alerts by their key, as PagerDuty does, and fails as it is told."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer
from pydantic import SecretStr

LOSE_THE_ANSWER = 0
"""As an answer: take it, and break the connection off."""


@dataclass(slots=True)
class Receiver:
    """`alerts` are the states of open alerts; `opened` counts how often somebody was woken."""

    url: SecretStr = field(default_factory=lambda: SecretStr(""))
    answers: list[int | web.Response] = field(default_factory=list)
    """What becomes of the next calls; when there are none left they are taken."""
    calls: list[dict[str, Any]] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    alerts: dict[str, str] = field(default_factory=dict)
    opened: int = 0

    async def take(self, request: web.Request) -> web.Response:
        raw = await request.read()
        self.raw.append(raw)
        self.headers.append(dict(request.headers))
        call: dict[str, Any] = json.loads(raw) if raw else {}
        self.calls.append(call)
        answer = self.answers.pop(0) if self.answers else 202
        if answer in {202, LOSE_THE_ANSWER}:
            self._keep(call)
        if answer == LOSE_THE_ANSWER and request.transport is not None:
            request.transport.close()
        return answer if isinstance(answer, web.Response) else web.Response(status=answer or 202)

    def _keep(self, call: dict[str, Any]) -> None:
        key = str(call.get("dedup_key") or call.get("incident"))
        match call.get("event_action") or call.get("event"):
            case "trigger":
                self.opened += key not in self.alerts
                self.alerts[key] = "triggered"
            case "acknowledge" if key in self.alerts:
                self.alerts[key] = "acknowledged"
            case "resolve":
                self.alerts.pop(key, None)


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    receiver, served = Receiver(), web.Application()
    served.router.add_route("*", "/enqueue", receiver.take)
    async with TestServer(served) as server:
        receiver.url = SecretStr(str(server.make_url("/enqueue")))
        yield receiver
