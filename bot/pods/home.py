"""The App Home tab: put together from what is in memory, so that opening it asks nothing of the cluster."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from bot.clock import Clock
from bot.model.answers import UNWELL, ClusterState, Health
from bot.model.commands import Command, GetLogs, Help, ListClusters, OpenPod, StopFollowing, Verb, WhoAmI
from bot.model.home import BotHealth, Home, PastCommand
from bot.model.people import Asker, UserId
from bot.model.pods import ClusterName, Pod
from bot.pods import rows
from bot.pods.gate import Gate
from bot.pods.ports import Judge, Seen

MOST_SHOWN = 15
"""Broken pods on the tab; of the rest it tells the number."""
REMEMBERED = 8
"""Commands of a person."""
MOST_PEOPLE = 500
"""Whose commands are remembered; those who asked longest ago are forgotten."""

_NOT_REMEMBERED = (Help, ListClusters, OpenPod, StopFollowing, WhoAmI)


class Blind:
    """Sees nothing; stands in where nothing is watched."""

    def pods(self) -> Sequence[Pod]:
        """No pods."""
        return ()

    def health(self) -> BotHealth:
        """Nothing is known of it."""
        return BotHealth(
            version="", watch_problem="Nothing is watched.", last_contact=None, slack_connected=True
        )


class Recent:
    """The last commands of each person, in memory alone."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._of: dict[UserId, deque[PastCommand]] = {}

    def note(self, user: UserId, command: Command) -> None:
        """Remember a command; the same one again moves to the front."""
        if isinstance(command, _NOT_REMEMBERED):
            return
        mine = self._of.pop(user, None) or deque(maxlen=REMEMBERED)
        kept = [past for past in mine if past.command != command]
        mine.clear()
        mine.extend(kept)
        mine.append(PastCommand(command=command, at=self._clock.now()))
        self._of[user] = mine
        if len(self._of) > MOST_PEOPLE:
            del self._of[next(iter(self._of))]

    def of(self, user: UserId) -> tuple[PastCommand, ...]:
        """A person's commands, newest first."""
        return tuple(reversed(self._of.get(user, ())))


class HomePage:
    """What each person may know at a glance."""

    def __init__(
        self, cluster: ClusterName, gate: Gate, *, judge: Judge, seen: Seen, recent: Recent, clock: Clock
    ) -> None:
        self._cluster = cluster
        self._gate = gate
        self._judge = judge
        self._seen = seen
        self._recent = recent
        self._clock = clock

    def show(self, asker: Asker) -> Home:
        """The tab as it is for the asker now."""
        self._gate.note(asker, "home")
        return self._seen_by(asker)

    def state(self, asker: Asker) -> ClusterState:
        """How the cluster is, as far as the asker may know of it."""
        self._gate.note(asker, "clusters")
        return self._seen_by(asker).state

    def _seen_by(self, asker: Asker) -> Home:
        now = self._clock.now()
        pods = self._seen.pods()
        known = {pod.namespace for pod in pods}
        mine = {each for each in known if self._gate.allows(asker, Verb.LIST, each)}
        visible = [pod for pod in pods if pod.namespace in mine]
        judged = [(self._judge(pod, now), pod) for pod in visible]
        broken = sorted(
            ((UNWELL.index(health), pod) for health, pod in judged if _is_broken(health, pod)),
            key=lambda each: (each[0], each[1].namespace, each[1].name),
        )
        return Home(
            person=asker.person,
            cluster=self._cluster,
            broken=tuple(rows.row(pod, now) for _, pod in broken[:MOST_SHOWN]),
            broken_in_all=len(broken),
            pods=len(visible),
            namespaces=len(mine),
            namespaces_left_out=len(mine) < len(known),
            rules=self._gate.policy.rules_for(asker),
            policy_problem=self._gate.policy_problem,
            recent=self._recent.of(asker.person.id),
            health=self._seen.health(),
            as_of=now,
        )

    def logs_of_first_named(self, asker: Asker, words: Sequence[str]) -> GetLogs | None:
        """The logs of the first pod among some words that there is, as far as the asker may know of it."""
        by_name: dict[str, Pod] = {pod.name: pod for pod in self._seen.pods()}
        for word in words:
            pod = by_name.get(word)
            if pod is not None and self._gate.allows(asker, Verb.LIST, pod.namespace):
                return GetLogs(namespace=pod.namespace, pod=pod.name)
        return None


def _is_broken(health: Health, pod: Pod) -> bool:
    """Whether it wants looking at. What goes in its time, as in a rollout, is on its way and not broken."""
    return health in UNWELL and not (health is Health.PENDING and pod.terminating)
