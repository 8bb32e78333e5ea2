"""Pods as the API server completes them: names, ids and the defaults that no client writes down.

Controllers make pods from templates with it, `api` completes the pods that clients create.
"""

from datetime import datetime

from bot.playground.cluster.naming import Names
from bot.playground.cluster.objects import Json, copied, name_of, namespace_of, owner_reference, timestamp
from bot.playground.cluster.quantities import qos_class

_TOLERATIONS = [
    {
        "key": f"node.kubernetes.io/{key}",
        "operator": "Exists",
        "effect": "NoExecute",
        "tolerationSeconds": 300,
    }
    for key in ("not-ready", "unreachable")
]


def _completed_container(container: Json) -> Json:
    tag = container["image"].rsplit("/", 1)[-1].partition(":")[2]
    return {
        "resources": {},
        "terminationMessagePath": "/dev/termination-log",
        "terminationMessagePolicy": "File",
        "imagePullPolicy": "Always" if tag in {"", "latest"} else "IfNotPresent",
        **container,
    }


def completed_spec(spec: Json) -> Json:
    """Return a pod spec with the API server's defaults."""
    full = {
        "restartPolicy": "Always",
        "terminationGracePeriodSeconds": 30,
        "dnsPolicy": "ClusterFirst",
        "serviceAccountName": "default",
        "serviceAccount": "default",
        "securityContext": {},
        "schedulerName": "default-scheduler",
        "tolerations": copied({"t": _TOLERATIONS})["t"],
        "priority": 0,
        "enableServiceLinks": True,
        "preemptionPolicy": "PreemptLowerPriority",
        **copied(spec),
    }
    full["containers"] = [_completed_container(c) for c in full["containers"]]
    if full.get("initContainers"):
        full["initContainers"] = [_completed_container(c) for c in full["initContainers"]]
    return full


def completed_pod(pod: Json, names: Names, now: datetime) -> Json:
    """Return a pod as it stands right after its creation."""
    metadata = dict(pod["metadata"])
    if not metadata.get("name"):
        metadata["name"] = names.suffixed(metadata.get("generateName", "pod-"))
    metadata |= {"uid": names.uid(), "creationTimestamp": timestamp(now), "generation": 1}
    spec = completed_spec(pod["spec"])
    status: Json = {"phase": "Pending", "qosClass": qos_class(spec)}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec, "status": status}


def pod_from_template(
    owner: Json,
    template: Json,
    names: Names,
    now: datetime,
    *,
    name: str = "",
    labels: dict[str, str] | None = None,
) -> Json:
    """Return a pod that a controller makes: owned by it, named after it unless a name is given."""
    metadata: Json = {
        "namespace": namespace_of(owner),
        "labels": {**template["metadata"].get("labels", {}), **(labels or {})},
        "ownerReferences": [owner_reference(owner)],
    }
    if template["metadata"].get("annotations"):
        metadata["annotations"] = dict(template["metadata"]["annotations"])
    if name:
        metadata["name"] = name
    else:
        metadata["generateName"] = f"{name_of(owner)}-"
    return completed_pod({"metadata": metadata, "spec": template["spec"]}, names, now)
