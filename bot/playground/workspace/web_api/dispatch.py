"""The door of the Web API: reads a request, checks token, scope and pace, runs the method, answers as Slack
does.
"""

from __future__ import annotations

import json
from collections.abc import Callable

from aiohttp import web

from bot.playground.workspace.pace import Tier
from bot.playground.workspace.refusals import Refused
from bot.playground.workspace.state import Workspace
from bot.playground.workspace.web_api.call import Call
from bot.playground.workspace.web_api.registry import METHODS
from bot.playground.workspace.wire import Json

CONNECTIONS_OPEN = "apps.connections.open"


class WebApi:
    """Serves `/api/{method}`.

    Args:
        socket_url: Issues the address of one Socket Mode connection; None when the app is reached by HTTP.
    """

    def __init__(self, workspace: Workspace, *, base_url: str, socket_url: Callable[[], str] | None) -> None:
        self._workspace = workspace
        self._base_url = base_url
        self._socket_url = socket_url

    async def handle(self, request: web.Request) -> web.Response:
        """Answers one call: 200 whatever the outcome, except 429 when it came too fast."""
        headers = {
            "X-OAuth-Scopes": ",".join(sorted(self._workspace.scopes)),
            "X-Accepted-OAuth-Scopes": _accepted(request.match_info["method"]),
        }
        try:
            args = await _arguments(request)
            body = {"ok": True, **self._run(request.match_info["method"], _token(request, args), args)}
            return web.json_response(body, headers=headers)
        except Refused as refused:
            if refused.retry_after is not None:
                headers["Retry-After"] = str(refused.retry_after)
            status = 429 if refused.code == "ratelimited" else 200
            return web.json_response(refused.answer(), status=status, headers=headers)

    def _run(self, name: str, token: str | None, args: Json) -> Json:
        if name not in METHODS and name != CONNECTIONS_OPEN:
            raise Refused("unknown_method", req_method=name)
        self._authenticate(name, token)
        if name == CONNECTIONS_OPEN:
            return self._open_connection()
        method = METHODS[name]
        call = Call(workspace=self._workspace, method=name, args=args, base_url=self._base_url)
        if method.scope is not None:
            call.need(method.scope)
        self._workspace.pace.count_call(name, method.tier)
        return method.run(call)

    def _authenticate(self, name: str, token: str | None) -> None:
        app = self._workspace.app
        if token is None:
            raise Refused("not_authed")
        if token not in (app.bot_token, app.app_token):
            raise Refused("invalid_auth")
        if token in self._workspace.revoked:
            raise Refused("token_revoked")
        if (token == app.app_token) != (name == CONNECTIONS_OPEN):
            raise Refused("not_allowed_token_type")

    def _open_connection(self) -> Json:
        if self._socket_url is None:
            raise Refused("socket_mode_not_enabled")
        self._workspace.pace.count_call(CONNECTIONS_OPEN, Tier.SPECIAL)
        return {"url": self._socket_url()}


def _accepted(name: str) -> str:
    method = METHODS.get(name)
    return "" if method is None else method.scope or ""


def _token(request: web.Request, args: Json) -> str | None:
    header = request.headers.get("Authorization", "")
    if header.lower().startswith("bearer "):
        return header[len("bearer ") :].strip()
    token = args.get("token")
    return token if isinstance(token, str) and token else None


async def _arguments(request: web.Request) -> Json:
    """The arguments of query and body, form or JSON."""
    args: Json = dict(request.query)
    if request.content_type == "application/json":
        text = await request.text()
        try:
            body = json.loads(text) if text.strip() else {}
        except ValueError:
            raise Refused("invalid_json") from None
        if not isinstance(body, dict):
            raise Refused("json_not_object")
        return {**args, **body}
    form = await request.post()
    return {**args, **{name: value for name, value in form.items() if isinstance(value, str)}}
