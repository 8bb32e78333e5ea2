"""Lists of pods: which, in which order, with what beside them, and for whom."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from bot.errors import InvalidRequest
from bot.model.answers import Health
from bot.model.commands import Command, ExportPods, FindAddress, Form, ListPods, OpenPod
from bot.model.history import FormerPod
from bot.model.pods import ALL_NAMESPACES, Owner, Pod, PodCondition, PodUid
from bot.model.problems import AmbiguousPod, Refused
from bot.model.targets import Target, TargetKind
from bot.model.tuning import Timings
from bot.pods import listing
from bot.pods.listing import TooManyPods
from bot.pods.service import PodService
from tests.support.clock import START
from tests.support.memory_cluster import crash_looping, ended, pod
from tests.support.policies import ALICE, STRANGER, asker
from tests.unit.pods.conftest import Desk

SHOP = ListPods(namespace="shop")
BOB = asker("U02BOB")
ONE_NAMESPACE = """\
version: 1
roles:
  shop: [{verbs: [list], namespaces: [shop]}]
bindings:
  - {role: shop, users: [U01ALICE]}
"""


class Remembered:
    """A history that says what the test says."""

    since: datetime | None = START - timedelta(minutes=10)

    def __init__(self) -> None:
        self.by_pod: dict[str, int] = {}
        self.gone: list[FormerPod] = []

    def restarts(self, uid: PodUid, after: datetime) -> int:
        return self.by_pod.get(uid, 0)

    def former(self, address: str) -> list[FormerPod]:
        return [each for each in self.gone if address in each.addresses]


def with_address(one: Pod, address: str) -> Pod:
    return replace(one, status=replace(one.status, pod_ip=address))


def former(name: str, namespace: str = "shop") -> FormerPod:
    return FormerPod(
        namespace=namespace,
        name=name,
        uid=PodUid(name),
        owner=Owner(kind="Deployment", name="web"),
        node="node-2",
        addresses=("10.2.3.4",),
        created=None,
        gone=START,
    )


@pytest.fixture
def history(desk: Desk) -> Remembered:
    remembered = Remembered()
    desk.service = PodService(
        desk.cluster, desk.keeper, desk.trail, desk.clock, judge=desk.judge, history=remembered
    )
    return remembered


async def names(desk: Desk, command: Command) -> list[str]:
    answer: Any = await desk.ask(command)
    return [row.name for row in answer.rows]


class TestChoice:
    async def test_by_fields(self, desk: Desk) -> None:
        """The cluster chooses, and says what it does not take."""
        desk.cluster.put(pod("web-1"), pod("web-2", phase="Failed"))
        assert await names(desk, replace(SHOP, fields="status.phase=Failed")) == ["web-2"]
        with pytest.raises(InvalidRequest, match="not supported"):
            await desk.ask(replace(SHOP, fields="spec.color=red"))

    async def test_by_names_and_workloads(self, desk: Desk) -> None:
        """What is not there is told beside what is."""
        desk.cluster.put(pod("web-1"), pod("web-2"), pod("db-0", owner=("StatefulSet", "db")))
        targets = tuple(
            Target(kind, name)
            for kind, name in (
                (TargetKind.POD, "web-1"),
                (TargetKind.POD, "gone"),
                (TargetKind.STATEFUL_SET, "db"),
            )
        )
        answer: Any = await desk.ask(replace(SHOP, targets=targets))
        assert [row.name for row in answer.rows] == ["db-0", "web-1"]
        assert answer.missing == ("gone",)

    async def test_by_a_text_in_the_namespaces_that_the_asker_may_list(self, desk: Desk) -> None:
        """What is elsewhere is not found, and it is said that there may be more."""
        desk.rule(ONE_NAMESPACE)
        desk.cluster.put(pod("web-1"), pod("web-2", "payments"))
        found: Any = await desk.ask(ListPods(namespace=ALL_NAMESPACES, containing="web"))
        assert [(row.namespace, row.name) for row in found.rows] == [("shop", "web-1")]
        assert found.namespaces_left_out

    async def test_sorted_by_what_the_whole_object_says(self, desk: Desk) -> None:
        """A JSONPath may name fields that podbot itself never reads."""
        for name, priority in (("web-1", 3), ("web-2", 1), ("web-3", 2)):
            one = pod(name)
            desk.cluster.put(one)
            desk.cluster.raw[one.uid] = json.dumps({"spec": {"priority": priority}}).encode()
        assert await names(desk, replace(SHOP, sort=".spec.priority")) == ["web-2", "web-3", "web-1"]


class TestBroken:
    async def test_what_restarts_most_now_comes_first(self, desk: Desk, history: Remembered) -> None:
        """With how it ended last, and from when restarts are counted."""
        calm, wild = (pod(name, statuses=[crash_looping("app", ended(137))]) for name in ("a-calm", "b-wild"))
        desk.cluster.put(pod("web-1"), calm, wild)
        history.by_pod = {wild.uid: 9, calm.uid: 1}
        answer: Any = await desk.ask(replace(SHOP, broken=True))
        assert [row.name for row in answer.rows] == ["b-wild", "a-calm"]
        assert [(each.restarts, each.last_exit) for each in answer.troubles] == [(9, "137"), (1, "137")]
        assert answer.watched_since == history.since

    async def test_who_does_not_ask_for_them_gets_no_troubles(self, desk: Desk) -> None:
        """A plain list is what kubectl prints."""
        desk.cluster.put(pod("web-1"))
        answer: Any = await desk.ask(SHOP)
        assert answer.troubles == ()

    async def test_counted_by_the_times_that_are_set_now(self, desk: Desk) -> None:
        """Those that alerts go by: a change of the file holds from the next list on."""
        unready = PodCondition(type="Ready", status="False", last_transition_time=START)
        desk.cluster.put(pod("web-1", conditions=[unready]), pod("web-2"))
        await desk.clock.advance(15 * 60)
        everything: Any = await desk.ask(SHOP)
        assert everything.counts == {Health.FAILING: 1, Health.HEALTHY: 1}
        desk.timings = Timings(not_ready=timedelta(minutes=20))
        patient: Any = await desk.ask(replace(SHOP, broken=True))
        assert patient.counts == {Health.PENDING: 1, Health.HEALTHY: 1}
        assert [row.name for row in patient.rows] == ["web-1"]


class TestAddress:
    @pytest.mark.parametrize("address", ["10.2.3.4", "fd00::4"])
    async def test_who_has_it_and_who_had_it(self, desk: Desk, history: Remembered, address: str) -> None:
        """Wherever they are, as far as the asker may list."""
        holder = with_address(pod("web-1"), address)
        history.gone = [former("web-0")]
        desk.cluster.put(holder, with_address(pod("web-2"), "10.2.3.40"))
        answer: Any = await desk.ask(FindAddress(namespace=ALL_NAMESPACES, address=address))
        assert [row.name for row in answer.rows] == ["web-1"]
        assert [each.name for each in answer.former] == (["web-0"] if "." in address else [])

    async def test_pods_of_closed_namespaces_are_not_told(self, desk: Desk, history: Remembered) -> None:
        """Neither those that are there nor those that were."""
        desk.rule(ONE_NAMESPACE)
        history.gone = [former("ledger-0", "payments")]
        desk.cluster.put(with_address(pod("api-1", "payments"), "10.2.3.4"))
        answer: Any = await desk.ask(FindAddress(namespace=ALL_NAMESPACES, address="10.2.3.4"))
        assert (answer.rows, answer.former, answer.namespaces_left_out) == ((), (), True)

    async def test_a_second_address_is_found_too(self, desk: Desk) -> None:
        """The API server's index knows first addresses only."""
        one = pod("web-1")
        both = replace(one.status, pod_ip="10.1.1.1", pod_ips=tuple(map(_ip, ("10.1.1.1", "fd00::1"))))
        desk.cluster.put(replace(one, status=both))
        assert await names(desk, FindAddress(namespace="shop", address="fd00::1")) == ["web-1"]


def _ip(text: str) -> Any:
    from bot.model.pods import PodIP

    return PodIP(ip=text)


class TestFiles:
    @pytest.mark.parametrize("form", Form)
    async def test_each_form_holds_the_pods_that_were_asked_for(self, desk: Desk, form: Form) -> None:
        """Whole objects come from the cluster, tables and names are made of the rows."""
        desk.cluster.put(pod("web-1"), pod("web-2"), pod("db-0", labels={"app": "db"}))
        answer: Any = await desk.ask(ExportPods(listing=replace(SHOP, selector="app!=db"), form=form))
        assert [row.name for row in answer.rows] == ["web-1", "web-2"]
        assert bool(answer.content) is (form in {Form.JSON, Form.YAML})

    async def test_whole_objects_take_the_permission_to_get(self, desk: Desk) -> None:
        """Names and states may be listed by more people than specifications may be read."""
        desk.rule(ONE_NAMESPACE)
        desk.cluster.put(pod("web-1"))
        await desk.ask(ExportPods(listing=SHOP, form=Form.NAME))
        with pytest.raises(Refused, match="You may not `get`"):
            await desk.ask(ExportPods(listing=SHOP, form=Form.YAML))

    async def test_a_file_has_a_bound(self, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
        """More is refused with what to do about it."""
        monkeypatch.setattr(listing, "MOST_EXPORTED", 2)
        desk.cluster.put(*(pod(f"web-{number}") for number in range(3)))
        with pytest.raises(TooManyPods, match="Choose fewer"):
            await desk.ask(ExportPods(listing=SHOP, form=Form.JSON))


class TestOnePod:
    async def test_a_typed_beginning_is_enough_where_it_is_unique(self, desk: Desk) -> None:
        """And offers a choice where it is not."""
        desk.cluster.put(pod("web-10"), pod("db-0"))
        card: Any = await desk.ask(OpenPod(namespace="shop", pod="web-1", begins=True))
        assert card.row.name == "web-10"
        desk.cluster.put(pod("web-11"))
        with pytest.raises(AmbiguousPod, match="2 pods in shop"):
            await desk.ask(OpenPod(namespace="shop", pod="web-1", begins=True))


@pytest.mark.parametrize(
    "command",
    [
        ListPods(namespace=ALL_NAMESPACES, containing="web"),
        FindAddress(namespace=ALL_NAMESPACES, address="10.2.3.4"),
        ExportPods(listing=SHOP, form=Form.JSON),
        ExportPods(listing=SHOP, form=Form.NAME),
    ],
    ids=lambda command: type(command).__name__,
)
async def test_a_stranger_is_refused_and_the_cluster_not_asked(desk: Desk, command: Command) -> None:
    """Every way to a list passes the gate and the audit."""
    desk.rule(ONE_NAMESPACE)
    with pytest.raises(Refused):
        await desk.ask(command, STRANGER)
    assert desk.cluster.calls == []
    assert not desk.audited.allowed
    assert ALICE.person.id != STRANGER.person.id
