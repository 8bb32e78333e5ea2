"""What surrounds a pod, in a recording: its owner, the owner's revisions, its node. Pure.

In the API's own shape, and told as `disguise` tells pods.
"""

from __future__ import annotations

from collections.abc import Iterable

from bot.kube.parse_revisions import REVISION, REVISION_HISTORY
from bot.model.revisions import EnvSource, Revision
from bot.model.surroundings import NodeState, OwnerState
from bot.replay.disguise import Disguise, Json, full, stamp


def owner(by: Disguise, namespace: str, state: OwnerState) -> Json:
    """A workload, as far as it says what it wants and has."""
    kind = state.owner.kind
    numbers: Json = {"replicas": state.present, "readyReplicas": state.ready}
    if kind == "DaemonSet":
        numbers = {
            "desiredNumberScheduled": state.desired,
            "currentNumberScheduled": state.present,
            "numberReady": state.ready,
        }
    elif kind == "Job":
        numbers = {"active": state.present, "ready": state.ready, "failed": state.failed_tries}
    if state.job_end is not None:
        ended = {"type": state.job_end.value.capitalize(), "status": "True"}
        numbers["conditions"] = [{**ended, "reason": by.reason(state.job_reason)}]
    return full(
        {
            "kind": kind,
            "metadata": {
                "name": by.name("workload", state.owner.name),
                "namespace": by.name("namespace", namespace),
                "uid": by.name("uid", state.uid),
                "creationTimestamp": stamp(state.created_at),
                "generation": 1,
                "deletionTimestamp": "1970-01-01T00:00:00Z" if state.terminating else None,
            },
            "spec": {
                "replicas": state.desired,
                "parallelism": state.desired if kind == "Job" else None,
                "backoffLimit": max(state.tries_allowed - 1, 0) if kind == "Job" else None,
                "suspend": state.suspended or None,
                "selector": _selector(by, state.selector),
            },
            "status": {**numbers, "observedGeneration": 1 if state.up_to_date else 0},
        }
    )


def revision(by: Disguise, namespace: str, deployment: OwnerState, revision: Revision) -> Json:
    """A revision of a Deployment, as far as it tells what changed: a ReplicaSet."""
    name = deployment.owner.name
    workload, hashed = by.name("workload", name), revision.replica_set.removeprefix(f"{name}-")
    numbers = {REVISION: str(revision.number), REVISION_HISTORY: ",".join(map(str, revision.earlier))}
    owner = {
        "kind": "Deployment",
        "name": workload,
        "uid": by.name("uid", deployment.uid),
        "controller": True,
    }
    return full(
        {
            "kind": "ReplicaSet",
            "metadata": {
                "name": f"{workload}-{by.name('revision', hashed)}",
                "namespace": by.name("namespace", namespace),
                "uid": by.name("uid", revision.replica_set_uid),
                "creationTimestamp": stamp(revision.created_at),
                "annotations": {each: value for each, value in numbers.items() if value},
                "ownerReferences": [owner],
            },
            "spec": {"template": _template(by, revision)},
        }
    )


def _template(by: Disguise, revision: Revision) -> Json:
    """A pod template in which the same differs from that of another revision as did in the cluster."""
    containers: dict[str, Json] = {
        each.container: {
            "name": by.name("container", each.container),
            "image": by.name("image", each.image),
            "env": [],
        }
        for each in revision.images
    }
    for where, digest in revision.env:
        container, _, variable = where.partition("/")
        said = {"name": by.name("variable", variable), "value": by.name("value", digest)}
        containers[container]["env"].append(said)
    for container, sources in revision.env_from:
        containers[container]["envFrom"] = [_source(by, each) for each in sources]
    spec: Json = {"containers": list(containers.values())}
    metadata: Json = {
        "annotations": {
            by.name("annotation", each): by.name("value", to) for each, to in revision.annotations
        }
    }
    for where, digest in revision.fields:
        value = {"is": by.name("value", digest)}
        container, of_container, field = where.rpartition("/")
        if of_container:
            containers[container][field] = value
        elif field == "labels":
            metadata["labels"] = value
        else:
            spec[field] = value
    return {"metadata": metadata, "spec": spec}


def _source(by: Disguise, source: EnvSource) -> Json:
    field = "secretRef" if source.kind == "secret" else "configMapRef"
    reference = {"name": by.name("source", source.name), "optional": source.optional or None}
    return {field: reference, "prefix": by.name("prefix", source.prefix)}


def node(by: Disguise, state: NodeState) -> Json:
    """A node's complaints."""
    conditions = [
        {
            "type": "Ready" if each.kind == "NotReady" else by.reason(each.kind),
            "status": "Unknown" if each.kind == "NotReady" else "True",
            "message": by.message(each.message),
            "lastTransitionTime": stamp(each.since),
        }
        for each in state.wrong
    ]
    return full(
        {
            "kind": "Node",
            "metadata": {"name": by.name("node", state.name)},
            "spec": {"unschedulable": state.unschedulable or None},
            "status": {"conditions": conditions},
        }
    )


def _selector(by: Disguise, labels: Iterable[tuple[str, str]]) -> Json | None:
    found = {by.name("label", name): by.name("value", value) for name, value in labels}
    return {"matchLabels": found} if found else None
