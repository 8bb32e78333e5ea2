"""The JSON the page gets: people, channels, messages and the state it starts from."""

from __future__ import annotations

from dataclasses import asdict

from bot.playground.workspace.files import File
from bot.playground.workspace.messages import Message
from bot.playground.workspace.people import Channel, ChannelKind
from bot.playground.workspace.runtime import Runtime
from bot.playground.workspace.state import Workspace
from bot.playground.workspace.wire import Json, UserId


def state_json(runtime: Runtime, me: UserId) -> Json:
    """Everything the page needs to start as this person."""
    workspace = runtime.workspace
    workspace.direct_messages(me)
    may_command = "commands" in workspace.scopes
    return {
        "ok": True,
        "workspace": {"name": workspace.settings.name, "url": runtime.base_url},
        "me": me,
        "people": [
            {"id": user.id, "name": user.name, "real_name": user.real_name, "title": user.title}
            for user in workspace.users.values()
            if not user.is_bot and not user.deleted
        ],
        "bot": {
            "id": workspace.app.user_id,
            "name": workspace.user(workspace.app.user_id).name,
            "connected": runtime.courier.connected,
        },
        "channels": [_channel(workspace, c, me) for c in workspace.channels.values() if may_see(c, me)],
        "usergroups": [
            {"id": group.id, "handle": group.handle, "name": group.name, "users": list(group.users)}
            for group in workspace.usergroups.values()
        ],
        "commands": [asdict(command) for command in workspace.app.commands] if may_command else [],
        "shortcuts": [asdict(shortcut) for shortcut in workspace.app.shortcuts] if may_command else [],
        "panel_url": workspace.settings.panel_url,
        "as_of": f"{workspace.clock():.6f}",
    }


def may_see(channel: Channel, user_id: UserId) -> bool:
    """Public channels are for everybody, others for their members."""
    return channel.kind is ChannelKind.PUBLIC or user_id in channel.members


def _channel(workspace: Workspace, channel: Channel, me: UserId) -> Json:
    is_im = channel.kind is ChannelKind.IM
    other = next(iter(channel.members - {me}), me)
    return {
        "id": channel.id,
        "name": workspace.user(other).name if is_im else channel.name,
        "kind": "im" if is_im else "channel",
        "topic": channel.topic,
        "members": sorted(channel.members),
    }


def message_json(workspace: Workspace, message: Message) -> Json:
    """One message, with only the fields it has."""
    user = workspace.user(message.user)
    shown: Json = {
        "ts": message.ts,
        "user": message.user,
        "username": user.name,
        "is_bot": user.is_bot,
        "text": message.text,
    }
    if message.thread_ts is not None:
        shown["thread_ts"] = message.thread_ts
    if message.blocks:
        shown["blocks"] = list(message.blocks)
    if message.edited is not None:
        shown["edited"] = {"ts": message.edited}
    if message.ephemeral_to is not None:
        shown["ephemeral"] = True
    if message.broadcast:
        shown["broadcast"] = True
    if message.metadata is not None:
        shown["metadata"] = message.metadata
    if message.tombstone:
        shown["deleted"] = True
    files = [file for file in map(workspace.files.get, message.files) if file is not None]
    if files:
        shown["files"] = [_file(file) for file in files]
    replies = workspace.messages.replies(message.channel, message.ts)
    return {**shown, "reply_count": len(replies)} if replies else shown


def _file(file: File) -> Json:
    shown: Json = {
        "id": file.id,
        "name": file.name,
        "title": file.title,
        "alt": file.alt,
        "mimetype": file.mimetype,
        "size": file.length,
        "url": f"/page/files/{file.id}",
    }
    return shown if file.preview is None else {**shown, "preview": file.preview}


def live_json(workspace: Workspace, event: Json) -> Json:
    """A feed event as it goes over the page's WebSocket."""
    if isinstance(event.get("message"), Message):
        return {**event, "message": message_json(workspace, event["message"])}
    return event
