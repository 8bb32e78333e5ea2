"""What stands around a pod: events, use, revision; and events on their own."""

from __future__ import annotations

import json
import threading
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from bot.errors import ClusterUnreachable, NotServed
from bot.model.answers import PodSummary
from bot.model.commands import DescribePod, ListEvents, TopPods
from bot.model.events import Event
from bot.model.pods import ALL_NAMESPACES, Pod
from bot.model.problems import NoSuchPod, Refused
from bot.model.usage import PodUsage
from bot.pods import redact
from bot.pods.usage import NoFigures
from tests.support.clock import START
from tests.support.memory_cluster import pod
from tests.unit.pods.conftest import Desk

WEB = pod("web-1")


def noted(about: Pod, reason: str, *, minutes_ago: float = 0, kind: str = "Normal") -> Event:
    at = START - timedelta(minutes=minutes_ago)
    raw = {
        "metadata": {"name": f"{about.name}.{reason}", "namespace": about.namespace},
        "involvedObject": {"kind": "Pod", "name": about.name, "namespace": about.namespace, "uid": about.uid},
        "reason": reason,
        "type": kind,
        "message": "password=hunter22",
        "lastTimestamp": at.isoformat(),
    }
    return msgspec.json.decode(json.dumps(raw), type=Event)


def used(about: Pod, **containers: tuple[str, str]) -> PodUsage:
    raw = {
        "metadata": {"name": about.name, "namespace": about.namespace},
        "containers": [
            {"name": name, "usage": {"cpu": cpu, "memory": memory}}
            for name, (cpu, memory) in containers.items()
        ],
    }
    return msgspec.json.decode(json.dumps(raw), type=PodUsage)


async def describe(desk: Desk) -> PodSummary:
    answer: Any = await desk.ask(DescribePod(namespace="shop", pod=WEB.name))
    assert isinstance(answer, PodSummary)
    return answer


class TestDescribe:
    async def test_it_tells_what_each_container_uses(self, desk: Desk) -> None:
        """Where the cluster measures it."""
        desk.cluster.put(WEB)
        desk.cluster.usage = [used(WEB, app=("12m", "182Mi"))]
        (app,) = (await describe(desk)).containers
        assert app.usage is not None
        assert app.usage.amount("memory") == 182 * 2**20

    @pytest.mark.parametrize(
        ("failure", "told"), [(NotServed("no metrics"), ""), (ClusterUnreachable("gone away"), "gone away")]
    )
    async def test_it_is_told_without_what_does_not_answer(
        self, desk: Desk, failure: Exception, told: str
    ) -> None:
        """A cluster without a metrics server is no problem worth a word; one that fails is."""
        desk.cluster.put(WEB)
        desk.cluster.failures["pod_usage"] = failure
        summary = await describe(desk)
        assert summary.usage_problem == told
        assert summary.row.name == WEB.name


class TestEvents:
    async def test_newest_first_masked_and_within_the_time_asked_for(self, desk: Desk) -> None:
        """Secrets in messages are masked as in logs."""
        desk.cluster.put(WEB)
        desk.cluster.note(
            noted(WEB, "Old", minutes_ago=50), noted(WEB, "New"), noted(WEB, "Mid", minutes_ago=5)
        )
        answer: Any = await desk.ask(ListEvents(namespace="shop", since=timedelta(minutes=10)))
        assert [each.reason for each in answer.events] == ["New", "Mid"]
        assert {each.message for each in answer.events} == {"password=[masked]"}

    async def test_warnings_only(self, desk: Desk) -> None:
        """Everything that is not Normal."""
        desk.cluster.note(noted(WEB, "Pulled"), noted(WEB, "BackOff", kind="Warning"))
        answer: Any = await desk.ask(ListEvents(namespace="shop", warnings=True))
        assert [each.reason for each in answer.events] == ["BackOff"]

    async def test_the_bot_answers_others_while_many_are_masked(
        self, desk: Desk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Fifty thousand messages take most of a second, in which no request would be acknowledged."""
        masked_by: set[threading.Thread] = set()

        def noted_mask(text: str) -> str:
            masked_by.add(threading.current_thread())
            return text

        monkeypatch.setattr(redact, "mask", noted_mask)
        desk.cluster.put(WEB)
        desk.cluster.note(noted(WEB, "Old"))
        await desk.ask(ListEvents(namespace="shop"))
        assert masked_by
        assert threading.main_thread() not in masked_by

    async def test_a_pods_events_by_a_beginning_of_its_name_and_after_its_end(self, desk: Desk) -> None:
        """They outlive the pod, and are then found by the whole name."""
        other, gone = pod("db-0"), pod("web-0")
        desk.cluster.put(WEB, other)
        desk.cluster.note(noted(WEB, "Pulled"), noted(other, "Killing"), noted(gone, "OOMKilling"))
        for name, reason in (("web", "Pulled"), ("web-0", "OOMKilling")):
            answer: Any = await desk.ask(ListEvents(namespace="shop", pod=name))
            assert [each.reason for each in answer.events] == [reason]
        with pytest.raises(NoSuchPod):
            await desk.ask(ListEvents(namespace="shop", pod="nothing-of-the-kind"))

    async def test_of_all_namespaces_those_that_the_asker_may_see(self, desk: Desk) -> None:
        """The rest is left out, and that is said."""
        desk.rule(
            "version: 1\nroles: {shop: [{verbs: [events], namespaces: [shop]}]}\n"
            "bindings: [{role: shop, users: [U01ALICE]}]\n"
        )
        desk.cluster.note(noted(WEB, "Pulled"), noted(pod("api-1", "payments"), "Pulled"))
        answer: Any = await desk.ask(ListEvents(namespace=ALL_NAMESPACES))
        assert [each.metadata.namespace for each in answer.events] == ["shop"]
        assert answer.namespaces_left_out
        with pytest.raises(Refused):
            await desk.ask(ListEvents(namespace="payments"))


class TestTop:
    DB = pod("db-0", owner=("StatefulSet", "db"))

    def _measure(self, desk: Desk) -> None:
        desk.cluster.put(WEB, self.DB)
        desk.cluster.usage = [
            used(WEB, app=("100m", "64Mi"), proxy=("20m", "16Mi")),
            used(self.DB, db=("50m", "1Gi")),
        ]

    @pytest.mark.parametrize(
        ("sort", "order"),
        [("", ["db-0", "web-1"]), ("cpu", ["web-1", "db-0"]), ("memory", ["db-0", "web-1"])],
    )
    async def test_pods_with_the_sum_of_their_containers(
        self, desk: Desk, sort: str, order: list[str]
    ) -> None:
        """By name, or those first that use most."""
        self._measure(desk)
        answer: Any = await desk.ask(TopPods(namespace="shop", sort=sort))
        assert [row.pod for row in answer.rows] == order
        web = next(row for row in answer.rows if row.pod == "web-1")
        assert (str(web.cpu), web.memory) == ("0.120", 80 * 2**20)

    async def test_one_pod_container_by_container(self, desk: Desk) -> None:
        """By the beginning of its name."""
        self._measure(desk)
        answer: Any = await desk.ask(TopPods(namespace="shop", pod="web", containers=True))
        assert [(row.pod, row.container) for row in answer.rows] == [("web-1", "app"), ("web-1", "proxy")]

    async def test_a_pod_without_figures_is_explained(self, desk: Desk) -> None:
        """It has just started, or does not run."""
        desk.cluster.put(WEB)
        with pytest.raises(NoFigures, match="not for long enough"):
            await desk.ask(TopPods(namespace="shop", pod="web-1"))
