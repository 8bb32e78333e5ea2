"""The bot's door to Slack: finds out who it is there, then takes requests in, by Socket Mode or over HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from aiohttp import web
from slack_sdk.web.async_client import AsyncWebClient

from bot import logs
from bot.clock import Clock
from bot.pods.ports import Claims
from bot.slack.app import build
from bot.slack.client import SlackTrouble
from bot.slack.clusters import Clusters
from bot.slack.connection import BotIdentity, SlackRefused, SocketConnection, check
from bot.slack.desk import Pods
from bot.slack.following import LogStreams
from bot.slack.followups import FollowUps
from bot.slack.http import events_handler
from bot.slack.incidents import IncidentSource
from bot.slack.intake import Intake
from bot.slack.people import SlackPeople

_LONGEST_PAUSE = 30.0

logger = logs.get(__name__)


class SlackDoor:
    """All ways in. With an app token requests come by Socket Mode, without one to `post`."""

    def __init__(
        self,
        *,
        client: AsyncWebClient,
        app_token: str | None,
        signing_secret: str,
        pods: Clusters[Pods],
        clock: Clock,
        claims: Claims | None = None,
        alone: bool = False,
        incidents: Clusters[IncidentSource] | None = None,
    ) -> None:
        """`claims` is what was taken, by this process before it was restarted and by other replicas.

        `alone`: there are no others. `incidents` are the services of the same clusters as `pods`; without
        them nothing is done about incidents.
        """
        self._incidents = incidents
        self._client = client
        self._app_token = app_token
        self._signing_secret = signing_secret
        self._clusters = pods
        self._clock = clock
        self._intake = Intake(claims=claims)
        self._streams = LogStreams(client=client, clock=clock, claims=None if alone else claims)
        self._follow_ups = FollowUps()
        self._socket: SocketConnection | None = None
        self._events: Callable[[web.Request], Awaitable[web.Response]] | None = None

    @property
    def open(self) -> bool:
        """Whether requests can come in."""
        return self._socket.connected if self._socket is not None else self._events is not None

    async def run(self) -> None:
        """Take requests in until cancelled. Raises `SlackRefused` where a token is wrong at the start."""
        identity = await self._introduced()
        app = build(
            client=self._client,
            identity=identity,
            clusters=self._clusters,
            people=SlackPeople(self._client, team=identity.team, clock=self._clock),
            streams=self._streams,
            intake=self._intake,
            follow_ups=self._follow_ups,
            incidents=self._incidents,
            signing_secret=self._signing_secret,
            clock=self._clock,
        )
        if self._app_token is None:
            self._events = events_handler(app, self._signing_secret)
            await asyncio.get_running_loop().create_future()
        else:
            self._socket = SocketConnection(
                app, client=self._client, app_token=self._app_token, clock=self._clock
            )
            await self._socket.run()

    async def post(self, request: web.Request) -> web.Response:
        """`POST /slack/events`; answers 503 while the bot does not know yet who it is."""
        if self._events is None:
            return web.Response(status=503, headers={"Retry-After": "2"})
        return await self._events(request)

    async def drain(self, seconds: float) -> None:
        """Begin nothing new, end what is followed, and wait up to `seconds` for what is being done."""
        await asyncio.gather(
            self._intake.drain(seconds), self._streams.close(seconds), self._follow_ups.close(seconds)
        )

    async def _introduced(self) -> BotIdentity:
        """Who the bot is. While Slack does not answer it is asked again; meanwhile the watch goes on."""
        pause = 1.0
        while True:
            try:
                identity = await check(self._client)
            except SlackTrouble as trouble:
                logger.warning("slack_unreachable", code=trouble.code, details=trouble.details, pause=pause)
                await self._clock.sleep(pause)
                pause = min(2 * pause, _LONGEST_PAUSE)
                continue
            if identity.problems:
                raise SlackRefused("; ".join(identity.problems))
            for remark in identity.remarks:
                logger.warning("slack_scopes_missing", remark=remark)
            return identity
