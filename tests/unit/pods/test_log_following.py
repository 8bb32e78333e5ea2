"""Followed logs: what comes, comes; restarts and broken lines are survived; and every follow has an end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta

import msgspec
import pytest

from bot.errors import ClusterRefused, ClusterUnreachable
from bot.model.commands import FollowLogs, GetLogs, StopFollowing
from bot.model.containers import ContainerState, ContainerStatus
from bot.model.log_answers import FollowEnd, FollowStopped
from bot.model.log_problems import (
    ContainersTaken,
    FollowOver,
    FollowsTaken,
    NothingToFollow,
    NotYourFollow,
    TooManyToFollow,
)
from bot.model.people import Asker
from bot.model.pods import Pod
from bot.model.problems import AmbiguousPod, Refused
from bot.pods import log_following, log_lines
from bot.pods.audit import Outcome
from bot.pods.log_feed import KEPT, LASTS, LogFeed
from bot.pods.log_following import MOST_CONTAINERS, MOST_EACH, MOST_IN_ALL
from tests.support.clock import settle
from tests.support.memory_cluster import CREATED, crash_looping, ended, pod, running
from tests.support.memory_logs import stamp
from tests.support.policies import ALICE, STRANGER, asker
from tests.unit.pods.conftest import Desk

WEB = pod("web-1")
FOLLOW = FollowLogs(logs=GetLogs(namespace="shop", pod="web-1"))
RESTARTED = msgspec.structs.replace(running("app", last=ended(3)), restart_count=1)


@pytest.fixture
def shop(desk: Desk) -> Desk:
    """One pod that has written something."""
    desk.cluster.put(WEB)
    desk.cluster.write_log(WEB, "app", "before\n")
    return desk


@asynccontextmanager
async def following(desk: Desk, command: FollowLogs = FOLLOW, who: Asker = ALICE) -> AsyncIterator[LogFeed]:
    """A feed that runs, and has taken in what there is."""
    async with desk.service.follow_logs(who, command) as feed:
        task = asyncio.create_task(feed.run())
        try:
            await settle()
            yield feed
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def comes(desk: Desk, *lines: str, after: float = 60.0, of: Pod = WEB, container: str = "app") -> None:
    """Lines are written so many seconds after the pod's creation, a second apart."""
    for number, line in enumerate(lines):
        at = CREATED + timedelta(seconds=after + number)
        desk.cluster.log(of, container).coming.put_nowait(f"{stamp(at)} {line}")
    await settle()


async def run_ends(desk: Desk, of: Pod = WEB) -> None:
    desk.cluster.log(of, "app").coming.put_nowait(None)
    await settle()


def with_status(status: ContainerStatus, *, phase: str = "Running") -> Pod:
    return pod("web-1", statuses=[status], phase=phase)


class TestWhatComes:
    async def test_the_last_lines_and_each_that_follows(self, shop: Desk) -> None:
        """Without stamps, and with how many they are."""
        async with following(shop) as feed:
            assert feed.told().lines == ("before",)
            await comes(shop, "one", "two")
            told = feed.told()
        assert told.lines == ("before", "one", "two")
        assert (told.total, told.names, told.subject) == (3, ("web-1 · app",), "pod/web-1")
        assert told.until - told.began == LASTS

    async def test_several_are_told_apart(self, shop: Desk) -> None:
        """By the prefixes of merged logs."""
        two = pod("web-2")
        shop.cluster.put(
            pod("web-1", labels={"app": "web"}),
            msgspec.structs.replace(
                two, metadata=msgspec.structs.replace(two.metadata, labels={"app": "web"})
            ),
        )
        async with following(shop, FollowLogs(logs=GetLogs(namespace="shop", selector="app=web"))) as feed:
            await comes(shop, "from two", of=two)
            await comes(shop, "from one")
            assert feed.told().lines == ("1 │ before", "2 │ from two", "1 │ from one")

    async def test_searched(self, shop: Desk) -> None:
        """`--grep` holds for what comes."""
        logs = msgspec.structs.replace(FOLLOW.logs, grep="error", timestamps=True)
        async with following(shop, FollowLogs(logs=logs)) as feed:
            await comes(shop, "fine", "ERROR one", "fine")
            assert feed.told().lines == ("2026-11-22T13:01:01.000000000Z ERROR one",)

    async def test_secrets_are_masked(self, shop: Desk) -> None:
        """Also those that are spread over lines."""
        async with following(shop) as feed:
            key = (
                "-----BEGIN PRIVATE KEY-----",
                "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC",
                "-----END PRIVATE KEY-----",
            )
            await comes(shop, "password=hunter2", *key, "after")
            assert feed.told().lines == ("before", "password=[masked]", "[masked]", "after")
            assert feed.told().masked == 2

    async def test_memory_is_bounded(self, shop: Desk) -> None:
        """Of a feed that writes without end the newest lines are kept."""
        async with following(shop) as feed:
            await comes(shop, *("x" * 10_000 for _ in range(200)))
            feed.finish(FollowEnd.STOPPED)
            told = feed.told()
        assert told.total == 201
        assert sum(map(len, told.lines)) <= KEPT


class TestRestartsAndBreaks:
    async def test_a_container_that_restarts_is_followed_on(self, shop: Desk) -> None:
        """The break is marked with how the run ended; the new run is shown from its first line."""
        async with following(shop) as feed:
            await comes(shop, "last words")
            shop.cluster.put(with_status(RESTARTED))
            shop.cluster.log(WEB, "app").lines.clear()
            shop.cluster.write_log(WEB, "app", "born again\n", at=CREATED)
            await run_ends(shop)
            assert feed.told().lines == (
                "before",
                "last words",
                "── app restarted (exit 3, ended by itself with an error) ──",
                "born again",
            )

    async def test_a_container_that_waits_is_waited_for(self, shop: Desk) -> None:
        """A crash loop's pauses are part of it."""
        async with following(shop) as feed:
            status = msgspec.structs.replace(crash_looping("app"), restart_count=0)
            shop.cluster.put(with_status(status))
            await run_ends(shop)
            await shop.clock.advance(20)
            assert feed.told().lines == ("before",)
            shop.cluster.put(with_status(RESTARTED))
            await shop.clock.advance(5)
            assert "── app restarted" in feed.told().lines[1]

    async def test_one_that_has_not_started_yet(self, desk: Desk) -> None:
        """A follow may be begun before there is anything to follow."""
        desk.cluster.put(with_status(ContainerStatus(name="app")))
        async with following(desk) as feed:
            await desk.clock.advance(5)
            assert (feed.told().lines, feed.over) == ((), False)
            desk.cluster.put(with_status(running("app")))
            desk.cluster.write_log(WEB, "app", "hello\n")
            await desk.clock.advance(5)
            assert feed.told().lines == ("hello",)

    async def test_a_connection_that_breaks(self, shop: Desk) -> None:
        """It is made again, and nothing is told twice."""
        async with following(shop) as feed:
            await comes(shop, "one", after=60)
            shop.cluster.write_log(WEB, "app", "one\ntwo\n", at=CREATED + timedelta(seconds=60))
            shop.cluster.log(WEB, "app").coming.put_nowait(ClusterUnreachable("prod-eu does not answer."))
            await settle()
            assert feed.told().trouble == "prod-eu does not answer."
            await shop.clock.advance(3)
            told = feed.told()
        assert told.lines == ("before", "one", "two")
        assert told.trouble == ""
        assert "since_time=2026-11-22 13:01:00+00:00" in shop.cluster.calls[-1]

    async def test_a_server_that_ends_the_answer(self, shop: Desk) -> None:
        """API servers end long answers: the run goes on, and so does the follow, after a breath."""
        async with following(shop) as feed:
            await run_ends(shop)
            calls = [call for call in shop.cluster.calls if call.startswith("follow_log")]
            assert len(calls) == 1
            await shop.clock.advance(3)
            await comes(shop, "still there")
            assert feed.told().lines == ("before", "still there")


class TestEnds:
    async def test_the_pod_is_gone(self, shop: Desk) -> None:
        """Then there is nothing to wait for."""
        async with following(shop) as feed:
            shop.cluster.remove("shop", "web-1")
            await run_ends(shop)
            told = feed.told()
        assert (told.end, told.lines[-1]) == (FollowEnd.DONE, "── web-1 is gone ──")

    async def test_another_pod_has_its_name(self, shop: Desk) -> None:
        """A StatefulSet's next pod is another one."""
        async with following(shop) as feed:
            shop.cluster.put(pod("web-1", uid="another"))
            await run_ends(shop)
            assert feed.told().end is FollowEnd.DONE

    async def test_a_job_that_is_done(self, shop: Desk) -> None:
        """How it ended is said."""
        async with following(shop) as feed:
            done = ContainerStatus(name="app", state=ContainerState(terminated=ended(0)))
            shop.cluster.put(with_status(done, phase="Succeeded"))
            await run_ends(shop)
            told = feed.told()
        assert told.end is FollowEnd.DONE
        assert "app ended (exit 0, ended without an error) and will not be started again" in told.lines[-1]

    async def test_ten_minutes(self, shop: Desk) -> None:
        """It ends by itself."""
        async with following(shop) as feed:
            await shop.clock.advance(LASTS.total_seconds() - 1)
            assert not feed.over
            await shop.clock.advance(2)
            assert feed.told().end is FollowEnd.TIME

    async def test_the_limit_of_bytes(self, shop: Desk) -> None:
        """A follow is one request, and reads no more than one may."""
        logs = msgspec.structs.replace(FOLLOW.logs, limit=100)
        async with following(shop, FollowLogs(logs=logs)) as feed:
            await comes(shop, "x" * 100)
            assert feed.told().end is FollowEnd.SIZE

    async def test_the_cluster_refuses(self, shop: Desk) -> None:
        """Credentials that do not suffice will not suffice in two seconds."""
        async with following(shop) as feed:
            shop.cluster.failures["get_pod"] = ClusterRefused("prod-eu does not let the bot look.")
            await run_ends(shop)
            told = feed.told()
        assert (told.end, told.problem) == (FollowEnd.FAILED, "prod-eu does not let the bot look.")

    async def test_permission_is_taken_away(self, shop: Desk) -> None:
        """A policy that changes meanwhile holds for the next line."""
        async with following(shop) as feed:
            shop.rule("version: 1\nroles: {}\nbindings: []\n")
            await comes(shop, "not for you")
            told = feed.told()
        assert (told.end, told.lines) == (FollowEnd.REFUSED, ("before",))

    async def test_its_asker_stops_it(self, shop: Desk) -> None:
        """And nobody else can."""
        async with following(shop) as feed:
            stop = StopFollowing(follow=feed.follow)
            with pytest.raises(NotYourFollow, match="Only alice"):
                await shop.ask(stop, asker("U02BOB"))
            assert await shop.ask(stop) == FollowStopped(subject="pod/web-1")
            assert feed.told().end is FollowEnd.STOPPED
            with pytest.raises(FollowOver):
                await shop.ask(stop)

    async def test_begin_and_end_are_on_record(self, shop: Desk) -> None:
        """With how it ended and how much was shown."""
        async with following(shop) as feed:
            feed.finish(FollowEnd.STOPPED)
        begin, end = shop.trail.entries
        assert (begin.object, begin.detail, begin.outcome) == ("pod/web-1", "follow began", Outcome.DONE)
        assert end.detail == "follow ended: stopped, 1 lines"


class TestWhatMayBegin:
    async def test_it_takes_permission(self, shop: Desk) -> None:
        """That to read logs."""
        with pytest.raises(Refused):
            async with following(shop, who=STRANGER):
                pass
        assert shop.audited.outcome is Outcome.REFUSED

    async def test_three_each(self, shop: Desk) -> None:
        """The fourth is refused; one that ended makes room."""
        async with AsyncExitStack() as stack:
            for _ in range(MOST_EACH - 1):
                await stack.enter_async_context(following(shop))
            async with following(shop):
                with pytest.raises(FollowsTaken, match="You follow 3 logs already"):
                    await stack.enter_async_context(following(shop))
            await stack.enter_async_context(following(shop))

    async def test_twenty_in_all(self, shop: Desk) -> None:
        """However many people there are."""
        shop.rule(
            "version: 1\nroles: {r: [{verbs: [logs], namespaces: ['*']}]}\n"
            "bindings: [{role: r, everyone: true}]\n"
        )
        async with AsyncExitStack() as stack:
            for number in range(MOST_IN_ALL):
                await stack.enter_async_context(following(shop, who=asker(f"U{number:02}X")))
            with pytest.raises(FollowsTaken, match="podbot follows 20 logs already"):
                await stack.enter_async_context(following(shop))

    async def test_forty_containers_in_all(self, shop: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
        """Connections are for the watch and for people's commands, too."""
        monkeypatch.setattr(log_following, "MOST_CONTAINERS_IN_ALL", 3)
        shop.cluster.put(*(pod(f"api-{number}", labels={"app": "api"}) for number in range(2)))
        two = FollowLogs(logs=GetLogs(namespace="shop", selector="app=api"))
        async with following(shop, two):
            with pytest.raises(ContainersTaken, match="podbot follows 2 containers already, of 3"):
                async with following(shop, two):
                    pass
            async with following(shop):
                pass

    async def test_nothing_that_writes(self, desk: Desk) -> None:
        """A finished Job's log can be read, not followed."""
        done = ContainerStatus(name="app", state=ContainerState(terminated=ended(0)))
        desk.cluster.put(with_status(done, phase="Succeeded"))
        with pytest.raises(NothingToFollow, match="Nothing of `pod/web-1` writes any more"):
            async with following(desk):
                pass

    async def test_too_many_containers(self, desk: Desk) -> None:
        """Each would be a connection of its own."""
        desk.cluster.put(*(pod(f"web-{number}", labels={"app": "web"}) for number in range(11)))
        with pytest.raises(TooManyToFollow, match=f"11 containers; podbot follows at most {MOST_CONTAINERS}"):
            async with following(desk, FollowLogs(logs=GetLogs(namespace="shop", selector="app=web"))):
                pass

    async def test_a_choice_among_pods_follows_the_chosen(self, desk: Desk) -> None:
        """What was to be followed is followed after the choice, too."""
        desk.cluster.put(pod("web-1"), pod("web-2"))
        with pytest.raises(AmbiguousPod) as several:
            async with following(desk, FollowLogs(logs=GetLogs(namespace="shop", pod="web"))):
                pass
        assert [command for _, command in several.value.choices] == [
            FollowLogs(logs=GetLogs(namespace="shop", pod="web-1")),
            FollowLogs(logs=GetLogs(namespace="shop", pod="web-2")),
        ]

    async def test_a_mistake_of_ours_ends_it(self, shop: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
        """The feed says so, and whoever runs it gets the mistake."""

        def broken(_line: str) -> None:
            raise RuntimeError("broken")

        monkeypatch.setattr(log_lines, "stamped", broken)
        async with shop.service.follow_logs(ALICE, FOLLOW) as feed:
            with pytest.raises(ExceptionGroup):
                await feed.run()
            assert feed.told().end is FollowEnd.FAILED
