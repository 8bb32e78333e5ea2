"""The containers of pods: what was asked for, and what the kubelet last said of them."""

from __future__ import annotations

from datetime import datetime
from enum import Enum

import msgspec

from bot.model.wire import Wire


class ContainerKind(Enum):
    """The four lives a container of a pod may lead."""

    INIT = "init"
    SIDECAR = "sidecar"
    APP = "app"
    EPHEMERAL = "ephemeral"


class Resources(Wire, frozen=True, kw_only=True):
    """Requests and limits, quantities as written (`256Mi`, `500m`)."""

    limits: dict[str, str | int] = msgspec.field(default_factory=dict)
    requests: dict[str, str | int] = msgspec.field(default_factory=dict)


class HttpGet(Wire, frozen=True, kw_only=True):
    """A request that has to succeed."""

    path: str = "/"
    port: int | str = 0


class PortCheck(Wire, frozen=True, kw_only=True):
    """A port that has to answer (`tcpSocket`, `grpc`)."""

    port: int | str = 0


class Exec(Wire, frozen=True, kw_only=True):
    """A command that has to end well."""

    command: tuple[str, ...] | None = ()


class Probe(Wire, frozen=True, kw_only=True):
    """A check that the kubelet makes. One of the first four is set; times are in seconds."""

    http_get: HttpGet | None = None
    tcp_socket: PortCheck | None = None
    grpc: PortCheck | None = None
    exec: Exec | None = None
    initial_delay_seconds: int = 0
    period_seconds: int = 10
    failure_threshold: int = 3


class Container(Wire, frozen=True, kw_only=True):
    """A container as the pod's author asked for it.

    `restart_policy` is `Always` on sidecars; since Kubernetes 1.34 any container may have one of its own,
    which then counts instead of the pod's.
    """

    name: str
    image: str = ""
    restart_policy: str | None = None
    resources: Resources = Resources()
    startup_probe: Probe | None = None
    readiness_probe: Probe | None = None
    liveness_probe: Probe | None = None


class Waiting(Wire, frozen=True, kw_only=True):
    """Not running yet, or not again yet: `reason` is the kubelet's (`CrashLoopBackOff`)."""

    reason: str = ""
    message: str = ""


class Running(Wire, frozen=True, kw_only=True):
    """Running since `started_at`."""

    started_at: datetime | None = None


class Terminated(Wire, frozen=True, kw_only=True):
    """How a container's run ended."""

    exit_code: int
    signal: int | None = None
    reason: str = ""
    message: str = ""
    started_at: datetime | None = None
    finished_at: datetime | None = None
    container_id: str = msgspec.field(default="", name="containerID")
    """The runtime's id of the run; empty where the kubelet lost sight of it (`ContainerStatusUnknown`)."""


class ContainerState(Wire, frozen=True, kw_only=True):
    """Exactly one of the three is set; none at all means waiting, as the API documents."""

    waiting: Waiting | None = None
    running: Running | None = None
    terminated: Terminated | None = None


class ContainerStatus(Wire, frozen=True, kw_only=True):
    """What the kubelet last said of one container."""

    name: str
    ready: bool = False
    started: bool | None = None
    restart_count: int = 0
    image: str = ""
    state: ContainerState = ContainerState()
    last_state: ContainerState = ContainerState()
