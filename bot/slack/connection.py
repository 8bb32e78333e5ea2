"""The line to Slack: who we are there, and Socket Mode.

Socket Mode is spoken here over aiohttp, with Bolt's own dispatch behind it. slack_sdk's client for it was
not enough: after a failed handshake it tries the same single-use address for ever, it reconnects only after
it has hung up, its queue has no bound, and the tasks it starts for each envelope belong to nobody.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import msgspec
from slack_bolt.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.web.async_client import AsyncWebClient

from bot import logs
from bot.clock import Clock, SystemClock
from bot.errors import PodbotError
from bot.model.people import UserId
from bot.slack.client import SlackTrouble, translated

logger = logs.get(__name__)

NEEDED_SCOPES = frozenset({"app_mentions:read", "chat:write", "commands", "users:read"})
USEFUL_SCOPES = frozenset(
    {"channels:history", "files:write", "groups:history", "im:history", "im:write", "usergroups:read"}
)
"""Without them files, direct messages or rules for user groups do not work, or an alert may come twice; all
else does."""

_PING_SECONDS = 10.0
_HELLO_SECONDS = 10.0
_RETIREMENT_SECONDS = 30.0
"""How long a connection may go on that Slack has told to make way."""
_LONGEST_PAUSE = 30.0
_LONGEST_ORDER = 300.0
"""What Slack asks to wait before a connection is asked for again is kept up to this."""
_MOST_ENVELOPES = 200
"""Being dispatched at once; beyond, reading waits, and Slack with it."""


class SlackRefused(PodbotError):
    """Slack does not take a token; the message names the variable that holds it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BotIdentity:
    """Who the bot is in its workspace, and what it may not do there."""

    user: UserId
    bot_id: str
    team: str
    team_name: str
    missing_scopes: frozenset[str]
    """Of `NEEDED_SCOPES` and `USEFUL_SCOPES`; empty where Slack does not tell."""

    @property
    def problems(self) -> tuple[str, ...]:
        """What keeps the bot from working, one sentence each."""
        needed = sorted(self.missing_scopes & NEEDED_SCOPES)
        return (f"SLACK_BOT_TOKEN lacks the scopes {', '.join(needed)}",) if needed else ()

    @property
    def remarks(self) -> tuple[str, ...]:
        """What will not work, though the rest does."""
        useful = sorted(self.missing_scopes & USEFUL_SCOPES)
        return (f"SLACK_BOT_TOKEN lacks the scopes {', '.join(useful)}",) if useful else ()


async def check(client: AsyncWebClient) -> BotIdentity:
    """Ask Slack who the bot is.

    Raises `SlackRefused` where the token is wrong, `SlackTrouble` where Slack does not answer.
    """
    try:
        with translated():
            answer = await client.auth_test()
    except SlackTrouble as trouble:
        if trouble.passing:
            raise
        raise SlackRefused(f"SLACK_BOT_TOKEN is refused by Slack: {trouble.code}") from trouble
    granted = {scope.strip() for scope in answer.headers.get("x-oauth-scopes", "").split(",")} - {""}
    missing = (NEEDED_SCOPES | USEFUL_SCOPES) - granted if granted else frozenset()
    return BotIdentity(
        user=UserId(answer["user_id"]),
        bot_id=str(answer.get("bot_id") or ""),
        team=str(answer["team_id"]),
        team_name=str(answer.get("team") or ""),
        missing_scopes=frozenset(missing),
    )


async def socket_url(client: AsyncWebClient, app_token: str) -> str:
    """A fresh address for one Socket Mode connection.

    Raises `SlackRefused` where the token is wrong, `SlackTrouble` where Slack does not answer.
    """
    try:
        with translated():
            answer = await client.apps_connections_open(app_token=app_token)
    except SlackTrouble as trouble:
        if trouble.passing:
            raise
        raise SlackRefused(f"SLACK_APP_TOKEN is refused by Slack: {trouble.code}") from trouble
    return str(answer["url"])


class _Envelope(msgspec.Struct):
    """One frame: a request (with an id to acknowledge), a greeting, or a request to make way."""

    type: str
    envelope_id: str = ""
    payload: dict[str, Any] | None = None
    reason: str = ""


@dataclass(slots=True)
class _Line:
    """One connection, as its owner sees it."""

    greeted: bool = False
    make_way: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the next connection is to be opened: this one is going, or gone."""


class SocketConnection:
    """Socket Mode, held open until cancelled.

    Slack renews connections every few hours: the next one is there before the last one goes.
    """

    def __init__(
        self, app: AsyncApp, *, client: AsyncWebClient, app_token: str, clock: Clock | None = None
    ) -> None:
        self._app = app
        self._client = client
        self._app_token = app_token
        self._clock = clock or SystemClock()
        self._open = 0
        self._started = False
        self._room = asyncio.Semaphore(_MOST_ENVELOPES)

    @property
    def connected(self) -> bool:
        """Whether Slack has greeted a connection that is still open."""
        return self._open > 0

    async def run(self) -> None:
        """Keep one connection open, for ever. Raises `SlackRefused` where the token is wrong at the start."""
        url = await self._next_url()
        pause = 0.0
        async with asyncio.TaskGroup() as tasks, aiohttp.ClientSession() as session:
            while True:
                line = _Line()
                tasks.create_task(self._serve(session, url, line, tasks), name="slack-socket")
                await line.make_way.wait()
                pause = 0.0 if line.greeted else min(_LONGEST_PAUSE, 2 * pause + 0.5)
                await self._clock.sleep(pause)
                url = await self._next_url()

    async def _next_url(self) -> str:
        pause = 1.0
        while True:
            try:
                return await socket_url(self._client, self._app_token)
            except SlackRefused as refused:
                if not self._started:
                    raise
                logger.warning("slack_refuses_connection", reason=str(refused))
                pause = _LONGEST_PAUSE
            except SlackTrouble as trouble:
                pause = max(pause, min(trouble.retry_after or 0.0, _LONGEST_ORDER))
                logger.warning("slack_unreachable", code=trouble.code, details=trouble.details, pause=pause)
            await self._clock.sleep(pause)
            pause = min(_LONGEST_PAUSE, 2 * pause)

    async def _serve(
        self, session: aiohttp.ClientSession, url: str, line: _Line, tasks: asyncio.TaskGroup
    ) -> None:
        """Read one connection to its end."""
        try:
            async with (
                asyncio.timeout(_HELLO_SECONDS) as limit,
                session.ws_connect(
                    url,
                    heartbeat=_PING_SECONDS,
                    proxy=self._client.proxy,
                    timeout=aiohttp.ClientWSTimeout(ws_close=1.0),
                ) as socket,
            ):
                async for frame in socket:
                    if frame.type is aiohttp.WSMsgType.TEXT:
                        await self._take(frame.data, socket, line, limit, tasks)
        except TimeoutError:
            logger.warning("slack_connection_timed_out", greeted=line.greeted)
        except (aiohttp.ClientError, OSError) as error:
            logger.warning("slack_connection_broken", error=repr(error))
        finally:
            self._open -= line.greeted
            line.make_way.set()

    async def _take(
        self,
        frame: str,
        socket: aiohttp.ClientWebSocketResponse,
        line: _Line,
        limit: asyncio.Timeout,
        tasks: asyncio.TaskGroup,
    ) -> None:
        try:
            envelope = msgspec.json.decode(frame, type=_Envelope)
        except msgspec.MsgspecError as error:
            logger.warning("slack_frame_unreadable", error=str(error))
            return
        if envelope.type == "hello" and not line.greeted:
            limit.reschedule(None)
            line.greeted = self._started = True
            self._open += 1
            logger.info("slack_connected")
        elif envelope.type == "disconnect":
            logger.info("slack_renews_connection", reason=envelope.reason)
            limit.reschedule(asyncio.get_running_loop().time() + _RETIREMENT_SECONDS)
            line.make_way.set()
        elif envelope.envelope_id:
            await self._room.acquire()
            tasks.create_task(self._dispatch(envelope, socket), name="slack-envelope")

    async def _dispatch(self, envelope: _Envelope, socket: aiohttp.ClientWebSocketResponse) -> None:
        """Let Bolt handle one envelope, and acknowledge it with what the handler acknowledged with."""
        try:
            request = AsyncBoltRequest(mode="socket_mode", body=envelope.payload or {})
            response = await self._app.async_dispatch(request)
            if response.status != 200:
                logger.warning("slack_request_unhandled", kind=envelope.type, status=response.status)
                return
            answer: dict[str, Any] = {"envelope_id": envelope.envelope_id}
            if response.body:
                answer["payload"] = _payload(response.body)
            await socket.send_json(answer)
        except (aiohttp.ClientError, OSError) as error:
            # Slack delivers it again on the next connection, where `Intake` knows it.
            logger.info("slack_acknowledgement_lost", error=repr(error))
        except Exception:
            # One odd payload may not take the line down for everybody.
            logger.exception("slack_envelope_failed", kind=envelope.type)
        finally:
            self._room.release()


def _payload(body: str) -> Any:
    return json.loads(body) if body.startswith("{") else {"text": body}
