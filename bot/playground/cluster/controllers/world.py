"""What every controller works with, and the writes that several of them make in the same way."""

from dataclasses import dataclass
from datetime import timedelta

from bot.playground.cluster.agenda import Agenda
from bot.playground.cluster.events import EventRecorder
from bot.playground.cluster.naming import Names
from bot.playground.cluster.objects import Json, controller_of, is_terminal, timestamp, uid_of, with_condition
from bot.playground.cluster.resources import PODS
from bot.playground.cluster.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """The store, the calendar and the recorder that controllers share."""

    store: Store
    agenda: Agenda
    names: Names
    events: EventRecorder

    def pods_of(self, owner: Json) -> list[Json]:
        """Return the pods that an object controls."""
        namespace = owner["metadata"]["namespace"]
        return [
            pod
            for pod in self.store.all(PODS, namespace)
            if (reference := controller_of(pod)) is not None and reference["uid"] == uid_of(owner)
        ]

    def delete_pod(self, pod: Json, *, grace: int | None = None) -> Json | None:
        """Ask for the deletion of a pod as a client does; None when the pod is there no more.

        Without a node, in a terminal phase or with grace 0 it goes at once; otherwise the kubelet has its
        grace period.
        """
        current = self.store.find(PODS, pod["metadata"]["namespace"], pod["metadata"]["name"])
        if current is None or uid_of(current) != uid_of(pod):
            return None
        period = current["spec"].get("terminationGracePeriodSeconds", 30) if grace is None else grace
        if not current["spec"].get("nodeName") or is_terminal(current):
            period = 0
        metadata = current["metadata"]
        if "deletionTimestamp" in metadata and period >= metadata["deletionGracePeriodSeconds"] > 0:
            return current
        due = self.agenda.now() + timedelta(seconds=period)
        metadata["deletionTimestamp"] = timestamp(due)
        metadata["deletionGracePeriodSeconds"] = period
        if period == 0:
            return self.store.remove(current)
        return self.store.update(current)

    def mark_disrupted(self, pod: Json, reason: str, message: str) -> Json | None:
        """Set a pod's DisruptionTarget condition, as whoever ends it does first; None when it is gone."""
        current = self.store.find(PODS, pod["metadata"]["namespace"], pod["metadata"]["name"])
        if current is None or uid_of(current) != uid_of(pod):
            return None
        current["status"]["conditions"] = with_condition(
            current["status"].get("conditions", ()), disruption(reason, message), self.agenda.now()
        )
        return self.store.update(current)


def disruption(reason: str, message: str) -> Json:
    """Return a DisruptionTarget condition."""
    return {
        "type": "DisruptionTarget",
        "status": "True",
        "reason": reason,
        "message": message,
        "lastProbeTime": None,
    }
