"""The ways to look at pods beside listing them, on every implementation of the cluster there is."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta

import pytest

from bot.errors import InvalidRequest, NotServed, ObjectNotFound
from bot.model.events import Event
from bot.model.pods import ALL_NAMESPACES
from bot.playground.cluster import metrics
from tests.contract.simulated import SimulatedStage
from tests.contract.stage import Stage


class TestFields:
    async def test_fields_choose(self, stage: Stage) -> None:
        """By the API server's own index, alone and together with labels."""
        await stage.create_pod("web-1", labels={"app": "web"})
        await stage.create_pod("web-2", labels={"app": "web"})
        cluster = stage.cluster()
        (found,) = await cluster.list_pods(stage.namespace, fields="metadata.name=web-2", selector="app=web")
        assert found.name == "web-2"
        assert await cluster.list_pods(stage.namespace, fields="status.phase=Failed") == []

    async def test_an_address_finds_its_pod(self, stage: Stage) -> None:
        """What `--ip` rests on."""
        await stage.create_pod("web-1")
        (pod,) = await stage.cluster().list_pods(stage.namespace)
        address = pod.status.pod_ip
        assert address
        found = await stage.cluster().list_pods(ALL_NAMESPACES, fields=f"status.podIP={address}")
        assert (stage.namespace, "web-1") in {(each.namespace, each.name) for each in found}

    async def test_a_field_that_is_none(self, stage: Stage) -> None:
        """The refusal says so."""
        with pytest.raises(InvalidRequest, match="not supported"):
            await stage.cluster().list_pods(stage.namespace, fields="spec.color=red")


class TestWholeObjects:
    async def test_a_pod_comes_with_all_that_the_server_says_of_it(self, stage: Stage) -> None:
        """Fields that podbot reads and fields that it does not, page by page, up to a bound."""
        for number in range(3):
            await stage.create_pod(f"web-{number}")
        cluster = stage.cluster(page_size=2)
        found = await cluster.raw_pods(stage.namespace, most=10)
        assert sorted(each.pod.name for each in found) == ["web-0", "web-1", "web-2"]
        spec = json.loads(found[0].json)["spec"]
        assert spec["schedulerName"] == "default-scheduler"
        assert len(await cluster.raw_pods(stage.namespace, most=1)) == 1


class TestEvents:
    async def test_of_a_namespace_of_one_name_and_of_all(self, stage: Stage) -> None:
        """About whatever pod has or had the name."""
        for name in ("web-1", "web-2"):
            uid = await stage.create_pod(name)
            await stage.record_event(name, uid, "Probed")
        cluster = stage.cluster()

        def names(events: Sequence[Event]) -> set[str]:
            return {each.involved_object.name for each in events if each.reason == "Probed"}

        assert names(await cluster.list_events(stage.namespace)) == {"web-1", "web-2"}
        assert names(await cluster.list_events(stage.namespace, pod="web-2")) == {"web-2"}
        assert {"web-1", "web-2"} <= names(await cluster.list_events(ALL_NAMESPACES))
        assert await cluster.list_events(stage.namespace, pod="nothing") == []


class TestUse:
    async def test_a_cluster_says_what_pods_use_or_that_nobody_measures_it(
        self, stage: Stage, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The simulated cluster has a metrics server, the bare control plane has none."""
        monkeypatch.setattr(metrics, "WINDOW", timedelta(0))  # a pod is measured as soon as it runs
        await stage.create_pod("web-1", labels={"app": "web"}, containers=("app", "proxy"))
        cluster = stage.cluster()
        if not isinstance(stage, SimulatedStage):
            for name in ("", "web-1"):
                with pytest.raises(
                    NotServed, match=r"does not serve metrics\.k8s\.io \(the metrics server\)"
                ):
                    await cluster.pod_usage(stage.namespace, pod=name)
            return
        (one,) = await cluster.pod_usage(stage.namespace, pod="web-1")
        assert {each.name for each in one.containers or ()} == {"app", "proxy"}
        assert one.amount("memory") > 2**20
        assert 0 < one.amount("cpu") < 8
        (same,) = await cluster.pod_usage(stage.namespace, selector="app=web")
        assert same.metadata.name == "web-1"
        assert await cluster.pod_usage(stage.namespace, selector="app=db") == ()
        assert len(await cluster.pod_usage(ALL_NAMESPACES)) == 1
        with pytest.raises(ObjectNotFound):
            await cluster.pod_usage(stage.namespace, pod="gone")

    async def test_a_metrics_server_that_was_taken_away(self, stage: Stage) -> None:
        """The simulated cluster answers as a bare one does."""
        if isinstance(stage, SimulatedStage):
            stage.take_metrics_away()
        with pytest.raises(NotServed):
            await stage.cluster().pod_usage(stage.namespace)
