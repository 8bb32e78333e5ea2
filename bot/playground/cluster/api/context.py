"""What every handler of the API needs, and the description of one request, as the API server's `RequestInfo`
has it.
"""

from dataclasses import dataclass

from bot.playground.cluster import errors
from bot.playground.cluster.controllers.world import World
from bot.playground.cluster.faults import Faults
from bot.playground.cluster.kubelet.pods import Kubelet
from bot.playground.cluster.resources import Resource, find_resource


@dataclass(slots=True, kw_only=True)
class ApiContext:
    """The parts of the cluster that the API serves."""

    world: World
    kubelet: Kubelet
    faults: Faults


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What a path names: a resource type, perhaps in a namespace, perhaps one object or a part of it."""

    resource: Resource
    namespace: str = ""
    name: str = ""
    subresource: str = ""


def parse_target(parts: list[str], group: str, version: str) -> Target:
    """Return the target of a path's parts after the group and version.

    Raises:
        Refusal: nothing is served there (404).
    """
    namespace = ""
    if len(parts) > 2 and parts[0] == "namespaces" and parts[2] not in {"status", "finalize"}:
        namespace, parts = parts[1], parts[2:]
    plural, name, subresource, *rest = (*parts, "", "", "")
    resource = find_resource(group, version, plural)
    if resource is None or any(rest) or (bool(namespace) and not resource.namespaced):
        raise errors.unknown_path()
    if name and resource.namespaced and not namespace:
        raise errors.unknown_path()
    if subresource and subresource not in dict(resource.subresources):
        raise errors.unknown_path()
    return Target(resource=resource, namespace=namespace, name=name, subresource=subresource)


def verb_of(method: str, target: Target, *, watching: bool) -> str:
    """Return the RBAC verb of a request.

    Raises:
        Refusal: the resource does not take it (405).
    """
    verb = {
        "GET": "get" if target.name else ("watch" if watching else "list"),
        "HEAD": "get" if target.name else "list",
        "POST": "create",
        "PUT": "update",
        "PATCH": "patch",
        "DELETE": "delete" if target.name else "deletecollection",
    }.get(method, "")
    verbs = (
        dict(target.resource.subresources)[target.subresource]
        if target.subresource
        else target.resource.verbs
    )
    needs_name = verb in {"update", "patch"}
    if verb not in verbs or (needs_name and not target.name):
        raise errors.method_not_allowed()
    return verb
