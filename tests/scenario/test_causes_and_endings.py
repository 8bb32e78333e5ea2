"""Deaths told for the right reason, with what changed before, and incidents that end when all is well."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

from tests.scenario.bots import Bot, Json, a_bot, facts, is_incident
from tests.support.people import as_text
from tests.support.waiting import eventually

HOLD_DOWN = timedelta(seconds=61)


def is_ready(pod: Json) -> bool:
    """Whether a pod of the simulated cluster is Ready and stays."""
    conditions = pod["status"].get("conditions", ())
    ready = any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)
    return ready and "deletionTimestamp" not in pod["metadata"]


def is_waiting_for_its_image(pod: Json) -> bool:
    """Whether a container of it is in ErrImagePull or ImagePullBackOff."""
    states = (each["state"] for each in pod["status"].get("containerStatuses", ()))
    return any("ImagePull" in state.get("waiting", {}).get("reason", "") for state in states)


def is_backing_off_for_long(pod: Json) -> bool:
    """Whether a container of it is in CrashLoopBackOff, and not to be started again while a bot starts."""
    return any(
        each["state"].get("waiting", {}).get("reason") == "CrashLoopBackOff" and each["restartCount"] >= 5
        for each in pod["status"].get("containerStatuses", ())
    )


async def ends_as(bot: Bot, incident: object, state: str, *, after: timedelta = HOLD_DOWN) -> Json:
    """Let hold-downs pass until the incident's own message says that it is over."""

    def over(message: Json) -> bool:
        return (
            is_incident(message)
            and facts(message)["incident"] == incident
            and facts(message)["state"] == state
        )

    for _ in range(20):  # the hold-down begins when the bot has seen the last pod Ready, which nobody is told
        bot.clock.put_forward(after)
        with suppress(AssertionError):
            return await bot.alice.sees("#alerts", over, within=0.5)
    return await bot.alice.sees("#alerts", over)


async def has_seen_all(bot: Bot) -> None:
    """Wait until the bot has seen all that happened so far: changes come in order."""
    await bot.cluster.play("one-of-two")
    await bot.sees_alert("Error", "api")


async def test_a_liveness_kill_is_no_mystery(bot: Bot) -> None:
    """137 with the kubelet's event beside it: the probe is the cause, and how often it had failed is said."""
    await bot.cluster.play("liveness")
    alert = await bot.sees_alert("LivenessFailed", "web")
    assert "killed by SIGKILL; the liveness probe had failed 3 times" in alert["text"]
    assert "context deadline exceeded" in as_text(alert)
    assert len(await bot.alerts()) == 1


async def test_a_startup_kill(bot: Bot) -> None:
    """The run before died of its own error, which is an incident of its own."""
    await bot.cluster.play("startup")
    alert = await bot.sees_alert("StartupFailed", "web")
    assert "the startup probe had failed" in alert["text"]
    assert {each["text"].split(" · ")[0] for each in await bot.alerts()} == {"Error", "StartupFailed"}


async def test_a_bare_pod_that_somebody_deletes(bot: Bot) -> None:
    """Nothing will recreate it, and nobody else would notice."""
    await bot.cluster.play("bare-deleted")
    await eventually(lambda: bot.cluster.pods("tools") == [])
    await has_seen_all(bot)
    bot.clock.put_forward(timedelta(seconds=11))
    alert = await bot.sees_alert("Deleted", "toolbox")
    assert "nothing will recreate it" in alert["text"]
    identity = facts(alert)["incident"]
    bot.clock.put_forward(timedelta(minutes=26))
    await bot.alice.types("#incidents", f"/pods resolve {identity}")
    await bot.alice.sees_view("till failing")
    assert "reason" in await bot.alice.submits(), "it is closed only by who says why"
    told = next(each for each in await bot.alerts() if facts(each)["incident"] == identity)
    assert facts(told)["state"] == "firing"
    assert "Ready again" not in as_text(told)


async def test_a_crash_loop_tells_how_it_is_now(bot: Bot) -> None:
    """Of how many pods, how many of them are Ready, and when it is tried again; it is not well in between."""
    await bot.cluster.play("crash-loop")

    def tells_all(message: Json) -> bool:
        told = as_text(message)
        return (
            "1 of 5 pods died " in told
            and "deployment/web: 4 of 5 Ready" in told
            and "In CrashLoopBackOff, restarted " in told
            and ", next try about " in told
        )

    told = await bot.alice.sees("#alerts", tells_all)
    assert "Next: See what the log says further back." in as_text(told)
    assert "Ready again" not in as_text(told)


async def test_a_bare_pod_that_podbot_was_asked_to_delete(bot: Bot) -> None:
    """The channel has been told by whom and why: that is no alert."""
    await bot.alice.types("#incidents", "/pods delete toolbox -n tools")
    await bot.alice.sees_view("Reason")
    await bot.alice.submits()
    await bot.bob.sees("#incidents", "deleted `toolbox` (tools)")
    await eventually(lambda: bot.cluster.pods("tools") == [])
    await has_seen_all(bot)
    bot.clock.put_forward(timedelta(seconds=30))
    await bot.cluster.play("segfault")
    await bot.sees_alert("Error", "web")
    await bot.stops()
    assert not any(each["text"].startswith("Deleted") for each in await bot.alerts())


async def test_a_recovery_edits_the_message(bot: Bot) -> None:
    """Ready for a minute with all its neighbours: green, how long it took, how many died."""
    await bot.cluster.play("oom-kill")
    incident = facts(await bot.sees_alert("OOMKilled", "web"))["incident"]
    await eventually(lambda: all(map(is_ready, bot.cluster.pods("shop", app="web"))))
    over = await ends_as(bot, incident, "recovered")
    assert over["text"].startswith("Recovered · web · shop")
    assert "5 of 5 Ready" in over["text"]
    assert "1 death" in over["text"]
    assert "🟢" in as_text(over)
    assert len(await bot.alerts()) == 1


async def test_what_changed_before(bot: Bot) -> None:
    """An image that cannot be pulled came with a rollout, which the alert names."""
    await bot.cluster.play("image-not-found")
    await eventually(lambda: any(map(is_waiting_for_its_image, bot.cluster.pods("shop", app="web"))))
    await has_seen_all(bot)
    bot.clock.put_forward(timedelta(seconds=61))
    await bot.sees_alert("ImagePull", "web")
    alert = await bot.alice.sees("#alerts", lambda each: "Changed before: revision 2" in as_text(each))
    assert "web:1.4.1" in as_text(alert)
    assert "web:9.9.9-typo" in as_text(alert)
    assert "the registry does not have this image or tag" in alert["text"]
    await bot.cluster.play("roll-back")
    incident = facts(alert)["incident"]
    await eventually(lambda: all(map(is_ready, bot.cluster.pods("shop", app="web"))))
    assert "5 of 5 Ready" in (await ends_as(bot, incident, "recovered"))["text"]


async def test_what_mended_it_is_told_although_nothing_dies_any_more(bot: Bot) -> None:
    """Somebody rolls back: the thread says so when it happens, and at the end says that this was it."""
    await bot.cluster.play("image-not-found")
    await eventually(lambda: any(map(is_waiting_for_its_image, bot.cluster.pods("shop", app="web"))))
    await has_seen_all(bot)
    bot.clock.put_forward(timedelta(seconds=61))
    alert = await bot.sees_alert("ImagePull", "web")
    await bot.alice.sees("#alerts", lambda each: "Changed before: revision 2" in as_text(each))
    await bot.cluster.play("roll-back")
    said = await bot.alice.sees(
        "#alerts", lambda each: in_thread(each, alert, "Revision 3 rolled out"), within=15
    )
    assert "a rollback to revision 1: image `web:9.9.9-typo` → `web:1.4.1`" in as_text(said)
    await eventually(lambda: all(map(is_ready, bot.cluster.pods("shop", app="web"))))
    over = await ends_as(bot, facts(alert)["incident"], "recovered")
    assert "Revision 3 rolled out, a rollback to revision 1" in as_text(over)
    end = await bot.alice.sees(
        "#alerts", lambda each: in_thread(each, alert, "Recovered: 5 of 5 Ready"), within=15
    )
    assert "after revision 3 (rollback to image `web:1.4.1`)" in as_text(end)
    await bot.stops()
    told = [each for each in await bot.alice.messages("#alerts") if in_thread(each, alert, "rolled out")]
    assert len(told) == 1


def in_thread(message: Json, alert: Json, wanted: str) -> bool:
    """Whether a message of an alert's thread says something."""
    return message.get("thread_ts") == alert["ts"] != message["ts"] and wanted in as_text(message)


async def test_a_job_that_tries_again_is_minor_until_it_gives_up(bot: Bot) -> None:
    """Yellow while tries are left, red when the Job itself has failed; one message all the time."""
    await bot.cluster.play("job-failing")
    minor = await bot.sees_alert("Error", "nightly-import")
    assert "🟡" in as_text(minor)
    paging = await bot.alice.sees("#alerts", "The Job has given up: BackoffLimitExceeded")
    assert "🔴" in as_text(paging)
    assert paging["ts"] == minor["ts"]
    assert len(await bot.alerts()) == 1


async def test_what_was_failing_before_the_first_look() -> None:
    """A bot that starts into a crash loop says so, and that it is not new."""
    async with a_bot(started=False) as bot:
        await bot.cluster.play("crash-loop", namespace="shop", name=bot.pods_of("web")[0])
        await eventually(lambda: any(map(is_backing_off_for_long, bot.cluster.pods("shop", app="web"))))
        await bot.starts()
        alert = await bot.sees_alert("Error", "web")
        assert "1 pod was already failing when podbot first looked" in as_text(alert)


async def test_a_death_after_the_recovery_reopens_it(bot: Bot) -> None:
    """What flaps stays one message, which says how often it came back."""
    name = bot.pods_of("web")[0]
    await bot.cluster.play("oom-kill", namespace="shop", name=name)
    incident = facts(await bot.sees_alert("OOMKilled", "web"))["incident"]
    await eventually(lambda: all(map(is_ready, bot.cluster.pods("shop", app="web"))))
    await ends_as(bot, incident, "recovered")
    await bot.cluster.play("oom-kill", namespace="shop", name=name)
    again = await bot.sees_alert("OOMKilled", "web")
    assert facts(again)["incident"] == incident
    assert facts(again)["deaths"] == 2
    assert "Came back once" in as_text(again)


async def test_a_workload_that_is_scaled_to_zero_is_gone_not_recovered(bot: Bot) -> None:
    """Nothing is well when nothing is there."""
    await bot.cluster.play("crash-loop", namespace="shop", name=bot.pods_of("cart")[0])
    incident = facts(await bot.sees_alert("Error", "cart"))["incident"]
    for _ in range(2):
        await bot.cluster.play("scale-down", namespace="shop", name="cart")
    await eventually(lambda: bot.cluster.pods("shop", app="cart") == [])
    over = await ends_as(bot, incident, "gone")
    assert over["text"].startswith("Gone · cart · shop")
    assert "scaled to zero before it recovered" in as_text(over)
