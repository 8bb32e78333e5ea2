"""What CPU time it costs to look at one change of a pod. Prints; asserts nothing.

Run it from the repository's root: `python -m benchmarks.classify`.
"""

from __future__ import annotations

import asyncio
import timeit
from collections.abc import Callable
from time import process_time

from bot.clock import SystemClock
from bot.model.memory import Findings
from bot.model.pods import ClusterName, Pod
from bot.watch.classifier import deaths
from bot.watch.detector import Detector
from bot.watch.ports import Change
from tests.support.pods import READY, SCHEDULED, a_pod, at, crashed, ended, running, sidecar, waiting

CLUSTER = ClusterName("bench")
ROUNDS = 20_000

HEALTHY = a_pod(
    running("app"), running("proxy"), init=[sidecar(running("mesh"))], conditions=[SCHEDULED, READY]
)
CRASHED = a_pod(crashed("app", 1, run="a"), running("proxy"), init=[sidecar(running("mesh"))])
LOOPING = a_pod(waiting("app", last=ended(1, run="a")), running("proxy"), init=[sidecar(running("mesh"))])


def main() -> None:
    """Measure classification alone, then the detector with all that it does beside."""
    _, counted = deaths(CLUSTER, CRASHED, {}, at(60))
    for label, look in {
        "a healthy pod": lambda: deaths(CLUSTER, HEALTHY, {}, at(60)),
        "a death": lambda: deaths(CLUSTER, CRASHED, {}, at(60)),
        "a death seen again": lambda: deaths(CLUSTER, LOOPING, counted, at(60)),
    }.items():
        _print(f"classifier, {label}", look)
    asyncio.run(_detector())


async def _detector() -> None:
    async def nowhere(findings: Findings) -> None:
        del findings

    detector = Detector(CLUSTER, nowhere, SystemClock())
    await _time_changes("detector, a healthy pod", detector, HEALTHY)
    print(f"pods remembered for it: {detector.remembered}")  # noqa: T201 - printing is what a benchmark is for
    await _time_changes("detector, a crash loop seen again", detector, LOOPING)


async def _time_changes(label: str, detector: Detector, pod: Pod) -> None:
    change = Change(old=pod, new=pod)
    began = process_time()
    for _ in range(ROUNDS):
        await detector.changed(change)
    _report(label, process_time() - began)


def _print(label: str, look: Callable[[], object]) -> None:
    _report(label, min(timeit.repeat(look, timer=process_time, number=ROUNDS, repeat=3)))


def _report(label: str, seconds: float) -> None:
    print(f"{label:<36} {seconds / ROUNDS * 1e6:6.2f} µs")  # noqa: T201 - printing is what a benchmark is for


if __name__ == "__main__":
    main()
