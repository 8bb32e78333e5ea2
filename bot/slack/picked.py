"""A message that a shortcut was chosen for: where it is, all that it says, and what its buttons carry."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from bot.model.people import ChannelId, MessageTs, UserId
from bot.slack.payloads import read
from bot.slack.place import Place

_TEXTS = frozenset({"fallback", "pretext", "text", "title", "value"})
"""The fields of blocks and attachments that hold words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picked:
    """A message that the shortcut was chosen for."""

    place: Place
    """The message's thread."""
    trigger: str
    text: str
    """Everything that the message says."""
    buttons: tuple[tuple[str, str], ...]
    """Action id and value of each button in it."""


class _Id(msgspec.Struct):
    id: str


class _Message(msgspec.Struct):
    ts: str
    thread_ts: str | None = None
    reply_count: int | None = None
    text: str = ""
    blocks: list[Any] = []
    attachments: list[Any] = []

    @property
    def has_no_replies(self) -> bool:
        """Neither in a thread nor at the head of one; Slack gives a head its own time as its thread."""
        return self.thread_ts is None or (self.thread_ts == self.ts and self.reply_count == 0)


class _MessageAction(msgspec.Struct):
    user: _Id
    channel: _Id
    message: _Message
    trigger_id: str = ""
    response_url: str = ""


def shortcut(body: dict[str, Any]) -> Picked:
    """A `message_action`: the message that was chosen, and the thread that it is or would be in."""
    sent = read(body, _MessageAction)
    chosen = sent.message
    parts = [*chosen.blocks, *chosen.attachments]
    return Picked(
        place=Place(
            user=UserId(sent.user.id),
            channel=ChannelId(sent.channel.id),
            thread=MessageTs(chosen.thread_ts or chosen.ts),
            unbegun=chosen.has_no_replies,
            response_url=sent.response_url,
        ),
        trigger=sent.trigger_id,
        text="\n".join((chosen.text, *_texts(parts))),
        buttons=tuple(_buttons(parts)),
    )


def _texts(part: Any) -> Iterator[str]:
    """Every text inside blocks and attachments, however deep."""
    if isinstance(part, dict):
        for name, inner in part.items():
            if isinstance(inner, str):
                if name in _TEXTS and part.get("type") != "button":
                    yield inner
            else:
                yield from _texts(inner)
    elif isinstance(part, list):
        for each in part:
            yield from _texts(each)


def _buttons(part: Any) -> Iterator[tuple[str, str]]:
    if isinstance(part, dict):
        if part.get("type") == "button":
            yield str(part.get("action_id", "")), str(part.get("value", ""))
        for inner in part.values():
            yield from _buttons(inner)
    elif isinstance(part, list):
        for each in part:
            yield from _buttons(each)
