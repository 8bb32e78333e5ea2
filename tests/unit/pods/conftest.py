"""A pod service over a cluster in memory."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

import pytest

from bot.model.answers import Answer, Health
from bot.model.commands import Command
from bot.model.people import Asker
from bot.model.pods import Pod
from bot.model.tuning import Timings
from bot.pods.audit import Entry
from bot.pods.policy_file import parse
from bot.pods.service import PodService
from bot.watch.health import health
from tests.support.clock import HeldClock
from tests.support.memory_cluster import MemoryCluster
from tests.support.policies import ALICE, DESIGN, HeldPolicy, KeptTrail


@dataclass(slots=True)
class Desk:
    """The service with everything it stands on."""

    served: tuple[str, ...] = ()
    clock: HeldClock = field(default_factory=HeldClock)
    cluster: MemoryCluster = field(default_factory=MemoryCluster)
    trail: KeptTrail = field(default_factory=KeptTrail)
    timings: Timings = field(default_factory=Timings)
    """Those in force, by which pods are judged."""
    keeper: HeldPolicy = field(init=False)
    service: PodService = field(init=False)

    def __post_init__(self) -> None:
        self.keeper = HeldPolicy(DESIGN, self.clock)
        self.service = PodService(
            self.cluster, self.keeper, self.trail, self.clock, judge=self.judge, served=self.served
        )

    def judge(self, pod: Pod, now: datetime) -> Health:
        return health(pod, now, self.timings)

    def rule(self, policy: str) -> None:
        self.keeper.policy = parse(policy)

    async def ask(self, command: Command, who: Asker = ALICE) -> Answer:
        return await self.service.run(who, command)

    @property
    def audited(self) -> Entry:
        """The one entry of the one request."""
        assert len(self.trail.entries) == 1, self.trail.entries
        return self.trail.entries[0]


@pytest.fixture
def desk() -> Desk:
    return Desk()
