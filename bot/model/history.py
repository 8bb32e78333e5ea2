"""What is remembered of pods that are no longer there. Written by `watch.history`, read by `pods`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.model.pods import Owner, PodUid


@dataclass(frozen=True, slots=True, kw_only=True)
class FormerPod:
    """A pod that is gone, as last seen."""

    namespace: str
    name: str
    uid: PodUid
    owner: Owner
    node: str
    addresses: tuple[str, ...]
    created: datetime | None
    gone: datetime
    """When it was seen to be gone."""
