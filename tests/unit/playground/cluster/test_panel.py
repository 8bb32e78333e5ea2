"""The panel: what the page reads and presses."""

from bot.playground.cluster import SCENARIOS, RunningCluster
from tests.unit.playground.cluster.api_client import ApiClient


async def test_pods_as_kubectl_prints_them(api: ApiClient) -> None:
    """A row a pod, with the workload at the top of its owners."""
    answer = await api.get("/panel/pods")
    rows = {row["name"]: row for row in answer.body["pods"]}
    assert len(rows) == 20
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    toolbox = rows["toolbox"]
    assert (toolbox["owner"], toolbox["ready"], toolbox["status"], toolbox["restarts"]) == (
        None,
        "1/1",
        "Running",
        "0",
    )
    owners = {row["owner"] for row in rows.values()}
    assert {"Deployment/web", "StatefulSet/ledger", "CronJob/nightly-import", None} <= owners


async def test_scenarios_are_listed_and_played(api: ApiClient, running: RunningCluster) -> None:
    """Every scenario of the table; playing answers what it did."""
    listed = (await api.get("/panel/scenarios")).body["scenarios"]
    assert [s["id"] for s in listed] == list(SCENARIOS)
    assert {s["group"] for s in listed} == {"dies", "never starts", "stays silent", "recovers"}
    assert {s["target"] for s in listed} == {"pod", "workload", "node", "cluster"}
    chosen = {"namespace": "payments", "name": "ledger-0"}
    played = await api.request("POST", "/panel/scenarios/oom-kill", chosen)
    assert played.body == {"ok": True, "what": "ledger-0 in payments: container postgres OOM-killed"}
    unchosen = await api.request("POST", "/panel/scenarios/oom-kill")
    assert unchosen.body["what"].startswith("web-")
    state = running.cluster.pod("payments", "ledger-0")["status"]["containerStatuses"][0]["state"]
    assert state["terminated"]["reason"] == "OOMKilled"


async def test_refusals_are_for_the_person(api: ApiClient) -> None:
    """What cannot be played is answered with a sentence; the browser's preflight is let through."""
    unknown = await api.request("POST", "/panel/scenarios/explode", {})
    assert unknown.body == {"ok": False, "error": 'there is no scenario "explode"'}
    gone = await api.request("POST", "/panel/scenarios/oom-kill", {"namespace": "shop", "name": "gone"})
    assert gone.body == {"ok": False, "error": 'there is no pod "gone" in shop'}
    assert not (await api.request("POST", "/panel/scenarios/oom-kill", [])).body["ok"]
    running_now = [await api.request("POST", "/panel/scenarios/job-done") for _ in range(2)]
    assert [(answer.code, answer.body["ok"]) for answer in running_now] == [(200, True), (200, False)]
    assert "already exists" in running_now[1].body["error"]
    async with api.session.post("/panel/scenarios/oom-kill", data=b"{") as broken:
        assert not (await broken.json())["ok"]
    preflight = await api.request("OPTIONS", "/panel/scenarios/oom-kill")
    assert (preflight.code, preflight.headers["Access-Control-Allow-Methods"]) == (204, "GET, POST, OPTIONS")
