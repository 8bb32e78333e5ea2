"""Lists over HTTP: pages, resource versions, selectors, forms, and the refusals of the API server."""

from typing import Any

import pytest

from bot.playground.cluster import RunningCluster
from tests.unit.playground.cluster.api_client import TABLE, ApiClient

PODS = "/api/v1/pods"


async def test_pages_are_bound_to_the_version_of_the_first(api: ApiClient, running: RunningCluster) -> None:
    """What changes between two pages does not show in the second; the count of what remains is told."""
    first = (await api.get(PODS, limit=8)).body
    assert (len(first["items"]), first["metadata"]["remainingItemCount"]) == (8, 12)
    victim = running.cluster.pods("tools")[0]
    running.cluster.world.delete_pod(victim, grace=0)
    names = [i["metadata"]["name"] for i in first["items"]]
    token = first["metadata"]["continue"]
    while token:
        page = (await api.get(PODS, limit=8, **{"continue": token})).body
        assert page["metadata"]["resourceVersion"] == first["metadata"]["resourceVersion"]
        names += [i["metadata"]["name"] for i in page["items"]]
        token = page["metadata"].get("continue")
    assert len(set(names)) == 20
    assert "toolbox" in names


async def test_a_page_after_compaction_is_gone_and_offers_another_way(
    api: ApiClient, running: RunningCluster
) -> None:
    """410 Expired with a token that continues, inconsistently, from the same place."""
    first = (await api.get(PODS, limit=8)).body
    running.cluster.world.delete_pod(running.cluster.pods("tools")[0], grace=0)
    running.cluster.compact()
    gone = await api.get(PODS, limit=8, **{"continue": first["metadata"]["continue"]})
    assert (gone.code, gone.body["reason"]) == (410, "Expired")
    assert gone.message.startswith("The provided continue parameter is too old")
    rest = await api.get(PODS, **{"continue": gone.body["metadata"]["continue"]})
    assert len(rest.body["items"]) == 11


async def test_resource_version_rules(api: ApiClient, running: RunningCluster) -> None:
    """0 ignores the limit; Exact shows the past until it is compacted; the future is a timeout."""
    old = (await api.get(PODS)).body["metadata"]["resourceVersion"]
    running.cluster.world.delete_pod(running.cluster.pods("tools")[0], grace=0)
    assert len((await api.get(PODS, resourceVersion=0, limit=5)).body["items"]) == 19
    assert len((await api.get(PODS, resourceVersion=old)).body["items"]) == 19
    exact = {"resourceVersion": old, "resourceVersionMatch": "Exact"}
    assert len((await api.get(PODS, **exact)).body["items"]) == 20
    running.cluster.compact()
    gone = await api.get(PODS, **exact)
    assert (gone.code, gone.message) == (410, "The resourceVersion for the provided list is too old.")
    future = await api.get(PODS, resourceVersion=99_999_999)
    assert (future.code, future.body["reason"], future.headers["Retry-After"]) == (504, "Timeout", "1")


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({"labelSelector": "app in (web,cart)"}, 7),
        ({"labelSelector": "app=web", "limit": 2}, 2),
        ({"fieldSelector": "metadata.name=toolbox"}, 1),
        ({"fieldSelector": "status.phase!=Running"}, 2),
    ],
    ids=["set", "equality-and-limit", "name", "phase"],
)
async def test_selectors(api: ApiClient, query: dict[str, Any], count: int) -> None:
    """Selectors narrow a list, alone and with a limit."""
    body = (await api.get(PODS, **query)).body
    assert len(body["items"]) == count
    assert "remainingItemCount" not in body["metadata"]


@pytest.mark.parametrize(
    ("query", "code", "message"),
    [
        ({"limit": "abc"}, 400, 'strconv.ParseInt: parsing "abc": invalid syntax'),
        (
            {"resourceVersion": "abc"},
            500,
            'resourceVersion: Invalid value: "abc": strconv.ParseUint: parsing "abc": invalid syntax',
        ),
        (
            {"resourceVersionMatch": "Exact"},
            422,
            'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch is '
            "forbidden unless resourceVersion is provided",
        ),
        ({"fieldSelector": "spec.foo=1"}, 400, "field label not supported: spec.foo"),
        ({"includeObject": "All"}, 400, 'unrecognized includeObject value: "All"'),
        (
            {"continue": "abc", "resourceVersion": "5"},
            400,
            "specifying resource version is not allowed when using continue",
        ),
    ],
    ids=lambda value: str(value)[:30],
)
async def test_refusals_in_the_servers_words(
    api: ApiClient, query: dict[str, Any], code: int, message: str
) -> None:
    """The texts are those that a real API server gave for the same requests."""
    answer = await api.get(PODS, **query)
    assert (answer.code, answer.message, answer.body["kind"]) == (code, message, "Status")


async def test_a_mangled_continue_token_is_a_bad_request(api: ApiClient) -> None:
    """It is refused, not guessed at."""
    token: dict[str, Any] = {"continue": "abc"}
    answer = await api.get(PODS, **token)
    assert answer.code == 400
    assert answer.message.startswith("invalid continue token: continue key is not valid:")


async def test_lists_as_tables_and_as_metadata(api: ApiClient) -> None:
    """The Accept header chooses the form, includeObject what rows carry."""
    bare = (await api.get("/api/v1/namespaces/tools/pods", headers=TABLE, includeObject="None")).body
    assert [c["name"] for c in bare["columnDefinitions"]][:5] == [
        "Name",
        "Ready",
        "Status",
        "Restarts",
        "Age",
    ]
    assert (bare["rows"][0]["cells"][:4], bare["rows"][0]["object"]) == (
        ["toolbox", "1/1", "Running", "0"],
        None,
    )
    usual = (await api.get("/api/v1/namespaces/tools/pods", headers=TABLE)).body
    assert usual["rows"][0]["object"]["metadata"]["namespace"] == "tools"
    accept = {"Accept": "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"}
    partial = (await api.get(PODS, headers=accept)).body
    assert (partial["kind"], "spec" in partial["items"][0]) == ("PartialObjectMetadataList", False)


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/nodes",
        "/api/v1/namespaces",
        "/api/v1/events",
        "/apis/apps/v1/deployments",
        "/apis/apps/v1/replicasets",
        "/apis/apps/v1/statefulsets",
        "/apis/apps/v1/daemonsets",
        "/apis/batch/v1/jobs",
        "/apis/batch/v1/cronjobs",
        "/apis/policy/v1/poddisruptionbudgets",
    ],
)
async def test_every_resource_lists_and_prints(api: ApiClient, path: str) -> None:
    """Each type is listed as objects and as a Table whose rows fit its columns."""
    plain = (await api.get(path)).body
    printed = (await api.get(path, headers=TABLE)).body
    assert plain["kind"].endswith("List")
    assert len(printed["rows"]) == len(plain["items"])
    for row in printed["rows"]:
        assert len(row["cells"]) == len(printed["columnDefinitions"])
