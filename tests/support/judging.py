"""How pods are by the usual times, for tests that set none."""

from __future__ import annotations

from datetime import datetime

from bot.model.answers import Health
from bot.model.pods import Pod
from bot.model.tuning import Timings
from bot.watch.health import health


def usual(pod: Pod, now: datetime) -> Health:
    """Implements `pods.ports.Judge`."""
    return health(pod, now, Timings())
