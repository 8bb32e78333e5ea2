"""Objects of a cluster, told so that nothing in them says whose they are. Pure.

What podbot does not use is not decoded in the first place: environments, commands, annotations and volumes
never come here. What surrounds a pod is in `disguise_around`. Of the rest,

- names (of namespaces, pods, containers, workloads, nodes, images, labels), UIDs and container ids become
  digests under a salt that is made for the one recording and kept nowhere: equal ones stay equal, so that the
  relations hold, and nobody can try names against them;
- of messages the phrases in `PHRASES` stay, which are Kubernetes' own and tell a cause; all else is a digest;
- times, numbers, phases, exit codes, and the reasons that Kubernetes' own components write, stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any

from bot.model.containers import Container, ContainerState, ContainerStatus
from bot.model.events import Event
from bot.model.pods import ObjectMeta, OwnerReference, Pod, PodCondition
from bot.model.surroundings import OWNER_KINDS

TEMPLATE_HASH = "pod-template-hash"
"""The label by which a pod's Deployment can be told; its value is part of the ReplicaSet's name."""

KNOWN_CONDITIONS = frozenset(
    {
        "PodScheduled",
        "Initialized",
        "ContainersReady",
        "Ready",
        "DisruptionTarget",
        "PodReadyToStartContainers",
    }
)
"""Others are readiness gates, whose names are somebody's own."""

KNOWN_OWNERS = OWNER_KINDS | {"CronJob", "Node", "ReplicationController"}
"""Others are operators' own kinds."""

KNOWN_EVENTS = frozenset(
    {"BackOff", "Created", "Evicted", "Failed", "FailedMount", "FailedScheduling", "Killing", "NodeNotReady",
     "Preempted", "Preempting", "Pulled", "Pulling", "Scheduled", "Started", "Unhealthy"}
)  # fmt: skip
"""Reasons of Kubernetes' own components; others may be anybody's."""

PHRASES = re.compile(
    r"failed (?:liveness|startup) probe"
    r"|\b(?:Liveness|Readiness|Startup) probe failed"
    r"|The node was low on resource: [a-z-]+"
    r"|\d+/\d+ nodes are available"
    r"|\d+ Insufficient (?:cpu|memory|pods|ephemeral-storage)"
    r"|not found|unauthorized|denied|forbidden|i/o timeout|deadline exceeded|connection refused|no such host"
    r"|statuscode: \d{3}"
    r"|back-off [0-9.hms]+ restarting failed container|[Bb]ack-off|CrashLoopBackOff"
    r"|local storage usage exceeds",
)
"""What may stay of a message."""

_WORD = re.compile(r"[A-Z][A-Za-z0-9]{0,63}")
_DIGEST_SIZE = 6

Json = dict[str, Any]


class Disguise:
    """Disguises what goes into one recording."""

    def __init__(self, salt: bytes) -> None:
        """`salt`: 16 to 64 random bytes, to be forgotten afterwards."""
        self._salt = salt

    def pod(self, pod: Pod) -> Json:
        """A pod, in the API's own shape."""
        spec, status = pod.spec, pod.status
        return full(
            {
                "kind": "Pod",
                "metadata": self._meta("pod", pod.metadata, pod.controller),
                "spec": {
                    "nodeName": self.name("node", spec.node_name),
                    "restartPolicy": spec.restart_policy,
                    "terminationGracePeriodSeconds": spec.termination_grace_period_seconds,
                    "containers": self._containers(spec.containers),
                    "initContainers": self._containers(spec.init_containers),
                    "ephemeralContainers": self._containers(spec.ephemeral_containers),
                },
                "status": {
                    "phase": status.phase,
                    "reason": self.reason(status.reason),
                    "message": self.message(status.message),
                    "startTime": stamp(status.start_time),
                    "conditions": [self._condition(each) for each in status.conditions or ()],
                    "containerStatuses": self._statuses(status.container_statuses),
                    "initContainerStatuses": self._statuses(status.init_container_statuses),
                    "ephemeralContainerStatuses": self._statuses(status.ephemeral_container_statuses),
                },
            }
        )

    def event(self, event: Event) -> Json:
        """An event about a pod."""
        about = event.involved_object
        return full(
            {
                "kind": "Event",
                "metadata": self._meta("event", event.metadata, None),
                "involvedObject": {
                    "kind": "Pod",
                    "namespace": self.name("namespace", about.namespace),
                    "name": self.name("pod", about.name),
                    "uid": self.name("uid", about.uid),
                    "fieldPath": self._field_path(about.field_path),
                },
                "type": self.reason(event.type),
                "reason": event.reason if event.reason in KNOWN_EVENTS else self.name("reason", event.reason),
                "message": self.message(event.message),
                "count": event.times,
                "firstTimestamp": stamp(event.first_timestamp),
                "lastTimestamp": stamp(event.last_seen),
            }
        )

    def _meta(self, role: str, meta: ObjectMeta, controller: OwnerReference | None) -> Json:
        hashed = meta.labels.get(TEMPLATE_HASH, "")
        return {
            "name": self.name(role, meta.name),
            "namespace": self.name("namespace", meta.namespace),
            "uid": self.name("uid", meta.uid),
            "resourceVersion": meta.resource_version,
            "creationTimestamp": stamp(meta.creation_timestamp),
            "deletionTimestamp": stamp(meta.deletion_timestamp),
            "deletionGracePeriodSeconds": meta.deletion_grace_period_seconds,
            "labels": {TEMPLATE_HASH: self.name("revision", hashed)} if hashed else None,
            "ownerReferences": [self._owner_reference(controller, hashed)] if controller else None,
        }

    def _owner_reference(self, owner: OwnerReference, template_hash: str) -> Json:
        name = owner.name
        deployment = name.removesuffix(f"-{template_hash}") if template_hash else name
        disguised = self.name("workload", deployment)
        if deployment != name:
            disguised = f"{disguised}-{self.name('revision', template_hash)}"
        return {
            "kind": owner.kind if owner.kind in KNOWN_OWNERS else self.name("kind", owner.kind),
            "name": disguised,
            "uid": self.name("uid", owner.uid),
            "controller": True,
        }

    def _containers(self, containers: Iterable[Container] | None) -> list[Json]:
        return [
            {
                "name": self.name("container", each.name),
                "image": self.name("image", each.image),
                "restartPolicy": each.restart_policy,
                "resources": {"limits": _quantities(each.resources.limits)},
            }
            for each in containers or ()
        ]

    def _statuses(self, statuses: Iterable[ContainerStatus] | None) -> list[Json]:
        return [
            {
                "name": self.name("container", each.name),
                "image": self.name("image", each.image),
                "ready": each.ready,
                "started": each.started,
                "restartCount": each.restart_count,
                "state": self._state(each.state),
                "lastState": self._state(each.last_state),
            }
            for each in statuses or ()
        ]

    def _state(self, state: ContainerState) -> Json:
        if state.running is not None:
            return {"running": {"startedAt": stamp(state.running.started_at)}}
        if state.waiting is not None:
            reason, message = self.reason(state.waiting.reason), self.message(state.waiting.message)
            return {"waiting": {"reason": reason, "message": message}}
        ended = state.terminated
        if ended is None:
            return {}
        return {
            "terminated": {
                "exitCode": ended.exit_code,
                "signal": ended.signal,
                "reason": self.reason(ended.reason),
                "message": self.message(ended.message),
                "startedAt": stamp(ended.started_at),
                "finishedAt": stamp(ended.finished_at),
                "containerID": self.name("run", ended.container_id),
            }
        }

    def _condition(self, condition: PodCondition) -> Json:
        known = condition.type in KNOWN_CONDITIONS
        return {
            "type": condition.type if known else self.name("condition", condition.type),
            "status": condition.status,
            "reason": self.reason(condition.reason) if known else self.name("reason", condition.reason),
            "message": self.message(condition.message),
            "lastTransitionTime": stamp(condition.last_transition_time),
        }

    def _field_path(self, path: str) -> str:
        group, brace, container = path.rstrip("}").partition("{")
        return f"{group}{{{self.name('container', container)}}}" if brace else ""

    def message(self, message: str) -> str:
        """Of a message what may stay of it."""
        if not message:
            return ""
        phrases = PHRASES.findall(message)
        return "; ".join([*dict.fromkeys(phrases), self.name("text", message)])

    def reason(self, reason: str) -> str:
        """The reasons of Kubernetes are one word in CamelCase; whatever is not may be somebody's own."""
        return reason if not reason or _WORD.fullmatch(reason) else self.name("reason", reason)

    def name(self, role: str, name: str) -> str:
        """Equal names have equal digests, whatever their role: the word in front is for the reader."""
        if not name:
            return ""
        return f"{role}-{blake2b(name.encode(), key=self._salt, digest_size=_DIGEST_SIZE).hexdigest()}"


def _quantities(limits: Mapping[str, str | int]) -> Json:
    return {name: limits[name] for name in ("cpu", "memory") if name in limits}


def stamp(moment: datetime | None) -> str | None:
    """A moment as the API writes it."""
    return None if moment is None else moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def full(content: Json) -> Json:
    """Without what is not set. An empty object may mean something: `waiting: {}` is waiting for no reason."""
    trimmed = {key: _trimmed(each) for key, each in content.items()}
    return {key: each for key, each in trimmed.items() if each not in (None, "", [])}


def _trimmed(value: Any) -> Any:
    if isinstance(value, dict):
        return full(value)
    return [_trimmed(each) for each in value] if isinstance(value, list) else value
