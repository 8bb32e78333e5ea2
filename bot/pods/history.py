"""A history for where nothing is remembered: a bot that does not watch."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.model.history import FormerPod
from bot.model.pods import PodUid


class NoHistory:
    """Implements `ports.PodHistory`."""

    since: datetime | None = None

    def restarts(self, uid: PodUid, after: datetime) -> int:  # noqa: ARG002 - the port's signature
        """None that anybody saw."""
        return 0

    def former(self, address: str) -> Sequence[FormerPod]:  # noqa: ARG002 - the port's signature
        """None that anybody remembers."""
        return ()
