"""What the pod service needs from outside; implemented in `bot.kube` and `bot.slack`, joined in `bot.app`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta
from typing import Protocol

import msgspec

from bot.model.answers import Health
from bot.model.api_path import ApiPath
from bot.model.controllers import Controller, DisruptionBudget
from bot.model.deletions import Deletion
from bot.model.events import Event
from bot.model.history import FormerPod
from bot.model.home import BotHealth
from bot.model.people import Person, UserId
from bot.model.pods import ClusterName, Pod, PodUid
from bot.model.targets import TargetKind
from bot.model.usage import PodUsage


class LogText(msgspec.Struct, frozen=True, kw_only=True):
    """Raw log text; `cut` where reading stopped at the limit of bytes."""

    text: str
    cut: bool


class RawPod(msgspec.Struct, frozen=True, kw_only=True):
    """A pod, and the JSON object that it was read from."""

    pod: Pod
    json: bytes


class DebugContainer(msgspec.Struct, frozen=True, kw_only=True):
    """A container to be added to a running pod."""

    name: str
    image: str
    command: tuple[str, ...] = ()
    """Empty: what the image runs by itself."""
    target: str = ""
    """The container whose processes it sees."""


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

    async def list_pods(self, namespace: str, *, selector: str = "", fields: str = "") -> Sequence[Pod]:
        """The pods of a namespace (`ALL_NAMESPACES`: of all) that both selectors take, read by pages.

        `selector` is one of labels, `fields` one of fields, each in the API's own language.
        """
        ...

    async def raw_pods(
        self, namespace: str, *, selector: str = "", fields: str = "", most: int
    ) -> Sequence[RawPod]:
        """The same with all that the API server has to say of each; at most `most` of them are read."""
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
        since_time: datetime | None = None,
        timestamps: bool = False,
        limit_bytes: int,
    ) -> LogText:
        """A container's log; at most `limit_bytes` are read in all, from its end where `tail` is given.

        At most one of `since` and `since_time` is given. Bytes that are not UTF-8 are replaced, never fatal.
        """
        ...

    def follow_log(
        self,
        namespace: str,
        pod: str,
        container: str,
        *,
        tail: int | None = None,
        since_time: datetime | None = None,
        line_limit: int,
    ) -> AbstractAsyncContextManager[AsyncIterator[str]]:
        """The lines of a container's current run as they are written, until the run ends.

        Each has the runtime's stamp and a space before it. Of a line longer than `line_limit` bytes only the
        beginning is kept.
        """
        ...

    async def delete_pod(
        self,
        namespace: str,
        name: str,
        *,
        uid: PodUid,
        grace: timedelta | None = None,
        dry_run: bool = False,
    ) -> None:
        """Delete the pod of exactly this UID; `ObjectConflict` where another has its name by now.

        With `dry_run` the server does all of it, admission included, but for the deletion itself.
        """
        ...

    async def add_debug_container(
        self, namespace: str, name: str, *, uid: PodUid, container: DebugContainer
    ) -> None:
        """Add a debug container to the pod of exactly this UID; `NotServed` where the cluster cannot."""
        ...

    async def read_path(self, path: ApiPath, *, limit_bytes: int) -> bytes:
        """What the API server answers at a path; `InvalidRequest` where it is more than `limit_bytes`."""
        ...

    async def get_controller(self, kind: TargetKind, namespace: str, name: str) -> Controller:
        """One Deployment, Job and so on, by its whole name; `kind` is not `POD`."""
        ...

    async def list_budgets(self, namespace: str) -> Sequence[DisruptionBudget]:
        """The PodDisruptionBudgets of a namespace, with an empty selector meaning all pods."""
        ...

    async def list_events(
        self, namespace: str, *, uid: PodUid | None = None, pod: str = ""
    ) -> Sequence[Event]:
        """The events of a namespace (`ALL_NAMESPACES`: of all), in no particular order.

        With `uid` those about the object of this UID, with `pod` those about any pod that has or had it
        for a name.
        """
        ...

    async def pod_usage(self, namespace: str, *, pod: str = "", selector: str = "") -> Sequence[PodUsage]:
        """What the pods of a namespace (`ALL_NAMESPACES`: of all), or one of them, use at the moment.

        Raises `NotServed` where the cluster has no metrics.k8s.io, and `ObjectNotFound` where it has no
        figures of the one pod (yet).
        """
        ...


class PodHistory(Protocol):
    """What is remembered of pods beyond what they say of themselves."""

    @property
    def since(self) -> datetime | None:
        """From when anything is remembered; None where nothing ever is."""
        ...

    def restarts(self, uid: PodUid, after: datetime) -> int:
        """How often a pod's containers were seen to restart after a moment."""
        ...

    def former(self, address: str) -> Sequence[FormerPod]:
        """The pods that had an address and are gone, last gone first."""
        ...


class Seen(Protocol):
    """What the bot sees without asking, and how well it does."""

    def pods(self) -> Sequence[Pod]:
        """Every pod that is watched, as last seen."""
        ...

    def health(self) -> BotHealth:
        """How fresh that is, and how the bot is otherwise."""
        ...


class Judge(Protocol):
    """Who says how a pod is: the same rules and times that alerts go by, so that lists agree with them."""

    def __call__(self, pod: Pod, now: datetime) -> Health:
        """How it is at this moment."""
        ...


class DeletionNotes(Protocol):
    """Who takes down what was deleted, beside the audit."""

    async def deleted(self, deletion: Deletion) -> None:
        """Have the incidents of these pods say so.

        Takes seconds where another replica has to be asked; raises nothing that would be the asker's to know.
        """
        ...


class Claims(Protocol):
    """What replicas tell each other that something was taken: a key belongs to whoever names it first.

    Keys are short texts and are kept for a day at least. Both raise `bot.errors.StoreUnavailable`.
    """

    async def first(self, key: str) -> bool:
        """Take a key; False where it was taken before, by whichever replica."""
        ...

    async def taken(self, key: str) -> bool:
        """Whether a key was taken, without taking it."""
        ...


class Spending(Protocol):
    """What people have used of their limits, counted for all replicas together."""

    async def spend(self, person: UserId, pods: int, *, at: datetime, limit: int, within: timedelta) -> int:
        """How many pods a person deleted in the time `within` before `at`; `pods` are then counted, too.

        They are not where that would be more than `limit`; 0 only asks. Counting and looking are one step.
        Raises `bot.errors.StoreUnavailable`.
        """
        ...


class People(Protocol):
    """The workspace's directory."""

    async def person(self, user: UserId) -> Person:
        """Who this is, with the user groups they are in.

        Where the directory does not answer, the person comes back as no full member and in no group: rules
        that need either then do not apply.
        """
        ...
