"""How long something must be wrong before it is told: the file says so, and may be changed while it is."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

from tests.scenario.bots import Bot, a_bot, asks_until
from tests.support.people import as_text
from tests.support.waiting import eventually

LONGER_THAN_USUAL = timedelta(minutes=11)
"""By now all would be told that is stuck, were it for the defaults."""


def waits(bot: Bot, workload: str, reason: str) -> bool:
    """Whether a container of the workload waits for this reason."""
    statuses = (
        each
        for pod in bot.cluster.pods("shop", app=workload)
        for each in pod["status"].get("containerStatuses", ())
    )
    return any(reason in each["state"].get("waiting", {}).get("reason", "") for each in statuses)


async def test_what_is_stuck_is_told_by_the_times_of_the_file() -> None:
    """One that may last a day is silent while another is told; a shorter time holds for what is open."""
    config = "version: 1\ntimings: {image_pull: 24h, config_error: 10s}\n"
    async with a_bot(config=config) as bot:
        await bot.cluster.play("image-not-found", namespace="shop", name="web")
        await bot.cluster.play("config-error", namespace="shop", name="cart")
        await eventually(
            lambda: waits(bot, "web", "ImagePull") and waits(bot, "cart", "CreateContainerConfig")
        )
        await bot.cluster.play("one-of-two")  # changes come in order: when this is told, the others were seen
        await bot.sees_alert("Error", "api", within=30.0)
        bot.clock.put_forward(LONGER_THAN_USUAL)
        await bot.sees_alert("ConfigError", "cart", within=30.0)
        assert not any(each["text"].startswith("ImagePull") for each in await bot.alerts())
        bot.config.write_text("version: 1\ntimings: {image_pull: 10s}\n", "utf-8")
        await bot.sees_alert("ImagePull", "web", within=30.0)


async def test_lists_count_by_the_times_of_the_file() -> None:
    """What no alert tells yet is pending in a list and at the Home tab; as the file changes, it fails."""
    async with a_bot(config="version: 1\ntimings: {image_pull: 24h}\n") as bot:
        await bot.cluster.play("image-not-found", namespace="shop", name="web")
        await eventually(lambda: waits(bot, "web", "ImagePull"))
        bot.clock.put_forward(timedelta(minutes=2))  # the usual would be one
        listed = as_text(await asks_until(bot.alice, "/pods list --broken -n shop", "ImagePull"))
        assert "pending" in listed
        assert "failing" not in listed
        bot.config.write_text("version: 1\ntimings: {image_pull: 10s}\n", "utf-8")
        await asks_until(bot.alice, "/pods list --broken -n shop", "failing")


async def test_hold_down_and_storms_go_by_the_file() -> None:
    """The second incident of a minute is told by a digest, and the first is over before a minute is."""
    config = "version: 1\ntimings: {recovered: 10s}\nlimits: {incidents_a_minute: 1}\n"
    async with a_bot(config=config) as bot:
        await bot.cluster.play("oom-kill")
        await bot.sees_alert("OOMKilled", "web", within=30.0)
        await bot.cluster.play("one-of-two")
        await bot.alice.sees("#alerts", "Storm of incidents", within=30.0)
        for _ in range(3):  # the hold-down begins when the bot has seen the last pod Ready
            bot.clock.put_forward(timedelta(seconds=8))
            with suppress(AssertionError):
                await bot.sees_alert("Recovered", "web", within=1.0)
                break
        await bot.sees_alert("Recovered", "web", within=30.0)
