"""Which cluster it is, whatever it is called: the UID of its namespace kube-system.

The API has no other name for a cluster. The namespace is made with it and cannot be deleted, so its UID is
what the Kubernetes world takes for the cluster's (OpenTelemetry's `k8s.cluster.uid`, for one).
"""

from __future__ import annotations

import msgspec

from bot.kube import failures
from bot.kube.api import ApiServer, Deadline
from bot.kube.request import Request
from bot.model.pods import ClusterUid
from bot.model.wire import Wire

NAMESPACE = "kube-system"

_REQUEST = Request(
    path=f"/api/v1/namespaces/{NAMESPACE}",
    doing=f"look at namespace {NAMESPACE}",
    subject=f"namespace `{NAMESPACE}`",
)


class _Meta(Wire, frozen=True, kw_only=True):
    uid: str


class _Namespace(Wire, frozen=True, kw_only=True):
    metadata: _Meta


_ANSWER = msgspec.json.Decoder(_Namespace)


async def read(api: ApiServer, *, within: float) -> ClusterUid:
    """The cluster's UID. Raises `bot.errors.ClusterError`s."""
    found = await api.read(_REQUEST, _ANSWER.decode, deadline=Deadline(within))
    uid = found.metadata.uid
    if not uid:
        raise failures.unreadable(api.name, _REQUEST, "it has no UID")
    return ClusterUid(uid)
