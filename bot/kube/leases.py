"""A lease of coordination.k8s.io, by which replicas elect their leader. Implements `ops.leases.Lease`.

It is patched and not replaced, so that labels and annotations which others put there stay; the
resourceVersion in the patch has the API server refuse it (409) where the lease has changed since it was read.
"""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from bot.errors import ObjectNotFound
from bot.kube.api import ApiServer, Deadline
from bot.kube.request import Request, checked
from bot.model.leadership import LeaseRecord
from bot.model.wire import Wire

_MERGE = "application/merge-patch+json"
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


class _Meta(Wire, frozen=True, kw_only=True):
    resource_version: str


class _Spec(Wire, frozen=True, kw_only=True):
    holder_identity: str | None = None
    lease_duration_seconds: int | None = None
    lease_transitions: int | None = None
    acquire_time: datetime | None = None
    renew_time: datetime | None = None


class _Lease(Wire, frozen=True, kw_only=True):
    metadata: _Meta
    spec: _Spec = _Spec()


class KubeLease:
    """One lease of one cluster."""

    def __init__(self, api: ApiServer, namespace: str, name: str, *, within: float) -> None:
        """`within`: seconds for a request."""
        self._api = api
        self._namespace = checked(namespace, "namespace")
        self._object = checked(name, "lease")
        self._within = within
        self._collection = f"/apis/coordination.k8s.io/v1/namespaces/{namespace}/leases"

    @property
    def name(self) -> str:
        """The lease as messages name it."""
        return f"lease {self._namespace}/{self._object} of {self._api.name}"

    async def read(self) -> LeaseRecord | None:
        """The lease as it is; None where there is none."""
        request = Request(
            path=f"{self._collection}/{self._object}",
            doing=self._doing("get"),
            subject=f"lease `{self._object}` in {self._namespace}",
        )
        try:
            return await self._send(request)
        except ObjectNotFound:
            return None

    async def create(self, record: LeaseRecord) -> LeaseRecord:
        """Make it; `ObjectConflict` where there is one, `ObjectNotFound` where there is no such namespace."""
        request = Request(
            method="POST",
            path=self._collection,
            body={
                "apiVersion": "coordination.k8s.io/v1",
                "kind": "Lease",
                "metadata": {"name": self._object},
                "spec": _wire(record),
            },
            doing=self._doing("create"),
            subject=f"namespace `{self._namespace}` that could have the lease `{self._object}`",
        )
        return await self._send(request)

    async def replace(self, record: LeaseRecord) -> LeaseRecord:
        """Write it over the version that the record names: else `ObjectConflict`, or `ObjectNotFound`."""
        request = Request(
            method="PATCH",
            path=f"{self._collection}/{self._object}",
            body={"metadata": {"resourceVersion": record.version}, "spec": _wire(record)},
            content_type=_MERGE,
            doing=self._doing("patch"),
            subject=f"lease `{self._object}` in {self._namespace}",
        )
        return await self._send(request)

    async def _send(self, request: Request) -> LeaseRecord:
        return await self._api.read(request, _record, deadline=Deadline(self._within))

    def _doing(self, verb: str) -> str:
        return (
            f"{verb} the lease `{self._object}` in namespace {self._namespace}, by which replicas elect "
            "their leader (it takes get, create and patch on leases of coordination.k8s.io there)"
        )


def _record(body: bytes) -> LeaseRecord:
    lease = msgspec.json.decode(body, type=_Lease)
    spec = lease.spec
    renewed = spec.renew_time or spec.acquire_time or _NEVER
    return LeaseRecord(
        holder=spec.holder_identity or "",
        transitions=spec.lease_transitions or 0,
        seconds=spec.lease_duration_seconds or 0,
        acquired_at=spec.acquire_time or renewed,
        renewed_at=renewed,
        version=lease.metadata.resource_version,
    )


def _wire(record: LeaseRecord) -> dict[str, object]:
    return {
        "holderIdentity": record.holder,
        "leaseDurationSeconds": record.seconds,
        "leaseTransitions": record.transitions,
        "acquireTime": _micro_time(record.acquired_at),
        "renewTime": _micro_time(record.renewed_at),
    }


def _micro_time(moment: datetime) -> str:
    """As the API wants it: in UTC, with microseconds even where they are zero."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"
