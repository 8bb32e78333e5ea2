"""Which pods the bot itself has deleted: that is told where it was asked for, not as a death.

Any replica deletes, and one of them watches: what is noted here is told to the others, where there are any.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot import logs
from bot.errors import ClusterError, StoreUnavailable
from bot.model.pods import ClusterName, PodUid
from bot.pods.ports import Claims

MOST_REMEMBERED = 10_000
"""Each is asked for within minutes; the oldest go first."""

_SHARED_WITHIN = 1.0
"""Seconds that the replicas' common memory may take; a deletion does not fail for it."""

logger = logs.get(__name__)


class OwnDeletions:
    """Remembers what the bot deleted: in memory, and in what all replicas remember together."""

    def __init__(self, cluster: ClusterName, claims: Claims | None = None) -> None:
        """Without `claims` there is one replica."""
        self._cluster = cluster
        self._claims = claims
        self._uids: dict[PodUid, None] = {}

    async def known(self, uid: PodUid) -> bool:
        """Whether the pod of a UID was deleted by the bot, whichever of its replicas it was."""
        if uid in self._uids or self._claims is None:
            return uid in self._uids
        try:
            async with asyncio.timeout(_SHARED_WITHIN):
                return await self._claims.taken(self._key(uid))
        except (TimeoutError, StoreUnavailable) as error:
            logger.warning("deletions_unknown", uid=uid, problem=str(error) or "no answer in time")
            return False

    @asynccontextmanager
    async def noted(self, uid: PodUid) -> AsyncIterator[None]:
        """Around the request: noted before it is sent, because the watch may tell of it before the answer.

        It stays noted where nobody knows whether it was carried out. The others are told afterwards: they ask
        some seconds after the pod has gone.
        """
        self._uids[uid] = None
        while len(self._uids) > MOST_REMEMBERED:
            del self._uids[next(iter(self._uids))]
        try:
            yield
        except ClusterError as error:
            if error.changed_nothing:
                self._uids.pop(uid, None)
            else:
                await self._share(uid)
            raise
        await self._share(uid)

    async def _share(self, uid: PodUid) -> None:
        if self._claims is None:
            return
        try:
            async with asyncio.timeout(_SHARED_WITHIN):
                await self._claims.first(self._key(uid))
        except (TimeoutError, StoreUnavailable) as error:
            logger.warning("deletion_not_shared", uid=uid, problem=str(error) or "no answer in time")

    def _key(self, uid: PodUid) -> str:
        return f"deleted {self._cluster} {uid}"
