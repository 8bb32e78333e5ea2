"""Where alerts go, by the file and by annotations, and how podbot explains it before anything dies."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot.cli import main
from bot.playground.cluster.resources import CRONJOBS, DEPLOYMENTS, NAMESPACES, Resource
from tests.scenario.bots import Bot, Json, a_bot, asks_until, facts, is_incident
from tests.support.people import as_text
from tests.support.waiting import eventually

CONFIG = """
version: 1
routes:
  - name: archive
    match: {owners: [web]}
    channel: C02ALERTS
    continue: true
  - name: front
    match: {namespaces: [shop], labels: {app: [web]}, severities: [page]}
    channel: C01INCIDENTS
    mention: [S01ONCALL, U02BOB]
    runbook: https://wiki.example/web
  - name: money
    match: {namespaces: [pay*]}
    mute: true
annotations:
  podbot.io/channel: {allowed: true, channels: [C01INCIDENTS], namespaces: [shop]}
"""


def annotate(bot: Bot, resource: Resource, namespace: str, name: str, **annotations: str) -> None:
    """As a team would: `channel="C01INCIDENTS"` for `podbot.io/channel`."""
    found = bot.cluster.store.get(resource, namespace, name)
    given = {f"podbot.io/{key}": value for key, value in annotations.items()}
    found["metadata"]["annotations"] = found["metadata"].get("annotations", {}) | given
    bot.cluster.store.update(found)


async def sees_incident(bot: Bot, place: str, cause: str, workload: str) -> Json:
    """Wait for an incident's own message in a channel."""
    words = f"{cause} · {workload}"
    return await bot.alice.sees(place, lambda each: is_incident(each) and each["text"].startswith(words))


async def test_the_file_says_where_whom_and_with_which_runbook() -> None:
    """Channels add up over routes that continue; those who are called are called once, in the thread."""
    async with a_bot(config=CONFIG) as bot:
        await bot.cluster.play("one-of-two")  # in payments, which is muted
        await bot.cluster.play("oom-kill")
        first = await sees_incident(bot, "#alerts", "OOMKilled", "web")
        also = await sees_incident(bot, "#incidents", "OOMKilled", "web")
        assert facts(first)["incident"] == facts(also)["incident"]
        assert "route archive + front" in as_text(first)
        assert "runbook" in as_text(first)
        called = await bot.alice.sees("#alerts", "<!subteam^S01ONCALL>")
        assert called["thread_ts"] == first["ts"]
        assert "<@U02BOB>" in as_text(called)
        await bot.alice.types("#incidents", "/pods incidents")
        listed = as_text(await bot.alice.sees("#incidents", "2 open incidents"))
        assert "Error · api" in listed
        await bot.stops()
        every = [*await bot.alice.messages("#alerts"), *await bot.alice.messages("#incidents")]
        told = [each for each in every if not each.get("ephemeral")]
        assert not [each for each in told if " · api · " in as_text(each)]
        assert len([each for each in told if "<!subteam^S01ONCALL>" in as_text(each)]) == 1


async def test_annotations_count_within_what_the_file_allows() -> None:
    """A team may choose among the channels that it was given, and may not mute; its runbook always counts."""
    async with a_bot(config=CONFIG) as bot:
        annotate(bot, DEPLOYMENTS, "shop", "search", channel="C01INCIDENTS", mute="true")
        annotate(bot, NAMESPACES, "", "shop", runbook="https://wiki.example/shop")
        annotate(bot, DEPLOYMENTS, "shop", "cart", channel="C03GENERAL")
        for workload in ("search", "cart"):
            await bot.cluster.play("segfault", namespace="shop", name=bot.pods_of(workload)[0])
        allowed = await sees_incident(bot, "#incidents", "Error", "search")
        assert "runbook" in as_text(allowed)
        await sees_incident(bot, "#alerts", "Error", "cart")
        await bot.alice.types("#incidents", f"/pods route {bot.pods_of('cart')[0]}")
        why = as_text(await bot.alice.sees("#incidents", "Its alerts go to"))
        assert "C03GENERAL" in why
        await bot.stops()
        assert [facts(each)["deaths"] for each in await bot.alerts()] == [1]


async def test_a_cron_job_speaks_for_its_jobs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a Deployment does for the pods of its ReplicaSets; the alert and both explanations say the same."""
    async with a_bot(config=CONFIG.replace("[shop]}\n", "[batch]}\n")) as bot:
        annotate(bot, CRONJOBS, "batch", "nightly-import", channel="C01INCIDENTS", owner="team data")
        pod = await a_failing_run(bot)
        alert = await sees_incident(bot, "#incidents", "Error", "nightly-import")
        assert "owned by team data" in as_text(alert)
        said = "podbot.io/channel on cronjob/nightly-import counts"
        await asks_until(bot.alice, f"/pods route {pod} -n batch", said)
        assert said in (await checks(bot, tmp_path, monkeypatch, f"batch/{pod}")).output


async def test_a_cluster_that_does_not_let_podbot_look_at_cron_jobs() -> None:
    """Their annotations have no effect, and who asks where alerts go is told why."""
    async with a_bot(config=CONFIG.replace("[shop]}\n", "[batch]}\n")) as bot:
        bot.cluster.faults.forbidden.add(("get", "cronjobs", "*"))
        annotate(bot, CRONJOBS, "batch", "nightly-import", channel="C01INCIDENTS")
        pod = await a_failing_run(bot)
        await sees_incident(bot, "#alerts", "Error", "nightly-import")
        answer = as_text(await asks_until(bot.alice, f"/pods route {pod} -n batch", "Its alerts go to"))
        assert "cronjob/nightly-import ask for is not known: podbot's account may not read it" in answer


async def a_failing_run(bot: Bot) -> str:
    """The pod of a run of the CronJob that has crashed."""
    await bot.cluster.play("job-done")

    def begun() -> list[str]:
        pods = bot.cluster.pods("batch", app="nightly-import")
        return [each["metadata"]["name"] for each in pods if each["status"]["phase"] == "Running"]

    await eventually(lambda: bool(begun()))
    (pod,) = begun()
    await bot.cluster.play("segfault", namespace="batch", name=pod)
    return pod


async def test_a_changed_file_holds_from_the_next_incident_on() -> None:
    """One with a mistake changes nothing; the message that is there stays where it is."""
    async with a_bot(config=CONFIG) as bot:
        await bot.cluster.play("oom-kill")
        before = await sees_incident(bot, "#incidents", "OOMKilled", "web")
        bot.config.write_text("version: 1\nroutes: [{name: x, match: {causes: [Nope]}}]\n", "utf-8")
        web, cart = bot.pods_of("web")[0], bot.pods_of("cart")[0]
        await asks_until(bot.alice, f"/pods route {web}", "route archive + front")
        bot.config.write_text("version: 1\nroutes: [{name: all, channel: C01INCIDENTS}]\n", "utf-8")
        await asks_until(bot.alice, f"/pods route {cart}", "by route all")
        await bot.cluster.play("segfault", namespace="shop", name=cart)
        await sees_incident(bot, "#incidents", "Error", "cart")
        after = await sees_incident(bot, "#incidents", "OOMKilled", "web")
        assert (after["ts"], facts(after)["incident"]) == (before["ts"], facts(before)["incident"])


async def test_route_says_the_same_in_slack_and_on_a_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where, whom and why; ids stand as code, so that nobody is called by an explanation."""
    async with a_bot(config=CONFIG) as bot:
        web, api = bot.pods_of("web")[0], bot.pods_of("api", "payments")[0]
        await bot.alice.types("#incidents", f"/pods route {web} -n shop")
        said = as_text(await bot.alice.sees("#incidents", "Its alerts go to"))
        terminal = await checks(bot, tmp_path, monkeypatch, f"shop/{web}")
        assert terminal.exit_code == 0, terminal.output
        for words in ("route archive + front", "S01ONCALL", "runbook", "Route 1", "label app web"):
            assert words in said
            assert words in terminal.output
        muted = await checks(bot, tmp_path, monkeypatch, f"payments/{api}")
        assert "muted" in muted.output
        missing = await checks(bot, tmp_path, monkeypatch, "shop/web-1")
        assert missing.exit_code != 0
        assert "No pod `web-1`" in missing.output


async def checks(bot: Bot, folder: Path, monkeypatch: pytest.MonkeyPatch, pod: str) -> Result:
    """`podbot check --route`, in an empty folder: a `.env` of whoever runs the tests is not meant."""
    monkeypatch.chdir(folder)
    arguments = ["check", "--route", pod]
    return await asyncio.to_thread(CliRunner().invoke, main, arguments, env=bot.environment)


async def test_what_is_muted_is_recorded_like_any_other() -> None:
    """It is listed, told in full to who asks, and exported."""
    async with a_bot(config=CONFIG) as bot:
        await bot.cluster.play("one-of-two")
        answer = await asks_until(bot.alice, "/pods incidents -n payments", "Error · api")
        await bot.alice.chooses(answer, "Show one", shown_in(answer))
        account = await bot.alice.sees("#general", "What happened")
        await bot.alice.clicks(account, "Export JSON")
        sent = await bot.alice.sees("@podbot", lambda each: bool(each.get("files")))
        exported = json.loads(await bot.alice.reads_file(sent["files"][0]))
        assert [each["owner"]["name"] for each in exported["incidents"]] == ["api"]


def shown_in(answer: Json) -> str:
    """The first entry of the menu of a list of incidents."""
    elements = [each for block in answer["blocks"] for each in block.get("elements", [])]
    menu = next(each for each in elements if each.get("options"))
    return str(menu["options"][0]["text"]["text"])
