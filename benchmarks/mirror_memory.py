"""What a remembered pod weighs: bytes a pod as decoded, and as the mirror keeps it after trimming.

Run as `python -m benchmarks.mirror_memory [PODS]`. It prints and asserts nothing.
"""

from __future__ import annotations

import gc
import sys
import time
import tracemalloc
from collections.abc import Callable

import msgspec

from bot.kube import parse
from bot.model.pods import Pod
from bot.watch.trim import Trimmer

PODS_A_WORKLOAD = 10
PAGE = 500


def pod_json(number: int) -> dict[str, object]:
    """A usual pod of a Deployment: two containers and one for init, four conditions, eight labels."""
    workload = number // PODS_A_WORKLOAD
    name = f"service-{workload}-7d4b9c6f5d-{number:05x}"
    at = f"2026-03-01T{number % 24:02}:{number % 60:02}:00Z"
    labels = {
        "app.kubernetes.io/name": f"service-{workload}",
        "app.kubernetes.io/instance": f"service-{workload}",
        "app.kubernetes.io/version": "1.4.1",
        "app.kubernetes.io/component": "web",
        "app.kubernetes.io/part-of": "shop",
        "app.kubernetes.io/managed-by": "Helm",
        "pod-template-hash": "7d4b9c6f5d",
        "team": f"team-{workload % 20}",
    }
    containers = [_container(f"service-{workload}", "app"), _container("proxy", "proxy")]
    return {
        "metadata": {
            "name": name,
            "generateName": f"service-{workload}-7d4b9c6f5d-",
            "namespace": f"team-{workload % 20}",
            "uid": f"{number:08x}-0000-4000-8000-{number:012x}",
            "resourceVersion": str(1_000_000 + number),
            "creationTimestamp": at,
            "labels": labels,
            "annotations": {"checksum/config": f"{number:064x}", "prometheus.io/scrape": "true"},
            "ownerReferences": [
                {
                    "apiVersion": "apps/v1",
                    "kind": "ReplicaSet",
                    "name": f"service-{workload}-7d4b9c6f5d",
                    "uid": f"{workload:08x}-1111-4000-8000-{workload:012x}",
                    "controller": True,
                    "blockOwnerDeletion": True,
                }
            ],
        },
        "spec": {
            "nodeName": f"node-{number % 500}",
            "restartPolicy": "Always",
            "initContainers": [_container("migrate", "init")],
            "containers": containers,
        },
        "status": {
            "phase": "Running",
            "podIP": f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}",
            "podIPs": [{"ip": f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"}],
            "qosClass": "Burstable",
            "startTime": at,
            "conditions": [
                {"type": kind, "status": "True", "lastProbeTime": None, "lastTransitionTime": at}
                for kind in ("Initialized", "Ready", "ContainersReady", "PodScheduled")
            ],
            "initContainerStatuses": [
                {
                    "name": "init",
                    "ready": True,
                    "restartCount": 0,
                    "image": "registry.example/migrate:1.4.1",
                    "state": {"terminated": {"exitCode": 0, "reason": "Completed", "finishedAt": at}},
                    "lastState": {},
                }
            ],
            "containerStatuses": [
                {
                    "name": each,
                    "ready": True,
                    "started": True,
                    "restartCount": 0,
                    "image": f"registry.example/{each}:1.4.1",
                    "state": {"running": {"startedAt": at}},
                    "lastState": {},
                }
                for each in ("app", "proxy")
            ],
        },
    }


def _container(image: str, name: str) -> dict[str, object]:
    return {
        "name": name,
        "image": f"registry.example/{image}:1.4.1",
        "resources": {
            "limits": {"cpu": "500m", "memory": "256Mi"},
            "requests": {"cpu": "100m", "memory": "128Mi"},
        },
    }


def measure(label: str, count: int, keep: Callable[[Pod], Pod]) -> None:
    """Decode `count` pods page by page, keep them, and print what they weigh and cost."""
    gc.collect()
    tracemalloc.start()
    kept: list[Pod] = []
    seconds = 0.0
    for start in range(0, count, PAGE):
        page = {
            "metadata": {},
            "items": [pod_json(number) for number in range(start, min(start + PAGE, count))],
        }
        body = msgspec.json.encode(page)
        del page
        began = time.process_time()
        kept += [keep(pod) for pod in parse.pods(body).pods]
        seconds += time.process_time() - began
        del body
    gc.collect()
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    print(  # noqa: T201 - printing is what a benchmark is for
        f"{label:<12} {size / count:6.0f} bytes a pod, {size / 2**20:5.0f} MiB for {count}, "
        f"{seconds / count * 1e6:5.1f} µs a pod under tracemalloc"
    )


def main() -> None:
    """Measure both ways of keeping pods."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    trimmer = Trimmer()
    measure("as decoded", count, lambda pod: pod)
    measure("trimmed", count, lambda pod: trimmer.trim(pod, like=None))


if __name__ == "__main__":
    main()
