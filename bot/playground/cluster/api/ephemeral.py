"""The `ephemeralcontainers` subresource: what may be added to a running pod, and that nothing else changes.

The rules and texts are those of the API server (`ValidatePodEphemeralContainersUpdate`).
"""

from bot.playground.cluster import errors
from bot.playground.cluster.objects import Json, copied, name_of

_DEFAULTS = {
    "resources": {},
    "terminationMessagePath": "/dev/termination-log",
    "terminationMessagePolicy": "File",
    "imagePullPolicy": "IfNotPresent",
}
_FIELD = "spec.ephemeralContainers"


def ephemeral_containers(current: Json, wanted: Json) -> list[Json]:
    """Return the debug containers of a pod as a client wants them: those that are there, and new ones.

    Raises:
        Refusal: one was changed or removed, or a new one does not validate (422).
    """
    listed = [copied(each) for each in wanted.get("spec", {}).get("ephemeralContainers") or ()]
    causes = [*_changed(current, listed), *_mistaken(current, listed)]
    if causes:
        raise errors.invalid("Pod", name_of(current), causes)
    return [_DEFAULTS | each for each in listed]


def _changed(current: Json, listed: list[Json]) -> list[tuple[str, str, str]]:
    by_name = {each.get("name"): each for each in listed}
    causes = []
    for old in current["spec"].get("ephemeralContainers") or ():
        new = by_name.get(old["name"])
        if new is None or _DEFAULTS | new != old:
            what = "removed" if new is None else "changed"
            message = f'Forbidden: existing ephemeral containers "{old["name"]}" may not be {what}\n'
            causes.append(("FieldValueForbidden", message, _FIELD))
    return causes


def _mistaken(current: Json, listed: list[Json]) -> list[tuple[str, str, str]]:
    spec = current["spec"]
    regular = [each["name"] for field in ("initContainers", "containers") for each in spec.get(field) or ()]
    taken = set(regular)
    causes = []
    for index, each in enumerate(listed):
        where, name = f"{_FIELD}[{index}]", each.get("name", "")
        if not name:
            causes.append(("FieldValueRequired", "Required value", f"{where}.name"))
        elif name in taken:
            causes.append(("FieldValueDuplicate", f'Duplicate value: "{name}"', f"{where}.name"))
        taken.add(name)
        if not each.get("image"):
            causes.append(("FieldValueRequired", "Required value", f"{where}.image"))
        target = each.get("targetContainerName")
        if target and target not in regular:
            field = f"{where}.targetContainerName"
            causes.append(("FieldValueNotFound", f'Not found: "{target}"', field))
    return causes
