"""What was recorded beside the pods, as the answers that the cluster would have given."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

import msgspec

from bot.errors import ClusterError, ObjectNotFound
from bot.kube import parse_revisions, parse_surroundings
from bot.model.events import Event
from bot.model.pods import ObjectMeta, Owner, PodUid
from bot.model.revisions import Revision
from bot.model.surroundings import OWNER_KINDS, NodeState, OwnerState
from bot.replay.records import Record, RecordingWrong, RecordKind


class NotRecorded(ClusterError):
    """The recording does not have what was asked for; that says nothing of the cluster."""


class _Object(msgspec.Struct, frozen=True, kw_only=True):
    kind: str
    metadata: ObjectMeta


_OBJECT = msgspec.json.Decoder(_Object)


class RecordedSurroundings:
    """Implements `incidents.ports.Surroundings`, `incidents.ports.LogSource` and `watch.ports.OwnerSource`.

    It answers from what `note` has taken in so far. What never was recorded raises `NotRecorded`; what was
    recorded and then deleted is not there.
    """

    def __init__(self) -> None:
        self._events: dict[str, list[Event]] = {}
        self._owners: dict[tuple[str, Owner], OwnerState | None] = {}
        self._nodes: dict[str, NodeState] = {}
        self._replica_sets: dict[tuple[str, str], msgspec.Raw] = {}

    def note(self, record: Record) -> None:
        """Take in an object that is no pod. Raises `RecordingWrong` where it cannot be read."""
        if record.event is not None:
            self._events.setdefault(record.event.involved_object.uid, []).append(record.event)
        elif record.other:
            try:
                self._note(record)
            except ValueError as problem:
                raise RecordingWrong(record.line, f"its object cannot be read: {problem}") from None

    def foresee(self, record: Record) -> None:
        """Take in the first that is recorded of an object before it comes: the answer to a question now."""
        if not record.other or record.kind is RecordKind.DELETED:
            return
        with suppress(ValueError):  # `note` tells of it when it comes
            found = _OBJECT.decode(record.other)
            where = (found.metadata.namespace, Owner(kind=found.kind, name=found.metadata.name))
            if where not in self._owners and found.metadata.name not in self._nodes:
                self._note(record)

    def _note(self, record: Record) -> None:
        body, deleted = record.other, record.kind is RecordKind.DELETED
        found = _OBJECT.decode(body)
        kind, namespace, name = found.kind, found.metadata.namespace, found.metadata.name
        if kind in OWNER_KINDS:
            state = None if deleted else parse_surroundings.owner(kind, body)
            self._owners[namespace, Owner(kind=kind, name=name)] = state
        if kind == "ReplicaSet" and not deleted:
            self._replica_sets[namespace, name] = msgspec.Raw(body)
        if kind == "Node":
            self._nodes[name] = (
                NodeState(name=name, there=False) if deleted else parse_surroundings.node(body)
            )

    def of_pod(self, uid: PodUid) -> Sequence[Event]:
        """The events about the pod of this UID."""
        return self._events.get(uid, ())

    async def events(self, namespace: str, uid: PodUid) -> Sequence[Event]:
        """The events about the pod of this UID."""
        return [each for each in self.of_pod(uid) if each.metadata.namespace == namespace]

    async def owner(self, namespace: str, owner: Owner) -> OwnerState | None:
        """The owner as last recorded."""
        if (namespace, owner) not in self._owners:
            raise NotRecorded(f"{owner} in {namespace} is not part of the recording.")
        return self._owners[namespace, owner]

    async def revisions(self, namespace: str, deployment: OwnerState) -> tuple[Revision, ...]:
        """The revisions whose ReplicaSets were recorded."""
        items = [body for (where, _), body in self._replica_sets.items() if where == namespace]
        return parse_revisions.revisions(msgspec.json.encode({"items": items}), deployment)

    async def node(self, name: str) -> NodeState:
        """What was wrong with a node."""
        if name not in self._nodes:
            raise NotRecorded(f"Node {name} is not part of the recording.")
        return self._nodes[name]

    async def memory_in_use(self, namespace: str, pod: str, container: str) -> str:  # noqa: ARG002 - never there
        """Metrics are in no recording."""
        return ""

    async def last_lines(
        self,
        namespace: str,  # noqa: ARG002 - whichever log it is
        pod: str,
        container: str,
        *,
        previous: bool,  # noqa: ARG002 - likewise
        tail: int,  # noqa: ARG002 - likewise
    ) -> tuple[str, ...]:
        """Logs are in no recording."""
        raise ObjectNotFound(f"The log of {container} in {pod} is not part of the recording.")
