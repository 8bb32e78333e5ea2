"""What Slack sends, typed: the only place that knows the shapes of its payloads.

Slack's payloads carry dozens of fields; only those read here are named, so that a new field breaks nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec

from bot.errors import PodbotError
from bot.model.people import ChannelId, MessageTs, UserId
from bot.slack.place import Place

_T = TypeVar("_T")

_SAID_BY_PEOPLE = frozenset({None, "file_share", "me_message", "thread_broadcast"})
"""The subtypes of new messages: with a file, by /me, and replies that the channel sees, too."""


class UnreadablePayload(PodbotError):
    """Slack sent something that is not what its reference says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """A command as a person wrote it."""

    place: Place
    text: str
    trigger: str = ""
    """Opens a dialog, within 3 seconds; empty where Slack gives none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clicked:
    """A pressed button or a chosen option."""

    place: Place
    action_id: str
    value: str
    trigger: str
    in_view: bool = False
    """On the Home tab or in a dialog, not in a message: there is no channel to answer in."""
    window: str = ""
    """The id of the dialog that it was pressed in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitted:
    """A dialog that was sent off."""

    user: UserId
    view_id: str
    private_metadata: str
    values: dict[str, str]
    """What was entered, by block id; each block has one input."""
    trigger: str = ""


class _SlashCommand(msgspec.Struct):
    user_id: UserId
    channel_id: ChannelId
    text: str = ""
    response_url: str = ""
    trigger_id: str = ""


class _MessageEvent(msgspec.Struct):
    channel: ChannelId
    ts: str
    user: UserId = UserId("")
    text: str = ""
    thread_ts: str | None = None
    bot_id: str | None = None
    subtype: str | None = None
    edited: Any = None


class _Id(msgspec.Struct):
    id: str


class _Container(msgspec.Struct):
    message_ts: str | None = None
    thread_ts: str | None = None


class _Option(msgspec.Struct):
    value: str = ""


class _Action(msgspec.Struct):
    action_id: str
    value: str = ""
    selected_option: _Option | None = None


class _Shown(msgspec.Struct):
    id: str
    type: str = ""


class _BlockActions(msgspec.Struct):
    user: _Id
    actions: list[_Action]
    channel: _Id | None = None
    container: _Container = msgspec.field(default_factory=_Container)
    view: _Shown | None = None
    response_url: str = ""
    trigger_id: str = ""


class _Input(msgspec.Struct):
    value: str | None = None
    selected_option: _Option | None = None

    @property
    def entered(self) -> str:
        return (self.selected_option.value if self.selected_option is not None else self.value) or ""


class _State(msgspec.Struct):
    values: dict[str, dict[str, _Input]] = {}


class _View(msgspec.Struct):
    id: str
    private_metadata: str = ""
    state: _State = msgspec.field(default_factory=_State)


class _Submission(msgspec.Struct):
    user: _Id
    view: _View
    trigger_id: str = ""


class _HomeOpened(msgspec.Struct):
    user: UserId
    tab: str = ""


def slash_command(body: dict[str, Any]) -> Typed:
    """A slash command; Slack takes none inside threads."""
    sent = read(body, _SlashCommand)
    place = Place(user=sent.user_id, channel=sent.channel_id, response_url=sent.response_url)
    return Typed(place=place, text=sent.text, trigger=sent.trigger_id)


def message(event: dict[str, Any], bot: UserId) -> Typed | None:
    """A message that speaks to the bot: a mention, or anything in its direct messages.

    None where it is no person's new message. What stands before the mention is taken for a greeting.
    """
    sent = read(event, _MessageEvent)
    nobodys = not sent.user or sent.user == bot or sent.bot_id
    if nobodys or sent.edited or sent.subtype not in _SAID_BY_PEOPLE:
        return None
    mention = re.search(rf"<@{re.escape(bot)}(?:\|[^>]*)?>", sent.text)
    thread = MessageTs(sent.thread_ts) if sent.thread_ts else None
    return Typed(
        place=Place(user=sent.user, channel=sent.channel, thread=thread),
        text=sent.text[mention.end() :] if mention else sent.text,
    )


def is_direct(event: dict[str, Any]) -> bool:
    """Whether a message event comes from the bot's direct messages."""
    return event.get("channel_type") == "im"


def click(body: dict[str, Any]) -> Clicked:
    """The first action of `block_actions`; Slack sends one at a time."""
    sent = read(body, _BlockActions)
    action = sent.actions[0]
    where = sent.container
    in_thread = where.thread_ts is not None and where.thread_ts != where.message_ts
    place = Place(
        user=UserId(sent.user.id),
        channel=ChannelId(sent.channel.id if sent.channel else ""),
        thread=MessageTs(where.thread_ts) if in_thread and where.thread_ts else None,
        response_url=sent.response_url,
    )
    value = action.selected_option.value if action.selected_option else action.value
    view = sent.view
    return Clicked(
        place=place,
        action_id=action.action_id,
        value=value,
        trigger=sent.trigger_id,
        in_view=view is not None,
        window=view.id if view is not None and view.type == "modal" else "",
    )


def home_opened(event: dict[str, Any]) -> UserId | None:
    """Who opened the Home tab; None where it was the other tab, the messages."""
    sent = read(event, _HomeOpened)
    return sent.user if sent.tab == "home" else None


def submission(body: dict[str, Any]) -> Submitted:
    """A `view_submission`."""
    sent = read(body, _Submission)
    values = {
        block: next((each.entered for each in inputs.values()), "")
        for block, inputs in sent.view.state.values.items()
    }
    return Submitted(
        user=UserId(sent.user.id),
        view_id=sent.view.id,
        private_metadata=sent.view.private_metadata,
        values=values,
        trigger=sent.trigger_id,
    )


def delivery_key(body: dict[str, Any]) -> str | None:
    """What tells a repeated delivery from a new request; None where the payload has nothing of the kind.

    Events carry an id, everything a person does carries a trigger of its own. Both are the same in what Slack
    delivers again, by whichever connection (events: at once, after one minute and after five); Socket Mode's
    envelope may be another. A dialog's submission is left to `deletion`, which must answer a repeated one
    like the first.
    """
    if body.get("type") == "view_submission":
        return None
    key = body.get("event_id") or body.get("trigger_id")
    return str(key) if key else None


def read(body: dict[str, Any], shape: type[_T]) -> _T:
    """A payload in its shape; raises `UnreadablePayload` for what is not."""
    try:
        return msgspec.convert(body, shape)
    except msgspec.ValidationError as error:
        raise UnreadablePayload(f"{shape.__name__.strip('_')}: {error}") from error
