"""Slack's requests, each to its handler: acknowledge, read, serve. Nothing else happens here.

Bolt checks signatures, matches requests and runs handlers; who asks is known from the workspace's own
directory, and the bot itself from `connection.check`, so that no call of Slack stands before an
acknowledgement.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

import msgspec
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient

from bot.clock import Clock, SystemClock
from bot.errors import PodbotError
from bot.pods.ports import People
from bot.slack import ask, incident_views, payloads, picked, views
from bot.slack.actions import UnknownPress
from bot.slack.ask import AskDialog
from bot.slack.clusters import Clusters
from bot.slack.connection import BotIdentity
from bot.slack.deletion import DeletionDialog
from bot.slack.desk import Desk, Pods, new_request_id
from bot.slack.directory import SlackDirectory
from bot.slack.failures import explained
from bot.slack.files import Files
from bot.slack.following import LogStreams
from bot.slack.followups import FollowUps
from bot.slack.home import REFRESH as HOME_REFRESH
from bot.slack.home import HomeTab
from bot.slack.incidents import IncidentDesk, IncidentSource
from bot.slack.intake import Intake
from bot.slack.speaker import Speaker
from bot.slack.windows import Windows

Body: TypeAlias = dict[str, Any]

_COMMANDS = re.compile(r"/(pods|kubectl)")
_ANYTHING = re.compile(r".*", re.DOTALL)


def build(
    *,
    client: AsyncWebClient,
    identity: BotIdentity,
    clusters: Clusters[Pods],
    people: People,
    streams: LogStreams,
    intake: Intake,
    follow_ups: FollowUps,
    incidents: Clusters[IncidentSource] | None = None,
    signing_secret: str = "",
    clock: Clock | None = None,
    patience: float = 9.0,
    new_id: Callable[[], str] = new_request_id,
) -> AsyncApp:
    """The Bolt app with all handlers.

    `signing_secret` is needed for HTTP mode only. `patience` bounds a request's work, in seconds. `intake` is
    drained by its owner at the end, `streams` and `follow_ups` are closed.
    """
    clock = clock or SystemClock()
    speaker = Speaker(client, Files(client), clock)
    dialog = DeletionDialog(
        client=client,
        speaker=speaker,
        follow_ups=follow_ups,
        intake=intake,
        clock=clock,
        patience=patience,
    )
    asking = AskDialog(client=client, clusters=clusters, speaker=speaker)
    desk = Desk(
        clusters=clusters,
        people=people,
        directory=SlackDirectory(client, clock),
        speaker=speaker,
        dialog=dialog,
        streams=streams,
        windows=Windows(client=client, speaker=speaker, patience=patience),
        home=HomeTab(client, clusters, incidents),
        ask=asking,
        intake=intake,
        patience=patience,
        incidents=None
        if incidents is None
        else IncidentDesk(client=client, sources=incidents, deletion=dialog, patience=patience),
        new_id=new_id,
    )
    app = _bolt(client, identity, signing_secret)
    app.use(_first_deliveries_only(intake))
    _take_words(app, desk, identity)
    _take_home(app, desk)
    _take_shortcuts(app, desk, asking, intake)
    _take_clicks(app, desk)
    _take_confirmations(app, desk, dialog)
    _take_incident_dialogs(app, desk, intake)
    return app


def _bolt(client: AsyncWebClient, identity: BotIdentity, signing_secret: str) -> AsyncApp:
    async def authorize() -> AuthorizeResult:
        return AuthorizeResult(
            enterprise_id=None,
            team_id=identity.team,
            bot_token=client.token,
            bot_id=identity.bot_id,
            bot_user_id=identity.user,
        )

    logger = logging.getLogger("bot.slack.bolt")
    # While it is built, Bolt warns that it ignores SLACK_BOT_TOKEN of the environment. So it should.
    logger.setLevel(logging.ERROR)
    app = AsyncApp(
        name="podbot", logger=logger, client=client, signing_secret=signing_secret, authorize=authorize
    )
    logger.setLevel(logging.NOTSET)
    if app.oauth_flow is not None:
        raise PodbotError(
            "SLACK_CLIENT_ID and SLACK_CLIENT_SECRET are set: Bolt would ask for an installation by OAuth, "
            "which podbot does not use. Unset them."
        )
    return app


def _first_deliveries_only(intake: Intake) -> Callable[..., Awaitable[BoltResponse | None]]:
    async def middleware(
        body: Body,
        next: Callable[[], Awaitable[BoltResponse]],  # noqa: A002 - Bolt hands it over by this name
    ) -> BoltResponse | None:
        key = payloads.delivery_key(body)
        if key is not None and not await intake.is_new(key):
            return BoltResponse(status=200)
        return await next()

    return middleware


def _take_words(app: AsyncApp, desk: Desk, identity: BotIdentity) -> None:
    async def slash_command(ack: AsyncAck, body: Body) -> None:
        await ack()
        await desk.typed(payloads.slash_command(body))

    async def mention(event: Body) -> None:
        said = payloads.message(event, identity.user)
        if said is not None:
            await desk.typed(said)

    async def message(event: Body) -> None:
        if payloads.is_direct(event):
            await mention(event)

    app.command(_COMMANDS)(slash_command)
    app.event("app_mention")(mention)
    app.event("message")(message)


def _take_home(app: AsyncApp, desk: Desk) -> None:
    async def opened(event: Body) -> None:
        user = payloads.home_opened(event)
        if user is not None:
            await desk.at_home(user)

    async def refresh(ack: AsyncAck, body: Body) -> None:
        await ack()
        await desk.at_home(payloads.click(body).place.user)

    app.event("app_home_opened")(opened)
    app.action(HOME_REFRESH)(refresh)


def _take_shortcuts(app: AsyncApp, desk: Desk, asking: AskDialog, intake: Intake) -> None:
    async def shortcut(ack: AsyncAck, body: Body) -> None:
        await ack()
        await desk.picked(picked.shortcut(body))

    async def asked(ack: AsyncAck, body: Body) -> None:
        sent = payloads.submission(body)
        mistake = asking.mistake(sent)
        if mistake:
            await ack(response_action="errors", errors={ask.COMMAND: mistake})
            return
        await ack()
        if await intake.is_new(f"view {sent.view_id}"):
            await desk.typed(ask.asked(sent))

    app.message_shortcut(ask.SHORTCUT)(shortcut)
    app.view(ask.CALLBACK)(asked)


def _take_clicks(app: AsyncApp, desk: Desk) -> None:
    async def click(ack: AsyncAck, body: Body) -> None:
        await ack()
        await desk.clicked(payloads.click(body))

    app.action(_ANYTHING)(click)


def _take_confirmations(app: AsyncApp, desk: Desk, dialog: DeletionDialog) -> None:
    async def confirm(ack: AsyncAck, body: Body) -> None:
        sent = payloads.submission(body)
        try:
            pending = views.read_pending(sent.private_metadata)
        except msgspec.MsgspecError:
            await _say_outdated(ack)
            return
        mistakes = views.mistakes(pending, sent.values)
        if mistakes:
            await ack(response_action="errors", errors=mistakes)
            return
        deleting = views.deleting(pending)
        known = await dialog.taken(sent.view_id, deleting)
        await ack(response_action="update", view=known or deleting)
        if known is None:
            await desk.confirmed(sent, pending)

    app.view(views.CALLBACK)(confirm)


async def _say_outdated(ack: AsyncAck) -> None:
    """For a dialog that another version of podbot has drawn."""
    await ack(response_action="update", view=views.ending(explained(UnknownPress(), request="")))


def _take_incident_dialogs(app: AsyncApp, desk: Desk, intake: Intake) -> None:
    async def entered(ack: AsyncAck, body: Body) -> None:
        sent = payloads.submission(body)
        try:
            pending = incident_views.read_pending(sent.private_metadata)
        except msgspec.MsgspecError:
            await _say_outdated(ack)
            return
        try:
            command = incident_views.command(pending, sent.values)
        except incident_views.Mistaken as mistaken:
            await ack(response_action="errors", errors=mistaken.mistakes)
            return
        await ack()
        if await intake.is_new(f"view {sent.view_id}"):
            await desk.entered(sent, pending.place, command)

    app.view(incident_views.CALLBACK)(entered)
