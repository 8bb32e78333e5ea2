"""What the cluster lets podbot do: asked of the API server itself, which changes nothing."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from bot.kube.api import ApiServer, Deadline
from bot.kube.request import Request
from bot.model.wire import Wire

_PATH = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"


@dataclass(frozen=True, slots=True, kw_only=True)
class Right:
    """One right, as RBAC writes it."""

    verb: str
    resource: str
    """`pods`, or `pods/log`."""
    group: str = ""
    """The API group; empty: the core one."""

    def __str__(self) -> str:
        """As a sentence has it: `get pods/log`."""
        return f"{self.verb} {self.resource}"


class _Verdict(Wire, frozen=True, kw_only=True):
    allowed: bool = False


class _Review(Wire, frozen=True, kw_only=True):
    status: _Verdict = _Verdict()


_REVIEW = msgspec.json.Decoder(_Review)


async def allowed(api: ApiServer, right: Right, namespace: str, *, within: float) -> bool:
    """Whether podbot's own account has a right in a namespace (`ALL_NAMESPACES`: in all of them).

    Raises `bot.errors.ClusterError`s.
    """
    resource, _, subresource = right.resource.partition("/")
    request = Request(
        method="POST",
        path=_PATH,
        body={
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": {
                "resourceAttributes": {
                    "namespace": namespace,
                    "verb": right.verb,
                    "group": right.group,
                    "resource": resource,
                    "subresource": subresource,
                }
            },
        },
        doing="ask what it may do",
        subject="access reviews",
    )
    review = await api.read(request, _REVIEW.decode, deadline=Deadline(within))
    return review.status.allowed
