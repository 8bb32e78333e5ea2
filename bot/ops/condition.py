"""How podbot itself is: what its parts say of themselves, put together. Pure.

`heartbeat` goes by all of it, `vigil` tells people what of it lasts. Moments are monotonic: how fresh
something is does not change with the clock on the wall.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from bot.model.pods import ClusterName
from bot.watch.freshness import Freshness, Sync

SILENT_AFTER = timedelta(minutes=3)
"""A watch without a word for so long is not fresh: the API server sends a bookmark every minute or so, and
podbot breaks a watch off that is silent for longer, and begins another."""

_SINCE_IT_WOKE = "since the machine was suspended"


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackCondition:
    """How Slack is, as this replica sees it."""

    problem: str = ""
    """Why it does not answer; empty while it does."""
    answered_at: float | None = None
    """When it last was asked with an answer, good or bad."""
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
    name_problem: str = ""
    """Why it may not have its name: the store knows another cluster by it."""

    @property
    def led_elsewhere(self) -> bool:
        """Whether another replica leads it, so that how things look from here matters to nobody yet."""
        return self.led and not self.leads and not self.lease_problem


def watch_problem(freshness: Freshness | None, moment: float) -> str:
    """Why what a watch shows is not how things are; empty while it is."""
    if freshness is None:
        return "it has not begun"
    if freshness.sync is not Sync.IN_SYNC:
        return freshness.problem or "the pods are being listed"
    silent = moment - freshness.heard if freshness.heard is not None else 0.0
    return f"nothing heard for {silent:.0f} s" if silent > SILENT_AFTER.total_seconds() else ""


def ailments(
    clusters: Sequence[ClusterCondition],
    slack: SlackCondition,
    moment: float,
    *,
    woke_at: float | None = None,
) -> Mapping[str, str]:
    """What keeps podbot from being alive and well: a watch, a cluster that nobody leads, Slack.

    `woke_at`: when the machine was suspended last, the moment it went on. The clock stood still meanwhile, so
    what was seen before looks fresh and proves nothing.
    """
    found: dict[str, str] = {}
    if _is_before(slack.answered_at, woke_at):
        found["slack"] = f"not asked {_SINCE_IT_WOKE}"
    for each in clusters:
        if problem := watch_problem(each.freshness, moment):
            found[f"watch of {each.name}"] = problem
        elif each.freshness is not None and _is_before(each.freshness.heard, woke_at):
            found[f"watch of {each.name}"] = f"nothing heard {_SINCE_IT_WOKE}"
        if each.lease_problem or not each.led:
            found[f"lease of {each.name}"] = each.lease_problem or "nobody leads"
    return found | _of_slack(slack)


def troubles(
    clusters: Sequence[ClusterCondition],
    *,
    delivery: Mapping[str, str],
    slack: SlackCondition,
    heartbeat_problem: str,
    moment: float,
) -> Mapping[str, str]:
    """What the operator has to hear of if it lasts, by subject.

    `delivery` is the outbox's own trouble. However many parts find the store away, it is one subject.
    """
    found: dict[str, str] = {}
    for each in clusters:
        if each.led_elsewhere:
            continue
        if each.name_problem:
            found[f"name of {each.name}"] = each.name_problem
        elif problem := watch_problem(each.freshness, moment):
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


def _is_before(seen_at: float | None, woke_at: float | None) -> bool:
    return woke_at is not None and (seen_at is None or seen_at < woke_at)


def _of_slack(slack: SlackCondition) -> dict[str, str]:
    found = {"slack": slack.problem} if slack.problem else {}
    return found if slack.connected else found | {"connection": "no connection is open"}
