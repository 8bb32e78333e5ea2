"""Pods die: one alert each, with the right cause, counted in place; what is done on purpose stays silent."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest

from bot.clock import SystemClock
from bot.playground.cluster import SCENARIOS
from bot.playground.workspace import PaceSettings
from tests.scenario.bots import Bot, Json, a_bot, facts, is_incident
from tests.support.people import as_text
from tests.support.waiting import eventually

ALERTED_WITHIN = 2.0
"""Seconds from the kubelet's word to the message in Slack: what the product promises."""
A_WHILE = timedelta(minutes=6)
"""Longer than the patience with most of what is stuck."""
LONGER = timedelta(minutes=11)
"""Longer than the patience with what runs and is not ready."""


@dataclass(frozen=True, kw_only=True)
class Death:
    """A scenario of the panel, and the beginnings of the alerts that it must bring."""

    scenario: str
    alerts: tuple[str, ...]
    says: tuple[str, ...] = ()
    """What the (first) alert says, beside its first line."""
    goes_on: bool = False
    """More die of it while one looks."""


DEATHS = (
    Death(
        scenario="oom-kill",
        alerts=("OOMKilled · web · shop",),
        says=("exit 137", "memory limit of 256Mi", "heap=255MiB limit=256MiB", "worker-"),
    ),
    Death(scenario="error-exit", alerts=("Error · web · shop",), says=("exit 1", "main.go:41 +0x1a8")),
    Death(scenario="segfault", alerts=("Error · web · shop",), says=("exit 139", "SIGSEGV", "libvips")),
    Death(scenario="exit-zero", alerts=("UnexpectedExit · web · shop",), says=("exit 0", "bye")),
    Death(scenario="fast-restart", alerts=("Error · web · shop",), says=("exit 2", "goroutine 1 [running]")),
    Death(scenario="one-of-two", alerts=("Error · api · payments",), says=("proxy: exit 134", "SIGABRT")),
    Death(
        scenario="sidecar", alerts=("Error · search · shop",), says=("log-shipper: exit 1", "buffer is full")
    ),
    Death(scenario="start-error", alerts=("Error · web · shop", "StartError · web · shop"), goes_on=True),
    Death(
        scenario="init-failed",
        alerts=("InitFailed · cart · shop",),
        says=("migrate: exit 1", "0043_add"),
        goes_on=True,
    ),
    Death(scenario="liveness", alerts=("LivenessFailed · web · shop",), says=("failed 3 times",)),
    Death(scenario="startup", alerts=("Error · web · shop", "StartupFailed · web · shop")),
    Death(scenario="evicted-memory", alerts=("Evicted · web · shop",), says=("low on resource: memory",)),
    Death(scenario="evicted-storage", alerts=("Evicted · web · shop",), says=("ephemeral storage limit",)),
    Death(scenario="preempted", alerts=("Preempted · web · shop",)),
    Death(scenario="rejected", alerts=("Rejected · web · shop",), says=("enough resource: cpu",)),
    Death(scenario="deadline", alerts=("DeadlineExceeded · toolbox · tools",)),
    Death(
        scenario="image-name",
        alerts=("ImagePull · web · shop",),
        says=("the image's name is not one that an image can have",),
        goes_on=True,
    ),
)

STUCK = (
    Death(scenario="image-not-found", alerts=("ImagePull · web · shop",), says=("does not have this",)),
    Death(scenario="image-denied", alerts=("ImagePull · web · shop",), says=("does not let this pod",)),
    Death(scenario="config-error", alerts=("ConfigError · web · shop",), says=('"web-flags" not found',)),
    Death(scenario="unschedulable", alerts=("Unschedulable · web · shop",), says=("Insufficient cpu",)),
    Death(scenario="stuck-creating", alerts=("StuckCreating · web · shop",)),
    Death(scenario="stuck-terminating", alerts=("StuckTerminating · web · shop",)),
    Death(scenario="not-ready", alerts=("NotReady · web · shop",)),
)

NODES = (
    pytest.param("node-lost", "NodeLost", id="node-lost"),
    pytest.param("taint-eviction", "TaintEviction", id="taint-eviction"),
    pytest.param("node-shutdown", "NodeShutdown", id="node-shutdown"),
)

COUNTED = ("crash-loop", "job-failing")
"""Tested for their counts below."""

ELSEWHERE = ("bare-deleted",)
"""Tested in `test_causes_and_endings`, with what else is removed by somebody."""


def named(deaths: tuple[Death, ...]) -> list[object]:
    return [pytest.param(death, id=death.scenario) for death in deaths]


def test_every_scenario_of_the_panel_is_played() -> None:
    """A new button needs a word here on what becomes of it."""
    played = {*(each.scenario for each in (*DEATHS, *STUCK)), *COUNTED, *ELSEWHERE}
    played |= {str(each.values[0]) for each in NODES} | {each.scenario for each in SILENT}
    assert played == {each.id for each in SCENARIOS.values() if each.group.value != "recovers"}


async def sees_all(bot: Bot, death: Death) -> None:
    """Wait for the scenario's alerts; the first one is to say what belongs to it."""
    for first_words in death.alerts:
        cause, workload, _ = first_words.split(" · ")
        await bot.sees_alert(cause, workload)
    cause, workload, _ = death.alerts[0].split(" · ")
    for said in death.says:
        alert = await bot.alice.sees("#alerts", said)
        assert alert["text"].startswith(death.alerts[0])


async def exactly(bot: Bot, *alerts: str) -> list[Json]:
    """Stop the bot, so that all is said that it had to say, and see that these alerts came and no other."""
    await bot.stops()
    came = await bot.alerts()
    said = [opened_as(each) for each in came]
    assert Counter(said) == Counter(alerts), "\n\n".join(map(as_text, came))
    return came


def opened_as(alert: Json) -> str:
    """Cause, workload and namespace, also of an alert that is over by now."""
    cause, workload, namespace = alert["text"].split(" · ")[:3]
    was = re.search(r"^Was (\w+)", as_text(alert), re.MULTILINE)
    return " · ".join((was[1] if was else cause, workload, namespace))


@pytest.mark.parametrize("death", named(DEATHS))
async def test_a_death_is_one_alert(bot: Bot, death: Death) -> None:
    """Exactly one for each cause, with the cause, the evidence and the machine's facts."""
    await bot.cluster.play(death.scenario)
    await sees_all(bot, death)
    for alert in await exactly(bot, *death.alerts):
        assert facts(alert)["deaths"] == 1 or death.goes_on
        assert facts(alert)["incident"] in as_text(alert)


async def test_a_death_is_told_at_once() -> None:
    """On the machine's own clock and at Slack's own pace; what work takes is not counted."""
    async with a_bot(pace=PaceSettings(), started=False) as bot:
        await bot.starts(clock=SystemClock())
        await bot.ready()
        began = asyncio.get_running_loop().time()
        await bot.cluster.play("segfault")
        await bot.sees_alert("Error", "web")
        assert asyncio.get_running_loop().time() - began < ALERTED_WITHIN


@pytest.mark.parametrize("death", named(STUCK))
async def test_what_is_stuck_is_told_by_the_clock(bot: Bot, death: Death) -> None:
    """Nothing at first, because it may pass; after its time exactly one alert."""
    await bot.cluster.play(death.scenario)
    await eventually(lambda: is_stuck(bot, death.scenario))
    await bot.cluster.play("one-of-two")  # changes come in order: when this is told, the other was seen
    await bot.sees_alert("Error", "api")
    assert len(await bot.alerts()) == 1
    await eventually(lambda: all(map(is_well, bot.cluster.pods("payments"))))
    await bot.alice.types("#incidents", "/pods list -n payments")  # meanwhile the bot sees that, too
    await bot.alice.sees("#incidents", "5 healthy")
    bot.clock.put_forward(LONGER if death.scenario == "not-ready" else A_WHILE)
    await sees_all(bot, death)
    await exactly(bot, "Error · api · payments", *death.alerts)


def is_stuck(bot: Bot, scenario: str) -> bool:
    """Whether a pod shows that it does not get on."""
    pods = bot.cluster.pods("shop", app="web")
    statuses = [each for pod in pods for each in pod["status"].get("containerStatuses", ())]
    match scenario:
        case "stuck-terminating":
            return any("deletionTimestamp" in each["metadata"] for each in pods) and len(pods) > 5
        case "not-ready":
            return any(not each["ready"] for each in statuses)
        case "unschedulable":
            return any("nodeName" not in pod["spec"] and pod["status"].get("conditions") for pod in pods)
        case "stuck-creating":
            return any(each["state"].get("waiting") for each in statuses)
        case _:
            waiting = [each["state"].get("waiting", {}).get("reason", "") for each in statuses]
            return any(reason not in {"", "ContainerCreating"} for reason in waiting)


@pytest.mark.parametrize(("scenario", "cause"), NODES)
async def test_a_nodes_end_is_one_message_that_names_every_workload(
    bot: Bot, scenario: str, cause: str
) -> None:
    """All that went with a node is one incident, the node's, and no workload is left out of it."""
    there = bot.cluster.pods()
    node = (await bot.cluster.play(scenario)).split()[0]
    apps = {
        pod["metadata"]["labels"]["app"]
        for pod in there
        if pod["spec"]["nodeName"] == node and pod["status"]["phase"] == "Running"
    }

    def names_all(alert: Json) -> bool:
        return is_incident(alert) and node in alert["text"] and all(each in as_text(alert) for each in apps)

    await bot.alice.sees("#alerts", names_all)
    await bot.stops()
    told = [each for each in await bot.alerts() if facts(each)["state"] != "merged"]
    assert [node in each["text"] and cause in each["text"] for each in told] == [True]


class TestCounting:
    async def test_a_crash_loop_is_one_message(self, bot: Bot) -> None:
        """Every further death is counted in the message that is there; its number only grows."""
        await bot.cluster.play("crash-loop")
        first = await bot.sees_alert("Error", "web")
        grown = await bot.alice.sees("#alerts", lambda each: is_incident(each) and facts(each)["deaths"] >= 4)
        assert grown["ts"] == first["ts"]
        assert facts(grown)["incident"] == facts(first)["incident"]
        assert facts(grown)["revision"] > facts(first)["revision"]
        assert f" died {facts(grown)['deaths']} times" in as_text(grown)
        await exactly(bot, "Error · web · shop")

    async def test_several_pods_of_one_workload_are_one_incident(self, bot: Bot) -> None:
        """The owner counts, not the pod; another cause in the same place is another incident."""
        first, second, third, *_ = bot.pods_of("web")
        for name in (first, second, third):
            await bot.cluster.play("oom-kill", namespace="shop", name=name)
        await bot.alice.sees("#alerts", "3 of 5 pods died")
        await bot.cluster.play("segfault", namespace="shop", name=bot.pods_of("web")[3])
        await bot.sees_alert("Error", "web")
        oom, _ = await exactly(bot, "OOMKilled · web · shop", "Error · web · shop")
        assert facts(oom)["deaths"] == 3

    async def test_a_failing_job_is_one_incident(self, bot: Bot) -> None:
        """Each retry is a pod of its own; together they are told once."""
        await bot.cluster.play("job-failing")
        await bot.alice.sees("#alerts", lambda each: is_incident(each) and facts(each)["deaths"] == 3)
        await bot.stops()
        (alert,) = await bot.alerts()
        assert "import: exit 3" in as_text(alert)
        assert "403 from s3://exports" in as_text(alert)

    async def test_what_was_there_before_is_not_news(self) -> None:
        """The first look is the baseline; what fails again afterwards is told."""
        async with a_bot(started=False) as bot:
            name = bot.pods_of("web")[0]
            await bot.cluster.play("error-exit", namespace="shop", name=name)
            await eventually(lambda: is_running(bot, name, restarts=1))
            await bot.starts()
            await bot.ready()
            await bot.cluster.play("segfault", namespace="shop", name=name)
            await bot.sees_alert("Error", "web")
            (alert,) = await exactly(bot, "Error · web · shop")
            assert facts(alert)["deaths"] == 1
            assert "exit 139" in as_text(alert)

    async def test_the_bot_restarted_tells_nothing_twice(self, bot: Bot) -> None:
        """A pod's old death is part of the new bot's baseline."""
        await bot.cluster.play("oom-kill")
        await bot.sees_alert("OOMKilled", "web")
        await bot.stops()
        bot.stop.clear()
        await bot.starts()
        await bot.ready()
        await bot.cluster.play("one-of-two")
        await bot.sees_alert("Error", "api")
        await exactly(bot, "OOMKilled · web · shop", "Error · api · payments")


def is_running(bot: Bot, name: str, *, restarts: int) -> bool:
    status = bot.cluster.pod("shop", name)["status"]["containerStatuses"][0]
    return bool(status["ready"]) and status["restartCount"] == restarts


class TestButtons:
    async def test_they_answer_to_the_one_who_presses(self, bot: Bot) -> None:
        """Logs and Describe under an alert are private, by permission, and leave the alert as it is."""
        await bot.cluster.play("oom-kill")
        alert = await bot.alice.sees("#alerts", "heap=255MiB")
        await bot.alice.clicks(alert, "Logs")
        log = await bot.alice.sees("#alerts", lambda each: bool(each.get("ephemeral")))
        assert " · app · " in as_text(log)
        await bot.alice.clicks(alert, "Describe")
        described = await bot.alice.sees("#alerts", "`deployment/web` will start another.")
        assert described["ephemeral"]
        await bot.sam.clicks(alert, "Logs")
        await bot.sam.sees("#alerts", "You may not read `logs` in `shop`.")
        assert len(await bot.bob.messages("#alerts")) == 1


@dataclass(frozen=True, kw_only=True)
class Silence:
    """A scenario that somebody wants, and how to see that it is through."""

    scenario: str
    app: str
    namespace: str = "shop"
    through: Callable[[set[str], set[str]], bool]
    """Given the UIDs of the workload's pods before and now."""


def _all_replaced(before: set[str], now: set[str]) -> bool:
    return not before & now and len(now) == len(before)


def _one_replaced(before: set[str], now: set[str]) -> bool:
    return len(before - now) >= 1 and len(now) == len(before)


def _one_fewer(before: set[str], now: set[str]) -> bool:
    return now < before


def _one_more(before: set[str], now: set[str]) -> bool:
    return now > before


SILENT = (
    Silence(scenario="rollout", app="web", through=_all_replaced),
    Silence(scenario="restart", app="cart", through=_all_replaced),
    Silence(scenario="scale-down", app="web", through=_one_fewer),
    Silence(scenario="delete", app="web", through=_one_replaced),
    Silence(scenario="drain", app="search", through=_one_replaced),
    Silence(scenario="job-done", app="nightly-import", namespace="batch", through=_one_more),
    Silence(scenario="bare-done", app="db-report", namespace="tools", through=_one_more),
)


@pytest.mark.parametrize("silence", [pytest.param(each, id=each.scenario) for each in SILENT])
async def test_what_is_done_on_purpose_stays_silent(bot: Bot, silence: Silence) -> None:
    """The death that is played when it is through is the only one that is told."""
    before = uids(bot, silence)
    await bot.cluster.play(silence.scenario)
    await eventually(lambda: silence.through(before, uids(bot, silence)) and is_calm(bot))
    await bot.cluster.play("one-of-two")
    await bot.sees_alert("Error", "api")
    await exactly(bot, "Error · api · payments")


def uids(bot: Bot, silence: Silence) -> set[str]:
    return {pod["metadata"]["uid"] for pod in bot.cluster.pods(silence.namespace, app=silence.app)}


def is_calm(bot: Bot) -> bool:
    """Whether every pod is Ready or done, and none is going."""
    return all(map(is_well, bot.cluster.pods()))


def is_well(pod: Json) -> bool:
    """Whether a pod is Ready, or done, and not going."""
    ready = any(
        each["type"] == "Ready" and each["status"] == "True" for each in pod["status"].get("conditions", ())
    )
    return "deletionTimestamp" not in pod["metadata"] and (ready or pod["status"]["phase"] == "Succeeded")
