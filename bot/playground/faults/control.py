"""The rules over HTTP, on a port of their own: look, replace, add, remove, and what was done so far.

`GET`, `PUT`, `DELETE /__faults__/rules`; `PUT`, `DELETE /__faults__/rules/{name}`;
`GET /__faults__/log?since=N`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import msgspec
from aiohttp import web

from bot.playground.faults.connection import by_own_name_only
from bot.playground.faults.log import Injected
from bot.playground.faults.rules import Applied, Rules
from bot.playground.faults.rules_file import RulesWrong, parse, parse_rule, plain


@asynccontextmanager
async def serve_control(rules: Rules, *, port: int = 0) -> AsyncIterator[str]:
    """Serve the rules on loopback for as long as the block runs; gives the base URL.

    Raises: OSError: the port cannot be had.
    """
    application = web.Application(middlewares=[by_own_name_only])
    doors = _Doors(rules)
    application.add_routes(
        [
            web.get("/__faults__/rules", doors.show),
            web.put("/__faults__/rules", doors.replace),
            web.delete("/__faults__/rules", doors.clear),
            web.put("/__faults__/rules/{name}", doors.put),
            web.delete("/__faults__/rules/{name}", doors.remove),
            web.get("/__faults__/log", doors.log),
        ]
    )
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


class _Doors:
    def __init__(self, rules: Rules) -> None:
        self._rules = rules

    async def show(self, _request: web.Request) -> web.Response:
        """The rules in force, with how often each fitted and struck."""
        return web.json_response({"rules": [_shown(each) for each in self._rules]})

    async def replace(self, request: web.Request) -> web.Response:
        """Put the rules of a document in force, in place of all others."""
        try:
            document = parse(await request.text())
        except RulesWrong as wrong:
            return _refused(wrong)
        self._rules.replace(document.rules)
        return await self.show(request)

    async def clear(self, request: web.Request) -> web.Response:
        """Take all rules out of force."""
        self._rules.clear()
        return await self.show(request)

    async def put(self, request: web.Request) -> web.Response:
        """Put one rule in force under the name in the path."""
        try:
            rule = parse_rule(await request.text())
        except RulesWrong as wrong:
            return _refused(wrong)
        return web.json_response(_shown(self._rules.add(replace(rule, name=request.match_info["name"]))))

    async def remove(self, request: web.Request) -> web.Response:
        """Take one rule out of force."""
        if not self._rules.remove(request.match_info["name"]):
            return web.json_response({"problems": ["there is no rule of this name"]}, status=404)
        return await self.show(request)

    async def log(self, request: web.Request) -> web.Response:
        """The faults after a number."""
        since = request.query.get("since", "0")
        if not since.isdecimal():
            return web.json_response({"problems": ["since is no number"]}, status=400)
        entries = [_told(each) for each in self._rules.log if each.number > int(since)]
        return web.json_response({"injected": entries, "total": len(self._rules.log)})


def _shown(applied: Applied) -> Mapping[str, Any]:
    return {
        **plain(applied.rule),
        "name": applied.name,
        "matched": applied.matched,
        "injected": applied.injected,
        "spent": applied.spent,
    }


def _told(entry: Injected) -> Any:
    return msgspec.to_builtins(entry)


def _refused(wrong: RulesWrong) -> web.Response:
    return web.json_response({"problems": wrong.problems}, status=400)
