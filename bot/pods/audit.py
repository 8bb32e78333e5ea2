"""The audit: one structured line for every request, allowed or refused."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from bot import logs
from bot.model.people import Asker
from bot.model.pods import ClusterName


class Outcome(Enum):
    """How a request ended."""

    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Who asked where for what, what was decided by which rule, and how it ended."""

    asker: Asker
    verb: str
    cluster: ClusterName
    namespace: str
    """`*` stands for all of them."""
    object: str
    """`pod/web-1`, `pods`; for `can-i` the verb that was asked about."""
    allowed: bool
    rule: str
    """The rule that allowed it, in words; empty where none did."""
    outcome: Outcome
    detail: str = ""


class AuditTrail(Protocol):
    """Where entries go."""

    def record(self, entry: Entry) -> None:
        """Write one entry."""
        ...


class LogTrail:
    """Writes the audit as log lines of the logger `bot.audit`, whatever the log's level."""

    def __init__(self) -> None:
        self._log = logs.get_unfiltered("bot.audit")

    def record(self, entry: Entry) -> None:
        """One line; its fields are the entry's."""
        self._log.info(
            "audit",
            request=entry.asker.request,
            user=entry.asker.person.id,
            user_name=entry.asker.person.name,
            channel=entry.asker.channel,
            verb=entry.verb,
            cluster=entry.cluster,
            namespace=entry.namespace,
            object=entry.object,
            allowed=entry.allowed,
            rule=entry.rule,
            outcome=entry.outcome.value,
            detail=entry.detail,
        )
