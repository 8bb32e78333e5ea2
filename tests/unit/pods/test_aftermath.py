"""What came of a deletion: who replaced whom, who crashed, who does not go."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import msgspec
import pytest

from bot.errors import ClusterUnreachable
from bot.model.deletions import Aftermath, Deletion, Successor
from bot.model.pods import Pod
from bot.pods.aftermath import aftermath, successors
from bot.pods.following import FOLLOWED_FOR, Following
from tests.support.clock import START, HeldClock, settle
from tests.support.deletions import READY, born, deleted, deletion, web
from tests.support.memory_cluster import MemoryCluster, crash_looping, ended, pod, terminating

OLD, OTHER = web("old"), web("other")
NEW, SECOND = born(web("new", ready=False), 1), born(web("second", ready=False), 2)


def crashed(made: Pod) -> Pod:
    status = msgspec.structs.replace(made.status, container_statuses=(crash_looping("app", ended(1)),))
    return msgspec.structs.replace(made, status=status)


def ready(made: Pod) -> Pod:
    return msgspec.structs.replace(made, status=msgspec.structs.replace(made.status, conditions=(READY,)))


def seen(gone: Deletion, *pods: Pod, after: float = 12, ready_after: float | None = None) -> Aftermath:
    now = START + timedelta(seconds=after)
    moments = {} if ready_after is None else {NEW.uid: START + timedelta(seconds=ready_after)}
    return aftermath(gone, pods, moments, now)


def test_replaced_and_ready() -> None:
    """The successor serves and the old pod is gone: it is over."""
    told = seen(deletion(deleted(OLD), before=[OTHER]), OTHER, ready(NEW), ready_after=12)
    assert [(each.name, each.ready_after) for each in told.replacements] == [
        (NEW.name, timedelta(seconds=12))
    ]
    assert told.over


def test_the_replacement_crashed_too() -> None:
    """How it ended is told at once, without waiting for more."""
    told = seen(deletion(deleted(OLD)), crashed(NEW))
    assert told.replacements[0].crash == "app: exit 1"
    assert told.over


@pytest.mark.parametrize(
    ("phase", "said"), [("Failed", "it failed"), ("Running", "")], ids=["failed-as-a-whole", "running"]
)
def test_a_replacement_that_failed_as_a_whole(phase: str, said: str) -> None:
    """Evicted or rejected, it has no container that crashed."""
    failed = msgspec.structs.replace(
        NEW, status=msgspec.structs.replace(NEW.status, phase=phase, container_statuses=())
    )
    assert seen(deletion(deleted(OLD)), failed).replacements[0].crash == said


def test_still_on_its_way() -> None:
    """A successor that starts, and an old pod in its grace period, are no news yet."""
    told = seen(deletion(deleted(OLD)), terminating(OLD), NEW)
    assert (told.still_there, told.over, told.replacements[0].ready_after) == ((), False, None)


def test_still_terminating_after_a_minute() -> None:
    """Then it is worth a word, with the end of its grace period."""
    stuck = terminating(OLD)
    told = seen(deletion(deleted(OLD)), stuck, ready(NEW), after=60, ready_after=5)
    assert told.still_there == ((OLD.name, stuck.metadata.deletion_timestamp),)
    assert not told.over


def test_gone_and_nothing_recreates_it() -> None:
    """A bare pod leaves nothing behind, and nothing is waited for."""
    bare = pod("toolbox", owner=None)
    told = seen(deletion(deleted(bare, Successor.NOTHING)))
    assert (told.gone, told.awaited, told.over) == ((bare.name,), 0, True)


def test_replaced_before_it_was_deleted_again() -> None:
    """Nobody waits for a successor of a pod that was on its way out; what counts is that it is gone."""
    going = deletion(deleted(OLD, Successor.ALREADY), before=[OTHER])
    assert not seen(going, terminating(OLD), OTHER).over
    told = seen(going, OTHER)
    assert (told.replaced_before, told.awaited, told.over) == ((OLD.name,), 0, True)


def test_the_same_name_is_another_pod() -> None:
    """A StatefulSet's successor has its predecessor's name, and is told by its UID."""
    gone = pod("ledger-0", uid="old", owner=("StatefulSet", "ledger"))
    back = pod("ledger-0", uid="new", owner=("StatefulSet", "ledger"), conditions=(READY,))
    told = seen(deletion(deleted(gone, Successor.SAME_NAME)), back)
    assert [each.name for each in told.replacements] == ["ledger-0"]


def test_no_more_successors_than_were_deleted() -> None:
    """Who scales up meanwhile replaces nobody; the first ones count."""
    assert successors(deletion(deleted(OLD)), [SECOND, NEW]) == (NEW,)


def test_nobody_is_taken_for_a_successor_where_it_is_not_known_who_was_there() -> None:
    """Rather nothing is said than something wrong."""
    told = seen(deletion(deleted(OLD), before=None), OTHER)
    assert (told.replacements, told.awaited, told.unseen, told.over) == ((), 0, 1, True)


class Followed:
    """A deletion that is being followed up, under a held clock."""

    def __init__(self, gone: Deletion) -> None:
        self.cluster, self.clock = MemoryCluster(), HeldClock()
        self.told: list[Aftermath] = []
        self.task = asyncio.create_task(self._follow(gone))

    async def _follow(self, gone: Deletion) -> None:
        async for each in Following(self.cluster, self.clock).follow(gone):
            self.told.append(each)

    async def later(self, seconds: float, *pods: Pod, without: Sequence[Pod] = ()) -> Aftermath:
        self.cluster.put(*pods)
        for each in without:
            self.cluster.remove("shop", each.name)
        await self.clock.advance(seconds)
        await settle()
        return self.told[-1]


async def test_each_change_is_told_once() -> None:
    """Waiting, starting, Ready: three things to say, however often one looks."""
    following = Followed(deletion(deleted(OLD)))
    assert (await following.later(5, terminating(OLD))).awaited == 1
    assert (await following.later(5, NEW, without=[OLD])).replacements[0].ready_after is None
    last = await following.later(5, ready(NEW))
    assert last.replacements[0].ready_after == timedelta(seconds=11)
    assert (last.over, len(following.told)) == (True, 3)
    await following.task


async def test_what_does_not_come_is_waited_for_three_minutes() -> None:
    """Then the last word is said, and the task ends."""
    following = Followed(deletion(deleted(OLD)))
    await following.later(FOLLOWED_FOR.total_seconds() + 4)
    assert (following.told[-1].over, following.told[-1].awaited) == (True, 1)
    await following.task


async def test_a_cluster_that_is_away_for_a_moment_ends_nothing() -> None:
    """That is said, and then what is found after it."""
    following = Followed(deletion(deleted(OLD)))
    following.cluster.failure = ClusterUnreachable("Away.")
    assert (await following.later(3)).problem == "the cluster gave no answer"
    following.cluster.failure = None
    assert (await following.later(3, ready(NEW))).over
    await following.task


async def test_a_pod_without_a_workload_is_looked_for_by_its_name() -> None:
    """Nothing else could tell when it is gone."""
    bare = pod("toolbox", owner=None)
    following = Followed(deletion(deleted(bare, Successor.NOTHING, selector="")))
    assert not (await following.later(3, terminating(bare))).gone
    assert (await following.later(3, without=[bare])).gone == ("toolbox",)
    await following.task
