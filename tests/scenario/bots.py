"""A whole bot beside its two servers: the strict workspace, and a cluster, simulated or real.

    async with a_bot() as bot:
        await bot.alice.types("#incidents", "/pods list")
        await bot.alice.sees("#incidents", "13 pods")

The bot is `bot.app.run` with the environment that a person would give it, so what is tested is what runs. It
is told nothing by the tests: they speak to the servers, and look at what people see.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from importlib import resources
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from aiohttp import ClientError, ClientSession

from bot import app
from bot.clock import Clock
from bot.playground import cluster as simulation
from bot.playground import workspace as slack
from bot.playground.cluster import RunningCluster, SimulatedCluster, demo_cluster
from bot.playground.workspace.demo_world import ALERTS
from bot.playground.workspace.wire import UserId
from bot.settings import load
from tests.support.envtest import free_port
from tests.support.hurried_clock import HurriedClock
from tests.support.patient_loop import dated
from tests.support.people import WITHIN, Person, as_text, person

Json = dict[str, Any]

STOPS_WITHIN = 5.0
"""Seconds from SIGTERM to the end: the product's own promise."""

POD_PACE = 20.0
"""Seconds of pod life in a second."""

HURRIED = slack.PaceSettings(posts_per_second=50.0, post_burst=50, window_seconds=1.0)
"""Slack's limits, as fast as the hurried clock makes the bot."""

DEMO_POLICY = (resources.files("bot.playground") / "demo_policy.yaml").read_text("utf-8")


@dataclass(kw_only=True)
class Bot:
    """What a test holds: the servers and the people, and the switch that stops the bot."""

    slack: slack.Running
    environment: dict[str, str]
    alice: Person
    bob: Person
    sam: Person
    clock: HurriedClock
    policy: Path
    config: Path
    simulated: RunningCluster | None = None
    port: int = 0
    """Of the bot's own HTTP endpoint."""
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None

    @property
    def served(self) -> RunningCluster:
        """The simulated cluster's server."""
        assert self.simulated is not None
        return self.simulated

    @property
    def cluster(self) -> SimulatedCluster:
        """The simulated cluster itself."""
        return self.served.cluster

    async def starts(self, *, clock: Clock | None = None) -> None:
        """Run the bot; returns when its endpoint listens."""
        settings = load(self.environment)
        ground = await app.prepare(settings, self.environment, clock or self.clock)
        listening: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        work = app.run(
            settings, ground, self.stop, clock=clock or self.clock, on_listening=listening.set_result
        )
        self.task = asyncio.create_task(work, name="bot")
        waiting: set[asyncio.Future[Any]] = {self.task, listening}
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        if self.task.done():
            await self.task
        self.port = listening.result()

    async def stops(self) -> float:
        """Stop the bot as a signal does; what it has begun to say is said when this returns.

        Gives the seconds that it waited meanwhile; more than it may wait are a failure.
        """
        if self.task is None:
            return 0.0
        began = asyncio.get_running_loop().time()
        self.stop.set()
        task, self.task = self.task, None
        await task
        waited = asyncio.get_running_loop().time() - began
        assert waited < STOPS_WITHIN
        return waited

    async def starts_again(self) -> None:
        """Stop, and run on with the same store."""
        await self.stops()
        self.stop.clear()
        await self.starts()
        await self.ready()

    async def ready(self, *, within: float = WITHIN) -> None:
        """Wait until `/readyz` says so."""
        await ready(self.port, within=within)

    async def alerts(self) -> list[Json]:
        """All incidents in the alert channel, oldest first."""
        return [each for each in await self.alice.messages("#alerts") if is_incident(each)]

    async def sees_alert(self, cause: str, workload: str = "", *, within: float = WITHIN) -> Json:
        """Wait for the alert of this cause, about this workload."""
        wanted = f"{cause} · {workload}"
        return await self.alice.sees(
            "#alerts", lambda each: is_incident(each) and each["text"].startswith(wanted), within=within
        )

    def pods_of(self, app_label: str, namespace: str = "shop") -> list[str]:
        """Names of a simulated workload's pods."""
        return [pod["metadata"]["name"] for pod in self.cluster.pods(namespace, app=app_label)]


async def asks_until(someone: Person, typed: str, wanted: str, *, within: float = WITHIN) -> Json:
    """Ask the same again until the answer says it, where what is waited for happens inside the bot."""
    place = "#general"

    async def answer(after: int) -> Json | None:
        messages = await someone.messages(place)
        return messages[-1] if len(messages) > after else None

    async with asyncio.timeout(within):
        while True:
            said = len(await someone.messages(place))
            await someone.types(place, typed)
            found = await someone.until(lambda: answer(said))  # noqa: B023 - awaited before `said` changes
            if wanted in as_text(found):
                return found


def is_incident(message: Json) -> bool:
    """Whether a message carries the metadata of an alert."""
    return bool(message.get("metadata", {}).get("event_type") == "podbot_incident")


def facts(alert: Json) -> Json:
    """The machine-readable facts of an alert."""
    found: Json = alert["metadata"]["event_payload"]
    return found


async def health(port: int) -> tuple[int, Json]:
    """Status and body of a bot's `/readyz`."""
    async with ClientSession() as session, session.get(f"http://127.0.0.1:{port}/readyz") as answer:
        return answer.status, await answer.json()


async def lacks(port: int, *parts: str, within: float = WITHIN) -> None:
    """Wait until a bot's `/readyz` says that it is not ready, for want of just these parts."""

    def fits(status: int, body: Json) -> bool:
        return status == 503 and set(body["missing"]) == set(parts)

    await _answers(port, fits, f"it lacks not just {parts}", within)


async def ready(port: int, *, within: float = WITHIN) -> None:
    """Wait until a bot's `/readyz` says so."""
    await _answers(port, lambda status, _: status == 200, "not ready", within)


async def _answers(port: int, fits: Callable[[int, Json], bool], otherwise: str, within: float) -> None:
    body: Json = {}
    try:
        async with asyncio.timeout(within):
            while True:
                try:
                    status, body = await health(port)
                except ClientError as error:
                    body = {"error": repr(error)}
                else:
                    if fits(status, body):
                        return
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise AssertionError(f"{otherwise}: {body}") from None


@asynccontextmanager
async def a_bot(
    *,
    pace: slack.PaceSettings = HURRIED,
    people_of_alerts: Callable[[frozenset[UserId]], frozenset[UserId]] = lambda members: members,
    http_mode: bool = False,
    policy: str = DEMO_POLICY,
    config: str = "",
    pod_pace: float = POD_PACE,
    cluster: Mapping[str, str] | None = None,
    settings: Mapping[str, str] | None = None,
    clock: HurriedClock | None = None,
    started: bool = True,
) -> AsyncIterator[Bot]:
    """A bot in the demo's workspace, ready unless `started` is False; it is stopped at the end.

    Args:
        pace: Slack's rate limits.
        people_of_alerts: Changes the members of #alerts.
        http_mode: Signed HTTP requests in place of Socket Mode.
        policy: The text of the policy file.
        config: The text of the file that `PODBOT_CONFIG` names; without one there is none.
        pod_pace: Seconds of simulated pod life in a second.
        cluster: The variables that name a real cluster; without them a simulated one is served.
        settings: Further variables.
        clock: In place of a hurried one of its own.
        started: Whether the bot runs from the start.
    """
    async with AsyncExitStack() as parts:
        folder = Path(parts.enter_context(TemporaryDirectory(prefix="podbot-")))
        simulated = None
        if cluster is None:
            simulated = await parts.enter_async_context(simulation.serve(demo_cluster(pace=pod_pace)))
            kubeconfig = folder / "kubeconfig"
            kubeconfig.write_text(simulation.kubeconfig(simulated.url, namespace="shop"), "utf-8")
            cluster = {"KUBECONFIG": str(kubeconfig)}
        policy_file, config_file = folder / "policy.yaml", folder / "config.yaml"
        policy_file.write_text(policy, "utf-8")
        config_file.write_text(config, "utf-8")
        own_port = free_port() if http_mode else 0
        world = slack.demo_settings(
            pace=pace, request_url=f"http://127.0.0.1:{own_port}/slack/events" if http_mode else None
        )
        world = replace(
            world,
            channels=tuple(
                replace(each, members=people_of_alerts(each.members)) if each.id == ALERTS else each
                for each in world.channels
            ),
        )
        running = await parts.enter_async_context(slack.serve(slack.Workspace(world, clock=dated())))
        way_in = (
            {"SLACK_SIGNING_SECRET": world.app.signing_secret}
            if http_mode
            else {"SLACK_APP_TOKEN": world.app.app_token}
        )
        environment = {
            "SLACK_BOT_TOKEN": world.app.bot_token,
            "SLACK_API_URL": running.api_url,
            "PODBOT_ALERT_CHANNEL": ALERTS,
            "PODBOT_POLICY": str(policy_file),
            "PODBOT_HTTP_ADDR": f"127.0.0.1:{own_port}",
            "PODBOT_DATABASE_URL": f"sqlite:///{folder / 'podbot.db'}",
            **way_in,
            **({"PODBOT_CONFIG": str(config_file)} if config else {}),
            **cluster,
            **(settings or {}),
        }
        alice, bob, sam = [
            await parts.enter_async_context(person(running.url, each))
            for each in ("U01ALICE", "U02BOB", "U03SAM")
        ]
        bot = Bot(
            slack=running,
            environment=environment,
            alice=alice,
            bob=bob,
            sam=sam,
            clock=clock or HurriedClock(),
            policy=policy_file,
            config=config_file,
            simulated=simulated,
        )
        parts.push_async_callback(bot.stops)
        if started:
            await bot.starts()
            await bot.ready()
        yield bot
