"""Two clusters come under one name: the store's is watched, and the other one is left alone, and says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.model.pods import ClusterName
from bot.playground import cluster as simulation
from bot.playground.cluster import demo_cluster
from bot.store import command
from tests.scenario.bots import POD_PACE, Bot, a_bot, facts, health, is_incident, ready
from tests.support.hurried_clock import HurriedClock
from tests.support.people import as_text

REFUSED = "the store holds another cluster's incidents under the name prod"
IN_WORDS = "podbot itself: prod has been neither watched nor announced since"

QUICK = "version: 1\ntimings: {recovered: 10s}\n"


def another_cluster() -> simulation.SimulatedCluster:
    """With the same content as the usual one, and of other UIDs."""
    return demo_cluster(pace=POD_PACE, seed=8)


async def says_why(bot: Bot) -> None:
    """In the alert channel, after a while, and in `/readyz`."""
    told = as_text(await bot.alice.sees("#alerts", IN_WORDS))
    assert REFUSED in told
    assert "give this cluster another name (PODBOT_CLUSTER_NAME, or its context's) or podbot another" in told
    status, body = await health(bot.port)
    assert (status, REFUSED in body["missing"]["watch"]) == (503, True)


@pytest.mark.postgres
async def test_the_second_of_a_name_is_refused_and_the_first_goes_on(postgres_url: str) -> None:
    """Its deaths are nobody's; those of the first are told, and its incidents stay as they are."""
    shared = {
        "PODBOT_DATABASE_URL": postgres_url,
        "PODBOT_CLUSTER_NAME": "prod",
        "PODBOT_LEASE_NAMESPACE": "shop",
    }
    async with (
        a_bot(settings=shared) as first,
        simulation.serve(another_cluster()) as other,
        a_bot(
            settings=shared,
            cluster={"PODBOT_KUBE_API_URL": other.url},
            clock=HurriedClock(speed=40.0),
            started=False,
        ) as second,
    ):
        await first.cluster.play("crash-loop")
        alert = await first.sees_alert("Error", "web")
        await second.starts()
        await other.cluster.play("oom-kill")
        await says_why(second)
        await first.cluster.play("segfault", namespace="shop", name=first.pods_of("cart")[0])
        await first.sees_alert("Error", "cart")
        before = facts(alert)["deaths"]
        await first.alice.sees("#alerts", lambda each: is_incident(each) and facts(each)["deaths"] > before)
        assert await second.alerts() == []
        assert all("neither watched" not in as_text(each) for each in await first.alice.messages("#alerts"))
        assert [facts(each)["state"] for each in await first.alerts()] == ["firing", "firing"]


async def test_a_cluster_that_was_made_anew_has_the_name_once_it_is_freed() -> None:
    """Until then nothing of the old one is touched; then its incident ends, as the workload is well here."""
    settings = {"PODBOT_CLUSTER_NAME": "prod"}
    async with a_bot(clock=HurriedClock(speed=40.0), config=QUICK, settings=settings) as bot:
        await bot.cluster.play("crash-loop")
        alert = await bot.sees_alert("Error", "web")
        await bot.stops()
        async with simulation.serve(another_cluster()) as anew:
            kubeconfig = Path(bot.environment["KUBECONFIG"])
            kubeconfig.write_text(simulation.kubeconfig(anew.url, namespace="shop"), "utf-8")
            bot.stop.clear()
            await bot.starts()
            await says_why(bot)
            assert [facts(each)["state"] for each in await bot.alerts()] == ["firing"]
            await bot.stops()
            await command.forgotten(bot.environment["PODBOT_DATABASE_URL"], ClusterName("prod"))
            bot.stop.clear()
            await bot.starts()
            await ready(bot.port)
            ended = await bot.alice.sees(
                "#alerts", lambda each: is_incident(each) and facts(each)["state"] != "firing"
            )
            assert ended["ts"] == alert["ts"]
            await anew.cluster.play("oom-kill")
            await bot.sees_alert("OOMKilled", "web")
            await bot.stops()
