"""The people who ask: who they are in Slack, and where they ask from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
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
class Names:
    """What people and user groups are called, where Slack said so: `Alice`, `oncall`."""

    people: Mapping[UserId, str] = field(default_factory=dict)
    groups: Mapping[UsergroupId, str] = field(default_factory=dict)

    def of_person(self, user: UserId) -> str:
        """As one reads it; the id, where the name is not known."""
        return f"@{self.people.get(user, user)}"

    def of_group(self, group: UsergroupId) -> str:
        """The same for a user group."""
        return f"@{self.groups.get(group, group)}"


NAMELESS = Names()
"""Where nobody was asked: every id stands for itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """A person in a place: both count for permissions and for the audit."""

    person: Person
    channel: ChannelId
    request: str
    """Short id of this request: shown with errors, written in the audit line and the log."""
