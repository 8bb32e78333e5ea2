"""The annotations by which pods, workloads and namespaces say how podbot is to tell of them."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

LONGEST = 1_001
"""Characters that are kept of one: more than any may have, so that what is too long still looks so."""


class Annotation(Enum):
    """What they can ask for; whether they get it is the configuration's to say."""

    CHANNEL = "podbot.io/channel"
    MUTE = "podbot.io/mute"
    RUNBOOK = "podbot.io/runbook"
    OWNER = "podbot.io/owner"


def own_annotations(annotations: Mapping[str, str] | None) -> dict[str, str]:
    """Those of an object's annotations that are podbot's; the others may be of any size and number."""
    if not annotations:
        return {}
    return {key: annotations[key][:LONGEST] for key in _KEYS if key in annotations}


_KEYS = tuple(each.value for each in Annotation)
