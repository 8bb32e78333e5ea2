"""The words in which scenarios are written: what the cluster shows, and what is to be told of it.

Moments are seconds after `START`. What is to be told comes from what a death is, not from what the program
says: nothing in here looks at the detector.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import msgspec

from bot.model.events import Event, ObjectReference
from bot.model.pods import ObjectMeta, Pod
from tests.support.clock import START
from tests.support.pods import at

WEB = "web-7d4b9c-x2x9q"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Something that the watch brings, or that happens to the watch."""

    at: float
    type: str
    pods: tuple[Pod, ...] = ()
    other: Mapping[str, Any] | None = None
    forgets: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A death that is to be told, when and of what."""

    at: float
    cause: str
    container: str
    restart: int
    exit_code: int | None
    unseen: int
    pod: str
    owner: str
    before_first_look: bool

    def line(self) -> str:
        parts = [f"{at(self.at):%H:%M:%S}", self.cause, f"shop/{self.pod}"]
        if self.container:
            parts.append(f"{self.container} #{self.restart}")
        if self.exit_code is not None:
            parts.append(f"exit {self.exit_code}")
        if self.unseen:
            parts.append(f"and {self.unseen} before it")
        if self.before_first_look:
            parts.append("since before the first look")
        return "death     " + "  ".join(parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A recording to be, with its intent and its expected result."""

    name: str
    intent: str
    steps: tuple[Step, ...]
    told: tuple[Told, ...]
    incidents: tuple[str, ...] | None
    """Where they are not simply one for each workload and cause."""

    def recording(self) -> str:
        return "".join(f"{line}\n" for line in (f"# {self.intent}", *_Recording().lines(self.steps)))

    def expected(self) -> str:
        if not self.told:
            return "nothing to announce\n"
        incidents = self.incidents if self.incidents is not None else _one_each(self.told)
        return "".join(f"{line}\n" for line in (*(each.line() for each in self.told), *incidents))


ALL: dict[str, Scenario] = {}


def scenario(
    name: str, intent: str, *steps: Step, told: Sequence[Told] = (), incidents: Sequence[str] | None = None
) -> None:
    """Add one to those that are written."""
    assert name not in ALL, name
    ALL[name] = Scenario(
        name=name,
        intent=intent,
        steps=steps,
        told=tuple(told),
        incidents=None if incidents is None else tuple(incidents),
    )


def told(
    seconds: float,
    cause: str,
    container: str = "",
    restart: int = 0,
    exit_code: int | None = None,
    *,
    unseen: int = 0,
    pod: str = WEB,
    owner: str = "deployment/web",
    before: bool = False,
) -> Told:
    """To be told at this moment; `restart` and `exit_code` where a container died."""
    return Told(
        at=seconds,
        cause=cause,
        container=container,
        restart=restart,
        exit_code=exit_code,
        unseen=unseen,
        pod=pod,
        owner=owner,
        before_first_look=before,
    )


def incident(
    cause: str, owner: str, deaths: int, pods: int, *, state: str = "firing", around: Sequence[str] = ()
) -> str:
    """An incident as it stands when the recording ends; `around`: how many are Ready, and rollouts."""
    of_deaths = "1 death" if deaths == 1 else f"{deaths} deaths"
    of_pods = "1 pod" if pods == 1 else f"{pods} pods"
    where = "" if owner.startswith("node/") else " in shop"
    line = f"incident  {state}  {cause}  {owner}{where}  {of_deaths} of {of_pods}"
    return "\n          ".join((line, *around))


def listed(seconds: float = 0, *pods: Pod) -> Step:
    """The bot's first look."""
    return Step(at=seconds, type="LISTED", pods=pods)


def see(seconds: float, *pods: Pod) -> Step:
    """The watch brings a pod, or several."""
    return Step(at=seconds, type="SEEN", pods=pods)


def gone(seconds: float, *pods: Pod) -> Step:
    """The watch says that these are gone, with their last states."""
    return Step(at=seconds, type="DELETED", pods=pods)


def lost(seconds: float, *pods: Pod) -> Step:
    """The watch broke off, and this is what there is when the bot looks again."""
    return Step(at=seconds, type="LOST", pods=pods)


def restarted(seconds: float, *pods: Pod, forgets: bool = False) -> Step:
    """The bot was started again, and this is what there is."""
    return Step(at=seconds, type="RESTARTED", pods=pods, forgets=forgets)


def stopped(seconds: float) -> Step:
    """The bot is stopped; what follows until it is started again it has to find out then."""
    return Step(at=seconds, type="STOPPED")


def clock(seconds: float) -> Step:
    """Nothing happens until then."""
    return Step(at=seconds, type="CLOCK")


def event(
    seconds: float,
    reason: str,
    message: str,
    *,
    kind: str = "Warning",
    container: str = "app",
    pod: str = WEB,
    uid: str = "uid-1",
    count: int = 1,
    name: str = "",
) -> Step:
    """A component leaves a note about a pod's container."""
    note = Event(
        metadata=ObjectMeta(name=name or f"{pod}.{reason.lower()}-{seconds:g}", namespace="shop"),
        involved_object=ObjectReference(
            kind="Pod",
            namespace="shop",
            name=pod,
            uid=uid,
            field_path=container and f"spec.containers{{{container}}}",
        ),
        type=kind,
        reason=reason,
        message=message,
        count=count,
        first_timestamp=at(seconds),
        last_timestamp=at(seconds),
    )
    return Step(at=seconds, type="NOTED", other={"kind": "Event", **_plain(note)})


def killing(seconds: float, container: str = "app", probe: str = "liveness", uid: str = "uid-1") -> Step:
    """The kubelet's note that it ends a container for a failed probe."""
    message = f"Container {container} failed {probe} probe, will be restarted"
    return event(seconds, "Killing", message, kind="Normal", container=container, uid=uid)


@dataclass(slots=True)
class _Recording:
    """Turns steps into lines; knows which pods are there, and counts the versions."""

    present: set[str] = field(default_factory=set)
    version: int = 0

    def lines(self, steps: Sequence[Step]) -> Iterator[str]:
        for step in steps:
            for record in self._records(step):
                yield json.dumps({**record, "at": _stamp(step.at)}, separators=(",", ":"))

    def _records(self, step: Step) -> Iterator[dict[str, Any]]:
        if step.type in {"LOST", "RESTARTED"}:
            yield {"type": step.type, **({"forgets": True} if step.forgets else {})}
        if step.type in {"LISTED", "LOST", "RESTARTED"}:
            self.present.clear()
            yield from map(self._seen, step.pods)
            yield {"type": "LISTED"}
        elif step.type == "DELETED":
            self.present.difference_update(pod.uid for pod in step.pods)
            yield from ({"type": "DELETED", "object": self._written(pod)} for pod in step.pods)
        elif step.type == "NOTED":
            yield {"type": "ADDED", "object": step.other}
        elif step.type == "NOTED_GONE":
            yield {"type": "DELETED", "object": step.other}
        elif step.type in {"CLOCK", "STOPPED"}:
            yield {"type": step.type}
        else:
            yield from map(self._seen, step.pods)

    def _seen(self, pod: Pod) -> dict[str, Any]:
        kind = "MODIFIED" if pod.uid in self.present else "ADDED"
        self.present.add(pod.uid)
        return {"type": kind, "object": self._written(pod)}

    def _written(self, pod: Pod) -> dict[str, Any]:
        self.version += 1
        written: dict[str, Any] = {"kind": "Pod", **_plain(pod)}
        written["metadata"]["resourceVersion"] = str(self.version)
        return written


def _plain(value: msgspec.Struct) -> dict[str, Any]:
    """As JSON has it, without what is empty."""
    plain: dict[str, Any] = _without_empty(msgspec.to_builtins(value))
    return plain


def _without_empty(value: Any) -> Any:
    if isinstance(value, dict):
        kept = {key: _without_empty(each) for key, each in value.items()}
        return {key: each for key, each in kept.items() if each not in (None, "", [], {})}
    return [_without_empty(each) for each in value] if isinstance(value, (list, tuple)) else value


def _stamp(seconds: float) -> str:
    return f"{START + timedelta(seconds=seconds):%Y-%m-%dT%H:%M:%SZ}"


def _one_each(found: Sequence[Told]) -> Iterator[str]:
    """One incident for each workload (or node) and cause, in the order of their first deaths."""
    groups: dict[tuple[str, str], list[Told]] = {}
    for each in found:
        owner = "node/node-1" if each.cause in {"NodeLost", "NodeShutdown"} else each.owner
        groups.setdefault((each.cause, owner), []).append(each)
    for (cause, owner), deaths in groups.items():
        count = sum(1 + each.unseen for each in deaths)
        yield incident(cause, owner, count, len({each.pod for each in deaths}))
