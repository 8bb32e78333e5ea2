"""The workspace's directory: who someone is, and which user groups they are in.

Implements `bot.pods.ports.People`. Answers are kept for a minute, so that a removal from a group counts a
minute later at most; whoever asks meanwhile waits for the one question that is under way.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Any, Generic, TypeVar

import msgspec
from slack_sdk.web.async_client import AsyncWebClient

from bot import logs
from bot.clock import Clock
from bot.model.people import Person, UsergroupId, UserId
from bot.slack.client import SlackTrouble, translated

logger = logs.get(__name__)

_FRESH_SECONDS = 60.0
_REMEMBERED = 10_000
_ANSWER_SECONDS = 4.0
"""A person waits for this: better no permission now than an answer that comes too late."""

_K = TypeVar("_K", bound=Hashable)
_V = TypeVar("_V")


class _Profile(msgspec.Struct):
    display_name: str = ""
    real_name: str = ""


class _EnterpriseUser(msgspec.Struct):
    teams: list[str] = []


class _User(msgspec.Struct):
    """A user as `users.info` tells of them."""

    id: UserId
    name: str = ""
    team_id: str = ""
    deleted: bool = False
    is_bot: bool = False
    is_restricted: bool = False
    is_ultra_restricted: bool = False
    is_stranger: bool = False
    profile: _Profile = msgspec.field(default_factory=_Profile)
    enterprise_user: _EnterpriseUser | None = None

    def is_full_member_of(self, team: str) -> bool:
        """Guests, bots, deactivated people and those of other workspaces are none."""
        elsewhere = self.enterprise_user.teams if self.enterprise_user else []
        home = team in {self.team_id, *elsewhere}
        set_apart = self.deleted or self.is_bot or self.is_restricted or self.is_ultra_restricted
        return home and not set_apart and not self.is_stranger and self.id != "USLACKBOT"


class _Usergroup(msgspec.Struct):
    id: UsergroupId
    users: list[UserId] = []


class Kept(Generic[_K, _V]):
    """Values fetched once for all who ask meanwhile, and kept for a while. A failure is not kept."""

    def __init__(
        self, fetch: Callable[[_K], Awaitable[_V]], clock: Clock, *, seconds: float, most: int
    ) -> None:
        self._fetch = fetch
        self._clock = clock
        self._seconds = seconds
        self._most = most
        self._values: dict[_K, tuple[float, _V]] = {}
        self._locks: dict[_K, asyncio.Lock] = {}

    async def get(self, key: _K) -> _V:
        """The value of a key; raises what fetching it raises."""
        if (kept := self._fresh(key)) is not None:
            return kept[1]
        lock = self._locks.setdefault(key, asyncio.Lock())
        try:
            async with lock:
                if (kept := self._fresh(key)) is not None:
                    return kept[1]
                value = await self._fetch(key)
                self._values.pop(key, None)
                self._values[key] = (self._clock.monotonic() + self._seconds, value)
                if len(self._values) > self._most:
                    del self._values[next(iter(self._values))]
                return value
        finally:
            if not lock.locked() and self._locks.get(key) is lock:
                del self._locks[key]

    def _fresh(self, key: _K) -> tuple[float, _V] | None:
        kept = self._values.get(key)
        return kept if kept is not None and self._clock.monotonic() < kept[0] else None


async def usergroups(client: AsyncWebClient, *, with_members: bool = False) -> list[dict[str, Any]]:
    """The workspace's user groups that are in use; none where it pays for no such thing.

    Raises `SlackTrouble`.
    """
    try:
        with translated():
            answer = await client.usergroups_list(include_users=with_members)
    except SlackTrouble as trouble:
        if trouble.code != "plan_upgrade_required":
            raise
        return []
    found: list[dict[str, Any]] = answer.get("usergroups") or []
    return found


class SlackPeople:
    """People and groups, asked of Slack. `team` is the workspace that counts as home."""

    def __init__(self, client: AsyncWebClient, *, team: str, clock: Clock) -> None:
        self._client = client
        self._team = team
        self._users: Kept[UserId, _User] = Kept(
            self._fetch_user, clock, seconds=_FRESH_SECONDS, most=_REMEMBERED
        )
        self._groups: Kept[None, dict[UserId, frozenset[UsergroupId]]] = Kept(
            self._fetch_groups, clock, seconds=_FRESH_SECONDS, most=1
        )

    async def person(self, user: UserId) -> Person:
        """Who this is; no full member and in no group where Slack does not say so."""
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                found = await self._users.get(user)
        except (SlackTrouble, TimeoutError, msgspec.MsgspecError) as error:
            logger.warning("person_unknown", user=user, error=str(error))
            return Person(id=user, name=user, full_member=False)
        return Person(
            id=user,
            name=found.profile.display_name or found.profile.real_name or found.name or user,
            full_member=found.is_full_member_of(self._team),
            usergroups=await self._groups_of(user),
        )

    async def _groups_of(self, user: UserId) -> frozenset[UsergroupId]:
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                groups = await self._groups.get(None)
        except (SlackTrouble, TimeoutError, msgspec.MsgspecError) as error:
            logger.warning("usergroups_unknown", error=str(error))
            return frozenset()
        return groups.get(user, frozenset())

    async def _fetch_user(self, user: UserId) -> _User:
        with translated():
            answer = await self._client.users_info(user=user)
        found: Any = answer.get("user")
        return msgspec.convert(found, _User)

    async def _fetch_groups(self, _: None) -> dict[UserId, frozenset[UsergroupId]]:
        groups = msgspec.convert(await usergroups(self._client, with_members=True), list[_Usergroup])
        members: dict[UserId, set[UsergroupId]] = {}
        for group in groups:
            for user in group.users:
                members.setdefault(user, set()).add(group.id)
        return {user: frozenset(of) for user, of in members.items()}
