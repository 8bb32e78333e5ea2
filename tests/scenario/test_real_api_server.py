"""The same bot, unchanged, on a real kube-apiserver: by kubeconfig, and through a real `kubectl proxy`."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.clock import SystemClock
from bot.playground.workspace import PaceSettings
from tests.scenario.bots import Bot, a_bot, facts, is_incident
from tests.scenario.processes import a_process
from tests.scenario.test_reading import table
from tests.support.envtest import ASSETS, ControlPlane
from tests.support.kubelet import Kubelet
from tests.support.people import as_text
from tests.support.waiting import eventually

pytestmark = pytest.mark.envtest

_NUMBERS = itertools.count(1)
_AGE = 4


@pytest.fixture(params=["kubeconfig", "kubectl-proxy"])
def cluster(request: pytest.FixtureRequest, control_plane: ControlPlane) -> dict[str, str]:
    """The variables that name the real cluster."""
    if request.param == "kubeconfig":
        return {"KUBECONFIG": str(control_plane.kubeconfig)}
    return {"PODBOT_KUBE_API_URL": request.getfixturevalue("proxy_url")}


@pytest.fixture
def namespace(control_plane: ControlPlane) -> str:
    """A namespace of the test's own."""
    name = f"scenario-{next(_NUMBERS)}"
    control_plane.create_namespace(name)
    return name


@pytest.fixture
async def bot(cluster: dict[str, str]) -> AsyncIterator[Bot]:
    """The bot as it runs in earnest: the machine's own clock, Slack's own pace."""
    async with a_bot(cluster=cluster, pace=PaceSettings(), started=False) as running:
        await running.starts(clock=SystemClock())
        await running.ready()
        yield running


async def kubectl(control_plane: ControlPlane, *arguments: str) -> list[str]:
    """The lines that the real kubectl prints."""
    child = await asyncio.create_subprocess_exec(
        str(Path(ASSETS) / "kubectl"),
        f"--kubeconfig={control_plane.kubeconfig}",
        *arguments,
        stdout=asyncio.subprocess.PIPE,
    )
    out, _ = await child.communicate()
    assert child.returncode == 0
    return out.decode().splitlines()


async def test_list_is_what_kubectl_prints(
    bot: Bot, namespace: str, control_plane: ControlPlane, kubelet: Kubelet
) -> None:
    """The same rows in the same columns, ages aside, which pass meanwhile."""
    for name in ("web-1", "web-2", "db-1"):
        kubelet.create(namespace, name, labels={"app": name.split("-")[0]}, containers=("app", "proxy"))
    kubelet.die(namespace, "web-1", exit_code=3)
    kubelet.create(namespace, "slow-1", running=False)
    kubelet.wait(namespace, "slow-1", "ImagePullBackOff", "no such image")
    for flags in ((), ("-o", "wide"), ("-l", "app=web")):
        await bot.alice.types("#incidents", f"/kubectl get pods -n {namespace} {' '.join(flags)}")
        answer = await bot.alice.sees("#incidents", f"{2 if '-l' in flags else 4} pods")
        if "wide" in flags:
            answer = await bot.alice.sees("#incidents", "NOMINATED NODE")
        printed = await kubectl(control_plane, "get", "pods", "-n", namespace, *flags)
        assert [without_times(row) for row in table(answer)] == [
            without_times(columns(line, printed[0])) for line in printed
        ]


def columns(line: str, heading: str) -> list[str]:
    """A printed line's cells; kubectl's columns begin where their headings do."""
    starts = [
        at for at in range(len(heading)) if heading[at] != " " and heading[max(at - 3, 0) : at].isspace()
    ]
    bounds = [0, *starts, len(line) + 1]
    return [line[a:b].strip() for a, b in itertools.pairwise(bounds)]


def without_times(row: list[str]) -> list[str]:
    """A row without its age, and without the age of its last restart, which kubectl 1.20 does not print."""
    return [cell.split(" (")[0] for at, cell in enumerate(row) if at != _AGE]


async def test_logs(bot: Bot, namespace: str, kubelet: Kubelet) -> None:
    """The present run's log, and the one before."""
    kubelet.create(namespace, "web-1")
    kubelet.log(namespace, "web-1", b"first words", b"last words before the end")
    kubelet.die(namespace, "web-1")
    kubelet.log(namespace, "web-1", b"alive again")
    await bot.alice.types("#incidents", f"/pods logs web -n {namespace}")
    current = await bot.alice.sees("#incidents", "alive again")
    assert "last words" not in as_text(current)
    await bot.alice.clicks(current, "Previous run")
    await bot.alice.sees("#incidents", "last words before the end")


async def test_delete(bot: Bot, namespace: str, kubelet: Kubelet, control_plane: ControlPlane) -> None:
    """Confirmed in the dialog, the pod goes, and nobody is alarmed."""
    kubelet.create(namespace, "web-1")
    await bot.alice.types("#incidents", f"/pods delete web-1 -n {namespace}")
    await bot.alice.sees_view("Reason")
    await bot.alice.submits()
    await bot.bob.sees("#incidents", "deleted `web-1`")
    path = f"/api/v1/namespaces/{namespace}/pods"
    await eventually(lambda: control_plane.get(path)["items"] == [])
    await bot.stops()
    assert await bot.alerts() == []


async def test_delete_spares_the_successor(
    bot: Bot, namespace: str, kubelet: Kubelet, control_plane: ControlPlane
) -> None:
    """A pod of the same name, made between dialog and click, stays."""
    kubelet.create(namespace, "web-1")
    await bot.alice.types("#incidents", f"/pods delete web-1 -n {namespace}")
    await bot.alice.sees_view("Reason")
    path = f"/api/v1/namespaces/{namespace}/pods/web-1"
    control_plane.call("DELETE", path, {"gracePeriodSeconds": 0})
    successor = kubelet.create(namespace, "web-1")
    await bot.alice.submits()
    await bot.alice.sees_view("it was replaced or is gone")
    assert control_plane.get(path)["metadata"]["uid"] == successor


async def test_a_death_is_alerted_at_once(
    bot: Bot, namespace: str, kubelet: Kubelet, capsys: pytest.CaptureFixture[str]
) -> None:
    """From the kubelet's word to the message, with the last lines of the log; counted in place."""
    kubelet.create(namespace, "web-1")
    kubelet.log(namespace, "web-1", b"heap is growing", b"out of memory")
    began = time.monotonic()
    await asyncio.to_thread(kubelet.die, namespace, "web-1", exit_code=137, reason="OOMKilled")
    alert = await bot.alice.sees("#alerts", f"OOMKilled · web-1 · {namespace}")
    took = (
        time.monotonic() - began
    )  # on this machine, with all that it does beside; `test_alerts` has the promise
    with capsys.disabled():
        print(f"\n  a death was alerted after {took * 1000:.0f} ms")  # noqa: T201 - a measurement
    alert = await bot.alice.sees("#alerts", "out of memory")
    assert facts(alert)["deaths"] == 1
    await asyncio.to_thread(kubelet.die, namespace, "web-1", exit_code=137, reason="OOMKilled")
    again = await bot.alice.sees("#alerts", lambda each: is_incident(each) and facts(each)["deaths"] == 2)
    assert again["ts"] == alert["ts"]


async def test_the_api_server_is_restarted(
    control_plane: ControlPlane, kubelet: Kubelet, namespace: str
) -> None:
    """Commands are answered while it is away, and who died meanwhile is told."""
    kubelet.create(namespace, "web-1")
    config = {"KUBECONFIG": str(control_plane.kubeconfig)}
    async with a_bot(cluster=config) as bot:
        await asyncio.to_thread(control_plane.stop_api_server)
        await bot.alice.types("#incidents", f"/pods list -n {namespace}")
        await bot.alice.sees("#incidents", "does not answer")
        await asyncio.to_thread(control_plane.start_api_server)
        await asyncio.to_thread(kubelet.die, namespace, "web-1")
        await bot.sees_alert("Error", "web-1", within=30.0)
        await bot.alice.types("#incidents", f"/pods list -n {namespace}")
        await bot.alice.sees("#incidents", "1 pod")


async def test_the_process_itself(
    cluster: dict[str, str], namespace: str, kubelet: Kubelet, tmp_path: Path
) -> None:
    """`podbot run` with an environment: list, then a death, then SIGTERM."""
    kubelet.create(namespace, "web-1")
    async with (
        a_bot(cluster=cluster, started=False) as bot,
        a_process(bot.environment, tmp_path) as process,
    ):
        await process.logs("watch_in_sync")
        await bot.alice.sees_bot(connected=True)
        await bot.alice.types("#incidents", f"/pods list -n {namespace}")
        await bot.alice.sees("#incidents", "1 pod")
        await asyncio.to_thread(kubelet.die, namespace, "web-1")
        await bot.sees_alert("Error", "web-1")
        await process.stops()
