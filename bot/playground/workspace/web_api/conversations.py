"""`conversations.*`: channels, their members and what was said in them."""

from __future__ import annotations

import math
from dataclasses import dataclass

from bot.playground.workspace.messages import Message
from bot.playground.workspace.payloads import message_json
from bot.playground.workspace.people import Channel, ChannelKind
from bot.playground.workspace.refusals import Refused, missing_field
from bot.playground.workspace.web_api.call import Call
from bot.playground.workspace.wire import Json

_FAMILIES = {ChannelKind.PUBLIC: "channels", ChannelKind.PRIVATE: "groups", ChannelKind.IM: "im"}
_TYPES = {
    "public_channel": ChannelKind.PUBLIC,
    "private_channel": ChannelKind.PRIVATE,
    "im": ChannelKind.IM,
}


def open_direct(call: Call) -> Json:
    """`conversations.open` with one person; groups of people are not served."""
    users = call.names("users")
    if not users and call.optional("channel") is not None:
        channel = call.channel()
    elif len(users) != 1:
        raise missing_field("users") if not users else Refused("method_not_supported_for_channel_type")
    else:
        if call.workspace.user(users[0]).is_bot:
            raise Refused("cannot_dm_bot")
        channel = call.workspace.direct_messages(call.workspace.user(users[0]).id)
    if call.flag("return_im"):
        return {"channel": channel.as_json(call.workspace.app.user_id)}
    return {"channel": {"id": channel.id}}


def info(call: Call) -> Json:
    """`conversations.info`."""
    channel = call.channel()
    call.need(f"{_FAMILIES[channel.kind]}:read")
    shown = channel.as_json(call.workspace.app.user_id)
    if not call.flag("include_num_members"):
        shown.pop("num_members", None)
    return {"channel": shown}


def list_all(call: Call) -> Json:
    """`conversations.list`: public channels, and private places the app is in."""
    return _listed(call, list(call.workspace.channels.values()))


def of_user(call: Call) -> Json:
    """`users.conversations`: the places a user is in, by default the app's own."""
    user = call.workspace.user(call.optional("user") or call.workspace.app.user_id)
    return _listed(
        call, [channel for channel in call.workspace.channels.values() if user.id in channel.members]
    )


def _listed(call: Call, channels: list[Channel]) -> Json:
    kinds = set()
    for name in call.names("types") or ["public_channel"]:
        if name == "mpim":
            continue
        if name not in _TYPES:
            raise Refused("invalid_types")
        call.need(f"{_FAMILIES[_TYPES[name]]}:read")
        kinds.add(_TYPES[name])
    me = call.workspace.app.user_id
    visible = [
        channel.as_json(me)
        for channel in channels
        if channel.kind in kinds
        and (channel.kind is ChannelKind.PUBLIC or me in channel.members)
        and not (call.flag("exclude_archived") and channel.is_archived)
    ]
    page, cursor = call.page(visible)
    return {"channels": page, "response_metadata": {"next_cursor": cursor}}


def members(call: Call) -> Json:
    """`conversations.members`."""
    channel = call.channel()
    call.need(f"{_FAMILIES[channel.kind]}:read")
    page, cursor = call.page(sorted(channel.members))
    return {"members": page, "response_metadata": {"next_cursor": cursor}}


def join(call: Call) -> Json:
    """`conversations.join`, public channels only."""
    channel = call.channel()
    if channel.kind is not ChannelKind.PUBLIC:
        raise Refused("method_not_supported_for_channel_type")
    if channel.is_archived:
        raise Refused("is_archived")
    joined = call.workspace.join(channel, call.workspace.app.user_id)
    return {"channel": joined.as_json(call.workspace.app.user_id)}


def history(call: Call) -> Json:
    """`conversations.history`: newest first, without replies that were not broadcast."""
    channel, span = _readable(call), _span(call)
    found = [
        message
        for message in call.workspace.messages.in_channel(channel.id)
        if message.ephemeral_to is None
        and (not message.is_reply or message.broadcast)
        and span.holds(message)
    ]
    page, cursor = call.page(found[::-1])
    return _messages(call, page, cursor)


def replies(call: Call) -> Json:
    """`conversations.replies`: the parent and its replies, oldest first."""
    channel, span = _readable(call), _span(call)
    asked = call.workspace.messages.get(channel.id, call.text("ts"))
    if asked is None or asked.ephemeral_to is not None:
        raise Refused("thread_not_found")
    parent = call.workspace.messages.get(channel.id, asked.thread_ts or asked.ts) or asked
    thread = [m for m in call.workspace.messages.replies(channel.id, parent.ts) if span.holds(m)]
    page, cursor = call.page([parent, *thread], default=1_000)
    return _messages(call, page, cursor)


def _readable(call: Call) -> Channel:
    channel = call.channel()
    call.need(f"{_FAMILIES[channel.kind]}:history")
    if call.workspace.app.user_id not in channel.members:
        raise Refused("not_in_channel")
    return channel


@dataclass(frozen=True, slots=True, kw_only=True)
class _Span:
    """From when to when, with or without the ends."""

    oldest: float
    latest: float
    inclusive: bool

    def holds(self, message: Message) -> bool:
        at = float(message.ts)
        if self.inclusive:
            return self.oldest <= at <= self.latest
        return self.oldest < at < self.latest


def _span(call: Call) -> _Span:
    return _Span(
        oldest=_moment(call, "oldest", -math.inf),
        latest=_moment(call, "latest", math.inf),
        inclusive=call.flag("inclusive"),
    )


def _moment(call: Call, name: str, default: float) -> float:
    given = call.optional(name)
    try:
        return default if given is None else float(given)
    except ValueError:
        raise Refused(f"invalid_ts_{name}") from None


def _messages(call: Call, found: list[Message], cursor: str) -> Json:
    metadata = call.flag("include_all_metadata")
    shown = [message_json(call.workspace, m, base_url=call.base_url, metadata=metadata) for m in found]
    more = {"response_metadata": {"next_cursor": cursor}} if cursor else {}
    return {"messages": shown, "has_more": bool(cursor), "pin_count": 0, **more}
