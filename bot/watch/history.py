"""A bounded memory of what pods do not say of themselves: who had an address, who restarted how often.

Fed with the mirror's changes. Where there is a store, it is filled from there at the start and tells of each
pod that goes, so that addresses outlive the bot; restarts are of the last hour and are forgotten with it.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta

from bot.clock import Clock
from bot.model.history import FormerPod
from bot.model.pods import Pod, PodUid
from bot.watch.ports import Change

MOST_FORMER = 20_000
"""Pods that are remembered after their end: some 20 MB at most, and days of an ordinary cluster."""

MOST_RESTARTING = 10_000
"""Pods of which restarts are remembered."""

LATELY = timedelta(hours=1)
_MOST_RESTARTS = 200
"""Of one pod in an hour. The kubelet's back-off allows a container some twelve."""


class History:
    """Remembers one cluster's pods. `changed` takes every change; implements `pods.ports.PodHistory`."""

    def __init__(
        self,
        clock: Clock,
        *,
        most_former: int = MOST_FORMER,
        on_gone: Callable[[FormerPod], None] | None = None,
    ) -> None:
        """`on_gone` is told of every pod that goes and had an address, once; it must not wait."""
        self._on_gone = on_gone
        self._clock = clock
        self._since = clock.now()
        self._most_former = most_former
        self._former: OrderedDict[PodUid, FormerPod] = OrderedDict()
        self._by_address: dict[str, list[PodUid]] = {}
        self._restarts: OrderedDict[PodUid, deque[datetime]] = OrderedDict()

    @property
    def since(self) -> datetime | None:
        """From when anything is remembered."""
        return self._since

    def restarts(self, uid: PodUid, after: datetime) -> int:
        """How often a pod's containers were seen to restart after a moment of the last hour."""
        return sum(moment > after for moment in self._restarts.get(uid, ()))

    def former(self, address: str) -> Sequence[FormerPod]:
        """The pods that had an address and are gone, last gone first."""
        return [self._former[uid] for uid in reversed(self._by_address.get(address, []))]

    def restore(self, former: Iterable[FormerPod]) -> None:
        """Take up what a store kept of an earlier process; called before the first change."""
        for each in sorted(former, key=lambda each: each.gone):
            self._since = min(self._since, each.gone)
            self._keep(each)

    def changed(self, change: Change) -> None:
        """Take one change of a pod."""
        now = self._clock.now()
        if change.new is not None:
            for moment in _restarts(change.old, change.new, now):
                self._note_restart(change.new.uid, moment)
        elif change.old is not None:
            self._note_end(change.old, now)

    def _note_restart(self, uid: PodUid, moment: datetime) -> None:
        self._restarts.setdefault(uid, deque(maxlen=_MOST_RESTARTS)).append(moment)
        self._restarts.move_to_end(uid)
        old = self._clock.now() - LATELY
        while self._restarts:
            first, moments = next(iter(self._restarts.items()))
            if len(self._restarts) <= MOST_RESTARTING and moments[-1] > old:
                return
            del self._restarts[first]

    def _note_end(self, pod: Pod, now: datetime) -> None:
        self._restarts.pop(pod.uid, None)
        addresses = _addresses(pod)
        if not addresses or pod.uid in self._former:
            return
        former = FormerPod(
            namespace=pod.namespace,
            name=pod.name,
            uid=pod.uid,
            owner=pod.owner,
            node=pod.spec.node_name,
            addresses=addresses,
            created=pod.metadata.creation_timestamp,
            gone=now,
        )
        self._keep(former)
        if self._on_gone is not None:
            self._on_gone(former)

    def _keep(self, former: FormerPod) -> None:
        if former.uid in self._former:
            return
        self._former[former.uid] = former
        for address in former.addresses:
            self._by_address.setdefault(address, []).append(former.uid)
        if len(self._former) > self._most_former:
            self._forget(self._former.popitem(last=False)[1])

    def _forget(self, former: FormerPod) -> None:
        for address in former.addresses:
            holders = self._by_address[address]
            holders.remove(former.uid)
            if not holders:
                del self._by_address[address]


def _addresses(pod: Pod) -> tuple[str, ...]:
    found = (pod.status.pod_ip, *(each.ip for each in pod.status.pod_ips or ()))
    return tuple(dict.fromkeys(each for each in found if each))


def _restarts(old: Pod | None, new: Pod, now: datetime) -> list[datetime]:
    """When the containers restarted that restarted between two sights of a pod.

    Of a pod that was not seen before, the last restart of each container is all that it tells.
    """
    before = {each.name: each.restart_count for each in old.statuses()} if old else {}
    found: list[datetime] = []
    for status in new.statuses():
        ended = status.last_state.terminated
        moment = (ended.finished_at if ended else None) or now
        if old is None:
            found += [moment] if status.restart_count and ended is not None else []
        else:
            found += [moment] * min(status.restart_count - before.get(status.name, 0), _MOST_RESTARTS)
    return found
