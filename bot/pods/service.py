"""The pod service: every request about pods comes in here, whoever asks and however they asked."""

from __future__ import annotations

from bot.clock import Clock
from bot.model.answers import Answer, Confirmation, Deleted, DeletionPlan, Guidance, Identity
from bot.model.commands import (
    CanI,
    Command,
    DeletePod,
    DescribePod,
    GetLogs,
    Help,
    ListPods,
    OpenPod,
    WhoAmI,
)
from bot.model.people import Asker
from bot.pods.audit import AuditTrail
from bot.pods.deletion import Deletions
from bot.pods.finder import Finder
from bot.pods.gate import Gate
from bot.pods.policy_keeper import PolicyKeeper
from bot.pods.ports import PodCluster
from bot.pods.reading import Reading


class PodService:
    """What people may ask of one cluster's pods.

    Every call is authorised and audited. Raises `UserError`s: refusals, misses, the cluster's own answers.
    """

    def __init__(
        self,
        cluster: PodCluster,
        policy: PolicyKeeper,
        audit: AuditTrail,
        clock: Clock,
        *,
        served: tuple[str, ...] = (),
    ) -> None:
        self._gate = Gate(cluster.name, policy, audit, served)
        finder = Finder(cluster, self._gate)
        self._reading = Reading(cluster, self._gate, finder, clock)
        self._deletions = Deletions(cluster, self._gate, finder, clock)

    async def run(self, asker: Asker, command: Command) -> Answer:
        """Do what was asked, if the asker may; a deletion is only planned."""
        match command:
            case ListPods():
                return await self._reading.list(asker, command)
            case GetLogs():
                return await self._reading.logs(asker, command)
            case DescribePod():
                return await self._reading.describe(asker, command)
            case OpenPod():
                return await self._reading.open(asker, command)
            case DeletePod():
                return await self._deletions.plan(asker, command)
            case CanI():
                self._gate.note(asker, "can-i", command.namespace or "*", command.verb.value)
                return self._gate.decide(asker, command.verb, command.namespace)
            case WhoAmI():
                return self._who(asker)
            case Help():
                self._gate.note(asker, "help")
                return Guidance(topic=command.topic)

    async def plan_deletion(self, asker: Asker, command: DeletePod) -> DeletionPlan:
        """What deleting this pod would do."""
        return await self._deletions.plan(asker, command)

    async def delete(self, asker: Asker, confirmation: Confirmation) -> Deleted:
        """Carry out a deletion that its asker confirmed."""
        return await self._deletions.carry_out(asker, confirmation)

    def _who(self, asker: Asker) -> Identity:
        self._gate.note(asker, "whoami")
        return Identity(
            person=asker.person,
            rules=self._gate.policy.rules_for(asker),
            policy_problem=self._gate.policy_problem,
        )
