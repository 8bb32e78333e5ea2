"""What alerts ask of a cluster beside its pods: owners, revisions, nodes, metrics, simulated and real."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.errors import ClusterError
from bot.kube.cluster import KubeCluster
from bot.kube.connect import connect
from bot.kube.targets import targets
from bot.model.deaths import Cause, FailedProbe
from bot.model.pods import Owner, PodUid
from bot.model.probes import refined
from bot.model.revisions import Image, change_between, changes_after, changes_since, newest_of
from bot.model.surroundings import JobEnd
from bot.playground.cluster import SimulatedCluster, demo_cluster, serve
from bot.playground.cluster.resources import CRONJOBS
from bot.watch.classifier import deaths
from tests.support.envtest import ControlPlane
from tests.support.kubelet import NODE, Kubelet
from tests.support.waiting import eventually

WEB = Owner(kind="Deployment", name="web")


@asynccontextmanager
async def a_demo() -> AsyncIterator[tuple[SimulatedCluster, KubeCluster]]:
    """The demo's cluster, and the bot's way to it."""
    async with serve(demo_cluster(pace=50.0)) as running:
        cluster = connect(*targets(api_url=running.url, environ={}))
        try:
            yield running.cluster, cluster
        finally:
            await cluster.close()


class TestSimulated:
    async def test_annotations_of_a_namespace(self) -> None:
        """None where it says nothing, and none where there is no such namespace."""
        async with a_demo() as (_, cluster):
            ask = cluster.surroundings.namespace_annotations
            assert await ask("shop") == {}
            assert await ask("nowhere") == {}

    async def test_owners_of_every_kind(self) -> None:
        """How many each wants and has; a Job's end; and what is not there."""
        async with a_demo() as (_, cluster):
            ask = cluster.surroundings.owner
            web, ledger = (
                await ask("shop", WEB),
                await ask("payments", Owner(kind="StatefulSet", name="ledger")),
            )
            job = await ask("batch", Owner(kind="Job", name="backup-before-migration"))
            assert web is not None
            assert (web.desired, web.present, web.ready, web.all_ready) == (5, 5, 5, True)
            assert web.selector == (("app", "web"),)
            assert ledger is not None
            assert (ledger.desired, ledger.ready) == (3, 3)
            assert job is not None
            assert (job.job_end, job.tries_allowed) == (JobEnd.COMPLETE, 5)
            assert await ask("shop", Owner(kind="Deployment", name="nothing")) is None

    async def test_the_cron_job_of_a_job(self) -> None:
        """The Job names it, and it says what it has to say itself."""
        async with a_demo() as (simulated, cluster):
            nightly = simulated.store.get(CRONJOBS, "batch", "nightly-import")
            nightly["metadata"]["annotations"] = {"podbot.io/owner": "team data", "other": "x"}
            simulated.store.update(nightly)
            job = (await simulated.play("job-done")).split()[0]
            ask = cluster.surroundings.owner
            state = await ask("batch", Owner(kind="Job", name=job))
            assert state is not None
            assert state.part_of == Owner(kind="CronJob", name="nightly-import")
            cron_job = await ask("batch", state.part_of)
            assert cron_job is not None
            assert cron_job.annotations == (("podbot.io/owner", "team data"),)

    async def test_what_a_rollout_changed(self) -> None:
        """The two newest revisions, compared."""
        async with a_demo() as (simulated, cluster):
            before = _sets_with_pods(simulated)
            await simulated.play("rollout")
            await eventually(lambda: not _sets_with_pods(simulated) <= before)
            state = await cluster.surroundings.owner("shop", WEB)
            assert state is not None
            change = change_between(await cluster.surroundings.revisions("shop", state))
            assert change is not None
            assert change.number == 2
            assert [(one.image[-9:], other.image[-9:]) for one, other in change.images] == [
                ("web:1.4.1", "web:1.4.2")
            ]
            assert (change.env, change.annotations, change.other) == ((), (), False)

    async def test_a_rollback(self) -> None:
        """The ReplicaSet of before has a new number, and knows the one that it had."""
        async with a_demo() as (simulated, cluster):
            state = await cluster.surroundings.owner("shop", WEB)
            assert state is not None
            before = _sets_with_pods(simulated)
            await simulated.play("rollout")
            await eventually(lambda: not _sets_with_pods(simulated) <= before)
            await simulated.play("roll-back")
            await eventually(lambda: _sets_with_pods(simulated) == before)
            found = await cluster.surroundings.revisions("shop", state)
            assert sorted((each.number, each.earlier) for each in found) == [(2, ()), (3, (1,))]
            (change,) = changes_since(found, 2)
            assert (change.number, change.rollback, change.same_as) == (3, True, 1)

    async def test_a_node_under_pressure_and_one_that_is_gone(self) -> None:
        """Only what is wrong is told."""
        async with a_demo() as (simulated, cluster):
            assert (await cluster.surroundings.node("worker-1")).wrong == ()
            where = (await simulated.play("evicted-memory")).split("evicted, ")[1].split()[0]
            assert [each.kind for each in (await cluster.surroundings.node(where)).wrong] == [
                "MemoryPressure"
            ]
            assert not (await cluster.surroundings.node("worker-99")).there

    async def test_the_bots_own_deletions_are_known(self) -> None:
        """Noted when the API server took them, and not when it refused."""
        async with a_demo() as (simulated, cluster):
            pod = simulated.pods("shop", app="web")[0]["metadata"]
            uid = PodUid(pod["uid"])
            with pytest.raises(ClusterError):
                await cluster.delete_pod("shop", pod["name"], uid=PodUid("another"))
            assert not await cluster.deleted_by_bot(PodUid("another"))
            await cluster.delete_pod("shop", pod["name"], uid=uid)
            assert await cluster.deleted_by_bot(uid)


def _sets_with_pods(simulated: SimulatedCluster) -> set[str]:
    """The ReplicaSets of web that have pods."""
    return {pod["metadata"]["ownerReferences"][0]["name"] for pod in simulated.pods("shop", app="web")}


def _template(tag: str, **env: str) -> dict[str, Any]:
    return {
        "metadata": {"labels": {"app": "web"}, "annotations": {"checksum/config": tag}},
        "spec": {
            "containers": [
                {
                    "name": "app",
                    "image": f"registry.example/web:{tag}",
                    "env": [{"name": name, "value": value} for name, value in env.items()],
                }
            ]
        },
    }


@pytest.mark.envtest
class TestReal:
    async def test_a_deployment_that_is_made_anew(self, control_plane: ControlPlane) -> None:
        """The ReplicaSets of the one before are there still; their numbers are another Deployment's."""
        control_plane.create_namespace("anew")
        where = "/apis/apps/v1/namespaces/anew"
        selector = {"matchLabels": {"app": "web"}}

        def make(number: int, tag: str) -> None:
            spec = {"selector": selector, "template": _template(tag)}
            made = control_plane.call(
                "POST", f"{where}/deployments", {"metadata": {"name": "web"}, "spec": spec}
            )
            owner = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web", "controller": True}
            meta = {
                "name": f"web-{tag}",
                "labels": {"app": "web"},
                "annotations": {"deployment.kubernetes.io/revision": str(number)},
                "ownerReferences": [{**owner, "uid": made["metadata"]["uid"]}],
            }
            control_plane.call("POST", f"{where}/replicasets", {"metadata": meta, "spec": spec})

        async with _reached(control_plane) as cluster:
            await asyncio.to_thread(make, 42, "one")
            before = await cluster.surroundings.owner("anew", WEB)
            assert before is not None
            known = newest_of(await cluster.surroundings.revisions("anew", before))
            assert known is not None
            assert (known.number, known.deployment_at) == (42, before.created_at)
            await asyncio.to_thread(control_plane.call, "DELETE", f"{where}/deployments/web")
            made = before.created_at
            assert made is not None
            # The API server dates what it makes to the second.
            await eventually(lambda: datetime.now(UTC) - made >= timedelta(seconds=1))
            await asyncio.to_thread(make, 1, "two")
            after = await cluster.surroundings.owner("anew", WEB)
            assert after is not None
            found = await cluster.surroundings.revisions("anew", after)
            assert [(each.number, each.replica_set) for each in found] == [(1, "web-two")]
            assert [each.made_anew for each in changes_after(found, known)] == [True]

    async def test_a_deployment_and_its_revisions(self, control_plane: ControlPlane) -> None:
        """In the JSON of a real API server, with the status that a controller would write."""
        control_plane.create_namespace("surroundings")
        where = "/apis/apps/v1/namespaces/surroundings"
        selector = {"matchLabels": {"app": "web"}}

        def make() -> None:
            spec = {"replicas": 5, "selector": selector, "template": _template("2", A="2", SECRET="hunter2")}
            made = control_plane.call(
                "POST", f"{where}/deployments", {"metadata": {"name": "web"}, "spec": spec}
            )
            owner = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web", "controller": True}
            for number, template in ((1, _template("1", A="1", SECRET="hunter1")), (2, spec["template"])):
                meta = {
                    "name": f"web-{number}",
                    "labels": {"app": "web"},
                    "annotations": {"deployment.kubernetes.io/revision": str(number)},
                    "ownerReferences": [{**owner, "uid": made["metadata"]["uid"]}],
                }
                body = {"metadata": meta, "spec": {"replicas": 0, "selector": selector, "template": template}}
                control_plane.call("POST", f"{where}/replicasets", body)
            made["status"] = {"observedGeneration": 1, "replicas": 5, "readyReplicas": 4}
            control_plane.call("PUT", f"{where}/deployments/web/status", made)

        await asyncio.to_thread(make)
        async with _reached(control_plane) as cluster:
            state = await cluster.surroundings.owner("surroundings", WEB)
            assert state is not None
            assert (state.desired, state.present, state.ready, state.all_ready) == (5, 5, 4, False)
            found = await cluster.surroundings.revisions("surroundings", state)
            change = change_between(found)
            assert change is not None
            assert change.images == (
                (
                    Image(container="app", image="registry.example/web:1"),
                    Image(container="app", image="registry.example/web:2"),
                ),
            )
            assert change.env == ("app/A", "app/SECRET")
            assert change.annotations == ("checksum/config",)
            assert not change.other
            assert "hunter" not in str(found), "values of the environment are not kept"

    async def test_a_node_and_a_job(self, control_plane: ControlPlane, kubelet: Kubelet) -> None:
        """The tests' own node is well; a Job without a controller has not ended."""
        control_plane.create_namespace("jobs")
        template = _template("1")
        template["spec"]["restartPolicy"] = "Never"
        body = {"metadata": {"name": "report"}, "spec": {"backoffLimit": 2, "template": template}}
        await asyncio.to_thread(control_plane.call, "POST", "/apis/batch/v1/namespaces/jobs/jobs", body)
        async with _reached(control_plane) as cluster:
            job = await cluster.surroundings.owner("jobs", Owner(kind="Job", name="report"))
            assert job is not None
            assert (job.job_end, job.tries_allowed, job.failed_tries) == (None, 3, 0)
            assert (await cluster.surroundings.node(NODE)).there
            assert not (await cluster.surroundings.node("nowhere")).there

    async def test_a_liveness_kill(self, control_plane: ControlPlane, kubelet: Kubelet) -> None:
        """The kubelet's events as a real API server keeps them, found by UID and by field path."""
        control_plane.create_namespace("probes")

        def play() -> str:
            uid = kubelet.create("probes", "web-1")
            now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            for reason, message, count in (
                ("Unhealthy", "Liveness probe failed: HTTP probe failed with statuscode: 503", 3),
                ("Killing", "Container app failed liveness probe, will be restarted", 1),
            ):
                about = {"kind": "Pod", "namespace": "probes", "name": "web-1", "uid": uid}
                event = {
                    "metadata": {"name": f"web-1.{reason.lower()}"},
                    "involvedObject": {**about, "fieldPath": "spec.containers{app}"},
                    "reason": reason,
                    "message": message,
                    "type": "Warning",
                    "count": count,
                    "firstTimestamp": now,
                    "lastTimestamp": now,
                }
                control_plane.call("POST", "/api/v1/namespaces/probes/events", event)
            kubelet.die("probes", "web-1", exit_code=137)
            return uid

        uid = await asyncio.to_thread(play)
        async with _reached(control_plane) as cluster:
            (death,), _ = deaths(
                cluster.name, await cluster.get_pod("probes", "web-1"), {}, datetime.now(UTC)
            )
            found = refined(death, await cluster.surroundings.events("probes", PodUid(uid)))
            assert found.cause is Cause.LIVENESS_FAILED
            assert found.probe == FailedProbe(
                kind="liveness", failures=3, message="HTTP probe failed with statuscode: 503"
            )

    async def test_without_metrics_there_is_an_error_and_no_answer(self, control_plane: ControlPlane) -> None:
        """A cluster without metrics.k8s.io says 404 in its own way."""
        async with _reached(control_plane) as cluster:
            with pytest.raises(ClusterError):
                await cluster.surroundings.memory_in_use("default", "web", "app")


@asynccontextmanager
async def _reached(control_plane: ControlPlane) -> AsyncIterator[KubeCluster]:
    cluster = connect(*targets(kubeconfig=str(control_plane.kubeconfig), environ={}))
    try:
        yield cluster
    finally:
        await cluster.close()
