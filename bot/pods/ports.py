"""What the pod service needs from outside; implemented in `bot.kube` and `bot.slack`, joined in `bot.app`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Protocol

import msgspec

from bot.model.people import Person, UserId
from bot.model.pods import ClusterName, Event, Pod, PodUid


class LogText(msgspec.Struct, frozen=True, kw_only=True):
    """Raw log text; `cut` where reading stopped at the limit of bytes."""

    text: str
    cut: bool


class PodCluster(Protocol):
    """The cluster, as far as commands about pods need it.

    Every call ends within seconds and raises a `bot.errors.ClusterError`: `ObjectNotFound` (404),
    `ObjectConflict` (409), `InvalidRequest` (400, 422), `ClusterRefused` (401, 403), `ClusterUnreachable`
    (no answer, 5xx), `UnreadableAnswer`.
    """

    @property
    def name(self) -> ClusterName:
        """How messages call this cluster."""
        ...

    async def list_pods(self, namespace: str, *, selector: str = "") -> Sequence[Pod]:
        """The pods of a namespace (`ALL_NAMESPACES`: of all) that the selector takes, read by pages."""
        ...

    async def get_pod(self, namespace: str, name: str) -> Pod:
        """One pod, by its whole name."""
        ...

    async def read_log(
        self,
        namespace: str,
        pod: str,
        container: str,
        *,
        previous: bool = False,
        tail: int | None = None,
        since: timedelta | None = None,
        timestamps: bool = False,
        limit_bytes: int,
    ) -> LogText:
        """A container's log; at most `limit_bytes` are read, from its end where `tail` is given.

        Bytes that are not UTF-8 are replaced, never fatal.
        """
        ...

    async def delete_pod(
        self, namespace: str, name: str, *, uid: PodUid, grace: timedelta | None = None
    ) -> None:
        """Delete the pod of exactly this UID; `ObjectConflict` where another has its name by now."""
        ...

    async def list_events(self, namespace: str, *, uid: PodUid) -> Sequence[Event]:
        """The events about the object of this UID, in no particular order."""
        ...


class People(Protocol):
    """The workspace's directory."""

    async def person(self, user: UserId) -> Person:
        """Who this is, with the user groups they are in.

        Where the directory does not answer, the person comes back as no full member and in no group: rules
        that need either then do not apply.
        """
        ...
