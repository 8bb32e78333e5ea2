"""Creating, changing, deleting and evicting over HTTP."""

import pytest

from bot.playground.cluster import RunningCluster
from bot.playground.cluster.resources import DEPLOYMENTS
from tests.unit.playground.cluster.api_client import Answer, ApiClient

LEDGER = "/api/v1/namespaces/payments/pods/ledger-0"
SHOP_PODS = "/api/v1/namespaces/shop/pods"
WEB = "/apis/apps/v1/namespaces/shop/deployments/web"
MERGE = {"Content-Type": "application/merge-patch+json"}
JSON_PATCH = {"Content-Type": "application/json-patch+json"}
STRATEGIC = {"Content-Type": "application/strategic-merge-patch+json"}


def container(name: str = "app") -> dict[str, str]:
    return {"name": name, "image": "registry.example.com/shop/web:1.4.1"}


async def test_a_created_pod_is_completed_scheduled_and_run(api: ApiClient, running: RunningCluster) -> None:
    """201 with id, defaults and Pending; then it lives like any other."""
    body = {"kind": "Pod", "metadata": {"generateName": "probe-"}, "spec": {"containers": [container()]}}
    created = await api.request("POST", SHOP_PODS, body)
    assert created.code == 201
    pod = created.body
    assert (pod["status"], pod["spec"]["restartPolicy"]) == (
        {"phase": "Pending", "qosClass": "BestEffort"},
        "Always",
    )
    assert pod["metadata"]["uid"]
    await running.cluster.advance(5)
    name = pod["metadata"]["name"]
    assert name.startswith("probe-")
    assert (await api.get(f"{SHOP_PODS}/{name}")).body["status"]["phase"] == "Running"


@pytest.mark.parametrize(
    ("body", "code", "text"),
    [
        (
            {"metadata": {"name": "web-1"}, "spec": {}},
            422,
            'Pod "web-1" is invalid: spec.containers: Required value',
        ),
        ({"spec": {"containers": [container()]}}, 422, "name or generateName is required"),
        ({"kind": "Job", "metadata": {"name": "x"}}, 400, "cannot be handled as a Job"),
        ([], 400, "the object provided is unrecognized (must be of type Pod)"),
    ],
    ids=["no-containers", "no-name", "other-kind", "no-object"],
)
async def test_what_cannot_be_created(api: ApiClient, body: object, code: int, text: str) -> None:
    """Refused with the field that is wrong."""
    answer = await api.request("POST", SHOP_PODS, body)
    assert answer.code == code
    assert text in answer.message


async def test_dry_runs_and_taken_names(api: ApiClient, running: RunningCluster) -> None:
    """A dry run changes nothing; a name is taken once."""
    path = "/api/v1/namespaces/tools/pods"
    body = {"metadata": {"name": "probe"}, "spec": {"containers": [container()]}}
    assert (await api.request("POST", path, body, params={"dryRun": "All"})).code == 201
    assert len(running.cluster.pods("tools")) == 1
    body["metadata"] = {"name": "toolbox"}
    for params in ({}, {"dryRun": "All"}):
        taken = await api.request("POST", path, body, params=params)
        assert (taken.code, taken.message) == (409, 'pods "toolbox" already exists')
    broken = await api.session.post(path, data=b"{")
    assert broken.status == 400


async def test_a_deletion_is_graceful(api: ApiClient, running: RunningCluster) -> None:
    """200 with the terminating pod; gone when the kubelet is done; 404 from then on."""
    answer = await api.request("DELETE", LEDGER)
    metadata = answer.body["metadata"]
    assert (answer.code, metadata["deletionGracePeriodSeconds"], "deletionTimestamp" in metadata) == (
        200,
        60,
        True,
    )
    again = await api.request("DELETE", LEDGER, {"gracePeriodSeconds": 5})
    assert again.body["metadata"]["deletionGracePeriodSeconds"] == 5
    await running.cluster.advance(1)
    running.cluster.kubelet.host.plans.withdraw_all()
    await running.cluster.advance(6)
    fresh = (await api.get(LEDGER)).body
    assert fresh["metadata"]["uid"] != metadata["uid"]
    forced = await api.request("DELETE", LEDGER, params={"gracePeriodSeconds": 0})
    assert forced.code == 200
    gone = await api.request("DELETE", LEDGER)
    assert (gone.code, gone.message) == (404, 'pods "ledger-0" not found')


async def test_preconditions_of_a_deletion(api: ApiClient, running: RunningCluster) -> None:
    """A wrong UID or version is 409 in the API server's words; the right ones are accepted."""
    pod = running.cluster.pod("payments", "ledger-0")
    uid, version = pod["metadata"]["uid"], pod["metadata"]["resourceVersion"]

    async def delete(**preconditions: str) -> Answer:
        return await api.request("DELETE", LEDGER, {"preconditions": preconditions})

    wrong = await delete(uid="abc")
    assert (wrong.code, wrong.body["reason"], wrong.body["details"]) == (
        409,
        "Conflict",
        {"name": "ledger-0", "kind": "Pod"},
    )
    assert wrong.message == (
        f'Operation cannot be fulfilled on Pod "ledger-0": the UID in the precondition (abc) does not match '
        f"the UID in record ({uid}). The object might have been deleted and then recreated"
    )
    old = await delete(resourceVersion="1")
    assert old.message == (
        f'Operation cannot be fulfilled on Pod "ledger-0": the ResourceVersion in the precondition (1) does '
        f"not match the ResourceVersion in record ({version}). The object might have been modified"
    )
    assert (await delete(uid=uid, resourceVersion=version)).code == 200


async def test_a_dry_deletion_previews(api: ApiClient, running: RunningCluster) -> None:
    """It answers what would be, by query or by body, and deletes nothing."""
    before = running.cluster.store.version
    for answer in (
        await api.request("DELETE", LEDGER, params={"dryRun": "All"}),
        await api.request("DELETE", LEDGER, {"dryRun": ["All"]}),
    ):
        assert answer.body["metadata"]["deletionGracePeriodSeconds"] == 60
    assert running.cluster.store.version == before
    wrong = await api.request("DELETE", LEDGER, params={"gracePeriodSeconds": "soon"})
    assert wrong.code == 400


async def test_deleting_a_workload_takes_its_pods_along(api: ApiClient, running: RunningCluster) -> None:
    """A Status of success, then the garbage collector."""
    answer = await api.request("DELETE", WEB)
    assert (answer.body["status"], answer.body["details"]["kind"]) == ("Success", "deployments")
    await running.cluster.advance(10)
    assert not running.cluster.pods("shop", app="web")


async def test_evictions_respect_disruption_budgets(api: ApiClient, running: RunningCluster) -> None:
    """One may go, marked as evicted by the API; the next has to wait."""
    eviction = {"kind": "Eviction", "metadata": {"name": "ledger-0"}}
    first = await api.request("POST", f"{LEDGER}/eviction", eviction)
    assert (first.code, first.body["status"]) == (201, "Success")
    conditions = {c["type"]: c for c in running.cluster.pod("payments", "ledger-0")["status"]["conditions"]}
    assert conditions["DisruptionTarget"]["reason"] == "EvictionByEvictionAPI"
    await running.cluster.advance(0.5)
    second = await api.request("POST", "/api/v1/namespaces/payments/pods/ledger-1/eviction", eviction)
    assert (second.code, second.message) == (
        429,
        "Cannot evict pod as it would violate the pod's disruption budget.",
    )
    assert second.body["details"]["causes"][0]["message"] == (
        "The disruption budget ledger needs 2 healthy pods and has 2 currently"
    )


async def test_scaling(api: ApiClient, running: RunningCluster) -> None:
    """The scale subresource is read and written."""
    assert (await api.get(f"{WEB}/scale")).body["spec"] == {"replicas": 5}
    await api.request("PATCH", f"{WEB}/scale", {"spec": {"replicas": 3}}, headers=MERGE)
    await running.cluster.advance(5)
    assert len(running.cluster.pods("shop", app="web")) == 3


async def test_patches_and_replacements(api: ApiClient, running: RunningCluster) -> None:
    """Merge and strategic patches, PUT with a stale version, unknown patch kinds, and the status alone."""
    image = {"spec": {"template": {"spec": {"containers": [{"name": "app", "image": "x:2"}]}}}}
    patched = (await api.request("PATCH", WEB, image, headers=STRATEGIC)).body
    app = patched["spec"]["template"]["spec"]["containers"][0]
    assert (app["image"], "resources" in app, patched["metadata"]["generation"]) == ("x:2", True, 2)
    other = await api.request("PATCH", WEB, {}, headers={"Content-Type": "application/apply-patch+yaml"})
    assert other.code == 415
    stale = patched | {"metadata": patched["metadata"] | {"resourceVersion": "1"}}
    conflict = await api.request("PUT", WEB, stale)
    assert (conflict.code, conflict.message.partition(":")[0]) == (
        409,
        'Operation cannot be fulfilled on deployments.apps "web"',
    )
    gate = {"status": {"conditions": [{"type": "shop.example/gate", "status": "True"}]}}
    await api.request("PATCH", f"{LEDGER}/status", gate, headers=STRATEGIC)
    types = [c["type"] for c in running.cluster.pod("payments", "ledger-0")["status"]["conditions"]]
    assert {"shop.example/gate", "Ready"} <= set(types)
    labels = {"metadata": {"labels": {"app": None, "tier": "front"}}}
    bare = await api.request("PATCH", WEB, labels, headers=MERGE)
    assert bare.body["metadata"]["labels"] == {"tier": "front"}


async def test_a_created_deployment_gets_its_pods(api: ApiClient, running: RunningCluster) -> None:
    """Posting a Deployment and a Namespace is enough to have pods."""
    await api.request("POST", "/api/v1/namespaces", {"metadata": {"name": "lab"}})
    template = {"metadata": {"labels": {"app": "x"}}, "spec": {"containers": [container()]}}
    spec = {"replicas": 2, "selector": {"matchLabels": {"app": "x"}}, "template": template}
    body = {"kind": "Deployment", "metadata": {"name": "x"}, "spec": spec}
    assert (await api.request("POST", "/apis/apps/v1/namespaces/lab/deployments", body)).code == 201
    await running.cluster.advance(5)
    assert running.cluster.store.get(DEPLOYMENTS, "lab", "x")["status"]["readyReplicas"] == 2


@pytest.mark.parametrize(
    ("operations", "expected"),
    [
        ([{"op": "replace", "path": "/spec/replicas", "value": 3}], 3),
        (
            [
                {"op": "test", "path": "/spec/replicas", "value": 5},
                {"op": "remove", "path": "/metadata/labels/app"},
            ],
            5,
        ),
        ([{"op": "add", "path": "/metadata/labels/shop.example~1x", "value": "1"}], 5),
        (
            [
                {
                    "op": "add",
                    "path": "/spec/template/spec/containers/-",
                    "value": {"name": "b", "image": "b:1"},
                }
            ],
            5,
        ),
    ],
    ids=["replace", "test-and-remove", "add", "append"],
)
async def test_json_patches(api: ApiClient, operations: object, expected: int) -> None:
    """The operations that kubectl and client libraries send."""
    answer = await api.request("PATCH", WEB, operations, headers=JSON_PATCH)
    assert (answer.code, answer.body["spec"]["replicas"]) == (200, expected)


@pytest.mark.parametrize(
    ("headers", "patch", "code"),
    [
        (JSON_PATCH, {}, 400),
        (MERGE, [], 400),
        (JSON_PATCH, [{"op": "test", "path": "/spec/replicas", "value": 4}], 422),
        (JSON_PATCH, [{"op": "remove", "path": "/spec/nothing"}], 422),
        (JSON_PATCH, [{"op": "grow", "path": "/spec/replicas"}], 422),
    ],
    ids=["no-list", "no-object", "test-fails", "no-such-path", "unknown-operation"],
)
async def test_patches_that_cannot_be_applied(
    api: ApiClient, headers: dict[str, str], patch: object, code: int
) -> None:
    """Malformed is 400, what does not fit is 422."""
    assert (await api.request("PATCH", WEB, patch, headers=headers)).code == code
