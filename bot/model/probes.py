"""Whether the kubelet killed a container for a probe: its events say so, a status never does. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from bot.model.containers import ContainerKind
from bot.model.deaths import Cause, Death, FailedProbe
from bot.model.events import Event

PROBE_KILL_CODES = frozenset({137, 143})
"""SIGKILL and SIGTERM. A process that handles SIGTERM may end with any other code; that is its own word."""

_KILLED = re.compile(r"failed (liveness|startup) probe", re.IGNORECASE)
"""`Container app failed liveness probe, will be restarted` (pkg/kubelet/kuberuntime, `computePodActions`).
Kubelets before 1.14 wrote `…Container failed liveness probe.. Container will be killed and recreated.`"""

_CAUSES = {"liveness": Cause.LIVENESS_FAILED, "startup": Cause.STARTUP_FAILED}

_CLOCKS_APART = timedelta(seconds=2)
"""Events and terminations are written in whole seconds, of one node's clock."""


def may_be_probe_kill(death: Death) -> bool:
    """Whether it is worth to ask for the events: all else costs no request to tell apart."""
    return (
        death.cause is Cause.ERROR
        and death.exit_code in PROBE_KILL_CODES
        and death.kind in {ContainerKind.APP, ContainerKind.SIDECAR}
        and death.finished_at is not None
    )


def refined(death: Death, events: Sequence[Event]) -> Death:
    """The death with the probe as its cause, where these events of its pod say so; else as it was."""
    kill = kill_of(death, events) if may_be_probe_kill(death) else None
    found = _KILLED.search(kill.message) if kill is not None else None
    if found is None:
        return death
    kind = found[1].lower()
    return replace(death, cause=_CAUSES[kind], probe=_probe(kind, death, events))


def kill_of(death: Death, events: Sequence[Event]) -> Event | None:
    """The event that says that the kubelet killed this very run for a probe."""
    return next(
        (
            event
            for event in events
            if event.reason == "Killing"
            and _KILLED.search(event.message)
            and _is_about(event, death)
            and _is_of_this_run(event, death)
        ),
        None,
    )


def _is_about(event: Event, death: Death) -> bool:
    """For exactly this pod and container; by the name alone, `app` would answer for `app-sidecar`."""
    group = "initContainers" if death.kind is ContainerKind.SIDECAR else "containers"
    about = event.involved_object
    return about.uid == death.id.uid and about.field_path == f"spec.{group}{{{death.id.container}}}"


def _is_of_this_run(event: Event, death: Death) -> bool:
    """Not a kill of an earlier run. The event comes first, and the end up to a grace period later."""
    seen = event.last_seen
    if seen is None or death.finished_at is None or seen > death.finished_at + _CLOCKS_APART:
        return False
    return death.started_at is None or seen >= death.started_at - _CLOCKS_APART


def _probe(kind: str, death: Death, events: Sequence[Event]) -> FailedProbe:
    said = f"{kind} probe "
    failures = [
        event
        for event in events
        if event.reason == "Unhealthy"
        and event.message.lower().startswith(said)
        and _is_about(event, death)
        and _is_of_this_run(event, death)
    ]
    # Equal events are counted up for an hour, over runs; a count that began before this run is not its own.
    own = all(
        death.started_at is None
        or (event.first_timestamp is not None and event.first_timestamp >= death.started_at - _CLOCKS_APART)
        for event in failures
    )
    latest = max(
        failures, key=lambda each: each.last_seen.timestamp() if each.last_seen else 0.0, default=None
    )
    return FailedProbe(
        kind=kind,
        failures=sum(event.times for event in failures) if failures and own else None,
        message=_what_it_got(latest.message) if latest else "",
    )


def _what_it_got(message: str) -> str:
    """`Liveness probe failed: dial tcp …` without what is said before it anyway."""
    _, colon, rest = message.partition(": ")
    return rest.strip() if colon else message.strip()
