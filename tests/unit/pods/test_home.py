"""The Home tab's content: from memory alone, and no more than the viewer may see."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import msgspec
import pytest

from bot.model.answers import PodList
from bot.model.commands import DeletePod, DescribePod, GetLogs, Help, ListPods
from bot.model.containers import ContainerState, ContainerStatus, Waiting
from bot.model.home import BotHealth
from bot.model.pods import Pod
from bot.model.problems import Refused
from bot.pods.home import MOST_PEOPLE, MOST_SHOWN, REMEMBERED, Recent
from bot.pods.service import PodService
from tests.support.clock import START, HeldClock
from tests.support.judging import usual
from tests.support.memory_cluster import MemoryCluster, pod
from tests.support.policies import ALICE, STRANGER, HeldPolicy, KeptTrail, asker

POLICY = """\
version: 1
roles:
  shop: [{verbs: [list, get, logs], namespaces: [shop]}]
  here: [{verbs: [list], namespaces: ["*"]}]
bindings:
  - {role: shop, users: [U01ALICE]}
  - {role: here, users: [U01ALICE], channels: [C01INCIDENTS]}
"""
AT_HOME = asker(channel="")


def broken(name: str, namespace: str = "shop") -> Pod:
    waiting = ContainerState(waiting=Waiting(reason="CrashLoopBackOff"))
    return pod(name, namespace, statuses=[ContainerStatus(name="app", state=waiting)])


class SeenPods:
    """What the bot sees, as the test has it."""

    def __init__(self, *pods: Pod) -> None:
        self._pods = pods

    def pods(self) -> Sequence[Pod]:
        return self._pods

    def health(self) -> BotHealth:
        return BotHealth(version="1.2.3", watch_problem="", last_contact=START, slack_connected=True)


def service(*pods: Pod) -> tuple[PodService, MemoryCluster, KeptTrail]:
    clock, cluster, trail = HeldClock(), MemoryCluster(), KeptTrail()
    made = PodService(cluster, HeldPolicy(POLICY, clock), trail, clock, judge=usual, seen=SeenPods(*pods))
    return made, cluster, trail


def test_only_what_the_viewer_may_list() -> None:
    """Rules that are bound to a channel do not count: the tab is in none."""
    pods, cluster, trail = service(pod("web-1"), broken("web-2"), broken("api-1", "payments"))
    home = pods.home(AT_HOME)
    assert [row.name for row in home.broken] == ["web-2"]
    assert (home.pods, home.namespaces, home.namespaces_left_out) == (2, 1, True)
    assert [rule.role for rule in home.rules] == ["shop"]
    assert cluster.calls == []
    assert [entry.verb for entry in trail.entries] == ["home"]


def test_who_may_nothing() -> None:
    """No pods, no numbers, no rules."""
    pods, _, _ = service(broken("web-2"))
    home = pods.home(STRANGER)
    assert (home.broken, home.pods, home.namespaces, home.rules) == ((), 0, 0, ())
    assert home.namespaces_left_out


def test_the_worst_come_first_and_not_too_many() -> None:
    """Of a whole cluster in trouble the tab shows some and tells the number."""
    starting = [
        pod(f"new-{number}", phase="Pending", statuses=[ContainerStatus(name="app")]) for number in range(30)
    ]
    pods, _, _ = service(*starting, *(broken(f"old-{number:02}") for number in range(10)))
    home = pods.home(AT_HOME)
    assert home.broken_in_all == 40
    assert len(home.broken) == MOST_SHOWN
    assert [row.name for row in home.broken[:10]] == [f"old-{number:02}" for number in range(10)]


def test_what_goes_in_its_time_is_not_broken() -> None:
    """A rollout stops old pods all the time; one that should be gone for long is another matter."""
    going = pod("web-1")
    due = msgspec.structs.replace(going.metadata, deletion_timestamp=START + timedelta(seconds=10))
    long_due = msgspec.structs.replace(
        going.metadata, name="web-2", deletion_timestamp=START - timedelta(hours=1)
    )
    pods, _, _ = service(
        msgspec.structs.replace(going, metadata=due), msgspec.structs.replace(going, metadata=long_due)
    )
    assert [row.name for row in pods.home(AT_HOME).broken] == ["web-2"]


async def test_ones_own_commands_newest_first() -> None:
    """Whatever became of them; help and the like are not worth the room."""
    pods, cluster, _ = service()
    cluster.put(pod("web-1"))
    for command in (ListPods(namespace="shop"), Help(), DescribePod(namespace="shop", pod="web-1")):
        await pods.run(ALICE, command)
    await pods.run(ALICE, ListPods(namespace="shop"))
    assert [type(past.command) for past in pods.home(AT_HOME).recent] == [ListPods, DescribePod]
    assert pods.home(STRANGER).recent == ()


async def test_memory_is_bounded() -> None:
    """So many commands a person, so many people."""
    clock = HeldClock()
    recent = Recent(clock)
    for number in range(REMEMBERED + 3):
        await clock.advance(1)
        recent.note(ALICE.person.id, ListPods(namespace=f"n{number}"))
    mine = recent.of(ALICE.person.id)
    assert len(mine) == REMEMBERED
    assert mine[0].at == START + timedelta(seconds=REMEMBERED + 3)
    for number in range(MOST_PEOPLE):
        recent.note(asker(f"U{number}").person.id, ListPods(namespace="shop"))
    assert recent.of(ALICE.person.id) == ()


@pytest.mark.parametrize(
    ("words", "found"),
    [
        pytest.param(("nothing", "web-2"), GetLogs(namespace="shop", pod="web-2"), id="known"),
        pytest.param(("api-1",), None, id="not-theirs-to-see"),
        pytest.param((), None, id="nothing"),
    ],
)
def test_a_name_is_looked_up_for_the_viewer(words: tuple[str, ...], found: GetLogs | None) -> None:
    """The namespace of a pod is told to those only who may list it."""
    pods, _, _ = service(broken("web-2"), broken("api-1", "payments"))
    assert pods.logs_of_first_named(AT_HOME, words) == found


async def test_what_was_asked_by_dialog_or_stream_is_remembered_too() -> None:
    """A deletion is planned and a log is followed by other doors than `run`."""
    pods, cluster, _ = service()
    cluster.put(pod("web-1"))
    asked = DeletePod(namespace="shop", pod="web-1")
    with pytest.raises(Refused):
        await pods.plan_deletion(ALICE, asked)
    assert [past.command for past in pods.home(AT_HOME).recent] == [asked]


async def test_a_mistyped_namespace() -> None:
    """Namespaces that look like it are named, as far as the asker may list there."""
    pods, _, _ = service(pod("web-1"), pod("api-1", "payments"))
    answer = await pods.run(ALICE, ListPods(namespace="shpo"))
    assert isinstance(answer, PodList)
    assert answer.namespaces_alike == ("shop",)
