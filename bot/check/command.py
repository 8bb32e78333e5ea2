"""What `podbot check` does: every part is looked at, and each thing found is one line."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

from bot.check import clusters, files, workspace
from bot.check.files import SetUp
from bot.check.findings import Finding, Level
from bot.check.naming import named
from bot.check.routes import route_of
from bot.clock import Clock
from bot.errors import PodbotError, StoreUnavailable
from bot.kube.connect import Target, cluster_name, connect
from bot.model.people import ChannelId
from bot.settings import Settings, SettingsWrong
from bot.store import address
from bot.store.command import is_current
from bot.store.failures import StoreUnusable

STORE = "PODBOT_DATABASE_URL"


async def check(environment: Mapping[str, str], clock: Clock, *, offline: bool) -> tuple[Finding, ...]:
    """All that can be found out, changing nothing; `offline` asks neither Slack nor cluster nor store."""
    found = await files.look(environment, clock)
    if offline:
        return found.findings
    looks = [_cluster(found, target) for target in found.targets]
    if found.settings is not None:
        looks.append(workspace.look(found.settings, named(found.settings, found.config, found.policy.policy)))
        looks.append(_store(found.settings))
    every = await asyncio.gather(*looks)
    return (*found.findings, *(finding for findings in every for finding in findings))


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


async def _cluster(found: SetUp, target: Target) -> tuple[Finding, ...]:
    cluster = connect(target)
    settings = found.settings
    shared = settings is not None and _database_file(settings) is None
    lease = (settings and settings.lease_namespace) or cluster.default_namespace
    try:
        return await clusters.look(
            cluster,
            settings.namespaces if settings is not None else (),
            found.policy.policy,
            lease if shared else None,
        )
    finally:
        await cluster.close()


async def _store(settings: Settings) -> tuple[Finding, ...]:
    file = _database_file(settings)
    if file is not None and not await asyncio.to_thread(file.exists):
        return (Finding(Level.OK, STORE, f"{file}: is not there yet; podbot makes it when it starts"),)
    try:
        current, words = await is_current(settings.database_url.get_secret_value())
    except (StoreUnusable, StoreUnavailable) as problem:
        return (Finding(Level.WRONG, STORE, str(problem)),)
    return (Finding(Level.OK if current else Level.WARN, STORE, words),)


def _database_file(settings: Settings) -> Path | None:
    return address.file_of(address.parse(settings.database_url.get_secret_value()))
