"""How podbot itself is: what its parts say of themselves, put together. Pure.

`heartbeat` goes by all of it, `vigil` tells people what of it lasts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.model.pods import ClusterName
from bot.watch.freshness import Freshness, Sync

SILENT_AFTER = timedelta(minutes=3)
"""A watch without a word for so long is not fresh: the API server sends a bookmark every minute or so, and
podbot breaks a watch off that is silent for longer, and begins another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackCondition:
    """How Slack is, as this replica sees it."""

    problem: str = ""
    """Why it does not answer; empty while it does."""
    connected: bool = True
    """Whether what people do there reaches podbot."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterCondition:
    """How one cluster's line is, as this replica sees it."""

    name: ClusterName
    freshness: Freshness | None
    """None: its watch has not begun."""
    leads: bool
    """Whether this replica leads it."""
    led: bool
    """Whether anybody is known to."""
    lease_problem: str = ""
    """Why it cannot be told who leads."""
    store_problem: str = ""
    """Why its incidents cannot be saved."""

    @property
    def led_elsewhere(self) -> bool:
        """Whether another replica leads it, so that how things look from here matters to nobody yet."""
        return self.led and not self.leads and not self.lease_problem


def watch_problem(freshness: Freshness | None, now: datetime) -> str:
    """Why what a watch shows is not how things are; empty while it is."""
    if freshness is None:
        return "it has not begun"
    if freshness.sync is not Sync.IN_SYNC:
        return freshness.problem or "the pods are being listed"
    silent = now - freshness.last_contact if freshness.last_contact is not None else timedelta()
    return f"nothing heard for {silent.total_seconds():.0f} s" if silent > SILENT_AFTER else ""


def ailments(clusters: Sequence[ClusterCondition], slack: SlackCondition, now: datetime) -> Mapping[str, str]:
    """What keeps podbot from being alive and well: a watch, a cluster that nobody leads, Slack."""
    found: dict[str, str] = {}
    for each in clusters:
        if problem := watch_problem(each.freshness, now):
            found[f"watch of {each.name}"] = problem
        if each.lease_problem or not each.led:
            found[f"lease of {each.name}"] = each.lease_problem or "nobody leads"
    return found | _of_slack(slack)


def troubles(
    clusters: Sequence[ClusterCondition],
    *,
    delivery: Mapping[str, str],
    slack: SlackCondition,
    heartbeat_problem: str,
    now: datetime,
) -> Mapping[str, str]:
    """What the operator has to hear of if it lasts, by subject.

    `delivery` is the outbox's own trouble. However many parts find the store away, it is one subject.
    """
    found: dict[str, str] = {}
    for each in clusters:
        if each.led_elsewhere:
            continue
        if problem := watch_problem(each.freshness, now):
            found[f"watch of {each.name}"] = problem
        if each.lease_problem:
            found[f"lease of {each.name}"] = each.lease_problem
        if each.store_problem:
            found["store"] = each.store_problem
    for subject, words in delivery.items():
        if subject.startswith("store of "):
            found.setdefault("store", words)
        else:
            found["fallback webhook" if subject == "webhook" else subject] = words
    found = _of_slack(slack) | found
    if heartbeat_problem:
        found["heartbeat"] = heartbeat_problem
    return found


def _of_slack(slack: SlackCondition) -> dict[str, str]:
    found = {"slack": slack.problem} if slack.problem else {}
    return found if slack.connected else found | {"connection": "no connection is open"}
