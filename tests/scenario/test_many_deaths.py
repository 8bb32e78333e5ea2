"""Deaths by the dozen: a node with all its pods, a storm, a workload that flaps for an hour."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from bot.playground.cluster.workloads import container, deployment, template
from tests.scenario.bots import POD_PACE, Bot, Json, a_bot, facts, is_incident
from tests.support.hurried_clock import HurriedClock
from tests.support.people import as_text
from tests.support.waiting import eventually


async def run(bot: Bot, *names: str, replicas: int) -> None:
    """Deployments in the shop, with all their pods Ready."""
    for name in names:
        app = container("app", f"shop/{name}:1.0.0", cpu="10m", memory="16Mi")
        deployment(bot.cluster.world, "shop", name, template(name, [app]), replicas=replicas)

    def all_run() -> bool:
        pods = [pod for name in names for pod in bot.cluster.pods("shop", app=name)]
        return len(pods) == replicas * len(names) and all(map(_runs, pods))

    await eventually(all_run)


def _runs(pod: Json) -> bool:
    conditions = pod["status"].get("conditions", ())
    return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)


async def own_messages(bot: Bot) -> list[Json]:
    """Incidents that have a message which is not about another one."""
    return [each for each in await bot.alerts() if facts(each)["state"] != "merged"]


async def test_a_node_is_lost_with_sixty_pods(bot: Bot) -> None:
    """One message, which ends up listing every workload and every pod; another cause there is news."""
    for node in bot.cluster.node_names()[1:]:
        await bot.cluster.play("drain", name=node)
    node = bot.cluster.node_names()[0]
    names = [f"shelf-{number}" for number in range(6)]
    await run(bot, *names, replicas=10)
    there = [pod for pod in bot.cluster.pods("shop") if pod["spec"].get("nodeName") == node]
    assert len(there) >= 60
    victim = bot.pods_of("web")[0]
    await bot.cluster.play("segfault", namespace="shop", name=victim)
    await bot.sees_alert("Error", "web")
    await bot.cluster.play("node-lost", name=node)

    def lists_all(message: Json) -> bool:
        told = as_text(message)
        return is_incident(message) and "Node lost" in told and all(f"{each} 10" in told for each in names)

    told = await bot.alice.sees("#alerts", lists_all)
    assert f"Node lost · {node} · playground" in told["text"]
    await bot.stops()
    assert sorted(each["text"].split(" · ")[0] for each in await own_messages(bot)) == ["Error", "Node lost"]


async def test_every_pod_that_went_with_its_node_is_accounted_for(bot: Bot) -> None:
    """No more replacements than pods were lost, and the bare one, which nothing recreates, by its name."""
    (toolbox,) = bot.cluster.pods("tools")
    await bot.cluster.play("node-shutdown", name=toolbox["spec"]["nodeName"])
    seen: list[str] = []

    def accounts_for_all(message: Json) -> bool:
        told = as_text(message)
        lost = re.search(r"(\d+) pods of \d+ workloads went with it", told)
        counted = re.search(r"replacements: (.*)", told)
        if lost is None or counted is None or "nothing recreates it: toolbox (tools)" not in told:
            return False
        seen.append(told)
        replaced = sum(int(each) for each in re.findall(r"(?:^|, )(\d+) ", counted[1]))
        assert replaced < int(lost[1])
        return replaced == int(lost[1]) - 1

    await bot.alice.sees("#alerts", accounts_for_all)
    assert not any("Ready again" in each for each in seen)


async def test_a_storm_is_ten_messages_and_one_digest(bot: Bot) -> None:
    """The eleventh workload and all that follow are told in the digest, which names each of them."""
    names = [f"shelf-{number:02}" for number in range(14)]
    await run(bot, *names, replicas=1)
    for name in names:
        await bot.cluster.play("segfault", namespace="shop", name=bot.pods_of(name)[0])

    def names_the_rest(message: Json) -> bool:
        told = as_text(message)
        return told.startswith("🔴 Storm of incidents") and all(each in told for each in names)

    digest = await bot.alice.sees("#alerts", names_the_rest)
    await bot.alice.clicks(digest, "Acknowledge")
    await bot.alice.sees(
        "#alerts", lambda each: each["ts"] == digest["ts"] and "has it since" in as_text(each)
    )
    await bot.alice.types("#incidents", "/pods incidents")
    await bot.alice.sees("#incidents", "15 open incidents")  # each has its id, beside the storm itself

    async def all_are_told() -> bool | None:
        return len(await bot.alerts()) == 11 or None

    await bot.alice.until(all_are_told)
    await bot.stops()
    assert len(await bot.alerts()) == 11


@dataclass(frozen=True)
class ClusterTime:
    """The bot's own clock for the cluster, so that hours pass for both."""

    clock: HurriedClock

    def now(self) -> datetime:
        return self.clock.now()

    async def sleep_until(self, moment: datetime) -> None:
        await self.clock.sleep((moment - self.now()).total_seconds())


async def test_an_hour_of_flapping_is_one_message_and_a_readable_thread() -> None:
    """It dies every two minutes: the count grows in the one message, the thread folds."""
    deaths = 30
    async with a_bot(started=False) as bot:
        bot.cluster.continue_on(ClusterTime(bot.clock), pace=POD_PACE)
        await bot.starts()
        await bot.ready()
        await run(bot, "flappy", replicas=2)
        name = bot.pods_of("flappy")[0]
        for number in range(1, deaths + 1):
            await _started_again(bot, name)
            await bot.cluster.play("segfault", namespace="shop", name=name)
            await bot.alice.sees("#alerts", partial(_counts, number))
            _passes(bot, timedelta(minutes=2))
        await bot.stops()
        (alert,) = await bot.alerts()
        assert facts(alert)["deaths"] == deaths
        told = as_text(alert)  # it may have recovered once more by now
        assert f" died {deaths} times in " in told or f"{deaths} deaths" in told
        every = await bot.alice.messages("#alerts")
        thread = [as_text(each) for each in every if each.get("thread_ts") == alert["ts"]]
        assert 1 <= len(thread) <= 12, "\n".join(thread)


async def _started_again(bot: Bot, pod: str) -> None:
    """Let the kubelet's pauses pass, which grow from one crash to the next."""
    for _ in range(200):
        if _runs(bot.cluster.pod("shop", pod)):
            return
        _passes(bot, timedelta(seconds=1))
        await asyncio.sleep(0.02)
    raise AssertionError(f"{pod} does not run")


def _passes(bot: Bot, time: timedelta) -> None:
    """Let time pass, and have the cluster look at its agenda again: it has reckoned with the old time."""
    bot.clock.put_forward(time)
    bot.cluster.agenda.after(0, lambda: None)


def _counts(deaths: int, message: Json) -> bool:
    return is_incident(message) and facts(message)["deaths"] == deaths
