"""The people who ask: who they are in Slack, and where they ask from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NewType

UserId = NewType("UserId", str)
UsergroupId = NewType("UsergroupId", str)
ChannelId = NewType("ChannelId", str)
MessageTs = NewType("MessageTs", str)
"""Slack's id of a message within its channel; also its time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Someone of the workspace, as far as permissions need to know them."""

    id: UserId
    name: str
    full_member: bool
    """False for guests, bots, deactivated accounts and people of other workspaces."""
    usergroups: frozenset[UsergroupId] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """A person in a place: both count for permissions and for the audit."""

    person: Person
    channel: ChannelId
    request: str
    """Short id of this request: shown with errors, written in the audit line and the log."""
