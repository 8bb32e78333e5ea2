"""What was, asked for afterwards: the list, one incident with its timeline, exports, figures, the week."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from tests.scenario.bots import Bot, Json, a_bot, facts
from tests.scenario.test_causes_and_endings import ends_as, is_ready
from tests.support.people import as_text
from tests.support.waiting import eventually

PNG = b"\x89PNG\r\n"


@pytest.fixture
async def bot() -> AsyncIterator[Bot]:
    """With one incident that is open, and one that is over and was Alice's."""
    async with a_bot(config="version: 1\n") as bot:
        await bot.cluster.play("oom-kill")
        alert = await bot.sees_alert("OOMKilled", "web")
        await bot.alice.types("#alerts", f"/pods ack {facts(alert)['incident']}")
        await bot.alice.sees("#alerts", "has it until")
        await eventually(lambda: all(map(is_ready, bot.cluster.pods("shop", app="web"))))
        await ends_as(bot, facts(alert)["incident"], "recovered")
        await bot.cluster.play("one-of-two")
        await bot.sees_alert("Error", "api")
        yield bot


def identity_of(answer: Json, words: str) -> str:
    """The incident that a list names in the line after these words."""
    found = re.search(rf"{words}.*\n.*incident `?([0-9A-Z]{{4}})", as_text(answer))
    assert found is not None, as_text(answer)
    return found[1]


async def test_the_list_open_and_recent(bot: Bot) -> None:
    """The open one first and alone; what is over is one press away; it filters by workload."""
    await bot.alice.types("#incidents", "/pods incidents")
    answer = await bot.alice.sees("#incidents", "1 open incident")
    assert "web" not in as_text(answer)
    await bot.alice.clicks(answer, "Recent ones")
    recent = await bot.alice.sees("#incidents", "2 recent incidents")
    assert "🟢" in as_text(recent)
    await bot.alice.types("#incidents", "/pods incidents deploy/web -n shop --recent")
    await bot.alice.sees("#incidents", "1 recent incident")
    await bot.bob.types("#incidents", "/pods incidents --recent")
    of_bob = as_text(await bot.bob.sees("#incidents", "1 recent incident"))
    assert "only namespaces that you may see" in of_bob


async def test_one_incident_from_its_beginning_to_its_end(bot: Bot) -> None:
    """The timeline has the deaths, who had it and how it ended; both exports have it, too."""
    await bot.alice.types("#incidents", "/pods incidents --recent")
    identity = identity_of(await bot.alice.sees("#incidents", "2 recent"), "Recovered · web")
    await bot.alice.types("#incidents", f"/pods incident {identity.lower()}")
    account = await bot.alice.sees("#incidents", "What happened")
    told = as_text(account)
    for words in ("Opened with 1 death", "<@U01ALICE> has it", "Recovered: 5 of 5 Ready"):
        assert words in told
    assert told.index("Opened with") < told.index("has it until") < told.index("Recovered: 5 of 5")
    await bot.alice.clicks(account, "Export Markdown")
    markdown = await file_sent(bot, ".md")
    assert f"`{identity}`" in markdown or identity in markdown
    for heading in ("Timeline", "Impact", "Root cause"):
        assert heading in markdown
    await bot.alice.types("#incidents", f"/pods incident {identity} --export json")
    exported = json.loads(await file_sent(bot, ".json"))["incidents"][0]
    assert (exported["incident"], exported["state"], exported["counted"]) == (identity, "recovered", 1)
    assert [each["cause"] for each in exported["deaths"]] == ["OOMKilled"]
    assert {"opened", "acknowledged", "ended"} <= {each["kind"] for each in exported["story"]}


async def file_sent(bot: Bot, ending: str) -> str:
    """The text of the file that Alice was sent."""

    def has_it(message: Json) -> bool:
        return any(file["name"].endswith(ending) for file in message.get("files", ()))

    sent = await bot.alice.sees("@podbot", has_it)
    return (await bot.alice.reads_file(sent["files"][0])).decode()


async def test_figures_with_their_picture(bot: Bot) -> None:
    """The numbers stand beside the picture, whose alternative text says what it shows."""
    await bot.alice.types("#incidents", "/pods stats")
    answer = as_text(await bot.alice.sees("#incidents", "2 deaths"))
    assert "OOMKilled" in answer
    pictured = await bot.alice.sees("@podbot", lambda each: bool(each.get("files")))
    (picture,) = pictured["files"]
    assert picture["name"].endswith(".png")
    assert (await bot.alice.reads_file(picture)).startswith(PNG)
    await bot.alice.types("#incidents", "/pods stats -n batch")
    await bot.alice.sees("#incidents", "batch")


async def test_the_week_is_summed_up_once(bot: Bot) -> None:
    """A while late where podbot was down; a restart says nothing twice."""
    bot.clock.put_forward(timedelta(hours=2))
    due = (bot.clock.now() - timedelta(minutes=30)).astimezone(UTC)
    bot.config.write_text(digest_at(due), "utf-8")
    await bot.starts_again()
    told = await bot.bob.sees("#incidents", "The week on playground")
    assert "2 deaths" in as_text(told)
    assert "The week before: 0 deaths" in as_text(told)
    pictured = await bot.bob.sees("#incidents", lambda each: bool(each.get("files")))
    assert pictured["thread_ts"] == told["ts"]
    await bot.starts_again()
    await bot.stops()
    said = [each for each in await bot.bob.messages("#incidents") if "The week on" in as_text(each)]
    assert len(said) == 1


def digest_at(due: datetime) -> str:
    """A configuration whose digest was due then, in UTC."""
    day = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")[due.weekday()]
    return f"version: 1\ndigest: {{channel: C01INCIDENTS, day: {day}, time: '{due:%H:%M}', zone: Etc/UTC}}\n"
