"""How often what an incident is about has been restarted: by the ledger, and by the pods that are there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta

from bot.clock import Clock
from bot.incidents.access import Access, named
from bot.incidents.ports import Gate, PodHistory
from bot.incidents.store_ports import Restarts
from bot.model.incident_answers import PodRestarts, RestartHistory
from bot.model.incidents import Incident
from bot.model.people import Asker
from bot.model.pods import Pod

LOOKS_BACK = timedelta(days=7)
MOST_WORKLOADS = 20
"""Of one incident, that are looked at."""
HOUR = timedelta(hours=1)


class RestartHistories:
    """Puts together the restart history of an incident's workloads, in one cluster."""

    def __init__(
        self,
        gate: Gate,
        chronicle: Restarts,
        clock: Clock,
        *,
        pods: Callable[[], Sequence[Pod]],
        history: PodHistory,
    ) -> None:
        self._gate = gate
        self._access = Access(gate)
        self._chronicle = chronicle
        self._clock = clock
        self._pods = pods
        self._history = history

    async def of(self, asker: Asker, incident: Incident) -> RestartHistory:
        """The restarts of the incident's workloads within the last week."""
        decision = self._access.to_read(asker, incident)
        now = self._clock.now()
        since = now - LOOKS_BACK
        with self._gate.audited(asker, decision, named(incident), "restarts"):
            workloads = dict.fromkeys((each.namespace, each.owner) for each in incident.workloads)
            found = [
                await self._chronicle.restarts(incident.key.cluster, namespace, owner, since)
                for namespace, owner in [*workloads][:MOST_WORKLOADS]
            ]
        deaths = [death for each in found for death in each.deaths]
        return RestartHistory(
            incident=incident,
            deaths=tuple(sorted(deaths, key=lambda each: each.moment, reverse=True)),
            total=sum(each.total for each in found),
            since=max(since, *(each.counted_since or since for each in found[:1])),
            pods=self._standing(incident),
            as_of=now,
        )

    def _standing(self, incident: Incident) -> tuple[PodRestarts, ...]:
        workloads = {(each.namespace, each.owner) for each in incident.workloads}
        an_hour_ago = self._clock.now() - HOUR
        found = [
            PodRestarts(
                namespace=pod.namespace,
                pod=pod.name,
                restarts=sum(each.restart_count for each in pod.statuses()),
                in_the_last_hour=self._history.restarts(pod.uid, an_hour_ago),
            )
            for pod in self._pods()
            if (pod.namespace, pod.owner) in workloads
        ]
        return tuple(sorted(found, key=lambda each: (-each.restarts, each.pod)))
