"""Whether an incident of several workloads is over: when each of them is. Pure.

Each workload is followed and judged by itself with `recovery`; here is what the single judgements make
together. An incident of one workload is the same with one.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import datetime

from bot.incidents import recovery
from bot.incidents.recovery import WAIT, Following, Judgement, Verdict, Workload
from bot.model.deaths import Death
from bot.model.incidents import IncidentKey, Scope

MOST_WORKLOADS = 500
"""Workloads that are followed; with more, an incident waits for a person to close it."""

OVER = frozenset({Verdict.RECOVERED, Verdict.GONE})


def followed(followings: tuple[Following, ...], death: Death) -> tuple[Following, ...]:
    """What to follow with one more death: the hold-down of its workload begins anew, the others go on."""
    workload = Workload(namespace=death.namespace, owner=death.owner)
    mine = next((each for each in followings if each.workload == workload), None)
    with_death = recovery.followed(mine, death)
    if mine is not None:
        return tuple(with_death if each is mine else each for each in followings)
    if len(followings) >= MOST_WORKLOADS:
        return followings
    return (*followings, with_death)


def joined(some: tuple[Following, ...], more: tuple[Following, ...]) -> tuple[Following, ...]:
    """What to follow of two incidents that became one; where both follow a workload, all its pods."""
    found = {each.workload: each for each in some}
    for each in more:
        there = found.get(each.workload)
        if there is None and len(found) < MOST_WORKLOADS:
            found[each.workload] = each
        elif there is not None:
            found[each.workload] = replace(
                there,
                subjects={**each.subjects, **there.subjects},
                calm_since=None,
                asked=0,
                ask_at=None,
                died_at=max(filter(None, (each.died_at, there.died_at)), default=None),
                found=None,
            )
    return tuple(found.values())


def key_for(key: IncidentKey, following: Following) -> IncidentKey:
    """The incident's key as if it were of this one workload: what `recovery` judges by."""
    workload = following.workload
    if workload is None:
        return key
    return replace(key, namespace=workload.namespace, owner=workload.owner, scope=Scope.WORKLOAD)


def with_finding(following: Following, judgement: Judgement) -> Following:
    """What is followed after a judgement that ends it, or that its Job has given up."""
    if judgement.verdict in OVER:
        return replace(following, found=judgement)
    if judgement.verdict is Verdict.ESCALATE:
        return replace(following, job=None)
    return following


def conclusion(followings: tuple[Following, ...], workloads: int) -> Judgement:
    """What all of them say together. `workloads`: how many the incident has; some may not be followed.

    It has recovered when every workload has. Where some are gone instead, it is over, but not recovered.
    """
    found = [each.found for each in followings if each.found is not None]
    if not found or len(found) < len(followings) or len(followings) < workloads:
        return WAIT
    if len(found) == 1:
        return found[0]
    counts = Counter(each.verdict for each in found)
    recovered, gone = counts[Verdict.RECOVERED], counts[Verdict.GONE]
    if not gone:
        return Judgement(verdict=Verdict.RECOVERED, words=f"{recovered} of {len(found)} workloads Ready")
    words = f"{recovered} of {len(found)} workloads Ready, {gone} gone"
    return Judgement(verdict=Verdict.GONE, words=words)


def calm_since(followings: tuple[Following, ...]) -> datetime | None:
    """Since when all of it has been well; None while something is not."""
    every = [each.calm_since for each in followings]
    if not every or None in every:
        return None
    return max(each for each in every if each is not None)
