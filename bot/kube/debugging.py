"""Debug containers: adding one to a running pod, on the clusters that can.

The subresource took another shape until Kubernetes 1.22, behind a feature gate, and is not there at all
without it; a 1.20 server even answers 200 to today's patch and adds nothing. So it is looked at first.
"""

from __future__ import annotations

import msgspec

from bot.errors import NotServed, ObjectNotFound
from bot.kube.api import ApiServer, Deadline
from bot.kube.request import Request, checked, pod_path
from bot.model.pods import PodUid
from bot.pods.ports import DebugContainer

_STRATEGIC = "application/strategic-merge-patch+json"


class _Kind(msgspec.Struct):
    kind: str = ""


_KIND = msgspec.json.Decoder(_Kind)


class DebugContainers:
    """The `ephemeralcontainers` subresource of one API server's pods."""

    def __init__(self, api: ApiServer, *, within: float) -> None:
        """`within`: seconds for a call, whatever number of requests it takes."""
        self._api = api
        self._within = within

    async def add(self, namespace: str, name: str, *, uid: PodUid, container: DebugContainer) -> None:
        """Add a container to the pod of exactly this UID; `NotServed` where the cluster cannot."""
        deadline = Deadline(self._within)
        await self._check_served(namespace, name, deadline)
        request = Request(
            method="PATCH",
            path=f"{pod_path(namespace, name)}/ephemeralcontainers",
            body={"metadata": {"uid": uid}, "spec": {"ephemeralContainers": [_wire(container)]}},
            content_type=_STRATEGIC,
            doing=f"add a debug container to pod {name} in {namespace}",
            subject=f"pod `{name}` in {namespace}",
        )
        await self._api.fetch(request, deadline=deadline)

    async def _check_served(self, namespace: str, name: str, deadline: Deadline) -> None:
        """Raise `NotServed` unless the subresource is there in today's shape, `ObjectNotFound` for no pod."""
        request = Request(
            path=f"{pod_path(namespace, name)}/ephemeralcontainers",
            doing=f"look at the debug containers of pod {name} in {namespace}",
            subject=f"pod `{name}` in {namespace}",
        )
        try:
            found = await self._api.read(request, _KIND.decode, deadline=deadline)
        except ObjectNotFound as nothing_there:
            # 404 is the answer to both: to a pod that is gone, and to a subresource that is not served.
            await self._api.fetch(
                Request(path=pod_path(namespace, name), doing=request.doing, subject=request.subject),
                deadline=deadline,
            )
            raise self._not_served() from nothing_there
        if found.kind != "Pod":
            raise self._not_served()

    def _not_served(self) -> NotServed:
        return NotServed(
            f"{self._api.name} has no debug containers: they need Kubernetes 1.23 or newer, or its feature "
            "gate EphemeralContainers (from 1.22 on). Nothing was changed."
        )


def _wire(container: DebugContainer) -> dict[str, object]:
    wire: dict[str, object] = {
        "name": checked(container.name, "container"),
        "image": container.image,
        "imagePullPolicy": "IfNotPresent",
        "terminationMessagePolicy": "File",
    }
    if container.command:
        wire["command"] = list(container.command)
    if container.target:
        wire["targetContainerName"] = checked(container.target, "container")
    return wire
