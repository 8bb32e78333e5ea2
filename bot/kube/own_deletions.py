"""Which pods the bot itself has deleted: that is told where it was asked for, not as a death."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from bot.errors import ClusterError
from bot.model.pods import PodUid

MOST_REMEMBERED = 10_000
"""Each is asked for within minutes; the oldest go first."""


class OwnDeletions:
    """Of one cluster, in memory. `in` tells whether the pod of a UID was deleted by the bot."""

    def __init__(self) -> None:
        self._uids: dict[PodUid, None] = {}

    def __contains__(self, uid: object) -> bool:
        return uid in self._uids

    @contextmanager
    def noted(self, uid: PodUid) -> Iterator[None]:
        """Around the request: noted before it is sent, because the watch may tell of it before the answer.

        It stays noted where nobody knows whether it was carried out.
        """
        self._uids[uid] = None
        while len(self._uids) > MOST_REMEMBERED:
            del self._uids[next(iter(self._uids))]
        try:
            yield
        except ClusterError as error:
            if error.changed_nothing:
                self._uids.pop(uid, None)
            raise
