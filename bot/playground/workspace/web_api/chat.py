"""`chat.*`: posting, changing and deleting messages."""

from __future__ import annotations

from dataclasses import replace

from bot.playground.workspace.messages import Message
from bot.playground.workspace.payloads import message_json
from bot.playground.workspace.refusals import Refused
from bot.playground.workspace.rules import limits
from bot.playground.workspace.rules.messages import Content, checked_content
from bot.playground.workspace.web_api.call import Call
from bot.playground.workspace.wire import Json


def post_message(call: Call) -> Json:
    """`chat.postMessage`."""
    channel = call.writable_channel()
    content = checked_content(call.args)
    thread_ts = call.ts("thread_ts")
    call.workspace.pace.count_post(channel.id)
    broadcast = thread_ts is not None and call.flag("reply_broadcast")
    message = call.workspace.post_as_app(channel, content, thread_ts=thread_ts, broadcast=broadcast)
    return {"channel": channel.id, "ts": message.ts, "message": _shown(call, message)}


def post_ephemeral(call: Call) -> Json:
    """`chat.postEphemeral`: both the app and the reader must be in the channel."""
    channel = call.writable_channel()
    if call.workspace.app.user_id not in channel.members:
        raise Refused("not_in_channel")
    user = call.workspace.user(call.text("user"))
    if user.id not in channel.members:
        raise Refused("user_not_in_channel")
    content = checked_content(call.args)
    message = call.workspace.post_as_app(
        channel, content, thread_ts=call.ts("thread_ts"), ephemeral_to=user.id
    )
    return {"message_ts": message.ts}


def update(call: Call) -> Json:
    """`chat.update`: absent metadata stays, and absent blocks where there is no text either."""
    message = _own_message(call, "cant_update_message")
    given = dict(call.args)
    keeps_blocks = given.get("blocks") is None and not given.get("text")
    keeps_metadata = given.get("metadata") is None
    if keeps_blocks and message.blocks:
        content = checked_content({**given, "blocks": None, "text": message.text})
        content = replace(content, blocks=message.blocks)
    else:
        content = checked_content(given)
        if len(content.text) > limits.UPDATE_TEXT:
            raise Refused("msg_too_long")
    edited = call.workspace.edit(
        message, replace(content, metadata=message.metadata) if keeps_metadata else _without_empty(content)
    )
    return {
        "channel": message.channel,
        "ts": message.ts,
        "text": edited.text,
        "message": _shown(call, edited),
    }


def _without_empty(content: Content) -> Content:
    return content if content.metadata else replace(content, metadata=None)


def delete(call: Call) -> Json:
    """`chat.delete`."""
    message = _own_message(call, "cant_delete_message")
    call.workspace.delete(message)
    return {"channel": message.channel, "ts": message.ts}


def get_permalink(call: Call) -> Json:
    """`chat.getPermalink`."""
    channel = call.channel()
    message = call.workspace.messages.get(channel.id, call.text("message_ts"))
    if message is None or message.ephemeral_to is not None:
        raise Refused("message_not_found")
    link = f"{call.base_url}archives/{channel.id}/p{message.ts.replace('.', '')}"
    if message.is_reply:
        link += f"?thread_ts={message.thread_ts}&cid={channel.id}"
    return {"channel": channel.id, "permalink": link}


def _own_message(call: Call, code: str) -> Message:
    """A message of the app's own; ephemeral ones cannot be found by their timestamp."""
    channel = call.channel()
    message = call.workspace.messages.get(channel.id, call.text("ts"))
    if message is None or message.ephemeral_to is not None or message.tombstone:
        raise Refused("message_not_found")
    if message.user != call.workspace.app.user_id:
        raise Refused(code)
    return message


def _shown(call: Call, message: Message) -> Json:
    return message_json(call.workspace, message, base_url=call.base_url)
