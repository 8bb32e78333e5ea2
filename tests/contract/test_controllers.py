"""Controllers, budgets and dry runs, as deletions rely on them, on every implementation there is."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bot.errors import InvalidRequest, ObjectConflict, ObjectNotFound
from bot.model.pods import PodUid
from bot.model.targets import TargetKind
from tests.contract.stage import Stage

LABELS = {"app": "web"}
SELECTOR = {
    "matchLabels": LABELS,
    "matchExpressions": [{"key": "tier", "operator": "NotIn", "values": ["batch", "test"]}],
}
TEMPLATE: dict[str, Any] = {
    "metadata": {"labels": LABELS},
    "spec": {"containers": [{"name": "app", "image": "registry.example/app:1"}]},
}
SPECS: dict[TargetKind, dict[str, Any]] = {
    TargetKind.DEPLOYMENT: {"replicas": 2, "selector": SELECTOR, "template": TEMPLATE},
    TargetKind.REPLICA_SET: {"replicas": 2, "selector": SELECTOR, "template": TEMPLATE},
    TargetKind.STATEFUL_SET: {
        "replicas": 2,
        "selector": SELECTOR,
        "template": TEMPLATE,
        "serviceName": "web",
        "podManagementPolicy": "Parallel",
    },
    TargetKind.DAEMON_SET: {"selector": SELECTOR, "template": TEMPLATE},
}


class TestControllers:
    @pytest.mark.parametrize("kind", SPECS, ids=lambda kind: kind.value)
    async def test_what_was_asked_for(self, stage: Stage, kind: TargetKind) -> None:
        """Replicas, order and selector come as they were written."""
        await stage.create_object(kind.value, "web", SPECS[kind])

        found = await stage.cluster().get_controller(kind, stage.namespace, "web")

        assert (found.metadata.name, found.metadata.namespace) == ("web", stage.namespace)
        assert found.metadata.uid
        assert found.spec.replicas == SPECS[kind].get("replicas")
        assert found.spec.pod_management_policy == SPECS[kind].get("podManagementPolicy", "")
        assert found.spec.selector is not None
        assert str(found.spec.selector) == "app=web,tier notin (batch,test)"
        assert found.metadata.deletion_timestamp is None

    async def test_a_job(self, stage: Stage) -> None:
        """It has neither replicas nor an order."""
        template = {**TEMPLATE, "spec": {**TEMPLATE["spec"], "restartPolicy": "Never"}}
        await stage.create_object("Job", "nightly", {"template": template, "backoffLimit": 2})
        found = await stage.cluster().get_controller(TargetKind.JOB, stage.namespace, "nightly")
        assert (found.metadata.name, found.spec.replicas) == ("nightly", None)

    async def test_its_selector_finds_its_pods(self, stage: Stage) -> None:
        """The API server reads the selector as it is spelled."""
        await stage.create_pod("web-1", labels=LABELS)
        await stage.create_pod("web-2", labels={**LABELS, "tier": "batch"})
        await stage.create_object("Deployment", "web", {**SPECS[TargetKind.DEPLOYMENT], "replicas": 0})
        cluster = stage.cluster()
        found = await cluster.get_controller(TargetKind.DEPLOYMENT, stage.namespace, "web")
        pods = await cluster.list_pods(stage.namespace, selector=str(found.spec.selector))
        assert [pod.name for pod in pods] == ["web-1"]

    @pytest.mark.parametrize("kind", [kind for kind in TargetKind if kind is not TargetKind.POD])
    async def test_it_is_not_there(self, stage: Stage, kind: TargetKind) -> None:
        """A name that none has is said back."""
        with pytest.raises(ObjectNotFound, match=f"{kind.value} `web` in contract-"):
            await stage.cluster().get_controller(kind, stage.namespace, "web")

    async def test_none_can_be_called_so(self, stage: Stage) -> None:
        """Such a name never becomes part of a path."""
        with pytest.raises(InvalidRequest):
            await stage.cluster().get_controller(TargetKind.DEPLOYMENT, stage.namespace, "../pods")


class TestBudgets:
    async def test_those_of_a_namespace(self, stage: Stage) -> None:
        """Each with the pods that it is for, whichever version of the API the cluster speaks."""
        await stage.create_object("PodDisruptionBudget", "web", {"minAvailable": 1, "selector": SELECTOR})
        (found,) = await stage.cluster().list_budgets(stage.namespace)
        assert found.metadata.name == "web"
        assert found.spec.selector is not None
        assert found.spec.selector.takes(LABELS)
        assert not found.spec.selector.takes({**LABELS, "tier": "batch"})
        assert found.status.disruptions_allowed == 0

    async def test_none(self, stage: Stage) -> None:
        """No budgets is an answer, not an error."""
        assert list(await stage.cluster().list_budgets(stage.namespace)) == []


class TestDryRuns:
    async def test_nothing_is_deleted(self, stage: Stage) -> None:
        """The server says yes, and the pod stays as it was."""
        uid = PodUid(await stage.create_pod("web-1"))
        cluster = stage.cluster()
        for grace in (None, timedelta(seconds=5), timedelta(0)):
            await cluster.delete_pod(stage.namespace, "web-1", uid=uid, grace=grace, dry_run=True)
        assert not (await cluster.get_pod(stage.namespace, "web-1")).terminating

    async def test_it_is_refused_as_the_deletion_would_be(self, stage: Stage) -> None:
        """Another pod of that name, or none."""
        await stage.create_pod("web-1")
        cluster = stage.cluster()
        with pytest.raises(ObjectConflict):
            await cluster.delete_pod(stage.namespace, "web-1", uid=PodUid("another"), dry_run=True)
        with pytest.raises(ObjectNotFound):
            await cluster.delete_pod(stage.namespace, "web-2", uid=PodUid("any"), dry_run=True)
