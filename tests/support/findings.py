"""What a look at a pod brought, for tests that are about deaths."""

from __future__ import annotations

from bot.model.deaths import Death
from bot.model.memory import Findings


def found(death: Death) -> Findings:
    """One death, and nothing to be remembered of its pod."""
    return Findings(cluster=death.id.cluster, uid=death.id.uid, deaths=(death,))
