"""What is remembered of pods beyond what they say of themselves."""

from __future__ import annotations

from datetime import timedelta

from msgspec.structs import replace

from bot.model.containers import ContainerState, Terminated
from bot.model.history import FormerPod
from bot.model.pods import Pod, PodIP, PodUid
from bot.watch.history import History
from bot.watch.ports import Change
from tests.support.clock import HeldClock
from tests.support.memory_cluster import pod, running

HOUR = timedelta(hours=1)


def at_address(one: Pod, *addresses: str) -> Pod:
    status = replace(one.status, pod_ip=addresses[0], pod_ips=tuple(PodIP(ip=each) for each in addresses))
    return replace(one, status=status)


def restarted(one: Pod, times: int, clock: HeldClock) -> Pod:
    ended = Terminated(exit_code=1, finished_at=clock.now())
    status = replace(running("app"), restart_count=times, last_state=ContainerState(terminated=ended))
    return replace(one, status=replace(one.status, container_statuses=(status,)))


def gone(one: Pod) -> Change:
    return Change(old=one, new=None)


class TestAddresses:
    async def test_who_had_an_address_is_known_after_their_end_last_gone_first(self) -> None:
        """By any of its addresses, as they are given to one pod after the other."""
        clock = HeldClock()
        history = History(clock)
        for name in ("web-1", "web-2"):
            history.changed(gone(at_address(pod(name), "10.2.3.4", f"fd00::{name[-1]}")))
            await clock.advance(60)
        assert [each.name for each in history.former("10.2.3.4")] == ["web-2", "web-1"]
        (one,) = history.former("fd00::1")
        assert (one.name, one.addresses, one.gone) == (
            "web-1",
            ("10.2.3.4", "fd00::1"),
            clock.now() - 2 * HOUR / 60,
        )
        assert history.former("10.9.9.9") == []

    async def test_the_oldest_are_forgotten_first(self) -> None:
        """The memory is bounded, and leaves nothing behind."""
        history = History(HeldClock(), most_former=2)
        for number in range(5):
            history.changed(gone(at_address(pod(f"web-{number}"), f"10.0.0.{number}")))
        assert [len(history.former(f"10.0.0.{number}")) for number in range(5)] == [0, 0, 0, 1, 1]

    def test_a_pod_without_an_address_is_not_remembered(self) -> None:
        """It never had one to be asked for."""
        history = History(HeldClock())
        history.changed(gone(pod("web-1")))
        assert history.former("") == []


class TestRestarts:
    async def test_each_restart_counts_at_its_moment(self) -> None:
        """Several between two sights count each; what is older than asked for does not."""
        clock = HeldClock()
        history = History(clock)
        one = pod("web-1")
        history.changed(Change(old=None, new=one))
        await clock.advance(1800)
        two = restarted(one, 2, clock)
        history.changed(Change(old=one, new=two))
        await clock.advance(2400)
        history.changed(Change(old=two, new=restarted(two, 3, clock)))
        assert history.restarts(one.uid, clock.now() - timedelta(minutes=30)) == 1
        assert history.restarts(one.uid, clock.now() - HOUR) == 3
        assert history.restarts(PodUid("other"), clock.now() - HOUR) == 0

    async def test_of_a_pod_not_seen_before_the_last_restart_is_known(self) -> None:
        """Its status tells when the last run ended, and of no other."""
        clock = HeldClock()
        history = History(clock)
        found = restarted(pod("web-1"), 7, clock)
        await clock.advance(120)
        history.changed(Change(old=None, new=found, first_listing=True))
        assert history.restarts(found.uid, clock.now() - HOUR) == 1
        assert history.restarts(found.uid, clock.now() - timedelta(minutes=1)) == 0

    async def test_a_pod_that_is_gone_has_no_restarts(self) -> None:
        """Nobody asks for it by its UID again."""
        clock = HeldClock()
        history = History(clock)
        found = restarted(pod("web-1"), 1, clock)
        history.changed(Change(old=None, new=found))
        history.changed(gone(found))
        assert history.restarts(found.uid, clock.now() - HOUR) == 0


class TestOverRestarts:
    def test_what_a_store_kept_is_taken_up(self) -> None:
        """Who had an address is known to the next process, which was told of each that went, once."""
        clock, stored = HeldClock(), list[FormerPod]()
        first = History(clock, on_gone=stored.append)
        web = at_address(pod("web-1"), "10.2.3.4")
        first.changed(gone(web))
        first.changed(gone(web))
        assert [each.name for each in stored] == ["web-1"]
        second = History(clock)
        second.restore(stored)
        second.restore(stored)
        assert second.former("10.2.3.4") == first.former("10.2.3.4")
        assert second.since == stored[0].gone
