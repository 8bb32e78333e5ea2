"""podbot is stopped and started in the middle of everything, with the same store: nothing is told twice."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from bot.incidents.records import Batch
from bot.model.pods import ClusterName
from bot.ops.leases import Hold
from bot.store.leader import LeaderStore
from bot.store.store import open_to_look
from bot.store.watch import Watched
from tests.scenario.bots import Bot, Json, a_bot, asks_until, facts, health, is_incident, lacks, ready
from tests.scenario.processes import WITHIN, Process, a_process
from tests.scenario.test_causes_and_endings import ends_as
from tests.support.people import as_text


async def test_an_incident_goes_on_where_it_was(bot: Bot) -> None:
    """Its message, who has it, the silence and the count are as they were; its next death is counted."""
    await bot.cluster.play("crash-loop")
    alert = await bot.sees_alert("Error", "web")
    await bot.alice.types("#alerts", f"/pods ack {facts(alert)['incident']}")
    await bot.alice.sees("#alerts", lambda each: is_incident(each) and "has it since" in as_text(each))
    await bot.alice.types("#alerts", "/pods silence deploy/cart -n shop --for 2h --reason 'moving house'")
    await bot.alice.sees("#alerts", "Silent: deployment/cart")
    await bot.starts_again()
    counted = facts(alert)["deaths"]

    def grown(message: Json) -> bool:
        return is_incident(message) and facts(message)["deaths"] > counted

    later = await bot.alice.sees("#alerts", grown)
    assert later["ts"] == alert["ts"]
    assert "has it since" in as_text(later)
    await asks_until(bot.alice, "/pods silences", "moving house")
    await bot.cluster.play("segfault", namespace="shop", name=bot.pods_of("cart")[0])
    await asks_until(bot.alice, "/pods silences", "kept back 1 incident, 1 death")
    await bot.starts_again()
    await bot.stops()
    assert [each["ts"] for each in await bot.alerts()] == [alert["ts"]]
    threads = [as_text(each) for each in await bot.alice.messages("#alerts") if each.get("thread_ts")]
    assert len([each for each in threads if "has it until" in each]) == 1


async def test_what_is_not_watched_any_more_is_called_over_in_these_words(bot: Bot) -> None:
    """A workload that crashes on and a bare pod alike, an hour after their namespaces were taken out."""
    await bot.cluster.play("crash-loop")
    await bot.cluster.play("deadline")
    open_ones = {facts(await bot.sees_alert("Error", "web"))["incident"]}
    open_ones |= {facts(await bot.sees_alert("DeadlineExceeded", "toolbox"))["incident"]}
    await bot.stops()
    bot.environment["PODBOT_NAMESPACES"] = "payments"
    bot.stop.clear()
    await bot.starts()
    await bot.ready()
    for incident in open_ones:
        over = await ends_as(bot, incident, "gone", after=timedelta(minutes=40))
        assert "⚪ Not watched any more" in as_text(over)


async def test_what_died_meanwhile_is_told_with_the_gap(bot: Bot) -> None:
    """Also what died and vanished; it says that podbot was not watching, and when."""
    await bot.cluster.play("segfault", namespace="shop", name=bot.pods_of("cart")[0])
    before = await bot.sees_alert("Error", "cart")
    await bot.stops()
    await bot.cluster.play("oom-kill")
    await bot.cluster.play("bare-deleted")
    bot.stop.clear()
    await bot.starts()
    told = await bot.sees_alert("OOMKilled", "web")
    assert "1 death while podbot was not watching, " in as_text(told)
    await bot.sees_alert("Deleted", "toolbox")
    await bot.stops()
    every = await bot.alerts()
    assert len(every) == 3
    assert [facts(each)["deaths"] for each in every if each["ts"] == before["ts"]] == [1]


async def test_who_is_ready_may_be_killed_at_once(tmp_path: Path) -> None:
    """The store was empty: what dies from then on is news to the next process, and not what always was."""
    async with a_bot(started=False) as bot:
        async with a_process(bot.environment, tmp_path) as killed:
            await ready(await killed.port())
        await bot.cluster.play("segfault", namespace="shop", name=bot.pods_of("cart")[0])
        async with a_process(bot.environment, tmp_path) as process:
            await bot.sees_alert("Error", "cart", within=40)
            await process.stops()


async def test_it_is_ready_once_its_first_checkpoint_is_saved(monkeypatch: pytest.MonkeyPatch) -> None:
    """And not before, however long the store takes for it."""
    reached, saved, save = asyncio.Event(), asyncio.Event(), LeaderStore.save

    async def held_up(store: LeaderStore, batch: Batch) -> None:
        if batch.checkpoints:
            reached.set()
            await saved.wait()
        await save(store, batch)

    monkeypatch.setattr(LeaderStore, "save", held_up)
    async with a_bot(started=False) as bot:
        await bot.starts()
        await reached.wait()
        await lacks(bot.port, "watch")
        _, body = await health(bot.port)
        saved.set()
        await bot.ready()
        assert body["missing"] == {"watch": "its first checkpoint is not saved yet"}


@pytest.mark.postgres
async def test_of_several_none_is_ready_before_one_leads(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until then nobody saves how far the watch has come."""
    may_lead, take = asyncio.Event(), Hold.take

    async def held_up(hold: Hold) -> bool:
        await may_lead.wait()
        return await take(hold)

    monkeypatch.setattr(Hold, "take", held_up)
    shared = {"PODBOT_DATABASE_URL": postgres_url, "PODBOT_LEASE_NAMESPACE": "shop"}
    async with a_bot(settings=shared, started=False) as bot:
        await bot.starts()
        async with asyncio.timeout(WITHIN):
            while (await health(bot.port))[1]["missing"] != {"watch": "nobody leads yet"}:  # noqa: ASYNC110 - it is asked over HTTP
                await asyncio.sleep(0.02)
        may_lead.set()
        await bot.ready()


async def test_a_removal_that_waits_for_its_judgement_survives_a_kill(tmp_path: Path) -> None:
    """Seen by a process that is killed before it may say so; the next one says it, once."""
    async with a_bot(started=False) as bot:
        async with a_process(bot.environment, tmp_path) as killed:
            await ready(await killed.port())
            await bot.cluster.play("bare-deleted")
            await _a_removal_is_saved(bot, killed)
        async with a_process(bot.environment, tmp_path) as process:
            await bot.sees_alert("Deleted", "toolbox", within=40)
            await process.stops()
        (alert,) = await bot.alerts()
        assert facts(alert)["deaths"] == 1
        assert "not watching" not in as_text(alert)


async def _a_removal_is_saved(bot: Bot, process: Process) -> None:
    """Or told already, by a process that was not killed in time."""
    cluster = ClusterName(str((await process.logs("watch_in_sync"))["cluster"]))
    async with asyncio.timeout(20), open_to_look(bot.environment["PODBOT_DATABASE_URL"]) as database:
        while not any(line["event"] == "death" for line in process.logged()):
            memory = await Watched(database, cluster).memory()
            if memory is not None and any(each.removed for each in memory.pods.values()):
                return
            await asyncio.sleep(0.05)
