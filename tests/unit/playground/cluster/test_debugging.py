"""Debug containers: added through their subresource, run once, and their output kept."""

from typing import Any

import pytest

from bot.playground.cluster import RunningCluster
from tests.unit.playground.cluster.api_client import Answer, ApiClient

POD = "/api/v1/namespaces/payments/pods/ledger-0"
STRATEGIC = {"Content-Type": "application/strategic-merge-patch+json"}


def container(name: str = "debugger", *command: str, **more: str) -> dict[str, object]:
    return {"name": name, "image": "busybox:1.36", "command": list(command), **more}


async def add(api: ApiClient, *containers: dict[str, object], uid: str = "") -> Answer:
    body: dict[str, object] = {"spec": {"ephemeralContainers": list(containers)}}
    if uid:
        body["metadata"] = {"uid": uid}
    return await api.request("PATCH", f"{POD}/ephemeralcontainers", body, headers=STRATEGIC)


async def status(api: ApiClient, number: int = 0) -> dict[str, Any]:
    found: dict[str, Any] = (await api.get(POD)).body["status"]["ephemeralContainerStatuses"][number]
    return found


async def test_a_command_runs_once_and_its_output_stays(api: ApiClient, running: RunningCluster) -> None:
    """It is added, waits for its image, ends, is never restarted, and its log can be read."""
    added = await add(api, container("debugger", "ps", targetContainerName="postgres"))
    assert added.code == 200
    assert added.body["spec"]["ephemeralContainers"][0]["imagePullPolicy"] == "IfNotPresent"
    await running.cluster.advance(0.3)
    assert "waiting" in (await status(api))["state"]
    await running.cluster.advance(10)
    ended = await status(api)
    assert ended["state"]["terminated"]["exitCode"] == 0
    assert (ended["restartCount"], ended["ready"]) == (0, False)
    log = await api.get(f"{POD}/log", container="debugger")
    assert log.text.splitlines()[1].endswith("/usr/local/bin/postgres --listen=:8080")
    pod = (await api.get(POD)).body
    assert pod["status"]["phase"] == "Running"
    assert pod["status"]["containerStatuses"][0]["ready"]


@pytest.mark.parametrize(
    ("command", "code", "log"),
    [
        pytest.param(("sh", "-c", "echo hello there"), 0, "hello there\n", id="through-a-shell"),
        pytest.param(("tcpdump",), 127, "sh: tcpdump: not found\n", id="unknown"),
        pytest.param((), 0, "", id="a-shell-without-terminal"),
        pytest.param(("sleep", "4"), 0, "", id="sleep"),
    ],
)
async def test_commands(
    api: ApiClient, running: RunningCluster, command: tuple[str, ...], code: int, log: str
) -> None:
    """What it writes and how it ends follows from the command."""
    await add(api, container("debugger", *command))
    await running.cluster.advance(10)
    assert (await status(api))["state"]["terminated"]["exitCode"] == code
    assert (await api.get(f"{POD}/log", container="debugger")).text == log


async def test_a_second_one_is_merged_beside_the_first(api: ApiClient, running: RunningCluster) -> None:
    """A strategic patch adds; the first keeps its status."""
    await add(api, container("one", "df"))
    await running.cluster.advance(5)
    await add(api, container("two", "env"))
    await running.cluster.advance(5)
    assert [(await status(api, number))["name"] for number in (0, 1)] == ["one", "two"]


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        pytest.param(container("postgres"), 'Duplicate value: "postgres"', id="name-taken"),
        pytest.param({"name": "x"}, "spec.ephemeralContainers[1].image: Required value", id="no-image"),
        pytest.param(container("x", targetContainerName="nope"), 'Not found: "nope"', id="no-such-target"),
        pytest.param(container("one", "env"), "may not be changed", id="changing-one"),
    ],
)
async def test_what_does_not_validate(api: ApiClient, bad: dict[str, object], says: str) -> None:
    """422 with the API server's words."""
    await add(api, container("one", "df"))
    refused = await add(api, bad)
    assert refused.code == 422
    assert says in refused.message


async def test_the_uid_is_a_precondition(api: ApiClient) -> None:
    """A patch for another pod of this name is a conflict."""
    refused = await add(api, container(), uid="another")
    assert refused.code == 409
    assert "UID in precondition: another" in refused.message
