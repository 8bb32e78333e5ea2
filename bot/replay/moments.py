"""The latest moment that a pod's own status speaks of: when a recorded line must have been written. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import msgspec

from bot.model.containers import ContainerState
from bot.model.pods import Pod


class _Field(msgspec.Struct, frozen=True, kw_only=True):
    time: datetime | None = None


class _Meta(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    managed_fields: tuple[_Field, ...] | None = None


class _Managed(msgspec.Struct, frozen=True, kw_only=True):
    metadata: _Meta = _Meta()


_MANAGED = msgspec.json.Decoder(_Managed)


def latest(pod: Pod, raw: bytes | msgspec.Raw) -> datetime | None:
    """The latest moment in `pod`; `raw`, the same pod, may have the moments of its writers as well."""
    written = (each.time for each in _MANAGED.decode(raw).metadata.managed_fields or ())
    return max((each for each in (*_moments(pod), *written) if each is not None), default=None)


def _moments(pod: Pod) -> Iterator[datetime | None]:
    meta = pod.metadata
    yield meta.creation_timestamp
    if meta.deletion_timestamp is not None:  # it lies a grace period after the request
        yield meta.deletion_timestamp - timedelta(seconds=meta.deletion_grace_period_seconds or 0)
    yield pod.status.start_time
    for condition in pod.status.conditions or ():
        yield condition.last_transition_time
    for status in pod.statuses():
        yield from _of_state(status.state)
        yield from _of_state(status.last_state)


def _of_state(state: ContainerState) -> Iterator[datetime | None]:
    if state.running is not None:
        yield state.running.started_at
    if state.terminated is not None:
        yield state.terminated.started_at
        yield state.terminated.finished_at
