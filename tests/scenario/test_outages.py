"""The cluster or Slack has a bad day: people are answered in time, and nothing is lost."""

from __future__ import annotations

import asyncio

from bot.playground.workspace import PaceSettings
from bot.playground.workspace.demo_world import ALERTS
from bot.playground.workspace.settings import PODBOT
from bot.playground.workspace.wire import UserId
from tests.scenario.bots import DEMO_POLICY, Bot, a_bot, asks_until, facts, lacks
from tests.support.hurried_clock import HurriedClock
from tests.support.people import as_text
from tests.support.waiting import eventually

ANSWERED_WITHIN = 10.0
"""Seconds in which a person is told, whatever the cluster does."""


class TestTheCluster:
    async def test_unreachable_and_back(self, bot: Bot) -> None:
        """The command is answered at once; who died meanwhile is told when the cluster is back."""
        await bot.served.stop()
        await bot.alice.types("#incidents", "/pods list")
        answer = as_text(await bot.alice.sees("#incidents", "does not answer", within=ANSWERED_WITHIN))
        assert "connection refused" in answer
        assert "Nothing was changed." in answer
        await lacks(bot.port, "watch")
        await bot.cluster.play("oom-kill")
        await bot.served.start()
        await bot.sees_alert("OOMKilled", "web")
        await bot.ready()
        await bot.alice.types("#incidents", "/pods list")
        await bot.alice.sees("#incidents", "10 pods")
        await bot.stops()
        assert len(await bot.alerts()) == 1

    async def test_restarted(self, bot: Bot) -> None:
        """Every connection is lost; the watch resumes where it was."""
        await bot.served.restart()
        await bot.cluster.play("segfault")
        await bot.sees_alert("Error", "web")

    async def test_history_compacted_while_away(self, bot: Bot) -> None:
        """410: the relist finds what happened, and counts it once."""
        await bot.served.stop()
        await bot.cluster.play("oom-kill")
        bot.cluster.compact()
        await bot.served.start()
        await bot.sees_alert("OOMKilled", "web")
        await bot.stops()
        assert [facts(each)["deaths"] for each in await bot.alerts()] == [1]

    async def test_hanging(self, bot: Bot) -> None:
        """An API server that takes requests and never answers: the person is told within ten seconds."""
        bot.cluster.faults.hanging = True
        began = asyncio.get_running_loop().time()
        await bot.alice.types("#incidents", "/pods list")
        await bot.alice.sees("#incidents", "timed out after 8 s", within=ANSWERED_WITHIN)
        assert asyncio.get_running_loop().time() - began < ANSWERED_WITHIN
        bot.cluster.faults.hanging = False
        await bot.alice.types("#incidents", "/pods list")
        await bot.alice.sees("#incidents", "10 pods")
        await bot.cluster.play("oom-kill")
        await bot.sees_alert("OOMKilled", "web")

    async def test_a_wrong_token(self) -> None:
        """The cluster's 401 is told as what it is; health says so too, and the bot recovers."""
        async with a_bot(started=False) as bot:
            bot.cluster.faults.token = "another"
            await bot.starts()
            await bot.alice.sees_bot(connected=True)
            await bot.alice.types("#incidents", "/pods list")
            answer = as_text(await bot.alice.sees("#incidents", "401"))
            assert "Nothing was changed." in answer
            await lacks(bot.port, "watch")
            bot.cluster.faults.token = None
            await bot.ready()

    async def test_unreachable_at_the_start(self) -> None:
        """The bot runs all the same, says that it is not ready, and is when the cluster comes."""
        async with a_bot(started=False) as bot:
            await bot.served.stop()
            await bot.starts()
            await bot.alice.sees_bot(connected=True)
            await lacks(bot.port, "watch")
            await bot.alice.types("#incidents", "/pods list")
            await bot.alice.sees("#incidents", "does not answer")
            await bot.served.start()
            await bot.ready()
            await bot.cluster.play("oom-kill")
            await bot.sees_alert("OOMKilled", "web")


class TestSlack:
    async def test_429_while_alerts_come(self) -> None:
        """Slack takes one message a second: every alert arrives all the same, each once."""
        strict = PaceSettings(posts_per_second=2.0, post_burst=1, window_seconds=1.0)
        async with a_bot(pace=strict) as bot:
            for scenario in ("oom-kill", "segfault", "one-of-two", "sidecar"):
                await bot.cluster.play(scenario)
            for workload, cause in (("web", "OOMKilled"), ("web", "Error"), ("api", "Error")):
                await bot.sees_alert(cause, workload)
            await bot.sees_alert("Error", "search")
            assert len(await bot.alerts()) == 4

    async def test_not_in_the_alert_channel(self) -> None:
        """What could not be said is kept, and said once the bot is invited; commands work meanwhile."""
        clock = HurriedClock(speed=40.0)  # the bot looks again after a minute
        async with a_bot(people_of_alerts=lambda members: members - {PODBOT}, clock=clock) as bot:
            await bot.cluster.play("oom-kill")
            await bot.alice.types("#incidents", "/pods list")
            await bot.alice.sees("#incidents", "10 pods")
            assert await bot.alerts() == []
            workspace = bot.slack.workspace
            workspace.join(workspace.channel(ALERTS), PODBOT)
            await bot.sees_alert("OOMKilled", "web", within=30.0)

    async def test_the_connection_breaks(self, bot: Bot) -> None:
        """The bot connects again; health says truthfully that it was away."""
        socket = bot.slack.socket_mode
        assert socket is not None
        with bot.slack.workspace.feed.subscription(UserId("U01ALICE")) as news:
            socket.cut()
            async with asyncio.timeout(10.0):
                seen = [await news.get() for _ in range(2)]
        assert seen == [{"type": "bot", "connected": False}, {"type": "bot", "connected": True}]
        await bot.ready()
        await bot.alice.types("#incidents", "/pods list -n payments")
        await bot.alice.sees("#incidents", "5 pods")

    async def test_the_connection_is_renewed(self, bot: Bot) -> None:
        """Slack asks for a new connection every few hours: nothing is lost on the way."""
        socket = bot.slack.socket_mode
        assert socket is not None
        await socket.disconnect("refresh_requested")
        await eventually(lambda: socket.connected)
        await bot.alice.types("#incidents", "/pods list -n payments")
        await bot.alice.sees("#incidents", "5 pods")

    async def test_a_repeated_delivery_acts_once(self, bot: Bot) -> None:
        """Slack repeats what it believes lost; a mention that comes twice is answered once."""
        parcels = []
        socket = bot.slack.socket_mode
        assert socket is not None
        deliver = socket.deliver

        async def twice(parcel: object) -> object:
            parcels.append(parcel)
            await deliver(parcel)  # type: ignore[arg-type]
            return await deliver(parcel)  # type: ignore[arg-type]

        socket.deliver = twice  # type: ignore[method-assign, assignment]
        await bot.alice.types("#incidents", "@podbot list -n payments")
        await bot.alice.sees("#incidents", "5 pods")
        await bot.alice.types("#incidents", "/pods list -n batch")
        await bot.alice.sees("#incidents", "2 pods")
        await bot.stops()
        assert len(parcels) == 2
        assert len([m for m in await bot.alice.messages("#incidents") if m.get("ephemeral")]) == 2

    async def test_missing_scopes_keep_the_rest_working(self) -> None:
        """Without files:write a long log still comes, with a word about the file."""
        async with a_bot(started=False) as bot:
            workspace = bot.slack.workspace
            workspace.scopes = workspace.scopes - {"files:write"}
            await bot.starts()
            await bot.ready()
            await bot.alice.types("#incidents", "/pods logs ledger-0 -n payments --tail=-1")
            await bot.alice.sees("#incidents", "needs the scope files:write")


class TestThePolicyFile:
    async def test_a_change_holds_from_the_next_request_on(self, bot: Bot) -> None:
        """Hot-reloaded, with no restart."""
        await bot.sam.types("#incidents", "/pods list -n batch")
        await bot.sam.sees("#incidents", "You may not")
        bot.policy.write_text(DEMO_POLICY + "  - {role: developer, users: [U03SAM]}\n", "utf-8")
        await asks_until(bot.sam, "/pods can-i list -n batch", "Yes, you may")
        await bot.sam.types("#incidents", "/pods list -n batch")
        await bot.sam.sees("#incidents", "2 pods")

    async def test_a_mistake_leaves_the_old_one_in_force(self, bot: Bot) -> None:
        """`whoami` says what is wrong, and who could do something still can."""
        bot.policy.write_text(DEMO_POLICY.replace("role: developer", "role: develper"), "utf-8")
        await asks_until(bot.bob, "/pods whoami", "The policy file has mistakes")
        await bot.bob.types("#incidents", "/pods list -n batch")
        await bot.bob.sees("#incidents", "2 pods")
