"""Unanswered: deaths of which only the ledger can tell whether they are news wait for its answer.

A new leader is given what its standby found, and what the history of the time before it shows; most of it was
told by the leader before. While the store is away nobody knows, and telling all of it as news would be a
storm of alerts about nothing. What is found after them of the same pod, whose memory counts them, and
checkpoints are held back until they are answered. Used by `intake`.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator, Sequence
from itertools import islice

from bot import logs
from bot.incidents.journal import LedgerAnswer
from bot.model.memory import Checkpoint, Findings, PodMemory
from bot.model.pods import PodUid

MOST_WAITING = 20_000
"""Findings that may wait, which is twice what a standby keeps; beyond that the oldest count as news."""

log = logs.get(__name__)


class Unanswered:
    """Holds one cluster's findings, in the order in which they were found."""

    def __init__(self) -> None:
        self._findings: deque[Findings] = deque()
        self._of_pod: Counter[PodUid] = Counter()
        self._memory: dict[PodUid, PodMemory | None] = {}
        """What is to be remembered of these pods once nothing of them waits."""
        self._checkpoints: dict[str, Checkpoint] = {}

    def __bool__(self) -> bool:
        return bool(self._findings)

    def first(self, most: int) -> Sequence[Findings]:
        """Those that have waited for longest."""
        return tuple(islice(self._findings, most))

    def keeps(self, found: Findings | Checkpoint, answer: LedgerAnswer) -> bool:
        """Have what was found wait, if it has to; `answer` is about all its deaths."""
        if isinstance(found, Checkpoint):
            if self._findings:
                self._checkpoints[found.namespace] = found
            return bool(self._findings)
        if not found.may_be_known:
            return False
        asks = {each.id for each in found.deaths if not each.cause.is_stuck} - answer.known
        if found.uid not in self._of_pod and (answer.is_whole or not asks):
            return False
        if not self._findings:
            log.warning("ledger_awaited", cluster=found.cluster)
        self._findings.append(found)
        self._of_pod[found.uid] += 1
        return True

    def keeps_memory(self, uid: PodUid, memory: PodMemory | None) -> bool:
        """Have the memory wait that fresh findings brought, if older ones of the pod do."""
        if uid not in self._of_pod:
            return False
        self._memory[uid] = memory
        return True

    def taken(self, most: int) -> Iterator[Findings | Checkpoint]:
        """Those that have waited for longest wait no more; with what was held back behind them."""
        for _ in range(min(most, len(self._findings))):
            findings = self._findings.popleft()
            uid = findings.uid
            self._of_pod[uid] -= 1
            yield findings
            if not self._of_pod[uid]:
                del self._of_pod[uid]
                if uid in self._memory:
                    yield Findings(cluster=findings.cluster, uid=uid, memory=self._memory.pop(uid))
        if not self._findings:
            yield from self._checkpoints.values()
            self._checkpoints = {}

    def beyond_the_bound(self) -> Iterator[Findings | Checkpoint]:
        """Those for which there is no room; they wait no more."""
        too_many = len(self._findings) - MOST_WAITING
        if too_many > 0:
            log.error("ledger_not_awaited", findings=too_many, consequence="they may be told twice")
            yield from self.taken(too_many)
