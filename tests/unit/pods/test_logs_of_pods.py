"""Logs: of the container and the run that were meant, masked, and no more than fits."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from bot.errors import InvalidRequest
from bot.model.commands import GetLogs
from bot.model.containers import ContainerState, ContainerStatus
from bot.model.log_answers import LogExcerpt
from bot.model.log_problems import RunGone
from bot.model.problems import NoSuchContainer
from bot.pods.log_reading import DEFAULT_TAIL, LOG_LIMIT
from tests.support.memory_cluster import crash_looping, ended, pod, running
from tests.unit.pods.conftest import Desk

WEB = pod("web-1", containers=("app", "proxy"))
LOGS = GetLogs(namespace="shop", pod="web-1")


async def excerpt(desk: Desk, command: GetLogs = LOGS) -> LogExcerpt:
    answer = await desk.ask(command)
    assert isinstance(answer, LogExcerpt)
    return answer


def asked(desk: Desk) -> str:
    return next(call for call in desk.cluster.calls if call.startswith("read_log"))


async def test_the_main_containers_log(desk: Desk) -> None:
    """Nothing said: the first container, and which others there are."""
    desk.cluster.put(WEB)
    desk.cluster.write_log(WEB, "app", "one\ntwo\r\nthree")
    answer = await excerpt(desk)
    assert (answer.container, answer.other_containers) == ("app", ("proxy",))
    assert [line.rstrip("\r") for line in answer.lines] == ["one", "two", "three"]
    assert not answer.previous
    assert not answer.cut
    assert desk.audited.detail == "container=-"


async def test_a_named_container(desk: Desk) -> None:
    """`-c`."""
    desk.cluster.put(WEB)
    desk.cluster.write_log(WEB, "proxy", "hello\n")
    answer = await excerpt(desk, msgspec.structs.replace(LOGS, container="proxy"))
    assert (answer.container, answer.lines) == ("proxy", ("hello",))


async def test_a_container_named_wrongly(desk: Desk) -> None:
    """Those that there are, are named."""
    desk.cluster.put(WEB)
    with pytest.raises(NoSuchContainer, match="It has `app`, `proxy`"):
        await excerpt(desk, msgspec.structs.replace(LOGS, container="ap"))


@pytest.mark.parametrize(
    "status",
    [
        pytest.param(crash_looping("app"), id="waiting after a crash"),
        pytest.param(
            ContainerStatus(name="app", restart_count=1, last_state=ContainerState(terminated=ended())),
            id="no state, which means waiting",
        ),
    ],
)
async def test_the_previous_run_by_itself_where_there_is_no_other(
    desk: Desk, status: ContainerStatus
) -> None:
    """The current run has not started, so what there is to read is the last one's."""
    found = pod("web-1", statuses=[status])
    desk.cluster.put(found)
    desk.cluster.write_log(found, "app", "panic\n", previous=True)
    answer = await excerpt(desk)
    assert answer.lines == ("panic",)
    assert answer.previous
    assert answer.previous_by_itself


async def test_the_current_run_where_there_is_one(desk: Desk) -> None:
    """A previous run is offered, not chosen."""
    found = pod("web-1", statuses=[running("app", ready=False, last=ended())])
    desk.cluster.put(found)
    desk.cluster.write_log(found, "app", "starting\n")
    answer = await excerpt(desk)
    assert (answer.lines, answer.previous, answer.has_previous) == (("starting",), False, True)


@pytest.mark.parametrize("previous", [False, True], ids=["the-present-run", "the-one-before"])
async def test_an_alerts_run_is_the_one_that_ended_then(desk: Desk, previous: bool) -> None:
    """Whichever of the two that are kept it is by now."""
    died = ended()
    status = (
        running("app", last=died)
        if previous
        else ContainerStatus(name="app", state=ContainerState(terminated=died))
    )
    found = pod("web-1", statuses=[status])
    desk.cluster.put(found)
    desk.cluster.write_log(found, "app", "panic\n", previous=previous)
    answer = await excerpt(desk, msgspec.structs.replace(LOGS, ended_at=died.finished_at))
    assert (answer.lines, answer.previous, answer.previous_by_itself) == (("panic",), previous, False)


async def test_an_alerts_run_that_is_gone_is_not_taken_for_a_later_one(desk: Desk) -> None:
    """It died of something else; the alert has what is left of the one that is meant."""
    died = ended()
    assert died.finished_at is not None
    desk.cluster.put(pod("web-1", statuses=[crash_looping("app")]))
    with pytest.raises(RunGone, match="last lines are in the alert") as gone:
        await excerpt(desk, msgspec.structs.replace(LOGS, ended_at=died.finished_at - timedelta(minutes=1)))
    assert gone.value.latest == LOGS
    assert not [call for call in desk.cluster.calls if call.startswith("read_log")]


async def test_the_previous_run_when_asked_for(desk: Desk) -> None:
    """`--previous` is the asker's choice, not podbot's."""
    found = pod("web-1", statuses=[running("app", last=ended())])
    desk.cluster.put(found)
    desk.cluster.write_log(found, "app", "panic\n", previous=True)
    answer = await excerpt(desk, msgspec.structs.replace(LOGS, previous=True))
    assert (answer.lines, answer.previous, answer.previous_by_itself) == (("panic",), True, False)


async def test_a_previous_run_that_never_was_is_the_clusters_to_tell(desk: Desk) -> None:
    """Its own words say it best."""
    desk.cluster.put(WEB)
    with pytest.raises(InvalidRequest, match="previous terminated container"):
        await excerpt(desk, msgspec.structs.replace(LOGS, previous=True))


@pytest.mark.parametrize(
    ("changes", "tail"),
    [
        pytest.param({}, str(DEFAULT_TAIL), id="nothing said"),
        pytest.param({"tail": 5}, "5", id="so many"),
        pytest.param({"tail": -1}, "1000000", id="all, in kubectl's spelling"),
        pytest.param({"since": timedelta(minutes=5)}, "1000000", id="all since then"),
        pytest.param({"since": timedelta(minutes=5), "tail": 5}, "5", id="both"),
    ],
)
async def test_how_many_lines_are_asked_for(desk: Desk, changes: dict[str, object], tail: str) -> None:
    """The default bounds only what nobody bounded."""
    desk.cluster.put(WEB)
    await excerpt(desk, msgspec.structs.replace(LOGS, **changes))
    assert f"tail={tail} " in asked(desk)
    assert f"since={changes.get('since')!r}" in asked(desk)


async def test_secrets_are_masked_and_counted(desk: Desk) -> None:
    """What is masked is said to be."""
    desk.cluster.put(WEB)
    desk.cluster.write_log(WEB, "app", "user=bob password=hunter2\nall well\n")
    answer = await excerpt(desk)
    assert (answer.lines, answer.masked) == (("user=bob password=[masked]", "all well"), 1)


async def test_a_log_that_is_cut_says_so(desk: Desk) -> None:
    """10 MB and no more."""
    desk.cluster.put(WEB)
    desk.cluster.write_log(WEB, "app", "x" * 99 + "\n" + ("y" * 99 + "\n") * (LOG_LIMIT // 100))
    answer = await excerpt(desk, msgspec.structs.replace(LOGS, tail=-1))
    assert answer.cut
    assert sum(len(line) + 1 for line in answer.lines) <= LOG_LIMIT + 1


async def test_lines_end_where_the_container_ended_them(desk: Desk) -> None:
    """A form feed or a line separator inside a line is the line's own."""
    desk.cluster.put(WEB)
    desk.cluster.write_log(WEB, "app", "one\x0cstill one\u2028still one\n\ntwo\n")
    answer = await excerpt(desk)
    assert answer.lines == ("one\x0cstill one\u2028still one", "", "two")


async def test_an_empty_log_has_no_lines(desk: Desk) -> None:
    """Not one empty line."""
    desk.cluster.put(WEB)
    assert (await excerpt(desk)).lines == ()
