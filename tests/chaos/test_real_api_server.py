"""The same promises with a real API server: restarted, its history compacted, its leases taken over."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.chaos import verdict
from tests.chaos.office import FAST, Office, an_office
from tests.chaos.replica import Replica
from tests.chaos.trial import LED_WITHIN, database_url, environment_of
from tests.chaos.truth import TrueDeath, Truth
from tests.support.envtest import ControlPlane
from tests.support.kubelet import Kubelet
from tests.support.postgres import Postgres
from tests.support.real_cluster import need_assets
from tests.support.waiting import eventually

pytestmark = [pytest.mark.envtest, pytest.mark.timeout(600)]

PODS = tuple(f"web-{number}" for number in range(4))
NAMESPACE = "chaos"
TOLD_WITHIN = 120.0
"""Seconds: many times what an idle machine takes."""

LEASE = {"PODBOT_LEASE_SECONDS": "20"}
"""By a clock four times as fast."""


@dataclass(slots=True)
class Scene:
    """A real API server, the office, and the bots between them."""

    kubelet: Kubelet
    office: Office
    bots: list[Replica]
    uids: dict[str, str]
    truth: Truth = field(default_factory=Truth)
    restarts: dict[str, int] = field(default_factory=dict)

    @property
    def bot(self) -> Replica:
        return self.bots[0]

    async def do(self, work: Callable[..., Any], *arguments: Any) -> Any:
        """Do what blocks, while the office goes on."""
        return await asyncio.to_thread(partial(work, *arguments))

    async def dies(self, *pods: str, exit_code: int = 1) -> None:
        """The container of each of these pods ends, and is started again."""
        for pod in pods:
            restart = self.restarts.get(pod, 0)
            self.restarts[pod] = restart + 1
            self.truth.add(TrueDeath(self.uids[pod], "app", restart), f"{pod} died")
            await asyncio.to_thread(self.kubelet.die, NAMESPACE, pod, exit_code=exit_code)

    async def is_told(self) -> None:
        """All deaths so far are in Slack, and no more."""
        deaths = len(self.truth.deaths)
        try:
            await eventually(lambda: self.office.deaths_told() >= deaths, within=TOLD_WITHIN)
        except TimeoutError:
            logs = "\n".join(f"--- {bot.name}\n{bot.last_words()}" for bot in self.bots)
            raise AssertionError(f"told {self.office.deaths_told()} of {deaths}\n{logs}") from None
        assert verdict.of_channel(self.truth, self.office.incidents()) == []

    async def restarts_api_server(self) -> None:
        """As in an upgrade of the control plane."""
        await self.do(self.kubelet.control_plane.stop_api_server)
        await self.do(self.kubelet.control_plane.start_api_server)

    async def is_well(self) -> None:
        """After the bots' end: Slack and the ledger have every death once."""
        await self.is_told()
        for bot in self.bots:
            if bot.running:
                await bot.stop()
        incidents = self.office.incidents()
        printed = await self.bot.asked("incidents", "--since", "24h", "-o", "json")
        assert verdict.of_channel(self.truth, incidents) == []
        assert verdict.of_ledger(self.truth, printed, incidents) == []


@pytest.fixture(scope="module")
def real() -> Iterator[Kubelet]:
    """A control plane of its own, because it is restarted."""
    need_assets()
    with ControlPlane() as control_plane, Kubelet(control_plane) as kubelet:
        control_plane.create_namespace(NAMESPACE)
        yield kubelet


@asynccontextmanager
async def a_scene(
    kubelet: Kubelet, folder: Path, postgres: Postgres | None = None, *, replicas: int = 1
) -> AsyncIterator[Scene]:
    """New pods that run, and bots that are ready."""
    async with AsyncExitStack() as parts:
        office = await parts.enter_async_context(an_office(pace=FAST, seed=1))
        environment = environment_of(office, office.running.api_url, folder) | {
            "KUBECONFIG": str(kubelet.control_plane.kubeconfig),
            "PODBOT_DATABASE_URL": database_url(postgres, folder),
            "PODBOT_NAMESPACES": NAMESPACE,
            "PODBOT_LEASE_NAMESPACE": NAMESPACE,
            **LEASE,
        }
        uids = {}
        for name in PODS:
            uids[name] = await asyncio.to_thread(kubelet.create, NAMESPACE, name)
        bots = [Replica(f"bot-{each}", environment, folder, haste=4.0) for each in range(1, replicas + 1)]
        for bot in bots:
            parts.push_async_callback(bot.close)
        for bot in bots:
            await bot.start()
        try:
            yield Scene(kubelet, office, bots, uids)
        finally:
            for name in PODS:
                path = f"/api/v1/namespaces/{NAMESPACE}/pods/{name}"
                await asyncio.to_thread(kubelet.control_plane.call, "DELETE", path, {"gracePeriodSeconds": 0})


async def test_restarts(real: Kubelet, tmp_path: Path) -> None:
    """The API server, the bot, and both at once: what died meanwhile is told, once."""
    async with a_scene(real, tmp_path) as scene:
        await scene.dies(*PODS)
        await scene.is_told()
        await scene.restarts_api_server()
        await scene.dies(*PODS[:2])
        await scene.is_told()
        await scene.bot.kill()
        await scene.dies(*PODS, *PODS)
        await scene.bot.start()
        await scene.is_told()
        await scene.bot.kill()
        await scene.dies(*PODS[1:])
        await scene.restarts_api_server()
        await scene.dies(*PODS[1:])
        await scene.bot.start()
        await scene.is_well()


async def test_compacted_history(real: Kubelet, tmp_path: Path) -> None:
    """410, met by a bot that hung and by one that was away: counted all the same."""
    async with a_scene(real, tmp_path) as scene:
        await scene.dies(*PODS)
        await scene.is_told()
        scene.bot.pause()
        await scene.restarts_api_server()
        await scene.dies(*PODS, *PODS[:2])
        await scene.do(real.control_plane.compact)
        scene.bot.resume()
        await scene.is_told()
        await scene.bot.kill()
        await scene.dies(*PODS, *PODS[2:])
        await scene.do(real.control_plane.compact)
        await scene.bot.start()
        await scene.is_well()


async def test_the_leader_is_killed(real: Kubelet, postgres: Postgres, tmp_path: Path) -> None:
    """The lease of the real API server passes to the other replica, which goes on."""
    async with a_scene(real, tmp_path, postgres, replicas=2) as scene:
        await eventually(lambda: sum(bot.leads for bot in scene.bots) == 1, within=LED_WITHIN)
        await scene.dies(*PODS)
        await scene.is_told()
        (leader,) = [bot for bot in scene.bots if bot.leads]
        await leader.kill()
        began = time.monotonic()
        await scene.dies(*PODS)
        await scene.is_told()
        print(f"announcing went on {time.monotonic() - began:.1f} s after kill -9, four times as fast")  # noqa: T201
        await leader.start()
        await scene.dies(*PODS)
        await scene.is_well()
