"""The panel of the cluster: its pods as kubectl prints them, and the scenarios, for the playground's page.

Served beside the Kubernetes API by the same server; the page comes from another port, hence the CORS headers.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from bot.playground.cluster.api.answers import json_answer
from bot.playground.cluster.cluster import SimulatedCluster
from bot.playground.cluster.objects import Json, controller_of, name_of, namespace_of, uid_of
from bot.playground.cluster.printing.pods import pod_cells
from bot.playground.cluster.resources import BY_KIND
from bot.playground.cluster.scenarios import HEAL_ALL, SCENARIOS, ScenarioError

_CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, POST, OPTIONS",
    "Access-Control-Allow-Headers": "Content-Type",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtraButton:
    """A button that whoever serves the cluster adds; `press` does it and says what was done.

    One that `heals` is pressed by "Heal everything", too.
    """

    id: str
    title: str
    hint: str
    group: str
    press: Callable[[], str]
    heals: bool = False


class Panel:
    """Answers the page."""

    def __init__(self, cluster: SimulatedCluster, extra: Sequence[ExtraButton] = ()) -> None:
        self._cluster = cluster
        self._extra = {each.id: each for each in extra}

    def add_routes(self, app: web.Application) -> None:
        """Add the panel's paths to the server."""
        app.router.add_get("/panel/pods", self._pods)
        app.router.add_get("/panel/scenarios", self._scenarios)
        app.router.add_post("/panel/scenarios/{id}", self._play)
        app.router.add_route("OPTIONS", "/panel/{rest:.*}", self._preflight)

    async def _preflight(self, _request: web.Request) -> web.Response:
        return web.Response(status=204, headers=_CORS)

    async def _pods(self, _request: web.Request) -> web.Response:
        now = self._cluster.now()
        rows = []
        for pod in self._cluster.pods():
            name, ready, status, restarts, age, address, node, *_ = pod_cells(pod, now)
            rows.append(
                {
                    "namespace": namespace_of(pod),
                    "name": name,
                    "uid": uid_of(pod),
                    "owner": self._owner(pod),
                    "ready": ready,
                    "status": status,
                    "restarts": restarts,
                    "age": age,
                    "node": node,
                    "ip": address,
                }
            )
        return self._answer({"pods": rows})

    async def _scenarios(self, _request: web.Request) -> web.Response:
        listed = [
            {"id": s.id, "title": s.title, "hint": s.hint, "group": s.group.value, "target": s.target.value}
            for s in SCENARIOS.values()
        ]
        listed += [
            {"id": each.id, "title": each.title, "hint": each.hint, "group": each.group, "target": "cluster"}
            for each in self._extra.values()
        ]
        return self._answer({"scenarios": listed})

    async def _play(self, request: web.Request) -> web.Response:
        try:
            body: Any = await request.json() if request.can_read_body else {}
        except json.JSONDecodeError:
            return self._answer({"ok": False, "error": "the request's body is not JSON"})
        if not isinstance(body, dict):
            return self._answer({"ok": False, "error": "the request's body is not an object"})
        id_ = request.match_info["id"]
        if (extra := self._extra.get(id_)) is not None:
            return self._answer({"ok": True, "what": extra.press()})
        if id_ == HEAL_ALL:
            for each in self._extra.values():
                if each.heals:
                    each.press()
        try:
            what = await self._cluster.play(
                id_,
                namespace=str(body.get("namespace") or ""),
                name=str(body.get("name") or ""),
            )
        except ScenarioError as problem:
            return self._answer({"ok": False, "error": str(problem)})
        return self._answer({"ok": True, "what": what})

    def _owner(self, pod: Json) -> str | None:
        """Return the workload at the top of a pod's chain of owners, as `Deployment/web`."""
        current, top = pod, None
        while (reference := controller_of(current)) is not None:
            top = f"{reference['kind']}/{reference['name']}"
            resource = BY_KIND.get(reference["kind"])
            found = (
                self._cluster.store.find(resource, namespace_of(pod), reference["name"]) if resource else None
            )
            if found is None or name_of(found) != reference["name"]:
                break
            current = found
        return top

    @staticmethod
    def _answer(body: Json) -> web.Response:
        answer = json_answer(body)
        answer.headers.update(_CORS)
        return answer
