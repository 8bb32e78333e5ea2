"""`reactions.*`: the app's emoji on messages."""

from __future__ import annotations

from dataclasses import replace

from bot.playground.workspace.messages import Message
from bot.playground.workspace.refusals import Refused
from bot.playground.workspace.web_api.call import Call
from bot.playground.workspace.wire import Json


def add(call: Call) -> Json:
    """`reactions.add`."""
    message, name = _target(call)
    reactions, me = dict(message.reactions), call.workspace.app.user_id
    if me in reactions.get(name, ()):
        raise Refused("already_reacted")
    reactions[name] = (*reactions.get(name, ()), me)
    call.workspace.change(replace(message, reactions=tuple(reactions.items())))
    return {}


def remove(call: Call) -> Json:
    """`reactions.remove`."""
    message, name = _target(call)
    reactions, me = dict(message.reactions), call.workspace.app.user_id
    if me not in reactions.get(name, ()):
        raise Refused("no_reaction")
    left = tuple(user for user in reactions.pop(name) if user != me)
    if left:
        reactions[name] = left
    call.workspace.change(replace(message, reactions=tuple(reactions.items())))
    return {}


def _target(call: Call) -> tuple[Message, str]:
    channel = call.channel()
    if call.workspace.app.user_id not in channel.members:
        raise Refused("not_in_channel")
    message = call.workspace.messages.get(channel.id, call.text("timestamp"))
    if message is None or message.ephemeral_to is not None:
        raise Refused("message_not_found")
    return message, call.text("name").strip(":")
