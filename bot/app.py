"""The composition root: builds the parts from the settings, joins them, and owns their tasks.

What runs for ever is one task of one TaskGroup; one that ends is an error, and takes the rest with it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from bot import logs
from bot.clock import Clock
from bot.errors import PodbotError
from bot.incidents.keeper import Keeper
from bot.incidents.ports import LogSource
from bot.kube.cluster import KubeCluster
from bot.kube.connect import KubeConfigProblem, Target, connect, targets
from bot.model.people import ChannelId
from bot.model.pods import ALL_NAMESPACES
from bot.ops import endpoint
from bot.outbox.dispatcher import Dispatcher
from bot.pods import redact
from bot.pods.audit import LogTrail
from bot.pods.policy_keeper import PolicyKeeper
from bot.pods.service import PodService
from bot.settings import Settings, SettingsWrong
from bot.slack.client import open_client
from bot.slack.delivery import SlackDelivery
from bot.slack.door import SlackDoor
from bot.watch.detector import Detector
from bot.watch.mirror import Mirror, Sync

FINISHES_WITHIN = 3.0
"""Seconds that requests and announcements under way are given when the bot stops."""

log = logs.get(__name__)


class _LastLines:
    """`incidents.ports.LogSource` over the cluster's way of reading logs."""

    LIMIT = 256 * 1024

    def __init__(self, cluster: KubeCluster) -> None:
        self._cluster = cluster

    async def last_lines(
        self, namespace: str, pod: str, container: str, *, previous: bool, tail: int
    ) -> tuple[str, ...]:
        text = await self._cluster.read_log(
            namespace,
            pod,
            container,
            previous=previous,
            tail=tail,
            timestamps=True,
            limit_bytes=self.LIMIT,
        )
        return tuple(text.text.splitlines())


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Settings that were checked against the files they name."""

    settings: Settings
    target: Target
    policy: PolicyKeeper


async def prepare(settings: Settings, environment: Mapping[str, str], clock: Clock) -> Plan:
    """Check all that can be checked before anything is connected.

    Raises `SettingsWrong` with every problem of the kubeconfig and of the policy file.
    """
    problems: list[str] = []
    target: Target | None = None
    try:
        (target,) = targets(
            kubeconfig=settings.kubeconfig or "",
            contexts=settings.kube_contexts,
            api_url=settings.kube_api_url or "",
            environ=environment,
        )
    except KubeConfigProblem as problem:
        problems += [f"KUBECONFIG: {each}" for each in problem.problems]
    policy = PolicyKeeper(settings.policy, clock)
    await policy.load()
    problems += [f"PODBOT_POLICY: {settings.policy}: {mistake}" for mistake in policy.mistakes]
    if problems or target is None:
        raise SettingsWrong(tuple(problems))
    return Plan(settings=settings, target=target, policy=policy)


async def run(
    plan: Plan,
    stop: asyncio.Event,
    *,
    clock: Clock,
    on_listening: Callable[[int], None] = lambda _: None,
) -> None:
    """Run the bot until `stop` is set; then finish what is under way and return.

    `on_listening` is told the port of the HTTP endpoint. Raises `SlackRefused` where a token is wrong.
    """
    settings = plan.settings
    async with AsyncExitStack() as open_parts:
        cluster = connect(plan.target)
        open_parts.push_async_callback(cluster.close)
        client = await open_parts.enter_async_context(
            open_client(bot_token=settings.slack_bot_token.get_secret_value(), api_url=settings.slack_api_url)
        )
        dispatcher = Dispatcher(SlackDelivery(client), clock)
        keeper = Keeper(
            channel=ChannelId(settings.alert_channel),
            announcer=dispatcher,
            source=_log_source(cluster),
            mask=redact.mask_lines,
            clock=clock,
        )
        detector = Detector(cluster.name, keeper.record, clock)
        mirror = Mirror(
            cluster, detector.changed, clock=clock, namespaces=settings.namespaces or (ALL_NAMESPACES,)
        )
        door = SlackDoor(
            client=client,
            app_token=_secret(settings.slack_app_token),
            signing_secret=_secret(settings.slack_signing_secret) or "",
            pods=PodService(cluster, plan.policy, LogTrail(), clock, served=settings.namespaces),
            default_namespace=_default_namespace(settings, cluster),
            clock=clock,
        )
        routes = [web.post("/slack/events", door.post)] if settings.slack_app_token is None else []
        port = await open_parts.enter_async_context(
            endpoint.serve(
                settings.http_host,
                settings.http_port,
                readiness=lambda: _missing(mirror, door),
                routes=routes,
            )
        )
        on_listening(port)
        async with asyncio.TaskGroup() as tasks:
            eternal = {
                "policy": plan.policy.run(),
                "outbox": dispatcher.run(),
                "incidents": keeper.run(),
                "stuck pods": detector.run(),
                "mirror": mirror.run(),
            }
            running = [tasks.create_task(_for_ever(name, work), name=name) for name, work in eternal.items()]
            slack = tasks.create_task(_for_ever("slack", door.run()), name="slack")
            log.info("podbot is running", cluster=cluster.name, port=port)
            await stop.wait()
            log.info("podbot is stopping")
            await _cancelled(slack)
            await asyncio.gather(door.drain(FINISHES_WITHIN), dispatcher.flush(FINISHES_WITHIN))
            for task in running:
                task.cancel()


def _log_source(cluster: KubeCluster) -> LogSource:
    return _LastLines(cluster)


def _default_namespace(settings: Settings, cluster: KubeCluster) -> str:
    """Where a command without `-n` looks: the only namespace served, else the kube context's own."""
    return settings.namespaces[0] if len(settings.namespaces) == 1 else cluster.default_namespace


def _secret(value: Any) -> str | None:
    return None if value is None else str(value.get_secret_value())


def _missing(mirror: Mirror, door: SlackDoor) -> dict[str, str]:
    missing = {}
    freshness = mirror.freshness
    if freshness.sync is not Sync.IN_SYNC:
        missing["watch"] = freshness.problem or freshness.sync.value
    if not door.open:
        missing["slack"] = "not connected"
    return missing


async def _for_ever(name: str, work: Coroutine[Any, Any, None]) -> None:
    await work
    raise PodbotError(f"{name} has ended, which it never should")


async def _cancelled(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.wait({task})
