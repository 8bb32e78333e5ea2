"""Unwritten: what a term could not write before it ended, for the next term of the same process.

A database that goes away takes leases and ledger with it. What was told from memory meanwhile stands in Slack
under its incident's id; unless the next term writes it first, it finds the same deaths and tells them under
another one. Between `journal`, of whose batches it is one, and whoever leads.
"""

from __future__ import annotations

from collections.abc import Callable

from bot import logs
from bot.errors import Deposed, StoreUnavailable
from bot.incidents.records import Batch
from bot.incidents.store_ports import IncidentStore
from bot.model.leadership import Term
from bot.model.pods import ClusterName

log = logs.get(__name__)


class Unwritten:
    """Carries over what one cluster's incidents could not write."""

    def __init__(self, cluster: ClusterName) -> None:
        self._cluster = cluster
        self._left: Callable[[], Batch] | None = None
        self._term = Term(0)

    def leave(self, term: Term, left: Callable[[], Batch] | None) -> None:
        """Take in what a term leaves; where that is nothing, what the one before it left stays."""
        if left is not None:
            self._left, self._term = left, term

    async def write(self, term: Term, store: IncidentStore) -> None:
        """Have a term begin with what the one before it left. Nothing where another replica led in between.

        Raises `StoreUnavailable`, whereafter it is to be called again, and `Deposed`.
        """
        left, before = self._left, self._term
        if left is None:
            return
        if term not in {before, before + 1}:
            # Whoever led has found the same deaths, and told them.
            log.info("unwritten_given_up", cluster=self._cluster, term=term, left_by=before)
            self._left = None
            return
        self._term = term  # up to here nobody else has led, however often it is tried
        try:
            await store.save(left())
        except StoreUnavailable:
            raise
        except Deposed:
            self._left = None
            raise
        except Exception:
            # What a database does not take for a mistake of ours must not keep the cluster from being led.
            log.exception("unwritten_lost", cluster=self._cluster)
        else:
            log.info("unwritten_written", cluster=self._cluster, left_by=before)
        self._left = None
