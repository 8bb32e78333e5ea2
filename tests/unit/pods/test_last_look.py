"""Before a pod is deleted, what vanishes with it is read: all that can be had within a few seconds."""

from __future__ import annotations

import pytest

from bot.commands.last_look import evidence
from bot.errors import ClusterUnreachable
from bot.model.answers import PodSummary
from bot.model.events import Event, ObjectReference
from bot.model.last_look import LastLook
from bot.model.people import Asker
from bot.model.pods import ObjectMeta, Pod
from bot.pods import last_look
from bot.pods.gate import Gate
from bot.pods.last_look import LastLooks
from tests.support.memory_cluster import MemoryCluster, crash_looping, ended, pod, running
from tests.support.policies import ALICE, asker
from tests.unit.pods.conftest import Desk

POD = pod("web-1", containers=("app", "proxy"), statuses=(running("app", last=ended(1)), running("proxy")))
SECRET = "password=hunter2"


def populated(desk: Desk) -> MemoryCluster:
    cluster = desk.cluster
    cluster.put(POD)
    cluster.write_log(POD, "app", "before the crash\n", previous=True)
    cluster.write_log(POD, "app", f"after it\n{SECRET}\n")
    cluster.write_log(POD, "proxy", "GET /\n")
    about = ObjectReference(kind="Pod", name=POD.name, namespace="shop", uid=POD.uid)
    cluster.note(
        Event(
            metadata=ObjectMeta(name="a", namespace="shop"),
            involved_object=about,
            reason="BackOff",
            message=SECRET,
        )
    )
    return cluster


async def looked(desk: Desk, *pods: Pod, who: Asker = ALICE) -> LastLook:
    gate = Gate(desk.cluster.name, desk.keeper, desk.trail)
    looks = await LastLooks(desk.cluster, gate, desk.clock).at(who, pods or (POD,))
    return looks[0]


def described(look: LastLook) -> PodSummary:
    assert look.summary is not None
    return look.summary


async def test_every_run_of_every_container(desk: Desk) -> None:
    """The run that died and the one that runs, with secrets masked; events too."""
    populated(desk)
    look = await looked(desk)
    texts = {
        (log.container, log.previous): [line.split(" ", 1)[1] for line in log.lines] for log in look.logs
    }
    assert texts == {
        ("app", True): ["before the crash"],
        ("app", False): ["after it", "password=[masked]"],
        ("proxy", False): ["GET /"],
    }
    assert [event.message for event in described(look).events or ()] == ["password=[masked]"]
    assert look.missing == ()


async def test_a_container_that_waits_has_its_previous_run_alone(desk: Desk) -> None:
    """There is nothing to read of a run that has not begun."""
    looping = pod("web-1", statuses=(crash_looping("app"),))
    desk.cluster.put(looping)
    look = await looked(desk, looping)
    assert [(log.container, log.previous) for log in look.logs] == [("app", True)]
    assert look.missing == ()


async def test_what_cannot_be_read_is_named(desk: Desk) -> None:
    """The rest is saved all the same."""
    populated(desk).failures["read_log"] = ClusterUnreachable("Away.")
    look = await looked(desk)
    assert look.logs == ()
    assert look.missing == (
        "log of app, previous run (the cluster gave no answer)",
        "log of app (the cluster gave no answer)",
        "log of proxy (the cluster gave no answer)",
    )
    assert described(look).events


async def test_nothing_is_waited_for_longer_than_a_moment(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hanging kubelet holds no deletion up."""
    monkeypatch.setattr(last_look, "READING_WAIT", 0.01)
    populated(desk).hang |= {"read_log", "list_events"}
    look = await looked(desk)
    assert len(look.missing) == 3
    assert "no answer" in described(look).events_problem


async def test_who_may_not_read_logs_saves_none(desk: Desk) -> None:
    """A right to delete does not open logs and events to a channel."""
    populated(desk)
    desk.rule(
        "version: 1\n"
        "roles: {r: [{verbs: [delete, get], namespaces: ['*']}]}\n"
        "bindings: [{role: r, users: [U09EVE]}]\n"
    )
    look = await looked(desk, who=asker("U09EVE"))
    assert (look.logs, described(look).events) == ((), None)
    assert look.missing == ("logs (whoever deletes it may not read them here)",)


async def test_who_may_not_describe_saves_no_description(desk: Desk) -> None:
    """A right to delete and to read logs does not show a channel what `describe` is refused for."""
    populated(desk)
    desk.rule(
        "version: 1\n"
        "roles: {r: [{verbs: [delete, logs], namespaces: ['*']}]}\n"
        "bindings: [{role: r, users: [U09EVE]}]\n"
    )
    look = await looked(desk, who=asker("U09EVE"))
    assert look.summary is None
    assert len(look.logs) == 3
    assert look.missing == ("the description (whoever deletes it may not see it here)",)
    described, logged = evidence([look])
    assert (
        described.content.decode() == "Not saved: the description (whoever deletes it may not see it here).\n"
    )
    assert b"before the crash" in logged.content


async def test_there_is_an_end_to_what_is_read(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither lines nor logs are read without bound, and what was left out is said."""
    monkeypatch.setattr(last_look, "MOST_RUNS", 2)
    monkeypatch.setattr(last_look, "MOST_LINES", 1)
    populated(desk)
    look = await looked(desk)
    assert [log.cut for log in look.logs] == [True, True]
    assert look.logs[1].lines[0].endswith("password=[masked]")
    assert len(look.missing) == 1
