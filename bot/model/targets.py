"""What a command about pods may name: pods, and the workloads that start them."""

from __future__ import annotations

from enum import Enum

import msgspec


class TargetKind(Enum):
    """The kinds that stand before a name, in the API's own spelling."""

    POD = "Pod"
    DEPLOYMENT = "Deployment"
    STATEFUL_SET = "StatefulSet"
    DAEMON_SET = "DaemonSet"
    REPLICA_SET = "ReplicaSet"
    JOB = "Job"

    @property
    def short(self) -> str:
        """As people type it: `deploy`, `sts`."""
        return _SHORT[self]


_SHORT = {
    TargetKind.POD: "pod",
    TargetKind.DEPLOYMENT: "deploy",
    TargetKind.STATEFUL_SET: "sts",
    TargetKind.DAEMON_SET: "ds",
    TargetKind.REPLICA_SET: "rs",
    TargetKind.JOB: "job",
}


class Target(msgspec.Struct, frozen=True, array_like=True):
    """One thing that was named: `deploy/web`. An array in a button's JSON, where room is scarce."""

    kind: TargetKind
    name: str

    def __str__(self) -> str:
        """As it is typed: `deploy/web`, `pod/web-1`."""
        return f"{self.kind.short}/{self.name}"
