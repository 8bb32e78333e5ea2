"""The log subresource: its options, its errors, and following."""

import asyncio
from collections import deque
from datetime import timedelta
from typing import Any

import pytest

from bot.playground.cluster import RunningCluster
from bot.playground.cluster.logs import Run
from bot.playground.cluster.objects import parse_timestamp
from tests.unit.playground.cluster.api_client import ApiClient
from tests.unit.playground.cluster.conftest import START, until

LEDGER = "/api/v1/namespaces/payments/pods/ledger-0/log"


async def test_tail_timestamps_and_bytes(api: ApiClient) -> None:
    """Lines from the end, each dated on request, cut at a number of bytes."""
    answer = await api.get(LEDGER, tailLines=5, timestamps="true")
    lines = answer.text.splitlines()
    assert len(lines) == 5
    moments = [parse_timestamp(line.split(" ", 1)[0]) for line in lines]
    assert moments == sorted(moments)
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert len((await api.get(LEDGER, limitBytes=17)).text) == 17
    assert (await api.get(LEDGER, tailLines=0)).text == ""


async def test_since(api: ApiClient, running: RunningCluster) -> None:
    """By seconds and by time, the same lines."""
    seconds = await api.get(LEDGER, sinceSeconds=60, timestamps="true")
    since = running.cluster.now() - timedelta(seconds=60)
    time = await api.get(LEDGER, sinceTime=since.isoformat().replace("+00:00", "Z"), timestamps="true")
    assert seconds.text == time.text
    assert all(parse_timestamp(line.split(" ", 1)[0]) >= since for line in seconds.text.splitlines())
    assert 0 < len(seconds.text.splitlines()) < 20


async def test_the_log_of_an_oom_killed_run_ends_in_a_telling_way(
    api: ApiClient, running: RunningCluster
) -> None:
    """The previous run's last line is about memory; the present run starts anew."""
    pod = running.cluster.pods("shop", app="web")[0]["metadata"]["name"]
    await running.cluster.play("oom-kill", namespace="shop", name=pod)
    await running.cluster.advance(3)
    path = f"/api/v1/namespaces/shop/pods/{pod}/log"
    assert "heap=255MiB" in (await api.get(path, previous="true", tailLines=1)).text
    assert "starting" in (await api.get(path)).text.splitlines()[0]


REFUSALS: dict[str, tuple[str, dict[str, Any], int, str]] = {
    "several": (
        "/api/v1/namespaces/payments/pods/{api}/log",
        {},
        400,
        "a container name must be specified for pod {api}, choose one of: [app proxy]",
    ),
    "unknown": (
        "/api/v1/namespaces/shop/pods/{search}/log",
        {"container": "zz"},
        400,
        "container zz is not valid for pod {search}",
    ),
    "no-previous": (
        LEDGER,
        {"previous": "true"},
        400,
        'previous terminated container "postgres" in pod "ledger-0" not found',
    ),
    "not-a-number": (LEDGER, {"tailLines": "x"}, 400, 'strconv.ParseInt: parsing "x": invalid syntax'),
    "negative": (
        LEDGER,
        {"tailLines": "-1"},
        422,
        'PodLogOptions "ledger-0" is invalid: tailLines: Invalid value: -1: must be greater than or equal to '
        "0",
    ),
    "both-since": (
        LEDGER,
        {"sinceSeconds": "5", "sinceTime": "2026-01-01T00:00:00Z"},
        422,
        'PodLogOptions "ledger-0" is invalid: []: Forbidden: at most one of `sinceTime` or `sinceSeconds` '
        "may be specified",
    ),
    "not-a-time": (
        LEDGER,
        {"sinceTime": "noon"},
        400,
        'parsing time "noon" as "2006-01-02T15:04:05Z07:00": cannot parse "noon" as "2006"',
    ),
    "no-pod": ("/api/v1/namespaces/payments/pods/gone/log", {}, 404, 'pods "gone" not found'),
}


@pytest.mark.parametrize("case", REFUSALS)
async def test_refusals_in_the_servers_words(api: ApiClient, running: RunningCluster, case: str) -> None:
    """The texts are those of the API server and the kubelet."""
    path, query, code, message = REFUSALS[case]
    names = {app: running.cluster.pods(app=app)[0]["metadata"]["name"] for app in ("api", "search")}
    answer = await api.get(path.format(**names), **query)
    assert (answer.code, answer.message) == (code, message.format(**names))


@pytest.mark.parametrize(
    ("scenario", "seconds", "text"),
    [
        ("image-not-found", 4, "image can't be pulled"),
        ("image-not-found", 10, "trying and failing to pull image"),
        ("stuck-creating", 5, "ContainerCreating"),
        ("config-error", 5, "CreateContainerConfigError"),
    ],
)
async def test_a_container_that_waits_has_no_log_yet(
    api: ApiClient, running: RunningCluster, scenario: str, seconds: float, text: str
) -> None:
    """400 with the reason of the wait."""
    await running.cluster.play(scenario)
    await running.cluster.advance(seconds)
    name = next(
        p["metadata"]["name"]
        for p in running.cluster.pods("shop", app="web")
        if "waiting" in p["status"]["containerStatuses"][0]["state"]
    )
    answer = await api.get(f"/api/v1/namespaces/shop/pods/{name}/log")
    assert answer.message == f'container "app" in pod "{name}" is waiting to start: {text}'


async def test_a_crash_loop_shows_the_last_run(api: ApiClient, running: RunningCluster) -> None:
    """While a container waits to be restarted, its log is that of the run that ended."""
    pod = running.cluster.pods("shop", app="web")[0]["metadata"]["name"]
    await running.cluster.play("crash-loop", namespace="shop", name=pod)
    await running.cluster.advance(6)
    path = f"/api/v1/namespaces/shop/pods/{pod}/log"
    assert "giving up" in (await api.get(path, tailLines=1)).text
    assert (await api.get(path)).text == (await api.get(path, previous="true")).text


async def test_unscheduled_pods_and_lost_nodes_have_no_log(api: ApiClient, running: RunningCluster) -> None:
    """204 before there is a node, a dial error when the node does not answer."""
    await running.cluster.play("unschedulable")
    await running.cluster.advance(2)
    pending = next(p for p in running.cluster.pods("shop") if not p["spec"].get("nodeName"))
    assert (await api.get(f"/api/v1/namespaces/shop/pods/{pending['metadata']['name']}/log")).code == 204
    await running.cluster.play("node-lost", namespace="payments", name="ledger-0")
    lost = await api.get(LEDGER)
    assert lost.code == 500
    assert lost.message.endswith(":10250: i/o timeout")


async def test_a_log_that_is_gone_from_its_node(api: ApiClient, running: RunningCluster) -> None:
    """The kubelet answers 200 with a sentence."""
    status = running.cluster.pod("payments", "ledger-0")["status"]["containerStatuses"][0]
    running.cluster.kubelet.host.logs.drop(status["containerID"])
    assert (await api.get(LEDGER)).text == f"unable to retrieve container logs for {status['containerID']}"


async def test_following_brings_lines_as_they_come_and_ends_with_the_run(
    api: ApiClient, running: RunningCluster
) -> None:
    """Old lines at once, new ones as time passes, and the end when the container dies."""
    lines: deque[str] = deque()

    async def follow() -> None:
        async with api.session.get(LEDGER, params={"follow": "true", "tailLines": "1"}) as answer:
            async for line in answer.content:
                lines.append(line.decode())

    following = asyncio.create_task(follow())
    async with asyncio.timeout(10):
        await until(lambda: bool(lines))
        while len(lines) < 3:
            await running.cluster.advance(5)
            await asyncio.sleep(0.01)
        await running.cluster.play("oom-kill", namespace="payments", name="ledger-0")
        await running.cluster.advance(0.3)
        while not following.done():
            await running.cluster.advance(0.3)
            await asyncio.sleep(0.01)
    assert "heap=255MiB" in lines[-1]


async def test_following_stops_at_the_byte_limit(api: ApiClient) -> None:
    """A limit holds for followed logs too."""
    async with asyncio.timeout(5):
        assert len((await api.get(LEDGER, follow="true", limitBytes=30)).text) == 30


def test_a_run_s_lines_are_the_same_whenever_they_are_read() -> None:
    """What has been written does not change by being read later, and rotation keeps the end."""
    run = Run(container_id="containerd://1", image="registry.example.com/shop/web:1.4.1", started=START)
    early = list(run.lines(START + timedelta(minutes=5)))
    late = list(run.lines(START + timedelta(minutes=9)))
    assert late[: len(early)] == early
    assert len(list(run.lines(START + timedelta(days=30)))) < 3_100
