"""A whole Slack side on a strict workspace: real sockets, real HTTP, and a pod service that does as told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.clock import SystemClock
from bot.model.answers import Answer, Confirmation, Deleted, DeletionPlan, Guidance
from bot.model.commands import Command, DeletePod, Help
from bot.model.people import Asker
from bot.model.pods import ClusterName, Owner, PodUid
from bot.playground.workspace import Running, Workspace, demo_settings, serve
from bot.slack import app, connection
from bot.slack.client import open_client
from bot.slack.connection import BotIdentity, SocketConnection
from bot.slack.intake import Intake
from bot.slack.people import SlackPeople
from tests.support.people import Person, person

ALICE, BOB, SAM = "U01ALICE", "U02BOB", "U03SAM"
UID = PodUid("b7f0c1d2-0000-4000-8000-000000000001")


class ToldPods:
    """A pod service that answers what a test wants, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[Asker, Command]] = []
        self.confirmed: list[tuple[Asker, Confirmation]] = []
        self.on_run: Callable[[Command], Awaitable[Answer]] = self._guide
        self.on_delete: Callable[[Confirmation], Awaitable[None]] = self._nothing
        self.on_plan: Callable[[DeletePod], Awaitable[None]] = self._nothing

    async def run(self, asker: Asker, command: Command) -> Answer:
        self.asked.append((asker, command))
        return await self.on_run(command)

    async def plan_deletion(self, asker: Asker, command: DeletePod) -> DeletionPlan:
        self.asked.append((asker, command))
        await self.on_plan(command)
        return DeletionPlan(
            cluster=ClusterName("prod-eu"),
            namespace=command.namespace,
            pod=command.pod,
            uid=UID,
            owner=Owner(kind="Deployment", name="web"),
            replaced_by_itself=True,
            status="Running",
            ready="1/1",
            age="5d",
            node="node-3",
            terminating=False,
        )

    async def delete(self, asker: Asker, confirmation: Confirmation) -> Deleted:
        self.confirmed.append((asker, confirmation))
        await self.on_delete(confirmation)
        return Deleted(
            by=asker.person,
            namespace=confirmation.namespace,
            pod=confirmation.pod,
            owner=Owner(kind="Deployment", name="web"),
            replaced_by_itself=True,
            reason=confirmation.reason,
        )

    async def _guide(self, command: Command) -> Answer:
        return Guidance(topic=command.topic if isinstance(command, Help) else "")

    async def _nothing(self, _: object) -> None:
        """Let it go well."""


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
    intake: Intake
    alice: Person
    bob: Person
    requests: list[str] = field(default_factory=list)


@asynccontextmanager
async def podbot_in(
    workspace: Workspace, *, most_at_once: int = 100, patience: float = 20.0
) -> AsyncIterator[Bench]:
    """Serve the workspace, connect podbot by Socket Mode, and seat Alice and Bob."""
    pods, intake, clock = ToldPods(), Intake(most_at_once=most_at_once), SystemClock()
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
            pods=pods,
            people=SlackPeople(client, team=identity.team, clock=clock),
            intake=intake,
            default_namespace="shop",
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
                intake=intake,
                alice=alice,
                bob=bob,
                requests=requests,
            )
        finally:
            task.cancel()
            await asyncio.wait({task}, timeout=3)
            await intake.drain(2.0)


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    async with podbot_in(Workspace(demo_settings())) as bench:
        yield bench
