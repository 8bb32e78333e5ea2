"""Builds the parts from the settings, and joins them. Nothing runs yet."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from importlib import metadata
from typing import Any, TypeVar

from pydantic import SecretStr

from bot.app.ground import Ground
from bot.app.line import Line
from bot.app.shared import Shared
from bot.clock import Clock
from bot.incidents.deletions import DeletionNotes
from bot.incidents.errands import SharedBoard
from bot.incidents.latest import LatestIncidents
from bot.incidents.ports import Pictures
from bot.incidents.readings import IncidentReadings
from bot.incidents.service import IncidentService
from bot.kube.cluster import KubeCluster
from bot.kube.connect import connect
from bot.model.home import BotHealth
from bot.model.incidents import IncidentId
from bot.model.letters import LetterKey
from bot.model.pages import PageFacts
from bot.model.people import ChannelId
from bot.model.pods import ALL_NAMESPACES, ClusterName, Pod
from bot.ops.leadership import Alone, Elector, Leadership, Load, new_identity
from bot.ops.orphans import Orphans
from bot.ops.paging import WebhookDelivery
from bot.ops.watchman import Watchman
from bot.ops.webhook import IncomingWebhook
from bot.outbox.branches import Branches
from bot.outbox.dispatcher import Dispatcher
from bot.outbox.ports import Fallback
from bot.pictures.painter import Painter
from bot.pods.gate import Gate
from bot.pods.quota import DeletionLimits
from bot.pods.service import PodService
from bot.settings import Settings
from bot.slack.client import WebClient, open_client
from bot.slack.clusters import Clusters, Served
from bot.slack.delivery import SlackDelivery
from bot.slack.directory import SlackDirectory
from bot.slack.door import SlackDoor
from bot.slack.pulse import SlackPulse
from bot.store.store import Store
from bot.watch.freshness import Sync
from bot.watch.health import health

_Service = TypeVar("_Service")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The parts, joined."""

    store: Store
    outbox: Branches
    lines: Sequence[Line]
    door: SlackDoor
    eternal: Mapping[str, Callable[[], Coroutine[Any, Any, None]]]
    """What else runs for ever, by name."""


async def build(
    settings: Settings, ground: Ground, store: Store, clock: Clock, open_parts: AsyncExitStack
) -> Parts:
    """Open what else has to be opened - it is closed with `open_parts` - and join it."""
    client = await open_parts.enter_async_context(
        open_client(bot_token=settings.slack_bot_token.get_secret_value(), api_url=settings.slack_api_url)
    )
    pictures = await open_parts.enter_async_context(Painter())
    building = _Building(
        settings=settings, ground=ground, clock=clock, store=store, client=client, pictures=pictures
    )
    clusters = [
        connect(target, claims=store.claims if store.is_shared else None) for target in ground.targets
    ]
    for cluster in clusters:
        open_parts.push_async_callback(cluster.close)
    return building.joined(clusters)


def fallback_of(settings: Settings) -> Fallback:
    """Where alerts go that cannot go their own way."""
    webhook = settings.fallback_webhook
    return Fallback(
        channel=ChannelId(settings.alert_channel),
        webhook=IncomingWebhook(webhook) if webhook is not None else None,
    )


class _Building:
    """What the parts are made of."""

    def __init__(
        self,
        *,
        settings: Settings,
        ground: Ground,
        clock: Clock,
        store: Store,
        client: WebClient,
        pictures: Pictures,
    ) -> None:
        self._settings = settings
        self._ground = ground
        self._clock = clock
        self._store = store
        self._client = client
        self._pictures = pictures
        self._directory = SlackDirectory(client, clock)
        self._channel = ChannelId(settings.alert_channel)
        self._identity = new_identity()
        self._load = Load()

    def joined(self, clusters: Sequence[KubeCluster]) -> Parts:
        """The whole bot over these clusters, the default one first."""
        config, pulse = self._ground.config, SlackPulse(self._client)
        fallback = fallback_of(self._settings)
        own = self._store.own_letters(self._identity, [each.name for each in clusters])
        to_slack = Dispatcher(SlackDelivery(self._client), self._clock, fallback=fallback, own=own)
        link = _links(to_slack, pulse)
        paging = WebhookDelivery(
            lambda: config.config.webhooks,
            lambda facts: link(ClusterName(facts.cluster), LetterKey(f"incident/{facts.incident}")),
            lambda facts, webhook, problem: _page_answered(lines, facts, webhook, problem),
        )
        outbox = Branches(to_slack, Dispatcher(paging, self._clock), paging.trouble)
        shared = Shared(
            store=self._store,
            outbox=outbox,
            clock=self._clock,
            namespaces=self._settings.namespaces or (ALL_NAMESPACES,),
            alert_channel=self._channel,
            config=config,
            pictures=self._pictures,
            link=link,
        )
        lines = [Line(each, self._leadership(each), shared) for each in clusters]
        door = self._door(lines)
        watchman = Watchman(
            lines,
            ask_slack=pulse.ask,
            slack_connected=lambda: door.open,
            delivery=outbox.untold,
            heartbeat=lambda: config.config.heartbeat,
            outbox=outbox,
            channel=self._channel,
            last_resort=fallback.webhook,
            is_first=self._store.claims.first,
            clock=self._clock,
            own=own,
            orphans=Orphans(own, to_slack.read_own_again) if self._store.is_shared else None,
        )
        eternal = {
            "policy": self._ground.policy.run,
            "configuration": config.run,
            "store": self._store.run,
            "outbox": outbox.run,
            "watchman": watchman.run,
        }
        return Parts(store=self._store, outbox=outbox, lines=lines, door=door, eternal=eternal)

    def _leadership(self, cluster: KubeCluster) -> Leadership:
        """An election where others may use the same store; SQLite is one process's own."""
        if not self._store.is_shared:
            return Alone(self._identity)
        settings = self._settings
        lease = cluster.lease(settings.lease_namespace or cluster.default_namespace, settings.lease_name)
        return Elector(lease, self._identity, self._clock, seconds=settings.lease_seconds, load=self._load)

    def _door(self, lines: Sequence[Line]) -> SlackDoor:
        settings = self._settings

        def pods(line: Line) -> PodService:
            return PodService(
                line.cluster,
                self._ground.policy,
                self._store.audit,
                self._clock,
                judge=lambda pod, now: health(pod, now, self._ground.config.config.timings),
                served=settings.namespaces,
                history=line.history,
                seen=_Seen(line, lambda: door.open),
                limits=DeletionLimits(at_once=settings.delete_at_once, per_person=settings.delete_per_person),
                spending=self._store.spending,
                notes=DeletionNotes(self._board(line), self._latest(line), self._clock),
            )

        def served(line: Line, by: _Service) -> Served[_Service]:
            namespace = _default_namespace(settings, line.cluster)
            return Served(name=line.name, pods=by, default_namespace=namespace)

        door = SlackDoor(
            client=self._client,
            app_token=_revealed(settings.slack_app_token),
            signing_secret=_revealed(settings.slack_signing_secret) or "",
            pods=Clusters(*(served(each, pods(each)) for each in lines)),
            incidents=Clusters(*(served(each, self._incidents(each)) for each in lines)),
            claims=self._store.claims,
            alone=not self._store.is_shared,
            clock=self._clock,
        )
        return door

    def _board(self, line: Line) -> SharedBoard:
        errands = self._store.errands(line.name) if self._store.is_shared else None
        return SharedBoard(line.keeper, errands, self._clock)

    def _latest(self, line: Line) -> LatestIncidents:
        return LatestIncidents(line.keeper, self._store.archive(line.name))

    def _incidents(self, line: Line) -> IncidentService:
        store, clock, name = self._store, self._clock, line.name
        gate = Gate(name, self._ground.policy, store.audit, self._settings.namespaces)
        return IncidentService(
            name,
            gate,
            clock,
            board=self._board(line),
            incidents=self._latest(line),
            silences=store.silences,
            chronicle=store.chronicle,
            pods=line.pods,
            history=line.history,
            routing=line.routes,
            readings=IncidentReadings(
                name,
                gate,
                clock,
                chronicle=store.chronicle,
                pictures=self._pictures,
                directory=self._directory,
            ),
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


def _links(to_slack: Dispatcher, pulse: SlackPulse) -> Callable[[ClusterName, LetterKey], str]:
    """Where a letter of a cluster stands; empty where it stands nowhere."""

    def link(cluster: ClusterName, key: LetterKey) -> str:
        posted = to_slack.posted(cluster, key)
        if posted is None or posted.channel is None or posted.ts is None:
            return ""
        return pulse.permalink(posted.channel, posted.ts)

    return link


def _page_answered(lines: Sequence[Line], facts: PageFacts, webhook: str, problem: str) -> None:
    """Tell the keeper of the incident's cluster, which leads here: nobody else calls."""
    for line in lines:
        keeper = line.keeper()
        if line.name == facts.cluster and keeper is not None:
            keeper.page_answered(IncidentId(facts.incident), webhook, problem)


def _default_namespace(settings: Settings, cluster: KubeCluster) -> str:
    """Where a command without `-n` looks: the only namespace served, else the kube context's own."""
    return settings.namespaces[0] if len(settings.namespaces) == 1 else cluster.default_namespace


def _revealed(secret: SecretStr | None) -> str | None:
    return None if secret is None else secret.get_secret_value()
