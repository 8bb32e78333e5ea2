"""How long it takes from a command to what Slack is sent, with a thousand pods. Prints; asserts nothing.

Beside each figure stands a peer measured in the same run: reading and decoding the same answer of the same
server with the standard library's `json`, which any bot has to do at least. Where KUBEBUILDER_ASSETS names a
kubectl, it is asked for the same list.

Run it from the repository's root: `python -m benchmarks.answers`.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from statistics import median

import aiohttp

from bot.clock import SystemClock
from bot.commands.grammar import parse
from bot.commands.replies import reply
from bot.kube.connect import connect
from bot.kube.targets import targets
from bot.model.people import Asker, ChannelId, Person, UserId
from bot.model.tuning import Timings
from bot.playground.cluster import ManualClock, SimulatedCluster, serve
from bot.pods.audit import LogTrail
from bot.pods.policy_file import parse as parse_policy
from bot.pods.policy_keeper import PolicyKeeper
from bot.pods.service import PodService
from bot.slack.blocks import render
from bot.watch.health import health

PODS = 1_000
ROUNDS = 5
POLICY = """\
version: 1
roles: {all: [{verbs: [list, get, events, logs], namespaces: ["*"]}]}
bindings: [{role: all, users: [U01ALICE]}]
"""
COMMANDS = (
    "list -n shop",
    "list -A -o wide",
    "list -A --broken",
    "list -A --sort-by=.status.startTime",
    "find node-3",
    "top -A --sort-by=memory",
    "events -A",
)
ALICE = Asker(
    person=Person(id=UserId("U01ALICE"), name="alice", full_member=True),
    channel=ChannelId("C01INCIDENTS"),
    request="8Q2F",
)


async def main() -> None:
    """A server with a thousand pods, and each command put to it some times."""
    clock = ManualClock(SystemClock().now())
    cluster = SimulatedCluster(clock=clock)
    cluster.create_nodes()
    cluster.create_namespace("shop")
    async with serve(cluster) as running, aiohttp.ClientSession() as session:
        for number in range(PODS):
            await _create(session, f"{running.url}/api/v1/namespaces/shop/pods", number)
        await cluster.advance(120)
        peer = await _timed(lambda: _read_plainly(session, f"{running.url}/api/v1/pods"))
        print(f"{'peer: read and json.loads':<42} {peer:7.3f} s")  # noqa: T201 - printing is what a benchmark is for
        await _kubectl(running.url)
        (target,) = targets(api_url=running.url, environ={})
        kube = connect(target)
        keeper = PolicyKeeper(None, SystemClock())
        keeper.policy = parse_policy(POLICY)
        service = PodService(
            kube, keeper, LogTrail(), SystemClock(), judge=lambda pod, now: health(pod, now, Timings())
        )
        for text in COMMANDS:
            seconds = await _timed(lambda text=text: _answer(service, text))
            print(f"/pods {text:<36} {seconds:7.3f} s   {seconds / peer:5.2f} x the peer")  # noqa: T201 - as above
        await kube.close()


async def _answer(service: PodService, text: str) -> None:
    answer = await service.run(ALICE, parse(text, default_namespace="shop"))
    json.dumps(render(reply(answer)).blocks)


async def _read_plainly(session: aiohttp.ClientSession, url: str) -> None:
    async with session.get(url) as response:
        json.loads(await response.read())


async def _create(session: aiohttp.ClientSession, url: str, number: int) -> None:
    name = f"web-7d4b9c6f5-{number:05d}"
    container = {
        "name": "app",
        "image": "registry.example/web:1.5.0",
        "env": [{"name": "A", "value": "b" * 200}],
    }
    pod = {"metadata": {"name": name, "labels": {"app": "web"}}, "spec": {"containers": [container]}}
    async with session.post(url, json=pod) as response:
        response.raise_for_status()


async def _kubectl(url: str) -> None:
    kubectl = Path(os.environ.get("KUBEBUILDER_ASSETS", "")) / "kubectl"
    if not os.environ.get("KUBEBUILDER_ASSETS"):
        return

    async def ask() -> None:
        child = await asyncio.create_subprocess_exec(
            str(kubectl), "--server", url, "get", "pods", "-A", stdout=asyncio.subprocess.DEVNULL
        )
        await child.wait()

    print(f"{'peer: kubectl get pods -A':<42} {await _timed(ask):7.3f} s")  # noqa: T201 - as above


async def _timed(work: Callable[[], Awaitable[None]]) -> float:
    """The median of some rounds, in seconds."""
    took = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        await work()
        took.append(time.perf_counter() - began)
    return median(took)


if __name__ == "__main__":
    asyncio.run(main())
