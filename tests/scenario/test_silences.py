"""Silences: asked for by menu, dialog and command; listed, changed and ended; and what gets through."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from tests.scenario.bots import Bot, Json, asks_until, facts, is_incident
from tests.scenario.test_causes_and_endings import ends_as, is_ready
from tests.support.people import as_text
from tests.support.waiting import eventually

ALERTS = "#alerts"

_DATE = re.compile(r"Silenced until.*?'timestamp': (\d+)")


async def failing(bot: Bot, *, workload: str = "web") -> Json:
    """The alert of a crash loop, when it can be acted upon."""
    await bot.cluster.play("crash-loop", namespace="shop", name=bot.pods_of(workload)[0])
    alert = await bot.sees_alert("Error", workload)
    return await becomes(bot, alert, "[ Silence ▾ ]")


async def becomes(bot: Bot, alert: Json, wanted: str) -> Json:
    """Wait until this incident's message says it."""
    identity = facts(alert)["incident"]

    def says(message: Json) -> bool:
        return is_incident(message) and facts(message)["incident"] == identity and wanted in as_text(message)

    return await bot.alice.sees(ALERTS, says)


def silenced_until(alert: Json) -> datetime:
    """As its message says."""
    (found,) = _DATE.findall(str(alert["blocks"]))
    return datetime.fromtimestamp(int(found), UTC)


def hears(wanted: str) -> Callable[[Json], bool]:
    """A message of its own, outside of threads, that says it."""
    return lambda each: not each.get("thread_ts") and wanted in as_text(each)


async def test_each_of_the_menus_times(bot: Bot) -> None:
    """The message says until when and by whom; ended, it can be silenced anew."""
    alert = await failing(bot)
    times = {"30 min": 0.5, "1 h": 1.0, "4 h": 4.0}
    for label, hours in times.items():
        await bot.alice.chooses(alert, "Silence", label)
        silent = await becomes(bot, alert, "[ End silence ]")
        assert "⚪" in as_text(silent)
        assert "<@U01ALICE>" in as_text(silent)
        left = silenced_until(silent) - bot.clock.now()
        assert timedelta(hours=hours) - timedelta(minutes=1) < left <= timedelta(hours=hours), label
        await bot.alice.clicks(silent, "End silence")
        alert = await becomes(bot, alert, "[ Silence ▾ ]")


async def test_until_resolved(bot: Bot) -> None:
    """It ends with its incident, which was never heard of again."""
    alert = await failing(bot)
    await bot.alice.chooses(alert, "Silence", "Until resolved")
    await becomes(bot, alert, "Silenced until resolved")
    await bot.cluster.play("heal-all")
    await eventually(lambda: all(map(is_ready, bot.cluster.pods("shop", app="web"))))
    await ends_as(bot, facts(alert)["incident"], "recovered")
    await asks_until(bot.alice, "/pods silences", "Nothing is silenced")
    assert not [each for each in await bot.alice.messages(ALERTS) if hears("The silence of")(each)]
    await bot.alice.types("#incidents", "/pods silences")
    await bot.alice.sees("#incidents", "Nothing is silenced")


async def test_the_dialog_says_what_is_wrong_at_its_place(bot: Bot) -> None:
    """Nothing is silenced before what was entered is right; then this workload is, with the reason."""
    alert = await failing(bot)
    await bot.alice.chooses(alert, "Silence", "Other …")
    await bot.alice.sees_view("For how long")
    for wrong in ("soon", "30s", "8d"):
        await bot.alice.fills({"For how long": wrong})
        errors = await bot.alice.submits()
        assert set(errors) == {"lasting"}, wrong
    await bot.alice.fills({"What": "deployment/web: all that fires now", "For how long": ""})
    assert "only the incident itself" in (await bot.alice.submits())["lasting"]
    await bot.alice.fills({"For how long": "2h", "Reason": "moving house"})
    assert await bot.alice.submits() == {}
    await bot.alice.sees(ALERTS, "Silent: deployment/web")
    silent = await becomes(bot, alert, "[ End silence ]")
    assert "moving house" in as_text(silent)


async def test_by_command_listed_changed_and_ended(bot: Bot) -> None:
    """A maintenance window is asked for before anything dies, and is anybody's to see."""
    await bot.alice.types(ALERTS, "/pods silence deploy/web -n shop --for 2h --reason 'load test'")
    begun = await bot.bob.sees(ALERTS, "Silent: deployment/web")
    assert "Whatever it dies of is kept back." in as_text(begun)
    await bot.cluster.play("oom-kill")
    await asks_until(bot.alice, "/pods silences", "kept back 1 incident, 1 death")
    assert await bot.alerts() == []

    await bot.alice.clicks(begun, "Change …")
    await bot.alice.sees_view("is silent until")
    await bot.alice.fills({"From now on, for how long": "3h", "Reason": "a longer load test"})
    assert await bot.alice.submits() == {}
    changed = await bot.bob.sees(ALERTS, "Still silent: deployment/web")
    assert "a longer load test" in as_text(changed)

    await bot.bob.clicks(begun, "End")
    await bot.bob.sees(ALERTS, "You may not")
    await bot.alice.types("#incidents", "/pods silences")
    listed = await bot.alice.sees("#incidents", "a longer load test")
    await bot.alice.clicks(listed, "End")
    ended = await bot.bob.sees(ALERTS, hears("1 incident with 1 death was not announced"))
    assert "was ended by <@U01ALICE>" in as_text(ended)


async def test_the_shorter_of_two_holds_where_the_longer_is_ended(bot: Bot) -> None:
    """The message says until when now; heard again is what neither covers."""
    alert = await failing(bot)
    await bot.alice.types(ALERTS, "/pods silence deploy/web -n shop --for 2h")
    longer = await bot.alice.sees(ALERTS, "Silent: deployment/web")
    silent = await becomes(bot, alert, "[ End silence ]")
    assert silenced_until(silent) - bot.clock.now() > timedelta(hours=1)
    identity = facts(alert)["incident"]
    await bot.alice.types(ALERTS, f"/pods silence {identity} --for 30m")
    await bot.alice.sees(ALERTS, "By <@U01ALICE>. Another cause is told")
    await bot.alice.clicks(longer, "End")
    await bot.alice.sees(ALERTS, hears("1 incident stays silent under another silence"))

    def until_the_shorter_ends(message: Json) -> bool:
        mine = is_incident(message) and facts(message)["incident"] == identity
        return mine and silenced_until(message) - bot.clock.now() < timedelta(hours=1)

    silent = await bot.alice.sees(ALERTS, until_the_shorter_ends)
    await bot.alice.clicks(silent, "End silence")
    await becomes(bot, alert, "[ Silence ▾ ]")


async def test_another_cause_breaks_through(bot: Bot) -> None:
    """What fired is silent, in further pods, too; another cause of the same workload is news."""
    alert = await failing(bot)
    await bot.alice.types(ALERTS, "/pods silence deploy/web -n shop --for 1h")
    await bot.alice.sees(ALERTS, "Another cause is told all the same.")
    await becomes(bot, alert, "[ End silence ]")
    await bot.cluster.play("oom-kill", namespace="shop", name=bot.pods_of("web")[1])
    await bot.sees_alert("OOMKilled", "web")


async def test_it_ends_by_itself_and_tells_what_it_kept_back(bot: Bot) -> None:
    """What still fires has a message from then on; until then there was none."""
    await bot.alice.types(ALERTS, "/pods silence -n shop --for 30m")
    await bot.alice.sees(ALERTS, "Silent: everything in shop")
    await bot.cluster.play("crash-loop", namespace="shop", name=bot.pods_of("cart")[0])
    await asks_until(bot.alice, "/pods silences", "kept back 1 incident, ")
    assert await bot.alerts() == []
    bot.clock.put_forward(timedelta(minutes=31))
    ended = as_text(await bot.alice.sees(ALERTS, hears("1 incident with ")))
    assert "1 incident is still firing" in ended
    assert "Error · cart · shop" in ended
    await bot.sees_alert("Error", "cart")


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        pytest.param("silence deploy/web -n shop --for 8d", "the longest is 7 days", id="too-long"),
        pytest.param("silence -n shop --cause OOMKiled --for 1h", "Did you mean `OOMKilled`?", id="cause"),
        pytest.param("silence ZZZZ --for 1h", "ZZZZ", id="no-such-incident"),
        pytest.param("silence S0000 --for 1h", "S0000", id="no-such-silence"),
        pytest.param("silence", "What is to be silent?", id="nothing-named"),
        pytest.param("silence web-1 -n shop --for 1h", "web-1", id="no-such-pod"),
    ],
)
async def test_what_cannot_be_silenced_is_said_with_the_way_out(bot: Bot, typed: str, answer: str) -> None:
    """In private, and nothing is silenced."""
    await bot.alice.types("#incidents", f"/pods {typed}")
    said = await bot.alice.sees("#incidents", answer)
    assert said["ephemeral"]
    await bot.alice.types("#incidents", "/pods silences")
    await bot.alice.sees("#incidents", "Nothing is silenced")
