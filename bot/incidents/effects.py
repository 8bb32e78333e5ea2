"""What is to be done because something happened to an incident: the effects of `reducer`."""

from __future__ import annotations

from enum import Enum
from typing import TypeAlias

import msgspec

from bot.model.letters import Urgency
from bot.model.people import ChannelId, UsergroupId, UserId
from bot.model.stories import StoryEntry


class _Effect(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Base of the effects."""


class Show(_Effect, frozen=True, kw_only=True):
    """Its message says something else now, or is to be posted: a letter of the incident's revision."""

    urgency: Urgency


class Tell(_Effect, frozen=True, kw_only=True):
    """An entry of its story: always written down, and said in the thread where it is `aloud`."""

    entry: StoryEntry


class Mention(_Effect, frozen=True, kw_only=True):
    """Call people in the thread. The step names the letter, so that a repeated write calls nobody twice."""

    step: str
    groups: tuple[UsergroupId, ...] = ()
    people: tuple[UserId, ...] = ()


class CallRoute(_Effect, frozen=True, kw_only=True):
    """Call those whom its route calls: it is back, or no longer silent. The spell names the letter.

    `again`: it was over and is back; else it is heard of for the first time.
    """

    spell: int
    again: bool = True


class SecondChannel(_Effect, frozen=True, kw_only=True):
    """Call in another channel, which gets a message of the incident that is kept up to date.

    `again`: that message is there already, and the call is a reply to it that the channel sees.
    """

    step: str
    channel: ChannelId
    again: bool = False


class PageAction(Enum):
    """What a webhook is told; the words are those of PagerDuty's Events API v2."""

    TRIGGER = "trigger"
    ACKNOWLEDGE = "acknowledge"
    RESOLVE = "resolve"


class Page(_Effect, frozen=True, kw_only=True):
    """Call a webhook; the incident's id is what its calls have in common."""

    webhook: str
    action: PageAction


Effect: TypeAlias = Show | Tell | Mention | CallRoute | SecondChannel | Page
