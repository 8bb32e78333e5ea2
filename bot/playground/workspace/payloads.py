"""The JSON that interactions, events and answers share: message, user, team, channel and view as apps see
them.
"""

from __future__ import annotations

from bot.playground.workspace.inputs import state_values
from bot.playground.workspace.messages import Message
from bot.playground.workspace.people import Channel, ChannelKind
from bot.playground.workspace.state import Workspace
from bot.playground.workspace.views import View
from bot.playground.workspace.wire import Json, UserId

_CHANNEL_NAMES = {ChannelKind.IM: "directmessage", ChannelKind.PRIVATE: "privategroup"}


def message_json(workspace: Workspace, message: Message, *, base_url: str, metadata: bool = True) -> Json:
    """The message object of `conversations.history` and of interactions."""
    shown: Json = {
        "type": "message",
        "user": message.user,
        "text": message.text,
        "ts": message.ts,
        "team": workspace.settings.team_id,
    }
    if message.tombstone:
        return {**shown, "subtype": "tombstone", "user": "USLACKBOT", "hidden": True, "thread_ts": message.ts}
    if message.bot_id is not None:
        shown["bot_id"] = message.bot_id
        shown["app_id"] = workspace.app.app_id
        shown["bot_profile"] = bot_profile(workspace)
    if message.blocks:
        shown["blocks"] = list(message.blocks)
    if message.thread_ts is not None:
        shown["thread_ts"] = message.thread_ts
    if message.edited is not None:
        shown["edited"] = {"user": message.edited_by, "ts": message.edited}
    if message.metadata is not None and metadata:
        shown["metadata"] = message.metadata
    if message.files:
        files = filter(None, (workspace.files.get(file_id) for file_id in message.files))
        shown["files"] = [file.as_json(base_url) for file in files]
    if message.broadcast:
        shown["subtype"] = "thread_broadcast"
    if message.reactions:
        shown["reactions"] = [
            {"name": name, "users": list(users), "count": len(users)} for name, users in message.reactions
        ]
    return {**shown, **_thread(workspace, message)}


def _thread(workspace: Workspace, message: Message) -> Json:
    if message.is_reply and message.thread_ts is not None:
        parent = workspace.messages.get(message.channel, message.thread_ts)
        return {} if parent is None else {"parent_user_id": parent.user}
    replies = workspace.messages.replies(message.channel, message.ts)
    if not replies:
        return {}
    users = list(dict.fromkeys(reply.user for reply in replies))
    return {
        "thread_ts": message.ts,
        "reply_count": len(replies),
        "reply_users": users,
        "reply_users_count": len(users),
        "latest_reply": replies[-1].ts,
    }


def bot_profile(workspace: Workspace) -> Json:
    """The app's bot as messages carry it."""
    return {
        "id": workspace.app.bot_id,
        "app_id": workspace.app.app_id,
        "user_id": workspace.app.user_id,
        "name": workspace.user(workspace.app.user_id).name,
        "icons": {},
        "deleted": False,
        "updated": 0,
        "team_id": workspace.settings.team_id,
    }


def team_json(workspace: Workspace) -> Json:
    """The team as interactions carry it."""
    return {"id": workspace.settings.team_id, "domain": workspace.settings.domain}


def user_json(workspace: Workspace, user_id: UserId) -> Json:
    """The person as interactions carry them."""
    name = workspace.user(user_id).name
    return {"id": user_id, "username": name, "name": name, "team_id": workspace.settings.team_id}


def channel_json(channel: Channel) -> Json:
    """The channel as interactions carry it; direct messages have a fixed name."""
    return {"id": channel.id, "name": channel_name(channel)}


def channel_name(channel: Channel) -> str:
    """The name Slack gives apps, which hides those of private places."""
    return _CHANNEL_NAMES.get(channel.kind, channel.name)


def view_json(workspace: Workspace, view: View) -> Json:
    """The view object, with the state of its inputs."""
    defaults: Json = {
        "private_metadata": "",
        "callback_id": "",
        "external_id": "",
        "close": None,
        "submit": None,
        "clear_on_close": False,
        "notify_on_close": False,
    }
    return {
        **defaults,
        **view.definition,
        "id": view.id,
        "team_id": workspace.settings.team_id,
        "app_id": workspace.app.app_id,
        "app_installed_team_id": workspace.settings.team_id,
        "bot_id": workspace.app.bot_id,
        "hash": view.hash,
        "root_view_id": view.root,
        "previous_view_id": view.previous,
        "state": {"values": state_values(view.definition["blocks"], view.values)},
    }


def envelope(workspace: Workspace, kind: str, user_id: UserId) -> Json:
    """What every interaction starts with, and a trigger id for it."""
    return {
        "type": kind,
        "team": team_json(workspace),
        "user": user_json(workspace, user_id),
        "api_app_id": workspace.app.app_id,
        "token": workspace.app.verification_token,
        "trigger_id": workspace.triggers.issue(user_id),
        "enterprise": None,
        "is_enterprise_install": False,
    }
