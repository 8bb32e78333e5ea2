"""The composition root: builds the parts from the settings, joins them, and owns their tasks.

What runs for ever is one task of one TaskGroup; one that ends is an error, and takes the rest with it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from importlib import metadata
from typing import Any

from aiohttp import web
from pydantic import SecretStr

from bot import logs
from bot.clock import Clock
from bot.errors import PodbotError
from bot.incidents.keeper import Keeper
from bot.kube.cluster import KubeCluster
from bot.kube.connect import KubeConfigProblem, Target, connect, targets
from bot.model.home import BotHealth
from bot.model.people import ChannelId
from bot.model.pods import ALL_NAMESPACES, Pod
from bot.ops import endpoint
from bot.outbox.dispatcher import Dispatcher
from bot.pods import redact
from bot.pods.audit import LogTrail
from bot.pods.policy_keeper import PolicyKeeper
from bot.pods.quota import DeletionLimits
from bot.pods.service import PodService
from bot.settings import Settings, SettingsWrong, Sources
from bot.slack.client import open_client
from bot.slack.delivery import SlackDelivery
from bot.slack.door import SlackDoor
from bot.slack.http import PATH as SLACK_PATH
from bot.watch.detector import Detector
from bot.watch.history import History
from bot.watch.mirror import Mirror, Sync
from bot.watch.ports import Change

FINISHES_WITHIN = 2.5
"""Seconds that requests and announcements under way are given when the bot stops. With a second each for
those that are cut off and for connections to close, the bot is gone within the five that it may take."""

SETTLES_WITHIN = 1.0
"""Of these, for deaths that were seen and are not worded yet."""

log = logs.get(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What the bot stands on: the cluster that is meant, and a policy that is in force."""

    target: Target
    policy: PolicyKeeper


async def prepare(sources: Sources, environment: Mapping[str, str], clock: Clock) -> Ground:
    """Check all that can be checked before anything is connected.

    `environment` says whether this is the inside of a cluster. Raises `SettingsWrong` with every problem of
    the kubeconfig and of the policy file.
    """
    problems: list[str] = []
    found: Sequence[Target] = ()
    try:
        found = targets(
            kubeconfig=sources.kubeconfig or "",
            contexts=sources.kube_contexts,
            api_url=sources.kube_api_url or "",
            environ=environment,
        )
    except KubeConfigProblem as problem:
        problems += [f"KUBECONFIG: {each}" for each in problem.problems]
    policy = PolicyKeeper(sources.policy, clock)
    await policy.load()
    problems += [f"PODBOT_POLICY: {sources.policy}: {mistake}" for mistake in policy.mistakes]
    if problems:
        raise SettingsWrong(tuple(problems))
    (target,) = found  # the settings name one context at most
    return Ground(target=target, policy=policy)


async def run(
    settings: Settings,
    ground: Ground,
    stop: asyncio.Event,
    *,
    clock: Clock,
    on_listening: Callable[[int], None] = lambda _: None,
) -> None:
    """Run the bot until `stop` is set; then finish what is under way and return.

    `on_listening` is told the port of the HTTP endpoint. Raises `SlackRefused` where a token is wrong, and
    `PodbotError` where the endpoint's address cannot be had; both come in groups, as tasks raise them.
    """
    async with AsyncExitStack() as open_parts:
        cluster = connect(ground.target)
        open_parts.push_async_callback(cluster.close)
        client = await open_parts.enter_async_context(
            open_client(bot_token=settings.slack_bot_token.get_secret_value(), api_url=settings.slack_api_url)
        )
        dispatcher = Dispatcher(SlackDelivery(client), clock)
        keeper = Keeper(
            channel=ChannelId(settings.alert_channel),
            announcer=dispatcher,
            source=_LastLines(cluster),
            mask=redact.mask_lines,
            clock=clock,
            surroundings=cluster.surroundings,
            pods=lambda namespace, name: mirror.get(namespace, name),  # noqa: PLW0108 - it is made below
        )
        detector = Detector(
            cluster.name,
            keeper.record,
            clock,
            owners=cluster.surroundings,
            by_bot=cluster.deleted_by_bot,
        )
        history = History(clock)

        async def changed(change: Change) -> None:
            history.changed(change)
            await detector.changed(change)

        mirror = Mirror(cluster, changed, clock=clock, namespaces=settings.namespaces or (ALL_NAMESPACES,))
        door = SlackDoor(
            client=client,
            app_token=_revealed(settings.slack_app_token),
            signing_secret=_revealed(settings.slack_signing_secret) or "",
            pods=PodService(
                cluster,
                ground.policy,
                LogTrail(),
                clock,
                served=settings.namespaces,
                history=history,
                seen=_Seen(mirror, lambda: door.open),
                limits=DeletionLimits(at_once=settings.delete_at_once, per_person=settings.delete_per_person),
            ),
            default_namespace=_default_namespace(settings, cluster),
            clock=clock,
        )
        port = await open_parts.enter_async_context(
            endpoint.serve(
                settings.http_host,
                settings.http_port,
                readiness=lambda: _missing(mirror, door, stop),
                routes=[web.post(SLACK_PATH, door.post)] if settings.slack_app_token is None else [],
            )
        )
        on_listening(port)
        eternal = {
            "policy": ground.policy.run,
            "outbox": dispatcher.run,
            "incidents": keeper.run,
            "stuck pods": detector.run,
            "mirror": mirror.run,
        }
        async with asyncio.TaskGroup() as tasks:
            running = [
                tasks.create_task(_for_ever(name, work()), name=name) for name, work in eternal.items()
            ]
            slack = tasks.create_task(_for_ever("slack", door.run()), name="slack")
            log.info("podbot is running", cluster=cluster.name, port=port)
            await stop.wait()
            log.info("podbot is stopping")
            slack.cancel()  # nothing new comes in; what has come is answered
            await asyncio.gather(door.drain(FINISHES_WITHIN), _everything_said(keeper, dispatcher))
            for task in running:
                task.cancel()
    log.info("podbot has stopped")


class _Seen:
    """`pods.ports.Seen` over the mirror, and over the way in from Slack."""

    def __init__(self, mirror: Mirror, slack_connected: Callable[[], bool]) -> None:
        self._mirror = mirror
        self._slack_connected = slack_connected

    def pods(self) -> Sequence[Pod]:
        return self._mirror.pods()

    def health(self) -> BotHealth:
        freshness = self._mirror.freshness
        trouble = freshness.problem or "the first listing of the pods is not complete."
        return BotHealth(
            version=metadata.version("podbot"),
            watch_problem="" if freshness.sync is Sync.IN_SYNC else trouble,
            last_contact=freshness.last_contact,
            slack_connected=self._slack_connected(),
        )


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


def _default_namespace(settings: Settings, cluster: KubeCluster) -> str:
    """Where a command without `-n` looks: the only namespace served, else the kube context's own."""
    return settings.namespaces[0] if len(settings.namespaces) == 1 else cluster.default_namespace


def _revealed(secret: SecretStr | None) -> str | None:
    return None if secret is None else secret.get_secret_value()


def _missing(mirror: Mirror, door: SlackDoor, stop: asyncio.Event) -> dict[str, str]:
    """What keeps the bot from being ready, by part."""
    missing = {}
    freshness = mirror.freshness
    if freshness.sync is not Sync.IN_SYNC:
        missing["watch"] = freshness.problem or freshness.sync.value
    if not door.open:
        missing["slack"] = "not connected"
    if stop.is_set():
        missing["podbot"] = "stopping"
    return missing


async def _for_ever(name: str, work: Coroutine[Any, Any, None]) -> None:
    await work
    raise PodbotError(f"{name} has ended, which it never should")


async def _everything_said(keeper: Keeper, dispatcher: Dispatcher) -> None:
    """Return when every death that was seen has been told in Slack, or when the time for that is over."""
    await keeper.settle(SETTLES_WITHIN)
    await dispatcher.flush(FINISHES_WITHIN - SETTLES_WITHIN)
