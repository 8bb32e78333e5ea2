"""Builds the parts from the settings, joins them, and owns their tasks.

What runs for ever is one task of one TaskGroup; one that ends is an error, and takes the rest with it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack
from importlib import metadata
from typing import Any

from aiohttp import web
from pydantic import SecretStr

from bot import logs
from bot.app.ground import Ground
from bot.app.line import Line, Shared
from bot.clock import Clock
from bot.errors import PodbotError
from bot.kube.cluster import KubeCluster
from bot.kube.connect import connect
from bot.model.home import BotHealth
from bot.model.letters import LetterKey
from bot.model.pages import PageFacts
from bot.model.people import ChannelId
from bot.model.pods import ALL_NAMESPACES, ClusterName, Pod
from bot.ops import endpoint
from bot.ops.leadership import Alone, Elector, Leadership, Load, new_identity
from bot.ops.paging import WebhookDelivery
from bot.ops.watchman import Watchman
from bot.ops.webhook import IncomingWebhook
from bot.outbox.branches import Branches
from bot.outbox.dispatcher import Dispatcher
from bot.outbox.ports import Fallback
from bot.pods.audit import LogTrail
from bot.pods.quota import DeletionLimits
from bot.pods.service import PodService
from bot.settings import Settings
from bot.slack.client import WebClient, open_client
from bot.slack.clusters import Clusters, Served
from bot.slack.delivery import SlackDelivery
from bot.slack.door import SlackDoor
from bot.slack.http import PATH as SLACK_PATH
from bot.slack.pulse import SlackPulse
from bot.store.store import Store, open_store
from bot.watch.freshness import Sync

FINISHES_WITHIN = 2.5
"""Seconds that requests and announcements under way are given when the bot stops. With a second each for
those that are cut off and for connections to close, the bot is gone within the five that it may take."""

STORES_WITHIN = 0.5
"""Seconds for what is written at the end: the audit of what was just done."""

log = logs.get(__name__)


async def run(
    settings: Settings,
    ground: Ground,
    stop: asyncio.Event,
    *,
    clock: Clock,
    on_listening: Callable[[int], None] = lambda _: None,
) -> None:
    """Run the bot until `stop` is set; then finish what is under way and return.

    `on_listening` is told the port of the HTTP endpoint. Raises `SlackRefused` where a token is wrong,
    `StoreUnusable` where the database is, and `PodbotError` where the endpoint's address cannot be had; they
    may come in groups, as tasks raise them.
    """
    async with AsyncExitStack() as open_parts:
        bot = await _built(settings, ground, clock, open_parts)
        port = await open_parts.enter_async_context(
            endpoint.serve(
                settings.http_host,
                settings.http_port,
                readiness=lambda: bot.missing(stop),
                routes=[web.post(SLACK_PATH, bot.door.post)] if settings.slack_app_token is None else [],
            )
        )
        on_listening(port)
        await bot.run(stop, port)
    log.info("podbot has stopped")


class _Bot:
    """The parts, joined."""

    def __init__(
        self,
        *,
        ground: Ground,
        store: Store,
        outbox: Branches,
        lines: Sequence[Line],
        door: SlackDoor,
        watchman: Watchman,
    ) -> None:
        self._ground = ground
        self._store = store
        self._outbox = outbox
        self._watchman = watchman
        self._lines = lines
        self.door = door

    async def run(self, stop: asyncio.Event, port: int) -> None:
        """Run everything until `stop` is set, and see it off."""
        eternal = {
            "policy": self._ground.policy.run,
            "configuration": self._ground.config.run,
            "store": self._store.run,
            "outbox": self._outbox.run,
            "watchman": self._watchman.run,
        }
        async with asyncio.TaskGroup() as tasks:
            running = [
                tasks.create_task(_for_ever(name, work()), name=name) for name, work in eternal.items()
            ]
            lines = [
                tasks.create_task(_for_ever(each.name, each.run()), name=f"cluster {each.name}")
                for each in self._lines
            ]
            slack = tasks.create_task(_for_ever("slack", self.door.run()), name="slack")
            log.info("podbot is running", clusters=[each.name for each in self._lines], port=port)
            await stop.wait()
            log.info("podbot is stopping")
            slack.cancel()  # nothing new comes in; what has come is answered
            await asyncio.gather(self.door.drain(FINISHES_WITHIN), self._end(lines))
            await self._store.settle(STORES_WITHIN)
            for task in running:
                task.cancel()

    async def _end(self, lines: Sequence[asyncio.Task[None]]) -> None:
        """End the clusters' lines: what was seen is told, then leading is given up."""
        for line in self._lines:
            line.stopping = True
        for task in lines:
            task.cancel()
        await asyncio.wait(lines)

    def missing(self, stop: asyncio.Event) -> Mapping[str, str]:
        """What keeps the bot from being ready, by part."""
        missing = {}
        for line in self._lines:
            part = "watch" if len(self._lines) == 1 else f"watch of {line.name}"
            freshness = line.freshness
            if freshness is None:
                missing[part] = "starting"
            elif freshness.sync is not Sync.IN_SYNC:
                missing[part] = freshness.problem or freshness.sync.value
            if line.leadership.problem:
                missing[f"lease of {line.name}"] = line.leadership.problem
            if line.store_trouble:
                missing["store"] = line.store_trouble
        if not self.door.open:
            missing["slack"] = "not connected"
        # A channel that is closed is the operator's to open; it must not take the commands out of service.
        missing |= {
            subject: words
            for subject, words in self._outbox.trouble().items()
            if subject == "slack" or subject.startswith("store")
        }
        if stop.is_set():
            missing["podbot"] = "stopping"
        return missing


async def _built(settings: Settings, ground: Ground, clock: Clock, open_parts: AsyncExitStack) -> _Bot:
    store = await open_parts.enter_async_context(
        open_store(
            settings.database_url.get_secret_value(),
            clock=clock,
            audit_log=LogTrail(),
            keep=settings.retention,
        )
    )
    shared_claims = store.claims if store.is_shared else None
    clusters = [connect(target, claims=shared_claims) for target in ground.targets]
    for cluster in clusters:
        open_parts.push_async_callback(cluster.close)
    client = await open_parts.enter_async_context(
        open_client(bot_token=settings.slack_bot_token.get_secret_value(), api_url=settings.slack_api_url)
    )
    pulse, fallback = SlackPulse(client), _fallback(settings)
    to_slack = Dispatcher(SlackDelivery(client), clock, fallback=fallback)
    paging = WebhookDelivery(lambda: ground.config.config.webhooks, _links(to_slack, pulse))
    outbox = Branches(to_slack, Dispatcher(paging, clock), paging.trouble)
    shared = Shared(
        store=store,
        outbox=outbox,
        clock=clock,
        namespaces=settings.namespaces or (ALL_NAMESPACES,),
        alert_channel=ChannelId(settings.alert_channel),
        config=ground.config,
    )
    leadership = _leadership(settings, store, clock)
    lines = [Line(cluster, leadership(cluster), shared) for cluster in clusters]
    door = _door(settings=settings, ground=ground, client=client, lines=lines, store=store, clock=clock)
    watchman = Watchman(
        lines,
        ask_slack=pulse.ask,
        slack_connected=lambda: door.open,
        delivery=outbox.untold,
        heartbeat=lambda: ground.config.config.heartbeat,
        outbox=outbox,
        channel=ChannelId(settings.alert_channel),
        last_resort=fallback.webhook,
        is_first=store.claims.first,
        clock=clock,
    )
    return _Bot(ground=ground, store=store, outbox=outbox, lines=lines, door=door, watchman=watchman)


def _links(to_slack: Dispatcher, pulse: SlackPulse) -> Callable[[PageFacts], str]:
    """Where the message of an incident stands that a webhook is told of; empty where it stands nowhere."""

    def link(facts: PageFacts) -> str:
        key = LetterKey(f"incident/{facts.incident}")
        posted = to_slack.posted(ClusterName(facts.cluster), key)
        if posted is None or posted.channel is None or posted.ts is None:
            return ""
        return pulse.permalink(posted.channel, posted.ts)

    return link


def _leadership(settings: Settings, store: Store, clock: Clock) -> Callable[[KubeCluster], Leadership]:
    """For each cluster an election where others may use the same store; SQLite is one process's own."""
    identity, load = new_identity(), Load()

    def of(cluster: KubeCluster) -> Leadership:
        if not store.is_shared:
            return Alone(identity)
        lease = cluster.lease(settings.lease_namespace or cluster.default_namespace, settings.lease_name)
        return Elector(lease, identity, clock, seconds=settings.lease_seconds, load=load)

    return of


def _door(
    *,
    settings: Settings,
    ground: Ground,
    client: WebClient,
    lines: Sequence[Line],
    store: Store,
    clock: Clock,
) -> SlackDoor:
    def served(line: Line) -> Served[PodService]:
        return Served(
            name=line.name,
            pods=PodService(
                line.cluster,
                ground.policy,
                store.audit,
                clock,
                served=settings.namespaces,
                history=line.history,
                seen=_Seen(line, lambda: door.open),
                limits=DeletionLimits(at_once=settings.delete_at_once, per_person=settings.delete_per_person),
                spending=store.spending,
            ),
            default_namespace=_default_namespace(settings, line.cluster),
        )

    door = SlackDoor(
        client=client,
        app_token=_revealed(settings.slack_app_token),
        signing_secret=_revealed(settings.slack_signing_secret) or "",
        pods=Clusters(*map(served, lines)),
        claims=store.claims,
        alone=not store.is_shared,
        clock=clock,
    )
    return door


def _fallback(settings: Settings) -> Fallback:
    """Where alerts go that cannot go their own way."""
    webhook = settings.fallback_webhook
    return Fallback(
        channel=ChannelId(settings.alert_channel),
        webhook=IncomingWebhook(webhook) if webhook is not None else None,
    )


class _Seen:
    """`pods.ports.Seen` over a cluster's line, and over the way in from Slack."""

    def __init__(self, line: Line, slack_connected: Callable[[], bool]) -> None:
        self._line = line
        self._slack_connected = slack_connected

    def pods(self) -> Sequence[Pod]:
        return self._line.pods()

    def health(self) -> BotHealth:
        freshness = self._line.freshness
        in_sync = freshness is not None and freshness.sync is Sync.IN_SYNC
        problem = (freshness.problem if freshness else "") or "the first listing of the pods is not complete."
        return BotHealth(
            version=metadata.version("podbot"),
            watch_problem="" if in_sync else problem,
            last_contact=freshness.last_contact if freshness else None,
            slack_connected=self._slack_connected(),
        )


def _default_namespace(settings: Settings, cluster: KubeCluster) -> str:
    """Where a command without `-n` looks: the only namespace served, else the kube context's own."""
    return settings.namespaces[0] if len(settings.namespaces) == 1 else cluster.default_namespace


def _revealed(secret: SecretStr | None) -> str | None:
    return None if secret is None else secret.get_secret_value()


async def _for_ever(name: str, work: Coroutine[Any, Any, None]) -> None:
    await work
    raise PodbotError(f"{name} has ended, which it never should")
