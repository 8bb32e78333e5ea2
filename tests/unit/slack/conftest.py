"""A whole Slack side on a strict workspace: real sockets, real HTTP, and a pod service that does as told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.clock import SystemClock
from bot.model.answers import Answer, Guidance, PodRow
from bot.model.commands import Command, FollowLogs, GetLogs, Help
from bot.model.containers import ContainerState, Terminated
from bot.model.debugging import DebugOutput, DebugStarted
from bot.model.home import BotHealth, Home
from bot.model.log_problems import NothingToFollow
from bot.model.people import Asker
from bot.model.pods import ClusterName
from bot.playground.workspace import Running, Workspace, demo_settings, serve
from bot.pods.log_feed import LogFeed
from bot.slack import app, connection
from bot.slack.client import open_client
from bot.slack.clusters import Clusters, Served
from bot.slack.connection import BotIdentity, SocketConnection
from bot.slack.following import LogStreams
from bot.slack.followups import FollowUps
from bot.slack.incidents import IncidentSource
from bot.slack.intake import Intake
from bot.slack.people import SlackPeople
from tests.support.patient_loop import dated
from tests.support.people import Person, person
from tests.support.told_deletions import ToldDeletions

ALICE, BOB, SAM = "U01ALICE", "U02BOB", "U03SAM"
NOW = datetime(2026, 3, 4, 14, 3, 20, tzinfo=UTC)


class ToldPods(ToldDeletions):
    """A pod service that answers what a test wants, and remembers what it was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.cluster = ClusterName("prod-eu")
        self.broken: tuple[PodRow, ...] = ()
        self.on_run: Callable[[Command], Awaitable[Answer]] = self._guide

    async def run(self, asker: Asker, command: Command) -> Answer:
        self.asked.append((asker, command))
        return await self.on_run(command)

    def follow_logs(self, asker: Asker, command: FollowLogs) -> AbstractAsyncContextManager[LogFeed]:
        raise NothingToFollow("nothing of it")

    async def debug_output(self, started: DebugStarted) -> DebugOutput:
        return DebugOutput(
            started=started,
            state=ContainerState(terminated=Terminated(exit_code=0)),
            lines=("seen from inside",),
            masked=0,
            cut=False,
            read_at=NOW,
        )

    def home(self, asker: Asker) -> Home:
        health = BotHealth(version="1.2.3", watch_problem="", last_contact=NOW, slack_connected=True)
        return Home(
            person=asker.person,
            cluster=self.cluster,
            broken=self.broken,
            broken_in_all=len(self.broken),
            pods=1_000,
            namespaces=3,
            namespaces_left_out=False,
            rules=(),
            policy_problem="",
            recent=(),
            health=health,
            as_of=NOW,
        )

    def logs_of_first_named(self, asker: Asker, words: tuple[str, ...]) -> GetLogs | None:
        return None

    async def _guide(self, command: Command) -> Answer:
        return Guidance(topic=command.topic if isinstance(command, Help) else "")


async def until(condition: Callable[[], bool], within: float = 10.0) -> None:
    """Wait for something to become true."""
    async with asyncio.timeout(within):
        while not condition():  # noqa: ASYNC110 - what is waited for happens in other people's code
            await asyncio.sleep(0.01)


@dataclass(frozen=True, kw_only=True)
class Bench:
    """A workspace with podbot in it."""

    running: Running
    client: AsyncWebClient
    identity: BotIdentity
    pods: ToldPods
    staging: ToldPods
    """Of a second cluster; served where a test says so."""
    intake: Intake
    follow_ups: FollowUps
    alice: Person
    bob: Person
    requests: list[str] = field(default_factory=list)


@asynccontextmanager
async def podbot_in(
    workspace: Workspace,
    *,
    most_at_once: int = 100,
    patience: float = 20.0,
    two_clusters: bool = False,
    incidents: IncidentSource | None = None,
) -> AsyncIterator[Bench]:
    """Serve the workspace, connect podbot by Socket Mode, and seat Alice and Bob."""
    pods, intake, clock = ToldPods(), Intake(most_at_once=most_at_once), SystemClock()
    staging = ToldPods()
    staging.cluster = ClusterName("staging")
    served = [
        Served(name=pods.cluster, pods=pods, default_namespace="shop"),
        Served(name=staging.cluster, pods=staging, default_namespace="qa"),
    ]
    follow_ups = FollowUps()
    requests: list[str] = []

    def new_id() -> str:
        requests.append(f"R{len(requests):03}")
        return requests[-1]

    settings = workspace.app
    async with (
        serve(workspace) as running,
        open_client(bot_token=settings.bot_token, api_url=running.api_url) as client,
        person(running.url, ALICE) as alice,
        person(running.url, BOB) as bob,
    ):
        identity = await connection.check(client)
        bolt = app.build(
            client=client,
            identity=identity,
            clusters=Clusters(*served[: 2 if two_clusters else 1]),
            people=SlackPeople(client, team=identity.team, clock=clock),
            streams=LogStreams(client=client, clock=clock),
            intake=intake,
            follow_ups=follow_ups,
            incidents=None
            if incidents is None
            else Clusters(Served(name=pods.cluster, pods=incidents, default_namespace="shop")),
            patience=patience,
            new_id=new_id,
        )
        line = SocketConnection(bolt, client=client, app_token=settings.app_token)
        task = asyncio.create_task(line.run(), name="slack connection")
        await until(lambda: line.connected)
        try:
            yield Bench(
                running=running,
                client=client,
                identity=identity,
                pods=pods,
                staging=staging,
                intake=intake,
                follow_ups=follow_ups,
                alice=alice,
                bob=bob,
                requests=requests,
            )
        finally:
            task.cancel()
            await asyncio.wait({task}, timeout=3)
            await asyncio.gather(intake.drain(2.0), follow_ups.close(2.0))


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    async with podbot_in(Workspace(demo_settings(), clock=dated())) as bench:
        yield bench
