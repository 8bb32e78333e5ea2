"""Who and where: users, user groups and channels, with the JSON Slack shows of them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from bot.playground.workspace.wire import ChannelId, Json, UserGroupId, UserId


class ChannelKind(Enum):
    """A channel anyone may join, one by invitation, or a direct message."""

    PUBLIC = "public"
    PRIVATE = "private"
    IM = "im"


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A member, guest or bot of the workspace."""

    id: UserId
    name: str
    real_name: str
    title: str = ""
    email: str = ""
    is_bot: bool = False
    is_restricted: bool = False
    is_ultra_restricted: bool = False
    deleted: bool = False
    tz: str = "Etc/UTC"

    def as_json(self, team_id: str) -> Json:
        """The user object of `users.info`."""
        return {
            "id": self.id,
            "team_id": team_id,
            "name": self.name,
            "deleted": self.deleted,
            "real_name": self.real_name,
            "tz": self.tz,
            "tz_label": self.tz,
            "tz_offset": 0,
            "profile": {
                "title": self.title,
                "real_name": self.real_name,
                "display_name": self.name,
                "real_name_normalized": self.real_name,
                "display_name_normalized": self.name,
                "team": team_id,
            },
            "is_admin": False,
            "is_owner": False,
            "is_primary_owner": False,
            "is_restricted": self.is_restricted,
            "is_ultra_restricted": self.is_ultra_restricted,
            "is_bot": self.is_bot,
            "is_app_user": False,
            "updated": 0,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class UserGroup:
    """A group of users that can be mentioned by its handle."""

    id: UserGroupId
    handle: str
    name: str
    users: tuple[UserId, ...] = ()
    disabled: bool = False

    def as_json(self, team_id: str, *, with_users: bool) -> Json:
        """The user group object of `usergroups.list`."""
        shown: Json = {
            "id": self.id,
            "team_id": team_id,
            "is_usergroup": True,
            "name": self.name,
            "description": "",
            "handle": self.handle,
            "is_external": False,
            "date_delete": 0,
            "user_count": len(self.users),
        }
        return {**shown, "users": list(self.users)} if with_users else shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """A channel or a direct message and who is in it."""

    id: ChannelId
    name: str
    kind: ChannelKind = ChannelKind.PUBLIC
    topic: str = ""
    members: frozenset[UserId] = frozenset()
    is_archived: bool = False

    def as_json(self, seen_by: UserId) -> Json:
        """The conversation object of `conversations.info`, as this user sees it."""
        if self.kind is ChannelKind.IM:
            other = sorted(self.members - {seen_by})
            return {
                "id": self.id,
                "created": 0,
                "is_im": True,
                "is_archived": self.is_archived,
                "is_org_shared": False,
                "user": other[0] if other else seen_by,
                "is_open": True,
            }
        private = self.kind is ChannelKind.PRIVATE
        return {
            "id": self.id,
            "name": self.name,
            "name_normalized": self.name,
            "is_channel": not private,
            "is_group": private,
            "is_im": False,
            "is_mpim": False,
            "is_private": private,
            "is_archived": self.is_archived,
            "is_general": self.name == "general",
            "is_shared": False,
            "is_ext_shared": False,
            "is_org_shared": False,
            "is_member": seen_by in self.members,
            "created": 0,
            "topic": {"value": self.topic, "creator": "", "last_set": 0},
            "purpose": {"value": "", "creator": "", "last_set": 0},
            "num_members": len(self.members),
        }
