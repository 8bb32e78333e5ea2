"""What a team may set of when podbot speaks: how long things take, and how many there may be.

The values here are the defaults. Those in force come from the configuration file (`incidents.config_keeper`),
and are handed in as values whenever something is held against the clock: a change holds from the next look
on, for what is open, too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import timedelta

from bot.model.deaths import Cause
from bot.model.durations import spell
from bot.model.escalations import ACKNOWLEDGED_FOR


@dataclass(frozen=True, slots=True, kw_only=True)
class Timings:
    """The first six: how long a pod may be so before it is told."""

    image_pull: timedelta = timedelta(minutes=1)
    config_error: timedelta = timedelta(minutes=1)
    unschedulable: timedelta = timedelta(minutes=5)
    stuck_creating: timedelta = timedelta(minutes=5)
    stuck_terminating: timedelta = timedelta(minutes=5)
    """Counted from the end of the pod's grace period."""
    not_ready: timedelta = timedelta(minutes=10)
    recovered: timedelta = timedelta(minutes=1)
    """The hold-down: how long all of an incident must have been well before it is called recovered."""
    acknowledgement_lapses: timedelta = ACKNOWLEDGED_FOR
    """How long an acknowledgement holds that is given now, where no escalation says otherwise."""

    def patience(self, cause: Cause) -> timedelta:
        """How long this may last before it is worth a word; of causes that are stuck (`Cause.is_stuck`)."""
        return {
            Cause.IMAGE_PULL: self.image_pull,
            Cause.CONFIG_ERROR: self.config_error,
            Cause.UNSCHEDULABLE: self.unschedulable,
            Cause.STUCK_CREATING: self.stuck_creating,
            Cause.STUCK_TERMINATING: self.stuck_terminating,
            Cause.NOT_READY: self.not_ready,
        }[cause]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much is told one by one."""

    incidents_a_minute: int = 10
    """New incidents that a channel gets as messages of their own within a minute; the rest are a storm."""


def changed(timings: Timings, limits: Limits) -> Iterator[str]:
    """What is not as the defaults have it, each as `not_ready 20m (10m)`: what holds, and the default."""
    given, usual = (_spelt(timings, limits), _spelt(Timings(), Limits()))
    for name, value in given.items():
        if value != usual[name]:
            yield f"{name} {value} ({usual[name]})"


def _spelt(timings: Timings, limits: Limits) -> dict[str, str]:
    spelt = {each.name: spell(getattr(timings, each.name)) for each in fields(timings)}
    return spelt | {each.name: str(getattr(limits, each.name)) for each in fields(limits)}
