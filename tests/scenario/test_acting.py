"""On call with an alert: acknowledging, silencing and closing it from its message, thread, and by command."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from tests.scenario.bots import Bot, Json, a_bot, facts
from tests.support.people import as_text

ALERTS = "#alerts"


@pytest.fixture
async def bot() -> AsyncIterator[Bot]:
    async with a_bot() as bot:
        yield bot


async def failing(bot: Bot) -> Json:
    """An alert about what goes on failing, with its evidence."""
    await bot.cluster.play("crash-loop")
    alert = await bot.sees_alert("Error", "web")
    identity = facts(alert)["incident"]
    return await until(bot, identity, "[ Acknowledge ]")


async def until(bot: Bot, identity: str, wanted: str) -> Json:
    """Wait until the incident's message says it."""

    def says(message: Json) -> bool:
        payload = message.get("metadata", {}).get("event_payload", {})
        return payload.get("incident") == identity and wanted in as_text(message)

    return await bot.alice.sees(ALERTS, says)


async def told(bot: Bot, alert: Json, words: str) -> None:
    """Wait until the incident's thread says it, to all."""

    def in_thread(message: Json) -> bool:
        return message.get("thread_ts") == alert["ts"] and words in as_text(message)

    await bot.alice.sees(ALERTS, in_thread)


async def test_acknowledged_released_and_told_in_the_thread(bot: Bot) -> None:
    """One message that says who has it; its thread keeps who did what; the one who pressed hears no more."""
    alert = await failing(bot)
    identity = facts(alert)["incident"]
    await bot.alice.clicks(alert, "Acknowledge")
    alert = await until(bot, identity, "has it since")
    await told(bot, alert, "has it until")
    await bot.alice.clicks(alert, "Release")
    await until(bot, identity, "[ Acknowledge ]")
    await told(bot, alert, "it is nobody's now")
    alerts = [each for each in await bot.alerts() if facts(each)["incident"] == identity]
    assert [each["ts"] for each in alerts] == [alert["ts"]]


async def test_who_may_not_act_is_told_why(bot: Bot) -> None:
    """Bob may look at the shop, and nothing is changed by his press."""
    alert = await failing(bot)
    await bot.bob.types("#general", f"/pods ack {facts(alert)['incident']}")
    await bot.bob.sees("#general", "You may not acknowledge, silence or close `incidents` in `shop`.")
    assert "has it since" not in as_text(await until(bot, facts(alert)["incident"], "Error"))


async def test_a_mention_in_the_thread_does_the_same(bot: Bot) -> None:
    """Slash commands do not work in threads, where incidents live."""
    alert = await failing(bot)
    identity = facts(alert)["incident"]
    await bot.alice.types(ALERTS, f"@podbot ack {identity.lower()} --for 1h", thread=alert)
    await bot.alice.sees(ALERTS, f"You have incident {identity}")
    await until(bot, identity, "has it since")


async def test_silenced_from_the_menu_and_heard_again(bot: Bot) -> None:
    """The message says until when; ended, it has its buttons again."""
    alert = await failing(bot)
    identity = facts(alert)["incident"]
    await bot.alice.chooses(alert, "Silence", "30 min")
    silent = await until(bot, identity, "[ End silence ]")
    assert "ilence" in as_text(silent)
    await bot.alice.types("#incidents", "/pods silences")
    await bot.alice.sees("#incidents", "1 silence")
    await bot.alice.clicks(silent, "End silence")
    await until(bot, identity, "[ Silence ▾ ]")
    await told(bot, alert, "ended its silence")


async def test_the_menus_work_again_after_every_use(bot: Bot) -> None:
    """A dialog that was cancelled, a press that was refused: neither is shown as if it held."""
    alert = await failing(bot)
    identity = facts(alert)["incident"]
    for _ in range(2):
        await bot.alice.chooses(alert, "Silence", "Other …")
        await bot.alice.sees_view("For how long")
        await bot.alice.closes()
        alert = await drawn_anew(bot, alert)
    await bot.bob.chooses(alert, "Silence", "1 h")
    await bot.bob.sees(ALERTS, "You may not acknowledge, silence or close `incidents` in `shop`.")
    alert = await drawn_anew(bot, alert)
    for _ in range(2):
        await bot.alice.chooses(alert, "⋯", "Resolve …")
        await bot.alice.sees_view("till failing")
        await bot.alice.closes()
    await bot.alice.chooses(alert, "Silence", "1 h")
    silent = await until(bot, identity, "[ End silence ]")
    await bot.alice.clicks(silent, "End silence")
    heard = await until(bot, identity, "[ Silence ▾ ]")
    await bot.alice.chooses(heard, "Silence", "1 h")
    await until(bot, identity, "[ End silence ]")


async def drawn_anew(bot: Bot, alert: Json) -> Json:
    """Wait until the row of the message is another one."""

    def row(message: Json) -> list[str]:
        return [each["block_id"] for each in message.get("blocks", []) if each["type"] == "actions"]

    return await bot.alice.sees(
        ALERTS, lambda message: message["ts"] == alert["ts"] and row(message) not in ([], row(alert))
    )


async def test_a_silence_ends_by_itself(bot: Bot) -> None:
    """What still fires is heard again."""
    alert = await failing(bot)
    identity = facts(alert)["incident"]
    await bot.alice.chooses(alert, "Silence", "30 min")
    await until(bot, identity, "[ End silence ]")
    bot.clock.put_forward(timedelta(minutes=31))
    await until(bot, identity, "[ Silence ▾ ]")


async def test_the_dialog_silences_the_namespace_before_anything_dies_there(bot: Bot) -> None:
    """What fires is silent, another cause is news."""
    alert = await failing(bot)
    identity = facts(alert)["incident"]
    await bot.alice.chooses(alert, "Silence", "Other …")
    await bot.alice.sees_view("For how long")
    await bot.alice.fills(
        {"What": "namespace shop: all that fires now", "For how long": "2h", "Reason": "moving house"}
    )
    assert await bot.alice.submits() == {}
    await bot.alice.sees(ALERTS, "Silent: Error in shop")
    await until(bot, identity, "[ End silence ]")
    await bot.cluster.play("oom-kill")
    await bot.sees_alert("OOMKilled", "web")


async def test_what_still_fails_is_closed_with_a_reason_only(bot: Bot) -> None:
    """The dialog says so; the thread says ever after that it was still failing."""
    alert = await failing(bot)
    await bot.alice.chooses(alert, "⋯", "Resolve …")
    await bot.alice.sees_view("till failing")
    assert "reason" in await bot.alice.submits()
    await bot.alice.fills({"Reason": "web is retired today"})
    assert await bot.alice.submits() == {}
    # In the message itself it stands until the next death, which reopens it.
    await told(bot, alert, "closed it while it was still failing: web is retired today")


async def test_the_pod_that_died_is_deleted_from_the_alert(bot: Bot) -> None:
    """Through the dialog of any deletion."""
    alert = await failing(bot)
    await bot.alice.chooses(alert, "⋯", "Delete pod …")
    await bot.alice.sees_view("Its ReplicaSet")
    await bot.alice.fills({"Reason": "start anew"})
    assert await bot.alice.submits() == {}
    await bot.bob.sees(ALERTS, '"start anew"')
    told = await bot.bob.sees(ALERTS, ": start anew")
    assert told["thread_ts"] == alert["ts"], "it is in the incident's story, too"
    await bot.alice.types(ALERTS, f"/pods incident {facts(alert)['incident']}")
    story = await bot.alice.sees(ALERTS, "What happened")
    assert ": start anew" in as_text(story)


async def test_restarts_and_routes_are_told(bot: Bot) -> None:
    """Privately, to the one who asks."""
    alert = await failing(bot)
    await bot.alice.chooses(alert, "⋯", "Restart history")
    await bot.alice.sees(ALERTS, "Its deaths, newest first")
    await bot.alice.types("#incidents", f"/pods route {bot.pods_of('search')[0]}")
    await bot.alice.sees("#incidents", "Its alerts go to")
