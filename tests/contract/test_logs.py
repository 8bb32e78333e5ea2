"""Logs beyond the plain reading of one: moments, budgets and followed runs, on every implementation."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest

from bot.errors import InvalidRequest, ObjectNotFound
from bot.model.pods import PodUid
from bot.model.targets import TargetKind
from bot.pods.log_lines import stamped
from tests.contract.stage import Stage

_SOON = 30.0


@asynccontextmanager
async def _following(
    stage: Stage, pod: str = "web-1", *, tail: int | None = None, since_time: datetime | None = None
) -> AsyncIterator[AsyncIterator[str]]:
    async with (
        asyncio.timeout(_SOON),
        stage.cluster().follow_log(
            stage.namespace, pod, "app", tail=tail, since_time=since_time, line_limit=100
        ) as lines,
    ):
        yield lines


async def _texts(lines: AsyncIterator[str], count: int) -> list[str]:
    found: list[str] = []
    while len(found) < count:
        moment, _, text = stamped(await anext(lines))
        assert moment is not None
        found.append(text)
    return found


class TestReading:
    async def test_since_a_moment(self, stage: Stage) -> None:
        """`since_time` leaves out what is older."""
        await stage.create_pod("web-1")
        await stage.write_log("web-1", b"old", seconds_ago=3600)
        await stage.write_log("web-1", b"new", seconds_ago=60)

        log = await stage.cluster().read_log(
            stage.namespace,
            "web-1",
            "app",
            since_time=datetime.now(UTC) - timedelta(minutes=10),
            limit_bytes=1000,
        )

        assert log.text == "new\n"

    async def test_the_newest_lines_within_the_budget(self, stage: Stage) -> None:
        """Of a tail far beyond the limit the very last lines come, and a good part of what fits."""
        await stage.create_pod("web-1")
        await stage.write_log("web-1", *(f"{number:09}".encode() for number in range(20_000)))

        log = await stage.cluster().read_log(
            stage.namespace, "web-1", "app", tail=1_000_000, limit_bytes=50_000
        )

        assert log.cut
        assert log.text.endswith("000019999\n")
        assert 12_500 < len(log.text) <= 50_000


class TestFollowing:
    async def test_what_is_there_and_what_comes(self, stage: Stage) -> None:
        """First the last lines, then each as it is written, with the runtime's stamp before it."""
        await stage.create_pod("web-1")
        await stage.write_log("web-1", b"one", b"two", b"three")

        async with _following(stage, tail=2) as lines:
            assert await _texts(lines, 2) == ["two", "three"]
            await stage.write_log("web-1", b"four")
            assert await _texts(lines, 1) == ["four"]
            await stage.write_log("web-1", b"five", b"six")
            assert await _texts(lines, 2) == ["five", "six"]

    async def test_since_a_moment(self, stage: Stage) -> None:
        """A follow that is taken up again does not bring everything anew."""
        await stage.create_pod("web-1")
        await stage.write_log("web-1", b"old", seconds_ago=3600)
        await stage.write_log("web-1", b"new")

        since = datetime.now(UTC) - timedelta(minutes=10)
        async with _following(stage, since_time=since) as lines:
            assert await _texts(lines, 1) == ["new"]

    async def test_it_ends_with_the_run(self, stage: Stage) -> None:
        """When the container dies, the last lines come, and then the end; the next run is another log."""
        await stage.create_pod("web-1")
        await stage.write_log("web-1", b"alive")

        async with _following(stage) as lines:
            assert await _texts(lines, 1) == ["alive"]
            await stage.write_log("web-1", b"last words")
            await stage.crash("web-1", exit_code=3)
            rest = [stamped(line)[2] async for line in lines]

        assert rest == ["last words"]

    async def test_it_ends_with_the_pod(self, stage: Stage) -> None:
        """A deleted pod's log comes to an end."""
        uid = await stage.create_pod("web-1")
        await stage.write_log("web-1", b"alive")
        cluster = stage.cluster()

        async with _following(stage) as lines:
            assert await _texts(lines, 1) == ["alive"]
            await cluster.delete_pod(stage.namespace, "web-1", uid=PodUid(uid))
            assert [stamped(line)[2] async for line in lines] == []

    async def test_a_line_longer_than_any_screen(self, stage: Stage) -> None:
        """Of a line beyond the limit the beginning is kept, and the next line is whole."""
        await stage.create_pod("web-1")
        await stage.write_log("web-1", b"x" * 1_000_000, b"next")

        async with _following(stage) as lines:
            long, short = await _texts(lines, 2)

        assert long.strip("x") == "…"
        assert 50 < len(long) <= 100
        assert short == "next"

    async def test_the_container_has_not_started(self, stage: Stage) -> None:
        """There is nothing to follow yet, and the answer says so at once."""
        await stage.create_waiting_pod("web-1")
        with pytest.raises(InvalidRequest, match="waiting to start"):
            async with _following(stage):
                pass

    async def test_there_is_no_such_pod(self, stage: Stage) -> None:
        """A log of a pod that is not there is a pod that is not there."""
        with pytest.raises(ObjectNotFound):
            async with _following(stage):
                pass


async def test_a_workloads_selector_lists_its_pods(stage: Stage) -> None:
    """What a Deployment selects by is what the API server lists by, word for word."""
    labels = {"app": "web", "tier": "front"}
    expressions = [
        {"key": "tier", "operator": "In", "values": ["front", "edge"]},
        {"key": "track", "operator": "DoesNotExist"},
        {"key": "app", "operator": "NotIn", "values": ["db"]},
        {"key": "app", "operator": "Exists"},
    ]
    await stage.create_object(
        "Deployment",
        "web",
        {
            "replicas": 0,
            "selector": {"matchLabels": {"app": "web"}, "matchExpressions": expressions},
            "template": {
                "metadata": {"labels": labels},
                "spec": {"containers": [{"name": "app", "image": "registry.example/app:1"}]},
            },
        },
    )
    await stage.create_pod("mine", labels=labels)
    await stage.create_pod("canary", labels=labels | {"track": "canary"})
    await stage.create_pod("back", labels={"app": "web", "tier": "back"})
    cluster = stage.cluster()

    found = await cluster.get_controller(TargetKind.DEPLOYMENT, stage.namespace, "web")
    pods = await cluster.list_pods(stage.namespace, selector=str(found.spec.selector))

    assert [pod.name for pod in pods] == ["mine"]
