"""Nobody takes it: who is called, in which order, and what stops that, also over a restart of podbot."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from textwrap import dedent

import pytest

from tests.scenario.bots import Bot, Json, a_bot, facts, is_incident
from tests.scenario.test_causes_and_endings import ends_as, is_ready
from tests.support.people import as_text
from tests.support.receiver import Receiver, receiving
from tests.support.waiting import eventually

CONFIG = """
version: 1
routes:
  - {{name: all, escalation: on-call}}
escalations:
  on-call:
    page:
      - {{after: 10m, mention: [S01ONCALL]}}
      - {{after: 20m, channel: C01INCIDENTS}}
      - {{after: 30m, webhook: pager}}
      - {{after: 40m, webhook: hook}}
    acknowledgement_lapses: 2h
webhooks:
  pager: {{type: pagerduty, routing_key_env: PAGER_KEY, url: "{pager}"}}
  hook: {{type: json, url_env: HOOK_URL, secret_env: HOOK_SECRET}}
"""
GROUP = "<!subteam^S01ONCALL>"


@pytest.fixture
async def pager() -> AsyncIterator[Receiver]:
    async with receiving() as receiver:
        yield receiver


@pytest.fixture
async def hook() -> AsyncIterator[Receiver]:
    async with receiving() as receiver:
        yield receiver


@pytest.fixture
async def bot(pager: Receiver, hook: Receiver) -> AsyncIterator[Bot]:
    secrets = {"PAGER_KEY": "R" * 32, "HOOK_URL": hook.url.get_secret_value(), "HOOK_SECRET": "s3cret"}
    async with a_bot(config=CONFIG.format(pager=pager.url.get_secret_value()), settings=secrets) as bot:
        yield bot


async def failing(bot: Bot) -> Json:
    """What stays broken and does nothing meanwhile, however the clock is put forward."""
    await bot.cluster.play("image-name")
    return await bot.sees_alert("ImagePull", "web")


async def calls(bot: Bot) -> list[Json]:
    """The messages that mention the group, in the incident's thread."""
    return [each for each in await bot.alice.messages("#alerts") if GROUP in as_text(each)]


async def test_step_by_step_until_it_is_over(bot: Bot, pager: Receiver, hook: Receiver) -> None:
    """Each step once: the group in the thread, the second channel, the webhooks; recovery resolves there."""
    alert = await failing(bot)
    identity = facts(alert)["incident"]
    bot.clock.put_forward(timedelta(minutes=11))
    call = await bot.alice.sees("#alerts", GROUP)
    assert call["thread_ts"] == alert["ts"]
    assert "nobody has had it for 11 min" in as_text(call)
    bot.clock.put_forward(timedelta(minutes=10))
    second = await bot.alice.sees("#incidents", f"/pods incident {identity}")
    assert "ImagePull · web · shop" in as_text(second)
    assert "[ Acknowledge ]" in as_text(second)
    assert f"/p{alert['ts'].replace('.', '')}" in str(second["blocks"]), "a link to the incident's message"
    bot.clock.put_forward(timedelta(minutes=20))
    await eventually(lambda: pager.opened == 1 and hook.opened == 1)
    event, told = pager.calls[0], hook.calls[0]
    assert (event["event_action"], event["routing_key"]) == ("trigger", "R" * 32)
    assert event["dedup_key"] == f"podbot/playground/{identity}"
    assert event["payload"]["severity"] == "critical"
    assert told["incident"] == identity
    assert hook.headers[0]["X-Podbot-Signature"].startswith("sha256=")
    await bot.cluster.play("heal-all")
    await eventually(lambda: all(map(is_ready, bot.cluster.pods("shop", app="web"))))
    await ends_as(bot, identity, "recovered")
    await eventually(lambda: not pager.alerts and not hook.alerts)
    await bot.stops()
    assert len(await calls(bot)) == 1
    assert (pager.opened, hook.opened) == (1, 1)
    over = await bot.alice.sees("#incidents", "🟢")
    assert over["ts"] == second["ts"], "what was told there is brought up to date"


async def test_what_is_taken_in_the_second_channel_is_taken(bot: Bot) -> None:
    """Whoever is called there can press there, and both messages say so."""
    alert = await failing(bot)
    bot.clock.put_forward(timedelta(minutes=21))
    second = await bot.alice.sees("#incidents", "[ Acknowledge ]")
    await bot.alice.clicks(second, "Acknowledge")
    taken = await bot.alice.sees("#incidents", "has it since")
    assert taken["ts"] == second["ts"]
    held = await bot.alice.sees("#alerts", lambda each: is_incident(each) and "has it since" in as_text(each))
    assert held["ts"] == alert["ts"]


async def test_a_webhook_that_does_not_answer_is_told_in_the_thread(bot: Bot, pager: Receiver) -> None:
    """The story says that it is called, that it was not reached, and that it was in the end."""
    alert = await failing(bot)
    identity = facts(alert)["incident"]
    pager.answers = [503]
    bot.clock.put_forward(timedelta(minutes=31))
    missed = await bot.alice.sees("#alerts", "Could not reach webhook pager: it answered 503; still trying")
    assert missed["thread_ts"] == alert["ts"]
    await bot.alice.sees("#alerts", "Webhook pager was reached")
    await bot.alice.types("#alerts", f"/pods incident {identity}")
    story = await bot.alice.sees("#alerts", "What happened")
    assert "Calling webhook pager" in as_text(story)
    assert "Called webhook" not in as_text(story)


async def test_what_is_back_calls_its_route_again() -> None:
    """It is shown in the channel, and the group is mentioned as when it opened."""
    config = """
    version: 1
    routes:
      - {name: all, mention: [S01ONCALL]}
    """
    async with a_bot(config=dedent(config)) as bot:
        name = bot.pods_of("web")[0]
        await bot.cluster.play("oom-kill", namespace="shop", name=name)
        alert = await bot.sees_alert("OOMKilled", "web")
        await bot.alice.sees("#alerts", GROUP)
        await eventually(lambda: all(map(is_ready, bot.cluster.pods("shop", app="web"))))
        await ends_as(bot, facts(alert)["incident"], "recovered")
        await bot.cluster.play("oom-kill", namespace="shop", name=name)
        back = await bot.alice.sees("#alerts", "It is back: 1 further death")
        assert (back["thread_ts"], back.get("broadcast")) == (alert["ts"], True)
        again = await bot.alice.sees("#alerts", "It is back: OOMKilled · web")
        assert GROUP in as_text(again)
        assert len(await calls(bot)) == 2


async def test_an_acknowledgement_stops_it_and_lapses(bot: Bot, pager: Receiver) -> None:
    """Who has it is called no more; when it lapses, what is left of the plan goes on from then."""
    alert = await failing(bot)
    await bot.alice.sees("#alerts", lambda each: is_incident(each) and "[ Acknowledge ]" in as_text(each))
    await bot.alice.clicks(alert, "Acknowledge")
    held = await bot.alice.sees("#alerts", lambda each: is_incident(each) and "has it since" in as_text(each))
    bot.clock.put_forward(timedelta(minutes=60))
    await bot.clock.sleep(5)  # five looks at what is due
    assert await calls(bot) == []
    bot.clock.put_forward(timedelta(minutes=61))
    await bot.alice.sees("#alerts", "Nobody has it any more")
    back = await bot.alice.sees(
        "#alerts", lambda each: is_incident(each) and "[ Acknowledge ]" in as_text(each)
    )
    assert back["ts"] == held["ts"]
    assert "🔴" in as_text(back)
    bot.clock.put_forward(timedelta(minutes=11))
    await bot.alice.sees("#alerts", GROUP)
    assert pager.calls == []


async def test_the_clock_goes_on_over_a_restart(bot: Bot, pager: Receiver) -> None:
    """Steps that were taken are not taken again; one that fell due meanwhile is taken at once."""
    alert = await failing(bot)
    bot.clock.put_forward(timedelta(minutes=11))
    await bot.alice.sees("#alerts", GROUP)
    await bot.stops()
    bot.clock.put_forward(timedelta(minutes=20))
    bot.stop.clear()
    await bot.starts()
    await bot.alice.sees("#incidents", "/pods incident")
    await eventually(lambda: pager.opened == 1)
    await bot.starts_again()
    await bot.stops()
    assert len(await calls(bot)) == 1
    seconds = await bot.alice.messages("#incidents")
    assert len([each for each in seconds if "/pods incident" in as_text(each)]) == 1
    assert pager.opened == 1
    assert [each["ts"] for each in await bot.alerts()] == [alert["ts"]]


async def test_what_is_taken_is_acknowledged_at_the_pager(bot: Bot, pager: Receiver, hook: Receiver) -> None:
    """Whoever takes it in Slack need not do so a second time elsewhere."""
    await failing(bot)
    bot.clock.put_forward(timedelta(minutes=41))
    await eventually(lambda: pager.opened == 1 and hook.opened == 1)
    alert = await bot.alice.sees(
        "#alerts", lambda each: is_incident(each) and "[ Acknowledge ]" in as_text(each)
    )
    await bot.alice.clicks(alert, "Acknowledge")
    await eventually(lambda: "acknowledged" in pager.alerts.values())
    await eventually(lambda: "acknowledged" in hook.alerts.values())
