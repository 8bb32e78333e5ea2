"""Pods that come and do not decode: counted and logged, and otherwise passed over."""

from __future__ import annotations

from collections.abc import Sequence

from bot import logs
from bot.kube import parse
from bot.model.pods import ClusterName

_log = logs.get(__name__)


class UnreadablePods:
    """Counts and logs one cluster's pods that do not decode."""

    def __init__(self, cluster: ClusterName) -> None:
        self._cluster = cluster
        self.count = 0
        """How many came since the start."""

    def note(self, bad: Sequence[parse.Unreadable]) -> None:
        """Count them, and log each."""
        for each in bad:
            self.count += 1
            _log.warning(
                "pod_unreadable",
                cluster=self._cluster,
                namespace=each.namespace,
                pod=each.name,
                problem=each.problem,
            )
