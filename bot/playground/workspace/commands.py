"""Slash commands: from what a person typed to the app and its answer back."""

from __future__ import annotations

from bot.playground.workspace import mrkdwn
from bot.playground.workspace.delivery.parcels import Outcome, ParcelKind
from bot.playground.workspace.payloads import channel_name
from bot.playground.workspace.people import Channel
from bot.playground.workspace.refusals import Refused
from bot.playground.workspace.response_urls import Origin, ResponseUrl
from bot.playground.workspace.responses import respond
from bot.playground.workspace.runtime import Runtime
from bot.playground.workspace.wire import Json, Ts, UserId


async def run_command(
    runtime: Runtime, user_id: UserId, channel: Channel, typed: str, *, thread_ts: Ts | None = None
) -> None:
    """Sends a slash command to the app and shows what it answers at once.

    A command that the app does not acknowledge ends in a notice to the person, with Slack's code for the
    reason.

    The whole line is `typed`, slash first.

    Raises:
        Refused: `not_supported_in_threads` or `invalid_command`, with the text for the person.
    """
    name, _, text = typed.partition(" ")
    workspace = runtime.workspace
    known = (
        {command.command for command in workspace.app.commands} if "commands" in workspace.scopes else set()
    )
    if name not in known:
        raise Refused("invalid_command", message=f"{name} is not a valid command.")
    if thread_ts is not None:
        raise Refused("not_supported_in_threads", message=f"{name} is not supported in threads. Sorry!")
    answer = await runtime.courier.ask(
        ParcelKind.COMMAND, _payload(runtime, user_id, channel, name, text.strip()), takes_answer=True
    )
    if answer.outcome is not Outcome.ACKNOWLEDGED:
        workspace.notify(user_id, f'{name} failed with the error "{answer.outcome.value}"')
    elif answer.body:
        _show(runtime, user_id, channel, name, answer.body)


def _payload(runtime: Runtime, user_id: UserId, channel: Channel, name: str, text: str) -> Json:
    workspace = runtime.workspace
    path = workspace.response_urls.issue(Origin.COMMAND, channel=channel.id, user=user_id)
    return {
        "token": workspace.app.verification_token,
        "team_id": workspace.settings.team_id,
        "team_domain": workspace.settings.domain,
        "channel_id": channel.id,
        "channel_name": channel_name(channel),
        "user_id": user_id,
        "user_name": workspace.user(user_id).name,
        "command": name,
        "text": mrkdwn.escaped(text),
        "api_app_id": workspace.app.app_id,
        "is_enterprise_install": "false",
        "response_url": runtime.base_url + path,
        "trigger_id": workspace.triggers.issue(user_id),
    }


def _show(runtime: Runtime, user_id: UserId, channel: Channel, name: str, body: Json) -> None:
    workspace = runtime.workspace
    place = ResponseUrl(origin=Origin.COMMAND, channel=channel.id, user=user_id, issued=workspace.clock())
    try:
        respond(workspace, place, body)
    except Refused as refused:
        # Slack's own name for an answer that it cannot show.
        workspace.notify(user_id, f'{name} failed with the error "invalid_command_response" ({refused.code})')
