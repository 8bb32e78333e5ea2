"""A cluster's panel that shows fixed pods and remembers which scenarios were asked for."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

Json = dict[str, Any]

DOT = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000"
    "000c49444154789c63f8cfc0000003010100c9fe92ef0000000049454e44ae426082"
)
"""A PNG of one red pixel."""

_CORS = {"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Headers": "Content-Type"}


def _pod(namespace: str, name: str, ready: str, status: str, restarts: str = "0") -> Json:
    return {
        "namespace": namespace,
        "name": name,
        "uid": f"uid-{name}",
        "owner": "Deployment/web",
        "ready": ready,
        "status": status,
        "restarts": restarts,
        "age": "12m",
        "node": "worker-1",
        "ip": "10.0.0.7",
    }


def _scenario(scenario_id: str, title: str, group: str) -> Json:
    return {"id": scenario_id, "title": title, "hint": f"{title}, in words", "group": group, "target": "pod"}


@dataclass
class FakePanel:
    """Its address, what it shows, and what it was asked to do: scenario id with the request's body."""

    url: str = ""
    pods: list[Json] = field(
        default_factory=lambda: [
            _pod("shop", "web-7d4b9c6f5-x2x9q", "0/1", "CrashLoopBackOff", "7 (40s ago)"),
            _pod("shop", "web-7d4b9c6f5-2mm9k", "1/1", "Running"),
            _pod("payments", "ledger-0", "0/1", "ContainerCreating"),
        ]
    )
    asked: list[tuple[str, Json]] = field(default_factory=list)
    refusal: str | None = None

    async def show_pods(self, _request: web.Request) -> web.Response:
        return web.json_response({"pods": self.pods}, headers=_CORS)

    async def show_scenarios(self, _request: web.Request) -> web.Response:
        scenarios = [
            _scenario("oom-kill", "OOM-kill", "dies"),
            _scenario("image-not-found", "Image not found", "never starts"),
            _scenario("rollout", "Rollout", "stays silent"),
            _scenario("heal-all", "Heal everything", "recovers"),
        ]
        return web.json_response({"scenarios": scenarios}, headers=_CORS)

    async def play(self, request: web.Request) -> web.Response:
        body = await request.json()
        self.asked.append((request.match_info["id"], body))
        if self.refusal is not None:
            return web.json_response({"ok": False, "error": self.refusal}, headers=_CORS)
        what = f"{body.get('name', 'a pod')} in shop: container app OOM-killed"
        return web.json_response({"ok": True, "what": what}, headers=_CORS)

    async def picture(self, _request: web.Request) -> web.Response:
        return web.Response(body=DOT, content_type="image/png")

    async def preflight(self, _request: web.Request) -> web.Response:
        return web.Response(status=204, headers=_CORS)


@asynccontextmanager
async def serving_panel() -> AsyncIterator[FakePanel]:
    """A panel on a port that the system chose, until the block ends."""
    panel = FakePanel()
    application = web.Application()
    application.add_routes(
        [
            web.get("/panel/pods", panel.show_pods),
            web.get("/panel/scenarios", panel.show_scenarios),
            web.post("/panel/scenarios/{id}", panel.play),
            web.get("/dot.png", panel.picture),
            web.options("/panel/scenarios/{id}", panel.preflight),
        ]
    )
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0][:2]
        panel.url = f"http://{host}:{port}"
        yield panel
    finally:
        await runner.cleanup()
