"""The API server's JSON, decoded straight into the model's structs. Pure: bytes in, values out.

One odd object must cost neither the rest of its page nor the watch it came by: what does not decode is
reported as `Unreadable`, with as much of its identity as can still be read.
"""

from __future__ import annotations

from typing import TypeAlias

import msgspec

from bot.model.controllers import Controller, DisruptionBudget
from bot.model.events import Event
from bot.model.pods import ObjectMeta, Pod
from bot.model.wire import Wire


class ListMeta(Wire, frozen=True, kw_only=True):
    """What a listing says of itself; `continue_` is the token of the next page, empty on the last."""

    resource_version: str = ""
    continue_: str = msgspec.field(default="", name="continue")


class StatusCause(Wire, frozen=True, kw_only=True):
    """One of several reasons for a refusal."""

    reason: str = ""
    message: str = ""


class StatusDetails(Wire, frozen=True, kw_only=True):
    """Which object a `Status` speaks of."""

    name: str = ""
    kind: str = ""
    causes: tuple[StatusCause, ...] | None = None


class Status(Wire, frozen=True, kw_only=True):
    """`metav1.Status`: how the API server says no."""

    kind: str = ""
    message: str = ""
    reason: str = ""
    code: int = 0
    details: StatusDetails | None = None


class Unreadable(Wire, frozen=True, kw_only=True):
    """An object that did not decode. Name and namespace are empty where not even they could be read."""

    namespace: str = ""
    name: str = ""
    problem: str


class Pods(Wire, frozen=True, kw_only=True):
    """One page of a listing of pods."""

    pods: tuple[Pod, ...]
    unreadable: tuple[Unreadable, ...] = ()
    meta: ListMeta


class RawPods(Wire, frozen=True, kw_only=True):
    """One page of a listing of pods, each beside the JSON it was read from; unreadable ones are left out."""

    pods: tuple[tuple[Pod, bytes], ...]
    meta: ListMeta


class Events(Wire, frozen=True, kw_only=True):
    """One page of a listing of events."""

    events: tuple[Event, ...]
    meta: ListMeta


class Added(Wire, frozen=True, kw_only=True, tag_field="type", tag="ADDED"):
    """A pod is there that was not."""

    object: Pod


class Modified(Wire, frozen=True, kw_only=True, tag_field="type", tag="MODIFIED"):
    """A pod is not what it was."""

    object: Pod


class Deleted(Wire, frozen=True, kw_only=True, tag_field="type", tag="DELETED"):
    """A pod is gone; the object is its last state."""

    object: Pod


class _Marked(Wire, frozen=True, kw_only=True):
    """A bookmark's object: of the right kind, with nothing in it but the version."""

    metadata: ListMeta


class Bookmark(Wire, frozen=True, kw_only=True, tag_field="type", tag="BOOKMARK"):
    """Nothing happened up to this version."""

    object: _Marked


class Failed(Wire, frozen=True, kw_only=True, tag_field="type", tag="ERROR"):
    """The watch cannot go on; the server closes it after this line."""

    object: Status


Line: TypeAlias = Added | Modified | Deleted | Bookmark | Failed


class _PodList(Wire, frozen=True, kw_only=True):
    metadata: ListMeta
    items: tuple[Pod, ...] | None


class _RawList(Wire, frozen=True, kw_only=True):
    metadata: ListMeta
    items: tuple[msgspec.Raw, ...] | None


class _EventList(Wire, frozen=True, kw_only=True):
    metadata: ListMeta
    items: tuple[Event, ...] | None


class _BudgetList(Wire, frozen=True, kw_only=True):
    items: tuple[DisruptionBudget, ...] | None


class _Identified(Wire, frozen=True, kw_only=True):
    metadata: ObjectMeta


class _IdentifiedLine(Wire, frozen=True, kw_only=True):
    object: _Identified


_POD_LIST = msgspec.json.Decoder(_PodList)
_RAW_LIST = msgspec.json.Decoder(_RawList)
_EVENT_LIST = msgspec.json.Decoder(_EventList)
_POD = msgspec.json.Decoder(Pod)
_CONTROLLER = msgspec.json.Decoder(Controller)
_BUDGET_LIST = msgspec.json.Decoder(_BudgetList)
_LINE: msgspec.json.Decoder[Line] = msgspec.json.Decoder(Line)
_STATUS = msgspec.json.Decoder(Status)
_IDENTIFIED = msgspec.json.Decoder(_Identified)
_IDENTIFIED_LINE = msgspec.json.Decoder(_IdentifiedLine)

# msgspec decodes strings as strict UTF-8 and says so with a plain UnicodeDecodeError.
_NOT_DECODED = (msgspec.DecodeError, UnicodeDecodeError)


def pods(body: bytes) -> Pods:
    """A page of a PodList. Raises ValueError where the body as a whole is not one."""
    try:
        page = _POD_LIST.decode(body)
    except _NOT_DECODED:
        return _pods_one_by_one(body)
    return Pods(pods=page.items or (), meta=page.metadata)


def _pods_one_by_one(body: bytes) -> Pods:
    page = _RAW_LIST.decode(body)
    good: list[Pod] = []
    bad: list[Unreadable] = []
    for item in page.items or ():
        try:
            good.append(_POD.decode(item))
        except _NOT_DECODED as error:
            bad.append(_unreadable(item, error))
    return Pods(pods=tuple(good), unreadable=tuple(bad), meta=page.metadata)


def raw_pods(body: bytes) -> RawPods:
    """A page of a PodList with each pod's JSON. Raises ValueError where the body is not one."""
    page = _RAW_LIST.decode(body)
    found: list[tuple[Pod, bytes]] = []
    for item in page.items or ():
        try:
            found.append((_POD.decode(item), bytes(item)))
        except _NOT_DECODED:
            continue
    return RawPods(pods=tuple(found), meta=page.metadata)


def pod(body: bytes) -> Pod:
    """One Pod. Raises ValueError."""
    return _POD.decode(body)


def events(body: bytes) -> Events:
    """A page of an EventList. Raises ValueError."""
    page = _EVENT_LIST.decode(body)
    return Events(events=page.items or (), meta=page.metadata)


def controller(body: bytes) -> Controller:
    """One Deployment, ReplicaSet, StatefulSet, DaemonSet or Job. Raises ValueError."""
    return _CONTROLLER.decode(body)


def budgets(body: bytes) -> tuple[DisruptionBudget, ...]:
    """A PodDisruptionBudgetList. Raises ValueError."""
    return _BUDGET_LIST.decode(body).items or ()


def line(raw: bytes) -> Line | Unreadable:
    """One line of a watch."""
    try:
        return _LINE.decode(raw)
    except _NOT_DECODED as error:
        return _unreadable_line(raw, error)


def status(body: bytes) -> Status | None:
    """The API server's own explanation of a refusal; None where the body is something else.

    A proxy in between answers with a page of its own, and a kubelet with plain text.
    """
    try:
        found = _STATUS.decode(body)
    except _NOT_DECODED:
        return None
    return found if found.kind == "Status" else None


def _unreadable(raw: msgspec.Raw | bytes, error: Exception) -> Unreadable:
    try:
        meta = _IDENTIFIED.decode(raw).metadata
    except _NOT_DECODED:
        return Unreadable(problem=str(error))
    return Unreadable(namespace=meta.namespace, name=meta.name, problem=str(error))


def _unreadable_line(raw: bytes, error: Exception) -> Unreadable:
    try:
        meta = _IDENTIFIED_LINE.decode(raw).object.metadata
    except _NOT_DECODED:
        return Unreadable(problem=str(error))
    return Unreadable(namespace=meta.namespace, name=meta.name, problem=str(error))


class LineSplitter:
    """Lines out of chunks that are cut anywhere, with a bound on what one line may hold.

    aiohttp's own line reader refuses lines above its buffer; a pod may be larger than any sensible buffer.
    """

    __slots__ = ("_held", "_limit", "_parts")

    def __init__(self, limit: int) -> None:
        """`limit`: the most bytes that one line may have."""
        self._limit = limit
        self._parts: list[bytes] = []
        self._held = 0

    @property
    def pending(self) -> int:
        """Bytes of a line whose end has not come yet."""
        return self._held

    def feed(self, chunk: bytes) -> list[bytes]:
        """The lines that this chunk completes, without their line ends and without empty ones.

        Raises ValueError where a line grows beyond the limit.
        """
        *complete, rest = chunk.split(b"\n")
        lines: list[bytes] = []
        for part in complete:
            whole = b"".join((*self._parts, part)) if self._parts else part
            self._parts.clear()
            self._held = 0
            if whole.strip():
                lines.append(whole)
        if rest:
            self._parts.append(rest)
            self._held += len(rest)
        if self._held > self._limit:
            raise ValueError(f"a line of more than {self._limit} bytes")
        return lines
