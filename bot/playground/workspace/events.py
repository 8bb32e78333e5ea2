"""The Events API: which events the app gets, and what they say."""

from __future__ import annotations

from collections.abc import Iterator

from bot.playground.workspace.messages import Message
from bot.playground.workspace.payloads import message_json, view_json
from bot.playground.workspace.people import ChannelKind
from bot.playground.workspace.state import Workspace
from bot.playground.workspace.wire import Json, UserId

_MESSAGE_EVENTS = {
    ChannelKind.IM: ("message.im", "im:history", "im"),
    ChannelKind.PUBLIC: ("message.channels", "channels:history", "channel"),
    ChannelKind.PRIVATE: ("message.groups", "groups:history", "group"),
}


def message_events(workspace: Workspace, message: Message, *, base_url: str) -> Iterator[Json]:
    """The events of a new message: none unless the app is in the channel, subscribed and granted the scope.

    A mention in direct messages is a `message` only, as in Slack.
    """
    channel = workspace.channels[message.channel]
    if workspace.app.user_id not in channel.members:
        return
    event = {
        **message_json(workspace, message, base_url=base_url),
        "channel": message.channel,
        "event_ts": message.ts,
    }
    subscription, scope, kind = _MESSAGE_EVENTS[channel.kind]
    if _wanted(workspace, subscription, scope):
        yield {**event, "channel_type": kind}
    mentioned = f"<@{workspace.app.user_id}>" in message.text and message.user != workspace.app.user_id
    if (
        mentioned
        and channel.kind is not ChannelKind.IM
        and _wanted(workspace, "app_mention", "app_mentions:read")
    ):
        yield {**event, "type": "app_mention"}


def home_event(workspace: Workspace, user_id: UserId) -> Json | None:
    """`app_home_opened`, if the app subscribed to it."""
    if "app_home_opened" not in workspace.app.events:
        return None
    event: Json = {
        "type": "app_home_opened",
        "user": user_id,
        "channel": workspace.direct_messages(user_id).id,
        "tab": "home",
        "event_ts": workspace.messages.new_ts(),
    }
    view = workspace.views.home(user_id)
    return event if view is None else {**event, "view": view_json(workspace, view)}


def _wanted(workspace: Workspace, subscription: str, scope: str) -> bool:
    return subscription in workspace.app.events and scope in workspace.scopes
