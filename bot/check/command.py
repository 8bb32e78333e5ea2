"""What `podbot check` does: every part is looked at, and each thing found is one line."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bot.check import clusters, files, workspace
from bot.check.files import SetUp
from bot.check.findings import Finding, Level
from bot.check.naming import named
from bot.check.routes import route_of
from bot.clock import Clock
from bot.errors import PodbotError, StoreUnavailable
from bot.kube.connect import connect
from bot.kube.targets import Target, cluster_name
from bot.model.people import ChannelId
from bot.model.pods import ClusterName, ClusterUid
from bot.settings import Settings, SettingsWrong
from bot.store import address
from bot.store.command import holders, is_current
from bot.store.failures import StoreUnusable

STORE = "PODBOT_DATABASE_URL"


async def check(environment: Mapping[str, str], clock: Clock, *, offline: bool) -> tuple[Finding, ...]:
    """All that can be found out, changing nothing; `offline` asks neither Slack nor cluster nor store."""
    found = await files.look(environment, clock)
    if offline:
        return found.findings
    store = await _store(found.settings) if found.settings is not None else _Store()
    looks = [_cluster(found, target, store.held) for target in found.targets]
    if found.settings is not None:
        looks.append(workspace.look(found.settings, named(found.settings, found.config, found.policy.policy)))
    every = await asyncio.gather(*looks)
    return (*found.findings, *(finding for findings in every for finding in findings), *store.findings)


async def explain(environment: Mapping[str, str], clock: Clock, pod: str, cluster: str) -> str:
    """Where an alert about a pod (`NAMESPACE/POD`) would go, and why. No cluster named: the default one.

    Raises `SettingsWrong` where the settings or files are wrong, and what the cluster raises.
    """
    found = await files.look(environment, clock)
    wrong = tuple(f"{each.subject}: {each.words}" for each in found.findings if each.level is Level.WRONG)
    if wrong or found.settings is None:
        raise SettingsWrong(wrong)
    namespace, _, name = pod.partition("/")
    if not (namespace and name):
        raise PodbotError("name the pod as NAMESPACE/POD")
    by_name: dict[str, Target] = {cluster_name(target): target for target in found.targets}
    target = by_name.get(cluster) if cluster else found.targets[0]
    if target is None:
        raise PodbotError(f"no cluster is called {cluster!r}; there are: {', '.join(by_name)}")
    return await route_of(
        connect(target),
        namespace,
        name,
        config=found.config,
        clock=clock,
        alert_channel=ChannelId(found.settings.alert_channel),
    )


async def _cluster(
    found: SetUp, target: Target, held: Mapping[ClusterName, ClusterUid]
) -> tuple[Finding, ...]:
    cluster = connect(target)
    settings = found.settings
    shared = settings is not None and _database_file(settings) is None
    lease = (settings and settings.lease_namespace) or cluster.default_namespace
    try:
        return await clusters.look(
            cluster,
            settings.namespaces if settings is not None else (),
            found.policy.policy,
            lease_namespace=lease if shared else None,
            held=held.get(cluster.name),
        )
    finally:
        await cluster.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Store:
    """What the look at the store brought."""

    findings: tuple[Finding, ...] = ()
    held: Mapping[ClusterName, ClusterUid] = field(default_factory=dict)
    """Which cluster each name stands for there, as far as that can be read."""


async def _store(settings: Settings) -> _Store:
    file = _database_file(settings)
    if file is not None and not await asyncio.to_thread(file.exists):
        if not await asyncio.to_thread(file.parent.is_dir):
            words = f"{file.parent}: there is no such folder to put the store into"
            return _Store(findings=(Finding(Level.WRONG, STORE, words),))
        words = f"{file}: is not there yet; podbot makes it when it starts"
        return _Store(findings=(Finding(Level.OK, STORE, words),))
    url = settings.database_url.get_secret_value()
    try:
        current, words = await is_current(url)
        held = await holders(url) if current else {}
    except (StoreUnusable, StoreUnavailable) as problem:
        return _Store(findings=(Finding(Level.WRONG, STORE, str(problem)),))
    return _Store(findings=(Finding(Level.OK if current else Level.WARN, STORE, words),), held=held)


def _database_file(settings: Settings) -> Path | None:
    return address.file_of(address.parse(settings.database_url.get_secret_value()))
