"""The proxy's server: takes a request, does what the rules say, and passes it on."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from aiohttp import ClientSession, DummyCookieJar, TCPConnector, web
from yarl import URL

from bot.playground.faults.actions import Action, Answer, Cut, Delay, Drop, Duplicate, Reset, Side
from bot.playground.faults.answers import answer
from bot.playground.faults.connection import by_own_name_only, keep_waiting, reset
from bot.playground.faults.passing import Gone, Upstream, once
from bot.playground.faults.requests import Asked, read
from bot.playground.faults.rewriting import Rewriting
from bot.playground.faults.rules import Applied, Rules, Strike
from bot.playground.faults.streams import Cutting
from bot.playground.faults.websockets import is_upgrade, relay

_CLOSE_SECONDS = 0.2
_BIGGEST_BODY = 256 * 1024 * 1024
_NO_ANSWER = 502
"""Never seen by a client: the connection is gone when a handler returns this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proxy:
    """A proxy that listens.

    Attributes:
        url: The upstream's URL with the proxy's address in it: what a client is given instead.
        upstream: Where requests go.
    """

    url: str
    upstream: str
    rules: Rules


@asynccontextmanager
async def serve(
    upstream: str, *, rules: Rules | None = None, port: int = 0, rewrite: bool = True
) -> AsyncIterator[Proxy]:
    """Pass on to a server from a port of loopback (0: the system chooses) for as long as the block runs.

    `upstream` is a base URL, http or https; requests for any path of its host are passed on. With `rewrite`,
    what Slack's answers and envelopes say of the upstream's address names the proxy's instead.

    Raises: ValueError: `upstream` is no such URL. OSError: the port cannot be had.
    """
    to = URL(upstream)
    if to.scheme not in {"http", "https"} or to.host is None:
        raise ValueError(f"{upstream!r} is no http or https URL")
    proxy_rules = Rules() if rules is None else rules
    # A connection for each request: a kept one that has gone stale would be a fault that no rule asked for.
    connector = TCPConnector(limit=0, force_close=True)
    async with ClientSession(
        connector=connector,
        cookie_jar=DummyCookieJar(),
        auto_decompress=False,
        trust_env=False,
        middlewares=(once,),
    ) as session:
        doors = _Doors(Upstream(session, to.origin()), proxy_rules)
        application = web.Application(client_max_size=_BIGGEST_BODY, middlewares=[by_own_name_only])
        application.router.add_route("*", "/{path:.*}", doors.answer)
        runner = web.AppRunner(
            application,
            access_log=None,
            shutdown_timeout=_CLOSE_SECONDS,
            handler_cancellation=True,
            auto_decompress=False,
        )
        await runner.setup()
        stop_listening = proxy_rules.listen(doors.cut_running)
        try:
            await web.TCPSite(runner, "127.0.0.1", port).start()
            own = to.with_scheme("http").with_host("127.0.0.1").with_port(int(runner.addresses[0][1]))
            if rewrite:
                doors.rewriting = Rewriting.between(to, own)
            yield Proxy(url=str(own), upstream=upstream, rules=proxy_rules)
        finally:
            stop_listening()
            await runner.cleanup()


class _Doors:
    """Every request of every client."""

    def __init__(self, upstream: Upstream, rules: Rules) -> None:
        self.rewriting = Rewriting()
        self._upstream = upstream
        self._rules = rules
        self._running: set[Cutting] = set()

    def cut_running(self, applied: Applied) -> None:
        """Let a new rule cut the streams that run already."""
        if isinstance(applied.rule.action, Cut):
            for each in tuple(self._running):
                if self._rules.strike(applied, each.asked):
                    each.cut(applied, applied.rule.action)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Answer a request; where its connection is broken, what is returned reaches nobody."""
        body = await request.read()
        text = body.decode("utf-8", "replace")
        asked = replace(
            read(request.method, request.path, dict(request.query), text), opens_websocket=is_upgrade(request)
        )
        strikes = self._rules.strikes(asked)
        try:
            return await self._before(request, asked, strikes) or await self._pass_on(
                request, asked, body, strikes
            )
        except Gone:
            reset(request)
            return web.Response(status=_NO_ANSWER)

    async def _before(
        self, request: web.Request, asked: Asked, strikes: list[Strike]
    ) -> web.StreamResponse | None:
        for applied, action in strikes:
            if isinstance(action, (Delay, Drop, Reset, Answer)) and (
                action.side is Side.REQUEST or asked.opens_websocket
            ):
                answered = await _strike(request, asked, applied, action)
                if answered is not None:
                    return answered
        return None

    async def _pass_on(
        self, request: web.Request, asked: Asked, body: bytes, strikes: list[Strike]
    ) -> web.StreamResponse:
        cutting = Cutting(asked)
        for applied, action in strikes:
            if isinstance(action, Duplicate):
                await self._upstream.send_copy(request, body)
            elif isinstance(action, Cut):
                cutting.cut(applied, action)
        self._running.add(cutting)
        try:
            if asked.opens_websocket:
                return await relay(request, self._upstream, self._rules, cutting, self.rewriting)
            return await self._exchange(request, body, strikes, cutting)
        finally:
            self._running.discard(cutting)

    async def _exchange(
        self, request: web.Request, body: bytes, strikes: list[Strike], cutting: Cutting
    ) -> web.StreamResponse:
        asked = cutting.asked
        rewriting = self.rewriting if asked.slack else None
        async with self._upstream.asks(request, body, plain=rewriting is not None) as answered:
            for applied, action in strikes:
                if isinstance(action, (Delay, Drop, Reset, Answer)) and action.side is Side.RESPONSE:
                    instead = await _strike(request, asked, applied, action)
                    if instead is not None:
                        return instead
            if rewriting is not None:
                return await answered.rewritten(rewriting)
            return await answered.stream(cutting)


async def _strike(
    request: web.Request, asked: Asked, applied: Applied, action: Action
) -> web.StreamResponse | None:
    """Carry out an action on a request or its answer; None where things go on after it."""
    match action:
        case Delay(seconds=seconds):
            await applied.wait_over(within=seconds)
            return None
        case Answer():
            return answer(action, asked)
        case Drop():
            await keep_waiting(request, applied)
        case _:
            reset(request)
    return web.Response(status=_NO_ANSWER)
