"""The pod service: every request about pods comes in here, whoever asks and however they asked."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager

from bot.clock import Clock
from bot.errors import UserError
from bot.model.answers import Answer, ClusterList, Guidance, Identity
from bot.model.commands import (
    CanI,
    Command,
    DebugPod,
    DeletePod,
    DeletePods,
    DescribePod,
    ExportPods,
    FindAddress,
    FollowLogs,
    GetLogs,
    Help,
    ListClusters,
    ListEvents,
    ListPods,
    OpenPod,
    ReadRaw,
    StopFollowing,
    TopPods,
    WhoAmI,
)
from bot.model.debugging import DebugOutput, DebugStarted
from bot.model.deletions import Aftermath, Confirmation, Deletion, DeletionPlan
from bot.model.home import Home
from bot.model.incident_commands import IncidentRequest
from bot.model.people import Asker
from bot.pods.audit import AuditTrail
from bot.pods.debugging import Debugging
from bot.pods.deletion import Deletions, Keep
from bot.pods.deletion_plan import DeletionPlans
from bot.pods.describing import Describing
from bot.pods.finder import Finder
from bot.pods.gate import Gate
from bot.pods.history import NoHistory
from bot.pods.home import Blind, HomePage, Recent
from bot.pods.listing import Listings
from bot.pods.log_feed import LogFeed
from bot.pods.log_following import LogFollowing
from bot.pods.log_reading import LogReading
from bot.pods.log_sources import LogSources
from bot.pods.policy_keeper import PolicyKeeper
from bot.pods.ports import DeletionNotes, Judge, PodCluster, PodHistory, Seen, Spending
from bot.pods.quota import DeletionLimits, Quota
from bot.pods.raw import RawReading
from bot.pods.usage import Usages
from bot.pods.workloads import Workloads


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
        judge: Judge,
        served: tuple[str, ...] = (),
        history: PodHistory | None = None,
        seen: Seen | None = None,
        limits: DeletionLimits | None = None,
        spending: Spending | None = None,
        notes: DeletionNotes | None = None,
    ) -> None:
        self._gate = Gate(cluster.name, policy, audit, served)
        finder = Finder(cluster, self._gate)
        seen = seen or Blind()
        self._listings = Listings(
            cluster, self._gate, finder, judge=judge, history=history or NoHistory(), seen=seen, clock=clock
        )
        self._describing = Describing(cluster, self._gate, finder, clock)
        self._usages = Usages(cluster, self._gate, finder)
        sources = LogSources(finder, Workloads(cluster, self._gate))
        self._logs = LogReading(cluster, self._gate, sources, clock)
        self._following = LogFollowing(cluster, self._gate, sources, clock)
        self._recent = Recent(clock)
        self._home = HomePage(
            cluster.name, self._gate, judge=judge, seen=seen, recent=self._recent, clock=clock
        )
        self._debugging = Debugging(cluster, self._gate, finder, clock)
        self._raw = RawReading(cluster, self._gate)
        quota = Quota(limits or DeletionLimits(), clock, spending)
        self._notes = notes
        self._plans = DeletionPlans(cluster, self._gate, finder, quota, clock)
        self._deletions = Deletions(cluster, self._gate, quota, clock)

    async def run(self, asker: Asker, command: Command) -> Answer:  # noqa: PLR0912 - a case for each command
        """Do what was asked, if the asker may; a deletion is only planned."""
        self._recent.note(asker.person.id, command)
        match command:
            case ListPods():
                return await self._listings.list(asker, command)
            case ExportPods():
                return await self._listings.export(asker, command)
            case FindAddress():
                return await self._listings.address(asker, command)
            case ListEvents():
                return await self._describing.events(asker, command)
            case TopPods():
                return await self._usages.top(asker, command)
            case GetLogs():
                return await self._logs.read(asker, command)
            case FollowLogs():
                # Where nobody can be shown what comes, what is there now.
                return await self._logs.read(asker, command.logs)
            case StopFollowing():
                return self._following.stop(asker, command)
            case DescribePod():
                return await self._describing.describe(asker, command)
            case OpenPod():
                return await self._listings.open(asker, command)
            case DeletePod() | DeletePods():
                if command.manner.dry_run:
                    return await self._plans.rehearse(asker, command)
                return await self._plans.plan(asker, command)
            case DebugPod():
                return await self._debugging.start(asker, command)
            case ReadRaw():
                return await self._raw.read(asker, command)
            case IncidentRequest():
                raise UserError("This part of podbot serves pods, not incidents. Nothing was changed.")
            case CanI():
                self._gate.note(asker, "can-i", command.namespace or "*", command.verb.value)
                return self._gate.decide(asker, command.verb, command.namespace)
            case ListClusters():
                return ClusterList(clusters=(self._home.state(asker),))
            case WhoAmI():
                return self._who(asker)
            case Help():
                self._gate.note(asker, "help")
                return Guidance(topic=command.topic)

    def home(self, asker: Asker) -> Home:
        """What the App Home tab shows the asker; asks nothing of the cluster."""
        return self._home.show(asker)

    def logs_of_first_named(self, asker: Asker, words: tuple[str, ...]) -> GetLogs | None:
        """The logs of the first pod among the words that there is, as far as the asker may know of it."""
        return self._home.logs_of_first_named(asker, words)

    async def debug_output(self, started: DebugStarted) -> DebugOutput:
        """What a debug container wrote, when it has ended; takes up to a minute."""
        return await self._debugging.output(started)

    def follow_logs(self, asker: Asker, command: FollowLogs) -> AbstractAsyncContextManager[LogFeed]:
        """A followed log, begun and on record; whoever shows it awaits its `run`."""
        self._recent.note(asker.person.id, command)
        return self._following.follow(asker, command)

    async def plan_deletion(self, asker: Asker, command: DeletePod | DeletePods) -> DeletionPlan:
        """What deleting these pods would do."""
        self._recent.note(asker.person.id, command)
        return await self._plans.plan(asker, command)

    async def delete(self, asker: Asker, confirmation: Confirmation, keep: Keep) -> Deletion:
        """Carry out a deletion that its asker confirmed; before it, `keep` gets a last look at the pods."""
        return await self._deletions.carry_out(asker, confirmation, keep)

    async def note(self, deletion: Deletion) -> None:
        """Have the incidents of the pods that were deleted say so in their stories; takes seconds at most."""
        if self._notes is not None:
            await self._notes.deleted(deletion)

    def follow(self, deletion: Deletion) -> AsyncGenerator[Aftermath, None]:
        """What comes of a deletion, whenever that changes, for a few minutes."""
        return self._deletions.follow(deletion)

    def _who(self, asker: Asker) -> Identity:
        self._gate.note(asker, "whoami")
        return Identity(
            person=asker.person,
            rules=self._gate.policy.rules_for(asker),
            policy_problem=self._gate.policy_problem,
        )
