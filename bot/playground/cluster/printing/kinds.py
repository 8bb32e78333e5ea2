"""The rows of everything that is not a pod: workloads, nodes, namespaces, events, disruption budgets."""

from collections.abc import Callable
from datetime import datetime

from bot.playground.cluster.objects import (
    Json,
    condition,
    condition_is_true,
    is_deleting,
    labels_of,
    name_of,
    parse_timestamp,
)
from bot.playground.cluster.printing.durations import age, human_duration
from bot.playground.cluster.printing.pods import NONE, pod_cells

Cells = Callable[[Json, datetime], list[object]]

_ROLE = "node-role.kubernetes.io/"


def _created(obj: Json, now: datetime) -> str:
    return age(obj["metadata"].get("creationTimestamp"), now)


def _template(obj: Json) -> list[object]:
    containers = obj["spec"]["template"]["spec"]["containers"]
    return [",".join(c["name"] for c in containers), ",".join(c["image"] for c in containers)]


def _labels_text(labels: dict[str, str]) -> str:
    return ",".join(f"{key}={value}" for key, value in sorted(labels.items())) or NONE


def _selector(obj: Json) -> str:
    return _labels_text(obj["spec"].get("selector", {}).get("matchLabels", {}))


def _deployment(obj: Json, now: datetime) -> list[object]:
    status = obj["status"]
    return [
        name_of(obj),
        f"{status.get('readyReplicas', 0)}/{obj['spec']['replicas']}",
        status.get("updatedReplicas", 0),
        status.get("availableReplicas", 0),
        _created(obj, now),
        *_template(obj),
        _selector(obj),
    ]


def _replica_set(obj: Json, now: datetime) -> list[object]:
    status = obj["status"]
    return [
        name_of(obj),
        obj["spec"]["replicas"],
        status.get("replicas", 0),
        status.get("readyReplicas", 0),
        _created(obj, now),
        *_template(obj),
        _selector(obj),
    ]


def _stateful_set(obj: Json, now: datetime) -> list[object]:
    ready = f"{obj['status'].get('readyReplicas', 0)}/{obj['spec']['replicas']}"
    return [name_of(obj), ready, _created(obj, now), *_template(obj)]


def _daemon_set(obj: Json, now: datetime) -> list[object]:
    status = obj["status"]
    counts = [
        status.get(key, 0)
        for key in (
            "desiredNumberScheduled",
            "currentNumberScheduled",
            "numberReady",
            "updatedNumberScheduled",
            "numberAvailable",
        )
    ]
    selector = _labels_text(obj["spec"]["template"]["spec"].get("nodeSelector") or {})
    return [name_of(obj), *counts, selector, _created(obj, now), *_template(obj), _selector(obj)]


def _job_state(obj: Json) -> str:
    for kind, text in (("Complete", "Complete"), ("Failed", "Failed")):
        if condition_is_true(obj, kind):
            return text
    if is_deleting(obj):
        return "Terminating"
    if condition_is_true(obj, "Suspended"):
        return "Suspended"
    return "FailureTarget" if condition_is_true(obj, "FailureTarget") else "Running"


def _job(obj: Json, now: datetime) -> list[object]:
    status = obj["status"]
    lasted = ""
    if "startTime" in status:
        end = parse_timestamp(status["completionTime"]) if "completionTime" in status else now
        lasted = human_duration((end - parse_timestamp(status["startTime"])).total_seconds())
    completions = f"{status.get('succeeded', 0)}/{obj['spec'].get('completions', 1)}"
    return [
        name_of(obj),
        _job_state(obj),
        completions,
        lasted,
        _created(obj, now),
        *_template(obj),
        _selector(obj),
    ]


def _cron_job(obj: Json, now: datetime) -> list[object]:
    last = obj["status"].get("lastScheduleTime")
    template = obj["spec"]["jobTemplate"]
    return [
        name_of(obj),
        obj["spec"]["schedule"],
        obj["spec"].get("timeZone", NONE),
        str(obj["spec"].get("suspend", False)),
        len(obj["status"].get("active", ())),
        age(last, now) if last else NONE,
        _created(obj, now),
        *_template(template),
        _selector(template),
    ]


def _node_status(node: Json) -> str:
    ready = condition(node, "Ready")
    text = {"": "Unknown", "True": "Ready"}.get(ready["status"] if ready else "", "NotReady")
    return f"{text},SchedulingDisabled" if node["spec"].get("unschedulable") else text


def _node(obj: Json, now: datetime) -> list[object]:
    info = obj["status"]["nodeInfo"]
    roles = sorted(key.removeprefix(_ROLE) for key in labels_of(obj) if key.startswith(_ROLE))
    addresses = {a["type"]: a["address"] for a in obj["status"].get("addresses", ())}
    return [
        name_of(obj),
        _node_status(obj),
        ",".join(roles) or NONE,
        _created(obj, now),
        info["kubeletVersion"],
        addresses.get("InternalIP", NONE),
        addresses.get("ExternalIP", NONE),
        info["osImage"],
        info["kernelVersion"],
        info["containerRuntimeVersion"],
    ]


def _namespace(obj: Json, now: datetime) -> list[object]:
    return [name_of(obj), obj["status"]["phase"], _created(obj, now)]


def _event(obj: Json, now: datetime) -> list[object]:
    involved = obj["involvedObject"]
    source = obj.get("source", {})
    return [
        age(obj.get("lastTimestamp"), now),
        obj["type"],
        obj["reason"],
        f"{involved['kind'].lower()}/{involved['name']}",
        involved.get("fieldPath", ""),
        ", ".join(source[key] for key in ("component", "host") if key in source),
        obj["message"].strip(),
        age(obj.get("firstTimestamp"), now),
        obj.get("count", 1),
        name_of(obj),
    ]


def _budget(obj: Json, now: datetime) -> list[object]:
    return [
        name_of(obj),
        str(obj["spec"].get("minAvailable", "N/A")),
        str(obj["spec"].get("maxUnavailable", "N/A")),
        obj["status"].get("disruptionsAllowed", 0),
        _created(obj, now),
    ]


_WIDE_TEMPLATE = "Containers! Images! Selector!"
_COLUMNS: dict[str, tuple[str, Cells]] = {
    "Pod": ("Name Ready Status Restarts Age IP! Node! Nominated_Node! Readiness_Gates!", pod_cells),
    "Deployment": (f"Name Ready Up-to-date Available Age {_WIDE_TEMPLATE}", _deployment),
    "ReplicaSet": (f"Name Desired# Current# Ready# Age {_WIDE_TEMPLATE}", _replica_set),
    "StatefulSet": ("Name Ready Age Containers! Images!", _stateful_set),
    "DaemonSet": (
        f"Name Desired# Current# Ready# Up-to-date# Available# Node_Selector Age {_WIDE_TEMPLATE}",
        _daemon_set,
    ),
    "Job": (f"Name Status Completions Duration Age {_WIDE_TEMPLATE}", _job),
    "CronJob": (f"Name Schedule Timezone Suspend Active# Last_Schedule Age {_WIDE_TEMPLATE}", _cron_job),
    "Node": (
        "Name Status Roles Age Version Internal-IP! External-IP! OS-Image! Kernel-Version! "
        "Container-Runtime!",
        _node,
    ),
    "Namespace": ("Name Status Age", _namespace),
    "Event": (
        "Last_Seen Type Reason Object Subobject! Source! Message First_Seen! Count#! Name!",
        _event,
    ),
    "PodDisruptionBudget": ("Name Min_Available Max_Unavailable Allowed_Disruptions# Age", _budget),
}
"""Column names by kind: `!` marks a column of `-o wide` (priority 1), `#` one of numbers, `_` a space."""


def _column(text: str) -> Json:
    name = text.rstrip("!#").replace("_", " ")
    return {
        "name": name,
        "type": "integer" if "#" in text else "string",
        "format": "name" if name == "Name" else "",
        "description": f"{name} of the object.",
        "priority": 1 if text.endswith("!") else 0,
    }


def columns(kind: str) -> list[Json]:
    """Return the column definitions of a kind's Table."""
    return [_column(text) for text in _COLUMNS[kind][0].split()]


def cells(obj: Json, now: datetime) -> list[object]:
    """Return the cells of one object's row."""
    return _COLUMNS[obj["kind"]][1](obj, now)
