"""Creating, changing and deleting objects, and evicting pods, as the API server does it for clients."""

from typing import Any

import msgspec
from aiohttp import web

from bot.playground.cluster import errors
from bot.playground.cluster.api.context import ApiContext, Target
from bot.playground.cluster.api.ephemeral import ephemeral_containers
from bot.playground.cluster.api.patching import patched
from bot.playground.cluster.controllers.budgets import budgets_of
from bot.playground.cluster.objects import Json, copied, is_terminal, name_of, timestamp, uid_of
from bot.playground.cluster.pod_template import completed_pod, completed_spec
from bot.playground.cluster.resources import LEASES, PODS, Resource

_KEPT_METADATA = (
    "name",
    "namespace",
    "uid",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
)


async def _decoded(request: web.Request, kind: str) -> Any:
    raw = await request.read()
    try:
        return msgspec.json.decode(raw)
    except msgspec.DecodeError as error:
        raise errors.bad_request(
            f"the object provided is unrecognized (must be of type {kind}): couldn't get version/kind; "
            f"json parse error: {error} ({raw[:40].hex()})"
        ) from None


async def _body(request: web.Request, kind: str) -> Json:
    body = await _decoded(request, kind)
    if not isinstance(body, dict):
        raise errors.bad_request(f"the object provided is unrecognized (must be of type {kind})")
    return body


def _is_dry_run(request: web.Request, options: Json | None = None) -> bool:
    return request.query.get("dryRun") == "All" or "All" in ((options or {}).get("dryRun") or ())


async def create(context: ApiContext, request: web.Request, target: Target) -> Json:
    """Create an object from a request's body and return it.

    Raises:
        Refusal: it cannot be read (400), is not of this resource (400), or exists (409).
    """
    resource = target.resource
    body = await _body(request, resource.kind)
    if body.get("kind", resource.kind) != resource.kind:
        raise errors.bad_request(
            f'{resource.kind} in version "{resource.version}" cannot be handled as a {body.get("kind")}: '
            "converting is not supported"
        )
    obj = _completed(context, resource, body, target.namespace)
    if _is_dry_run(request):
        if context.world.store.find(resource, target.namespace, name_of(obj)) is not None:
            raise errors.already_exists(resource, name_of(obj))
        return obj
    return context.world.store.create(obj)


def _completed(context: ApiContext, resource: Resource, body: Json, namespace: str) -> Json:
    metadata = {**body.get("metadata", {})}
    if resource.namespaced:
        metadata["namespace"] = namespace
    if not metadata.get("name") and not metadata.get("generateName"):
        message = "Required value: name or generateName is required"
        raise errors.invalid(
            resource.kind, "", [("FieldValueRequired", message, "metadata.name")], group=resource.group
        )
    now, names = context.world.agenda.now(), context.world.names
    if resource is PODS:
        if not body.get("spec", {}).get("containers"):
            name = str(metadata.get("name", ""))
            raise errors.invalid("Pod", name, [("FieldValueRequired", "Required value", "spec.containers")])
        return completed_pod({"metadata": metadata, "spec": body["spec"]}, names, now)
    if not metadata.get("name"):
        metadata["name"] = names.suffixed(metadata["generateName"])
    metadata |= {"uid": names.uid(), "creationTimestamp": timestamp(now), "generation": 1}
    spec = copied(body.get("spec", {}))
    if "template" in spec:
        spec["template"].setdefault("metadata", {})
        spec["template"]["spec"] = completed_spec(spec["template"]["spec"])
        spec.setdefault("replicas" if resource.group == "apps" else "completions", 1)
    made = {
        "kind": resource.kind,
        "apiVersion": resource.api_version,
        "metadata": metadata,
        "spec": spec,
    }
    if resource is not LEASES:  # which has no status
        made["status"] = {"phase": "Active"} if resource.kind == "Namespace" else {}
    return made


async def change(context: ApiContext, request: web.Request, target: Target) -> Json:
    """Replace (PUT) or patch an object, or only its status, and return it.

    Raises: Refusal: it is not there (404), has been changed since (409), or the patch is of an unknown kind
    (415).
    """
    current = context.world.store.get(target.resource, target.namespace, target.name)
    if request.method == "PUT":
        wanted = await _body(request, target.resource.kind)
    else:
        wanted = patched(current, await _decoded(request, target.resource.kind), request.content_type)
    expected = wanted.get("metadata", {}).get("resourceVersion")
    if expected and expected != current["metadata"]["resourceVersion"]:
        raise errors.conflict(
            target.resource,
            target.name,
            "the object has been modified; please apply your changes to the latest version and try again",
        )
    if wanted.get("metadata", {}).get("uid") not in {None, uid_of(current)}:
        why = f"Precondition failed: UID in precondition: {wanted['metadata']['uid']}, "
        raise errors.conflict(target.resource, target.name, f"{why}UID in object meta: {uid_of(current)}")
    fresh = copied(current)
    if target.subresource == "status":
        fresh["status"] = wanted.get("status", {})
    elif target.subresource == "ephemeralcontainers":
        fresh["spec"]["ephemeralContainers"] = ephemeral_containers(current, wanted)
    else:
        _change_all_but_status(fresh, wanted, current)
    if _is_dry_run(request):
        return fresh
    return context.world.store.update(fresh)


def _change_all_but_status(fresh: Json, wanted: Json, current: Json) -> None:
    for key, value in wanted.items():
        if key not in {"metadata", "status", "kind", "apiVersion"}:
            fresh[key] = value
    metadata = {**wanted.get("metadata", {})}
    for key in _KEPT_METADATA:
        metadata.pop(key, None)
        if key in current["metadata"]:
            metadata[key] = current["metadata"][key]
    metadata["generation"] = current["metadata"].get("generation", 1) + (
        fresh.get("spec") != current.get("spec")
    )
    fresh["metadata"] = metadata


async def delete(context: ApiContext, request: web.Request, target: Target) -> tuple[Json, int]:
    """Delete an object, gracefully where it is a pod; return the answer and its HTTP code.

    Raises:
        Refusal: it is not there (404), or a precondition does not hold (409).
    """
    options = await _body(request, "DeleteOptions") if request.can_read_body else {}
    current = context.world.store.get(target.resource, target.namespace, target.name)
    _check_preconditions(target, current, options.get("preconditions") or {})
    dry = _is_dry_run(request, options)
    if target.resource is PODS:
        return _delete_pod(context, current, _grace(request, options), dry=dry), 200
    if not dry:
        context.world.store.remove(current)
    details = {"name": target.name, "group": target.resource.group, "kind": target.resource.plural}
    details["uid"] = uid_of(current)
    return {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Success",
        "details": {key: value for key, value in details.items() if value},
    }, 200


def _check_preconditions(target: Target, current: Json, preconditions: Json) -> None:
    uid, version = preconditions.get("uid"), preconditions.get("resourceVersion")
    if uid is not None and uid != uid_of(current):
        why = (
            f"the UID in the precondition ({uid}) does not match the UID in record ({uid_of(current)}). "
            "The object might have been deleted and then recreated"
        )
        raise errors.conflict(target.resource, target.name, why, by_kind=True)
    record = current["metadata"]["resourceVersion"]
    if version is not None and version != record:
        why = (
            f"the ResourceVersion in the precondition ({version}) does not match the ResourceVersion in "
            f"record ({record}). The object might have been modified"
        )
        raise errors.conflict(target.resource, target.name, why, by_kind=True)


def _grace(request: web.Request, options: Json) -> int | None:
    value = options.get("gracePeriodSeconds", request.query.get("gracePeriodSeconds"))
    if value is None:
        return None
    try:
        seconds = int(value)
    except (TypeError, ValueError):
        raise errors.bad_request(f'strconv.ParseInt: parsing "{value}": invalid syntax') from None
    return 1 if seconds < 0 else seconds


def _delete_pod(context: ApiContext, pod: Json, grace: int | None, *, dry: bool) -> Json:
    if dry:
        period = pod["spec"].get("terminationGracePeriodSeconds", 30) if grace is None else grace
        if not pod["spec"].get("nodeName") or is_terminal(pod):
            period = 0
        preview = copied(pod)
        preview["metadata"] |= {
            "deletionTimestamp": timestamp(context.world.agenda.now()),
            "deletionGracePeriodSeconds": period,
        }
        return preview
    return context.world.delete_pod(pod, grace=grace) or pod


async def evict(context: ApiContext, request: web.Request, target: Target) -> Json:
    """Evict a pod as `kubectl drain` does, unless a disruption budget forbids it just now.

    Raises:
        Refusal: the budget has no room (429), the pod is not there (404) or a precondition fails (409).
    """
    body = await _body(request, "Eviction")
    options = body.get("deleteOptions") or {}
    pod = context.world.store.get(PODS, target.namespace, target.name)
    _check_preconditions(target, pod, options.get("preconditions") or {})
    for budget in budgets_of(context.world, pod):
        if budget["status"].get("disruptionsAllowed", 0) <= 0 and not is_terminal(pod):
            status = budget["status"]
            cause = (
                f"The disruption budget {name_of(budget)} needs {status['desiredHealthy']} healthy pods "
                f"and has {status['currentHealthy']} currently"
            )
            raise errors.too_many_requests(
                "Cannot evict pod as it would violate the pod's disruption budget.",
                cause=("DisruptionBudget", cause),
            )
    if not _is_dry_run(request, options):
        marked = context.world.mark_disrupted(pod, "EvictionByEvictionAPI", "Eviction API: evicting")
        context.world.delete_pod(marked or pod, grace=options.get("gracePeriodSeconds"))
    return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}


def scale_of(obj: Json) -> Json:
    """Return the `scale` subresource of a workload."""
    metadata = obj["metadata"]
    labels = obj["spec"].get("selector", {}).get("matchLabels", {})
    return {
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": {
            key: metadata[key] for key in ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")
        },
        "spec": {"replicas": obj["spec"]["replicas"]},
        "status": {
            "replicas": obj["status"].get("replicas", 0),
            "selector": ",".join(f"{key}={value}" for key, value in sorted(labels.items())),
        },
    }


async def scale(context: ApiContext, request: web.Request, target: Target) -> Json:
    """Read or change how many pods a workload wants."""
    obj = context.world.store.get(target.resource, target.namespace, target.name)
    if request.method != "GET":
        body = await _body(request, "Scale")
        replicas = body.get("spec", {}).get("replicas", obj["spec"]["replicas"])
        if replicas != obj["spec"]["replicas"]:
            obj["spec"]["replicas"] = replicas
            obj["metadata"]["generation"] += 1
            obj = context.world.store.update(obj)
    return scale_of(obj)
