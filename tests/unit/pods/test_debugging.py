"""Debug containers: what may run, in which pods, and how its end is waited for."""

from __future__ import annotations

import asyncio

import pytest

from bot.errors import ClusterUnreachable, NotServed, UserError
from bot.model.commands import DebugPod
from bot.model.containers import ContainerState, Running, Terminated, Waiting
from bot.model.debugging import DebugOutput, DebugStarted
from bot.model.problems import NoSuchContainer, NoSuchPod, Refused
from bot.pods.audit import Outcome
from bot.pods.debugging import DebugRefused, new_name
from tests.support.memory_cluster import pod, terminating, with_debug_container
from tests.support.policies import STRANGER
from tests.unit.pods.conftest import Desk

POLICY = """\
version: 1
debug_images: ["registry.example/tools/*", "busybox:1.36"]
roles:
  on-call:
    - {verbs: [debug, list], namespaces: [shop]}
bindings:
  - {role: on-call, users: [U01ALICE]}
"""
ENDED = ContainerState(terminated=Terminated(exit_code=0, reason="Completed"))
RUNS = ContainerState(running=Running())


@pytest.fixture
def debugging(desk: Desk) -> Desk:
    desk.rule(POLICY)
    desk.cluster.put(pod("web-1"))
    return desk


async def started(desk: Desk, **more: object) -> DebugStarted:
    answer = await desk.ask(DebugPod(namespace="shop", pod="web-1", **more))  # type: ignore[arg-type]
    assert isinstance(answer, DebugStarted)
    return answer


async def output(desk: Desk, begun: DebugStarted, *, seconds: float = 0) -> DebugOutput:
    """What comes of it, when so many seconds have passed."""
    task = asyncio.create_task(desk.service.debug_output(begun), name="output")
    await desk.clock.advance(seconds)
    return await asyncio.wait_for(task, timeout=5)


async def test_a_command_is_run_and_its_output_read(debugging: Desk) -> None:
    """The container is bound to the pod's UID; its secrets are masked; both halves are on record."""
    begun = await started(debugging, target="app", command=("env", "--token", "s3cr3t-0123456789"))
    assert begun.image == "busybox:1.36"
    assert begun.command == "env --token [masked]"
    assert begun.container.startswith("debugger-")
    debugging.cluster.write_log(pod("web-1"), begun.container, "HOME=/root\nDB_PASSWORD=hunter2secret\n")
    read = await output(debugging, begun)
    assert read.state == ENDED
    assert (read.lines, read.masked) == (("HOME=/root", "DB_PASSWORD=[masked]"), 1)
    entry = debugging.audited
    assert (entry.verb, entry.object, entry.outcome) == ("debug", "pod/web-1", Outcome.DONE)
    assert "s3cr3t" not in entry.detail
    call = next(each for each in debugging.cluster.calls if each.startswith("add_debug_container"))
    assert "target='app'" in call
    assert "'s3cr3t-0123456789'" in call


async def test_without_the_verb_nothing_is_asked(debugging: Desk) -> None:
    """Denied by default, and on record."""
    with pytest.raises(Refused, match="`debug`"):
        await debugging.ask(DebugPod(namespace="shop", pod="web-1"), STRANGER)
    assert debugging.cluster.calls == []
    assert debugging.audited.outcome is Outcome.REFUSED


async def test_without_a_list_of_images_nothing_runs(debugging: Desk) -> None:
    """The verb alone is not enough."""
    debugging.rule(POLICY.replace("debug_images", "# debug_images"))
    with pytest.raises(DebugRefused, match="names none under `debug_images`"):
        await started(debugging)


@pytest.mark.parametrize(
    ("image", "runs"),
    [
        pytest.param("busybox:1.36", True, id="exact"),
        pytest.param("registry.example/tools/net:3", True, id="pattern"),
        pytest.param("busybox:latest", False, id="another-tag"),
        pytest.param("evil.example/busybox:1.36", False, id="another-registry"),
    ],
)
async def test_only_images_of_the_list_run(debugging: Desk, image: str, *, runs: bool) -> None:
    """What is not listed is refused with the list."""
    if runs:
        assert (await started(debugging, image=image)).image == image
    else:
        with pytest.raises(DebugRefused, match=r"The policy allows `registry\.example/tools/\*`"):
            await started(debugging, image=image)


async def test_patterns_alone_need_an_image(debugging: Desk) -> None:
    """No image is made up from a pattern."""
    debugging.rule(POLICY.replace(', "busybox:1.36"', ""))
    with pytest.raises(DebugRefused, match="Which image"):
        await started(debugging)


@pytest.mark.parametrize(
    ("there", "command", "error", "says"),
    [
        pytest.param(pod("web-1", phase="Succeeded"), {}, DebugRefused, "has ended", id="ended"),
        pytest.param(terminating(pod("web-1")), {}, DebugRefused, "is being deleted", id="terminating"),
        pytest.param(pod("web-1"), {"target": "db"}, NoSuchContainer, "It has `app`", id="no-such-target"),
        pytest.param(pod("web-1"), {"container": "app"}, DebugRefused, "already", id="name-taken"),
        pytest.param(
            with_debug_container(pod("web-1"), "old", ENDED),
            {"container": "old"},
            DebugRefused,
            "already",
            id="debug-name-taken",
        ),
    ],
)
async def test_pods_in_which_nothing_can_run(
    debugging: Desk, there: object, command: dict[str, str], error: type[UserError], says: str
) -> None:
    """Refused before anything is changed."""
    debugging.cluster.put(there)  # type: ignore[arg-type]
    with pytest.raises(error, match=says):
        await started(debugging, **command)
    assert not [call for call in debugging.cluster.calls if call.startswith("add")]


async def test_the_whole_name_is_needed(debugging: Desk) -> None:
    """A change never guesses."""
    with pytest.raises(NoSuchPod, match="Did you mean `web-1`"):
        await debugging.ask(DebugPod(namespace="shop", pod="web"))


async def test_a_cluster_that_cannot(debugging: Desk) -> None:
    """The cluster's own answer is passed on."""
    debugging.cluster.failures["add_debug_container"] = NotServed("no debug containers")
    with pytest.raises(NotServed):
        await started(debugging)


async def test_one_that_goes_on_is_left_running(debugging: Desk) -> None:
    """After a minute what there is is read."""
    debugging.cluster.debug_state = RUNS
    begun = await started(debugging)
    debugging.cluster.write_log(pod("web-1"), begun.container, "so far\n")
    read = await output(debugging, begun, seconds=61)
    assert (read.state, read.lines) == (RUNS, ("so far",))


async def test_an_image_that_cannot_be_had(debugging: Desk) -> None:
    """A reason after which it never starts ends the waiting; there is no log then."""
    state = ContainerState(waiting=Waiting(reason="InvalidImageName", message="no"))
    debugging.cluster.debug_state = state
    begun = await started(debugging)
    read = await output(debugging, begun)
    assert (read.state, read.lines, read.problem) == (state, (), "")


async def test_a_pod_that_goes_meanwhile(debugging: Desk) -> None:
    """Its container is gone with it, and so is the waiting."""
    debugging.cluster.debug_state = RUNS
    begun = await started(debugging)
    debugging.cluster.put(pod("web-1", uid="another"))
    read = await output(debugging, begun)
    assert "The pod is gone" in read.problem


async def test_a_cluster_that_is_away_for_a_moment(debugging: Desk) -> None:
    """It is asked again until the time is up."""
    begun = await started(debugging)
    debugging.cluster.failures["get_pod"] = ClusterUnreachable("away")
    task = asyncio.create_task(debugging.service.debug_output(begun), name="output")
    await debugging.clock.advance(5)
    assert not task.done()
    del debugging.cluster.failures["get_pod"]
    await debugging.clock.advance(1)
    assert (await task).state == ENDED
    debugging.cluster.failures["get_pod"] = ClusterUnreachable("away")
    assert (await output(debugging, begun, seconds=61)).problem == "away"


async def test_not_too_many_are_waited_for(debugging: Desk) -> None:
    """The tenth fits, the eleventh is refused before anything is changed."""
    debugging.cluster.debug_state = RUNS
    begun = [await started(debugging) for _ in range(10)]
    waits = [asyncio.create_task(debugging.service.debug_output(each)) for each in begun]
    await debugging.clock.advance(1)
    with pytest.raises(DebugRefused, match="10 debug containers"):
        await started(debugging)
    await debugging.clock.advance(61)
    await asyncio.gather(*waits)
    await started(debugging)


def test_made_up_names_differ() -> None:
    """They look like kubectl's."""
    names = {new_name() for _ in range(50)}
    assert len(names) == 50
    assert all(len(name) == len("debugger-x7k2p") for name in names)
