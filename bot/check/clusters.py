"""Looks at a cluster: whether it answers, and whether it lets podbot do what podbot does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass

from bot.check.findings import Finding, Level
from bot.errors import ClusterError
from bot.kube.access import Right
from bot.kube.cluster import KubeCluster
from bot.kube.request import place
from bot.model.commands import Verb
from bot.model.pods import ALL_NAMESPACES, ClusterUid
from bot.pods.policy import Policy
from bot.watch.recognition import refusal

AT_ONCE = 10
"""Questions that an API server is asked at the same time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """A right, and what does not work without it."""

    right: Right
    without: str
    level: Level = Level.WARN
    everywhere: bool = False
    """It is a right on the cluster as a whole, not on its namespaces."""


WATCHING = (
    Need(right=Right(verb="list", resource="pods"), without="podbot sees no pod", level=Level.WRONG),
    Need(right=Right(verb="watch", resource="pods"), without="podbot sees no death", level=Level.WRONG),
    Need(right=Right(verb="get", resource="pods"), without="podbot cannot look at a pod", level=Level.WRONG),
    Need(right=Right(verb="get", resource="pods/log"), without="there are no logs, in alerts neither"),
    Need(right=Right(verb="list", resource="events"), without="failed probes and events are not told"),
    *(
        Need(
            right=Right(verb="get", resource=kind, group=group),
            without="it is not known whether a workload has recovered, and its annotations have no effect",
        )
        for group, kinds in (
            ("apps", ("deployments", "replicasets", "statefulsets", "daemonsets")),
            ("batch", ("jobs", "cronjobs")),
        )
        for kind in kinds
    ),
    Need(
        right=Right(verb="list", resource="replicasets", group="apps"),
        without="alerts do not say what changed before",
    ),
    Need(
        right=Right(verb="get", resource="namespaces"),
        without="annotations of namespaces have no effect on alerts",
    ),
    Need(
        right=Right(verb="get", resource="nodes"),
        without="alerts do not say what is wrong with a node",
        everywhere=True,
    ),
)
GRANTED = {
    Verb.DELETE: Need(
        right=Right(verb="delete", resource="pods"), without="nobody can delete, though the policy grants it"
    ),
    Verb.DEBUG: Need(
        right=Right(verb="patch", resource="pods/ephemeralcontainers"),
        without="nobody can debug, though the policy grants it",
    ),
}
"""What takes a further right where the policy grants it to somebody."""

ELECTING = tuple(
    Need(
        right=Right(verb=verb, resource="leases", group="coordination.k8s.io"),
        without="replicas cannot elect their leader",
        level=Level.WRONG,
    )
    for verb in ("get", "create", "patch")
)
"""In the lease's namespace, where several replicas share a store."""


async def look(
    cluster: KubeCluster,
    namespaces: Sequence[str],
    policy: Policy,
    *,
    lease_namespace: str | None,
    held: ClusterUid | None,
) -> tuple[Finding, ...]:
    """Whether the cluster answers, is the one of its name, and what it does not allow.

    `lease_namespace`: where replicas elect. `held`: the cluster that the name stands for in the store.
    """
    served = tuple(namespaces) or (ALL_NAMESPACES,)
    try:
        await cluster.list_pods(served[0], fields="metadata.name=podbot-check")
    except ClusterError as error:
        return (Finding(Level.WRONG, cluster.name, str(error)),)
    known = (*await _identity(cluster, held), *[each async for each in _absent(cluster, namespaces)])
    granted = {verb for grants in policy.roles.values() for grant in grants for verb in grant.verbs}
    needs = (*WATCHING, *(need for verb, need in GRANTED.items() if verb in granted))
    questions = [
        (need, namespace)
        for need in needs
        for namespace in ((ALL_NAMESPACES,) if need.everywhere else served)
    ]
    if lease_namespace is not None:
        questions += [(need, lease_namespace) for need in ELECTING]
    asking = asyncio.Semaphore(AT_ONCE)

    async def ask(need: Need, namespace: str) -> bool:
        async with asking:
            return await cluster.allows(need.right, namespace)

    answers = await asyncio.gather(*(ask(*each) for each in questions), return_exceptions=True)
    failures = [each for each in answers if isinstance(each, BaseException)]
    for failure in failures:
        if not isinstance(failure, ClusterError):
            raise failure
    if failures:
        words = f"answers, but cannot be asked what it allows: {failures[0]}"
        return (*known, Finding(Level.WARN, cluster.name, words))
    denied = [each for each, allowed in zip(questions, answers, strict=True) if not allowed]
    if not denied:
        return (*known, Finding(Level.OK, cluster.name, "answers, and allows all that podbot needs"))
    return (*known, *_denied(cluster.name, denied))


async def _identity(cluster: KubeCluster, held: ClusterUid | None) -> tuple[Finding, ...]:
    """What to know where the cluster is not the one of its name, or does not say which it is."""
    try:
        uid = await cluster.uid()
    except ClusterError as error:
        words = f"podbot would not notice another cluster under this name: {error}"
        return (Finding(Level.WARN, cluster.name, words),)
    if held is not None and held != uid:
        return (Finding(Level.WRONG, cluster.name, refusal(cluster.name, held=held, found=uid)),)
    return ()


async def _absent(cluster: KubeCluster, namespaces: Sequence[str]) -> AsyncIterator[Finding]:
    """Namespaces that are named and not there: nobody would notice a slip of the pen."""
    for namespace in namespaces:
        try:
            if await cluster.surroundings.has_namespace(namespace):
                continue
        except ClusterError:
            return  # that podbot may not look at namespaces is said with the other rights
        words = (
            f"has no namespace {namespace}, which PODBOT_NAMESPACES names: nothing is seen there until it has"
        )
        yield Finding(Level.WARN, cluster.name, words)


def _denied(cluster: str, denied: Sequence[tuple[Need, str]]) -> Iterator[Finding]:
    """One line for each right that is missing, with the namespaces in which it is."""
    where: dict[Need, list[str]] = {}
    for need, namespace in denied:
        where.setdefault(need, []).append(place(namespace))
    for need, places in where.items():
        words = f"does not let podbot {need.right} in {', '.join(places)}: {need.without}"
        yield Finding(need.level, cluster, words)
