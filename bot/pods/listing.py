"""Lists of pods: as rows, as files, by their address."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from difflib import get_close_matches

from bot.clock import Clock
from bot.errors import UserError
from bot.model.answers import (
    UNWELL,
    AddressHolders,
    Decision,
    Health,
    PodCard,
    PodExport,
    PodList,
    Trouble,
)
from bot.model.commands import ExportPods, FindAddress, Form, ListPods, OpenPod, Verb
from bot.model.people import Asker
from bot.model.pods import Pod
from bot.model.targets import TargetKind
from bot.pods import choosing, manifest, rows
from bot.pods.finder import Finder
from bot.pods.gate import Gate
from bot.pods.ports import Judge, PodCluster, PodHistory, RawPod, Seen
from bot.pods.reach import Found, Reach

MOST_EXPORTED = 500
"""Pods in one file of JSON or YAML: some 4 MB as they come, and still openable."""

MOST_SORTED = 5_000
"""Pods that are read whole to be sorted by a JSONPath: some 40 MB."""

LATELY = timedelta(hours=1)
"""For how long back restarts are counted."""

SORT_KEYS = ("age", "restarts", "name", "node")
"""What a listing is sorted by without a JSONPath."""


class TooManyPods(UserError):
    """More pods than one file or one sort takes."""

    def __init__(self, most: int, what: str) -> None:
        super().__init__(
            f"These are more than {most:,} pods, the most that podbot {what}. "
            "Choose fewer of them, with `-n`, `-l` or `--field-selector`."
        )


class Listings:
    """Answers what pods there are; changes nothing."""

    def __init__(
        self,
        cluster: PodCluster,
        gate: Gate,
        finder: Finder,
        *,
        judge: Judge,
        history: PodHistory,
        seen: Seen,
        clock: Clock,
    ) -> None:
        self._cluster = cluster
        self._gate = gate
        self._reach = Reach(gate)
        self._finder = finder
        self._judge = judge
        self._history = history
        self._seen = seen
        self._clock = clock

    async def list(self, asker: Asker, command: ListPods) -> PodList:
        """The pods of a namespace; of all namespaces those in which the asker may list."""
        decision = self._reach.authorise(asker, Verb.LIST, command.namespace, "pods")
        with self._gate.audited(asker, decision, "pods", _said(command)):
            found, missing = await self._found(asker, decision, command)
        now = self._clock.now()
        judged = self._judged(found.things, now)
        shown = self._worst_first(judged, now) if command.broken else found.things
        since = self._history.since
        return PodList(
            cluster=self._cluster.name,
            asked=command,
            rows=tuple(rows.row(pod, now) for pod in shown),
            counts=dict(Counter(health for health, _ in judged)),
            namespaces_left_out=found.left_out,
            troubles=tuple(self._trouble(pod, now) for pod in shown) if command.broken else (),
            watched_since=since if since is not None and now - since < LATELY else None,
            missing=missing,
            namespaces_alike=() if judged else self._namespaces_like(asker, command.namespace),
        )

    def _namespaces_like(self, asker: Asker, namespace: str) -> tuple[str, ...]:
        known = {pod.namespace for pod in self._seen.pods()} - {namespace}
        told = sorted(each for each in known if self._gate.allows(asker, Verb.LIST, each))
        return tuple(get_close_matches(namespace, told))

    async def export(self, asker: Asker, command: ExportPods) -> PodExport:
        """The same pods in another form; whole objects take the permission to `get` them."""
        listing = command.listing
        whole = command.form in {Form.JSON, Form.YAML}
        decision = self._reach.authorise(asker, Verb.GET if whole else Verb.LIST, listing.namespace, "pods")
        with self._gate.audited(asker, decision, "pods", f"{_said(listing)} as {command.form.value}"):
            if whole:
                raw, missing = await self._found_raw(asker, decision, listing, MOST_EXPORTED)
                shown = self._shown([each.pod for each in raw.things], listing)
                json = {each.pod.uid: each.json for each in raw.things}
                alone = [each.kind for each in listing.targets] == [TargetKind.POD]
                objects = [json[pod.uid] for pod in shown]
                content, masked = await asyncio.to_thread(
                    manifest.written, objects, command.form, alone=alone
                )
                left_out = raw.left_out
            else:
                found, missing = await self._found(asker, decision, listing)
                shown, left_out = self._shown(found.things, listing), found.left_out
                content, masked = b"", 0
        now = self._clock.now()
        return PodExport(
            cluster=self._cluster.name,
            asked=command,
            rows=tuple(rows.row(pod, now) for pod in shown),
            content=content,
            masked=masked,
            namespaces_left_out=left_out,
            missing=missing,
        )

    async def address(self, asker: Asker, command: FindAddress) -> AddressHolders:
        """Who has an address, and who of those that are gone had it."""
        decision = self._reach.authorise(asker, Verb.LIST, command.namespace, "pods")
        with self._gate.audited(asker, decision, "pods", f"address {command.address}"):
            found = await self._holders(asker, decision, command.address)
            now = self._clock.now()
            former = [
                each
                for each in self._history.former(command.address)
                if command.namespace in {"", each.namespace}
                and self._gate.allows(asker, Verb.LIST, each.namespace)
            ]
            return AddressHolders(
                cluster=self._cluster.name,
                asked=command,
                rows=tuple(rows.row(pod, now) for pod in found.things),
                former=tuple(former),
                watched_since=self._history.since,
                namespaces_left_out=found.left_out,
            )

    async def open(self, asker: Asker, command: OpenPod) -> PodCard:
        """One pod's line."""
        what = f"pod/{command.pod}"
        decision = self._gate.authorise(asker, Verb.GET, command.namespace, what)
        with self._gate.audited(asker, decision, what):
            if command.begins:
                pod = await self._finder.by_prefix(asker, command)
            else:
                pod = await self._finder.by_name(asker, command.namespace, command.pod)
            return PodCard(row=rows.row(pod, self._clock.now()), uid=pod.uid)

    async def _holders(self, asker: Asker, decision: Decision, address: str) -> Found[Pod]:
        """By the API server's own index; it knows first addresses only, so a miss is looked up in all."""

        async def indexed(namespace: str) -> Sequence[Pod]:
            return await self._cluster.list_pods(namespace, fields=f"status.podIP={address}")

        async def whole(namespace: str) -> Sequence[Pod]:
            pods = await self._cluster.list_pods(namespace)
            return [pod for pod in pods if address in choosing.addresses(pod)]

        found = await self._reach.read(asker, decision, indexed, _namespace)
        return found if found.things else await self._reach.read(asker, decision, whole, _namespace)

    async def _found(
        self, asker: Asker, decision: Decision, command: ListPods
    ) -> tuple[Found[Pod], tuple[str, ...]]:
        """The pods that a listing takes, in its order, and the names that no pod has."""
        if command.sort and command.sort not in SORT_KEYS:
            raw, missing = await self._found_raw(asker, decision, command, MOST_SORTED)
            return Found([each.pod for each in raw.things], raw.left_out), missing

        async def ask(namespace: str) -> Sequence[Pod]:
            return await self._cluster.list_pods(namespace, selector=command.selector, fields=command.fields)

        found = await self._reach.read(asker, decision, ask, _namespace)
        pods, missing = _taken(found.things, command)
        return Found(sorted(pods, key=choosing.by(command.sort)), found.left_out), missing

    async def _found_raw(
        self, asker: Asker, decision: Decision, command: ListPods, most: int
    ) -> tuple[Found[RawPod], tuple[str, ...]]:
        """The same with the objects themselves."""

        async def ask(namespace: str) -> Sequence[RawPod]:
            found = await self._cluster.raw_pods(
                namespace, selector=command.selector, fields=command.fields, most=MOST_SORTED + 1
            )
            if len(found) > MOST_SORTED:
                raise TooManyPods(
                    MOST_SORTED, "sorts by a JSONPath" if most == MOST_SORTED else "reads whole"
                )
            return found

        found = await self._reach.read(asker, decision, ask, lambda each: each.pod.namespace)
        by_place = {(each.pod.namespace, each.pod.name): each for each in found.things}
        pods, missing = _taken([each.pod for each in found.things], command)
        if len(pods) > most:
            raise TooManyPods(most, "puts into one file")
        raw = [by_place[pod.namespace, pod.name] for pod in sorted(pods, key=choosing.by(command.sort))]
        if command.sort and command.sort not in SORT_KEYS:
            order = await asyncio.to_thread(choosing.by_path, [each.json for each in raw], command.sort)
            raw = [raw[at] for at in order]
        return Found(raw, found.left_out), missing

    def _shown(self, pods: Sequence[Pod], command: ListPods) -> Sequence[Pod]:
        """The pods as the listing has them."""
        now = self._clock.now()
        return self._worst_first(self._judged(pods, now), now) if command.broken else pods

    def _judged(self, pods: Sequence[Pod], now: datetime) -> Sequence[tuple[Health, Pod]]:
        return [(self._judge(pod, now), pod) for pod in pods]

    def _worst_first(self, judged: Sequence[tuple[Health, Pod]], now: datetime) -> Sequence[Pod]:
        """Those that are not well: failing before pending, and what restarts most first."""
        unwell = [each for each in judged if each[0] in UNWELL]
        unwell.sort(
            key=lambda each: (UNWELL.index(each[0]), -self._history.restarts(each[1].uid, now - LATELY))
        )
        return [pod for _, pod in unwell]

    def _trouble(self, pod: Pod, now: datetime) -> Trouble:
        restarts = self._history.restarts(pod.uid, now - LATELY)
        return Trouble(last_exit=rows.last_exit(pod), restarts=restarts)


def _taken(pods: Sequence[Pod], command: ListPods) -> tuple[Sequence[Pod], tuple[str, ...]]:
    """Of what the cluster gave, what the command's names and text leave."""
    missing: tuple[str, ...] = ()
    if command.targets:
        pods, missing = choosing.named(pods, command.targets)
    if command.containing:
        pods = [pod for pod in pods if choosing.contains(pod, command.containing)]
    return pods, missing


def _namespace(pod: Pod) -> str:
    return pod.namespace


def _said(command: ListPods) -> str:
    """What was asked for, for the audit."""
    parts = (
        command.selector,
        command.fields,
        " ".join(map(str, command.targets)),
        f"find {command.containing}" if command.containing else "",
    )
    return " ".join(part for part in parts if part)
