"""The dead man's switch: who waits for podbot's heartbeat misses it when the watch or Slack is away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from bot.playground import cluster as simulation
from bot.playground import faults
from tests.scenario.bots import Bot, a_bot, asks_until
from tests.support.hurried_clock import HurriedClock
from tests.support.people import as_text
from tests.support.receiver import Receiver, receiving
from tests.support.waiting import eventually

CONFIG = "version: 1\nheartbeat: {url_env: HEARTBEAT_URL, every: 10s}\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ward:
    """A bot whose every request may be stopped on its way."""

    bot: Bot
    pulse: Receiver
    last_resort: Receiver
    slack: faults.Rules
    cluster: faults.Rules

    async def beats(self) -> None:
        """Wait for two more beats."""
        heard = len(self.pulse.calls)
        await eventually(lambda: len(self.pulse.calls) >= heard + 2)

    async def is_still(self) -> None:
        """Two minutes of podbot's time without a beat, once those under way have come."""
        await self.bot.clock.sleep(20)
        heard = len(self.pulse.calls)
        await self.bot.clock.sleep(100)
        assert len(self.pulse.calls) == heard

    @contextmanager
    def unwatched(self) -> Iterator[None]:
        """The watch of the pods is cut off, and none begins anew."""
        refused = faults.Rule(match=faults.Match(resource="pods"), action=faults.Reset())
        cut = faults.Rule(
            match=faults.Match(verb=faults.Verb.WATCH), action=faults.Cut(ending=faults.Ending.RESET)
        )
        with self.cluster.applied(refused), self.cluster.applied(cut):
            yield


@asynccontextmanager
async def a_ward(**shared: str) -> AsyncIterator[Ward]:
    """Its minutes pass in a second or two. `shared`: what it has in common with other replicas."""
    async with AsyncExitStack() as parts:
        pulse, last_resort = [await parts.enter_async_context(receiving()) for _ in range(2)]
        settings = {
            "HEARTBEAT_URL": pulse.url.get_secret_value(),
            "PODBOT_FALLBACK_WEBHOOK": last_resort.url.get_secret_value(),
            **shared,
        }
        clock = HurriedClock(speed=40.0)
        bot = await parts.enter_async_context(
            a_bot(config=CONFIG, settings=settings, clock=clock, started=False)
        )
        slack, cluster = faults.Rules(), faults.Rules()
        to_slack = await parts.enter_async_context(faults.serve(bot.slack.api_url, rules=slack))
        to_cluster = await parts.enter_async_context(faults.serve(bot.served.url, rules=cluster))
        kubeconfig = Path(bot.environment["KUBECONFIG"])
        kubeconfig.write_text(simulation.kubeconfig(to_cluster.url, namespace="shop"), "utf-8")
        bot.environment["SLACK_API_URL"] = to_slack.url
        parts.push_async_callback(bot.stops)  # before the ways to it are closed
        await bot.starts()
        await bot.ready()
        ward = Ward(bot=bot, pulse=pulse, last_resort=last_resort, slack=slack, cluster=cluster)
        await ward.beats()
        yield ward


@asynccontextmanager
async def another_replica(ward: Ward, folder: Path) -> AsyncIterator[Bot]:
    """Over the same store, Slack and cluster, to which it has a way of its own."""
    kubeconfig = folder / "kubeconfig"
    kubeconfig.write_text(simulation.kubeconfig(ward.bot.served.url, namespace="shop"), "utf-8")
    environment = ward.bot.environment | {"KUBECONFIG": str(kubeconfig)}
    other = replace(
        ward.bot, environment=environment, clock=HurriedClock(speed=40.0), stop=asyncio.Event(), task=None
    )
    await other.starts()
    try:
        await other.ready()
        yield other
    finally:
        await other.stops()


def says(receiver: Receiver, words: str) -> Callable[[], bool]:
    """Whether one of the calls of a webhook says it."""
    return lambda: any(words in str(call.get("text", "")) for call in receiver.calls)


async def test_the_watch_is_cut() -> None:
    """No beat; after two minutes the alert channel is told, and again when it is over: in one message."""
    async with a_ward() as ward:
        with ward.unwatched():
            told = await ward.bot.alice.sees("#alerts", "has not been watched since")
            assert "podbot itself: playground" in as_text(told)
            await ward.is_still()
        over = await ward.bot.alice.sees("#alerts", "was not watched from")
        assert over["ts"] == told["ts"]
        await ward.beats()
        await asks_until(ward.bot.alice, "/pods list", "10 pods")


async def test_podbot_ends_while_the_watch_is_cut() -> None:
    """The next process has not told it, and tells all the same that it is over: in the same message."""
    async with a_ward() as ward:
        with ward.unwatched():
            told = await ward.bot.alice.sees("#alerts", "has not been watched since")
            await ward.bot.stops()
        await ward.bot.starts_again()
        over = await ward.bot.alice.sees("#alerts", "was not watched from")
        assert over["ts"] == told["ts"]


@pytest.mark.postgres
async def test_a_replica_ends_while_its_watch_is_cut(postgres_url: str, tmp_path: Path) -> None:
    """Another one, which sees nothing of it, tells that it is over: in the same message."""
    shared = {"PODBOT_DATABASE_URL": postgres_url, "PODBOT_LEASE_NAMESPACE": "shop"}
    async with a_ward(**shared) as ward, another_replica(ward, tmp_path):
        with ward.unwatched():
            told = await ward.bot.alice.sees("#alerts", "has not been watched since")
            await ward.bot.stops()
        over = await ward.bot.alice.sees("#alerts", "was not watched from", within=60.0)
        assert over["ts"] == told["ts"]


async def test_slack_is_down() -> None:
    """No beat; nobody can be told there, so the webhook of last resort is; the channel hears of it later."""
    async with a_ward() as ward:
        down = faults.Rule(name="down", match=faults.Match(slack="*"), action=faults.Answer(status=500))
        with ward.slack.applied(down):
            await eventually(says(ward.last_resort, "Slack takes nothing since"))
            await ward.is_still()
        await ward.bot.alice.sees("#alerts", "Slack took nothing from")
        await ward.beats()
