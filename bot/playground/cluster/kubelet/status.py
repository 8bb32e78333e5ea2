"""From what a kubelet knows to the status it writes: phase, conditions, container statuses. Pure.

The rules are those of the Kubernetes source: `getPhase` and `convertToAPIContainerStatuses` in
kubelet_pods.go, and status/generate.go for the conditions and their messages.
"""

from datetime import datetime

from bot.playground.cluster.kubelet.runtime import Container, PodRuntime, Role
from bot.playground.cluster.naming import image_id
from bot.playground.cluster.objects import Json, timestamp, with_condition

_OWN_CONDITIONS = frozenset(
    {"PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled"}
)


def container_status(container: Container) -> Json:
    """Return one entry of `containerStatuses`."""
    status: Json = {
        "image": container.image,
        "imageID": image_id(container.image) if container.container_id else "",
        "lastState": container.last_state,
        "name": container.name,
        "ready": container.ready,
        "restartCount": container.restarts,
        "started": container.started,
        "state": container.state,
    }
    if container.container_id:
        status["containerID"] = container.container_id
    return dict(sorted(status.items()))


def _any_app_started(runtime: PodRuntime) -> bool:
    """Whether a regular container has ever run: from then on the pod counts as initialised, come what may."""
    return any(not c.never_ran for c in runtime.of_role(Role.APP))


def _initialisation(runtime: PodRuntime) -> tuple[int, int]:
    """Return how many init containers are pending and how many have failed."""
    pending = failed = 0
    for container in runtime.of_role(Role.INIT):
        if container.terminated is not None:
            failed += container.terminated["exitCode"] != 0
        elif "waiting" in container.state and container.last_state:
            failed += container.last_state["terminated"]["exitCode"] != 0
        else:
            pending += 1
    for container in runtime.of_role(Role.SIDECAR):
        pending += (container.running and not container.started) or container.never_ran
    return pending, failed


def phase(runtime: PodRuntime, restart_policy: str) -> str:
    """Return the phase that follows from the containers' states."""
    if runtime.outcome is not None:
        return runtime.outcome[0]
    pending, failed = _initialisation(runtime)
    if failed and restart_policy == "Never":
        return "Failed"
    apps = runtime.of_role(Role.APP)
    waiting = sum(c.never_ran for c in [*apps, *runtime.of_role(Role.SIDECAR)])
    if (pending and not _any_app_started(runtime)) or waiting:
        return "Pending"
    if any(c.running for c in [*apps, *runtime.of_role(Role.SIDECAR)]):
        return "Running"
    ended = [c for c in apps if not c.running]
    succeeded = all(c.succeeded() for c in ended)
    if runtime.stopping:
        return "Succeeded" if succeeded else "Failed"
    if restart_policy == "Always":
        return "Running"
    if succeeded:
        return "Succeeded"
    return "Failed" if restart_policy == "Never" else "Running"


def _initialized(runtime: PodRuntime, pod_phase: str) -> Json:
    new: Json = {"type": "Initialized", "status": "True"}
    incomplete = [
        c.name
        for c in runtime.of_role(Role.INIT, Role.SIDECAR)
        if not (c.started if c.role is Role.SIDECAR else c.succeeded())
    ]
    if pod_phase == "Succeeded":
        return new | {"reason": "PodCompleted"}
    if incomplete and not _any_app_started(runtime):
        return new | {
            "status": "False",
            "reason": "ContainersNotInitialized",
            "message": f"containers with incomplete status: [{' '.join(incomplete)}]",
        }
    return new


def _containers_ready(runtime: PodRuntime, pod_phase: str) -> Json:
    if pod_phase in {"Succeeded", "Failed"}:
        return {"status": "False", "reason": "PodCompleted" if pod_phase == "Succeeded" else "PodFailed"}
    unready = [c.name for c in runtime.of_role(Role.SIDECAR, Role.APP) if not c.ready]
    if unready:
        return {
            "status": "False",
            "reason": "ContainersNotReady",
            "message": f"containers with unready status: [{' '.join(unready)}]",
        }
    return {"status": "True"}


def _ready(pod: Json, containers_ready: Json) -> Json:
    if containers_ready["status"] != "True":
        return containers_ready
    present = {c["type"]: c["status"] for c in pod["status"].get("conditions", ())}
    problems = []
    for gate in (g["conditionType"] for g in pod["spec"].get("readinessGates") or ()):
        if gate not in present:
            problems.append(f'corresponding condition of pod readiness gate "{gate}" does not exist.')
        elif present[gate] != "True":
            problems.append(f'the status of pod readiness gate "{gate}" is not "True", but {present[gate]}')
    if problems:
        return {"status": "False", "reason": "ReadinessGatesNotReady", "message": ", ".join(problems)}
    return {"status": "True"}


def conditions(pod: Json, runtime: PodRuntime, pod_phase: str, now: datetime) -> list[Json]:
    """Return the conditions: those of others first, then the kubelet's own, with their transition times."""
    old = pod["status"].get("conditions", [])
    containers_ready = _containers_ready(runtime, pod_phase)
    own = [
        {"type": "PodReadyToStartContainers", "status": "True" if runtime.sandbox_ready else "False"},
        _initialized(runtime, pod_phase),
        {"type": "Ready"} | _ready(pod, containers_ready),
        {"type": "ContainersReady"} | containers_ready,
        {"type": "PodScheduled", "status": "True"},
    ]
    dated = []
    for new in own:
        (fresh,) = [
            c for c in with_condition(old, {"lastProbeTime": None, **new}, now) if c["type"] == new["type"]
        ]
        dated.append(fresh)
    return [c for c in old if c["type"] not in _OWN_CONDITIONS] + dated


def pod_status(pod: Json, runtime: PodRuntime, now: datetime) -> Json:
    """Return the whole status of a pod; what is not the kubelet's to write is kept."""
    pod_phase = phase(runtime, pod["spec"].get("restartPolicy", "Always"))
    status: Json = {
        **{key: pod["status"][key] for key in ("qosClass", "nominatedNodeName") if key in pod["status"]},
        "phase": pod_phase,
        "conditions": conditions(pod, runtime, pod_phase, now),
        "startTime": timestamp(runtime.started_at),
        "containerStatuses": [
            container_status(c) for c in sorted(runtime.of_role(Role.APP), key=lambda c: c.name)
        ],
    }
    init = runtime.of_role(Role.INIT, Role.SIDECAR)
    if init:
        status["initContainerStatuses"] = [container_status(c) for c in init]
    debugging = runtime.of_role(Role.EPHEMERAL)
    if debugging:
        status["ephemeralContainerStatuses"] = [container_status(c) for c in debugging]
    if runtime.address:
        status["podIP"] = runtime.address
        status["podIPs"] = [{"ip": runtime.address}]
    if runtime.outcome is not None:
        _, reason, message = runtime.outcome
        if reason:
            status["reason"] = reason
        if message:
            status["message"] = message
    return status
