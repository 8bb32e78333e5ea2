"""Which of a listing's pods are meant, and in which order they are shown. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from functools import cmp_to_key
from typing import Any

import msgspec

from bot.model import jsonpath, quantities
from bot.model.pods import Pod
from bot.model.targets import Target, TargetKind

_OLDEST = datetime.min.replace(tzinfo=UTC)
_PARTS = re.compile(r"(\d{1,300})")


def named(pods: Sequence[Pod], targets: Sequence[Target]) -> tuple[list[Pod], tuple[str, ...]]:
    """The pods that the targets name, each once, and the targets that name none, or more than one pod."""
    found: dict[tuple[str, str], Pod] = {}
    missing: list[str] = []
    for target in targets:
        matching = _meant(pods, target)
        if not matching:
            missing.append(target.name if target.kind is TargetKind.POD else str(target))
        found |= {(pod.namespace, pod.name): pod for pod in matching}
    return list(found.values()), tuple(missing)


def _meant(pods: Sequence[Pod], target: Target) -> list[Pod]:
    if target.kind is not TargetKind.POD:
        return [pod for pod in pods if (target.kind.value, target.name) in set(_owners(pod))]
    exact = [pod for pod in pods if pod.name == target.name]
    beginning = [pod for pod in pods if pod.name.startswith(target.name)]
    return exact or (beginning if len(beginning) == 1 else [])


def _owners(pod: Pod) -> Iterable[tuple[str, str]]:
    """The controller, and the workload that people know it by."""
    yield pod.owner.kind, pod.owner.name
    if pod.controller is not None:
        yield pod.controller.kind, pod.controller.name


def contains(pod: Pod, text: str) -> bool:
    """Whether a pod's name, namespace, image, node, owner or address has the text in it."""
    wanted = text.lower()
    said = (
        pod.name,
        pod.namespace,
        pod.spec.node_name,
        str(pod.owner),
        pod.controller.name if pod.controller else "",
        *addresses(pod),
        *(container.image for container, _ in pod.containers()),
    )
    return any(wanted in each.lower() for each in said)


def addresses(pod: Pod) -> tuple[str, ...]:
    """All of a pod's addresses, each once."""
    found = (pod.status.pod_ip, *(each.ip for each in pod.status.pod_ips or ()))
    return tuple(dict.fromkeys(each for each in found if each))


def by(key: str) -> Callable[[Pod], Any]:
    """The key of a sort by `age`, `restarts`, `node` or `name`; ties fall back to the name.

    The youngest and the most restarted come first, as they are what one sorts for.
    """
    match key:
        case "age":
            return lambda pod: (-(pod.metadata.creation_timestamp or _OLDEST).timestamp(), _by_name(pod))
        case "restarts":
            return lambda pod: (-sum(each.restart_count for each in pod.statuses()), _by_name(pod))
        case "node":
            return lambda pod: (pod.spec.node_name, _by_name(pod))
        case _:
            return _by_name


def _by_name(pod: Pod) -> tuple[str, str]:
    return pod.namespace, pod.name


def by_path(texts: Sequence[bytes], path: str) -> list[int]:
    """The order, as indexes, of JSON objects by what stands at a JSONPath.

    As kubectl's `--sort-by` has it: objects without the field first, numbers and quantities by size, other
    text naturally (`web-2` before `web-10`), equals as they came.
    """
    steps = jsonpath.parse(path)
    values = [jsonpath.look_up(msgspec.json.decode(each), steps) for each in texts]

    def compared(one: int, other: int) -> int:
        return _compared(values[one], values[other])

    return sorted(range(len(values)), key=cmp_to_key(compared))


def _compared(one: object, other: object) -> int:
    if one is None or other is None:
        return (one is not None) - (other is not None)
    first, second = _number(one), _number(other)
    if first is not None and second is not None:
        return int(first > second) - int(first < second)
    left, right = _natural(str(one)), _natural(str(other))
    return int(left > right) - int(left < right)


def _number(value: object) -> float | None:
    if isinstance(value, int | float):
        return float(value)
    try:
        return float(quantities.parse(value)) if isinstance(value, str) else None
    except (ValueError, OverflowError):
        return None


def _natural(text: str) -> list[tuple[int, int, str]]:
    """Text in pieces that compare as people count: digits as numbers, before any letters."""
    pieces = [piece for piece in _PARTS.split(text) if piece]
    return [(0, int(each), "") if each.isascii() and each.isdigit() else (1, 0, each) for each in pieces]
