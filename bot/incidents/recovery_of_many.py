"""Whether an incident of several workloads is over: when each of them is. Pure.

Each workload is followed and judged by itself with `recovery`; here is what the single judgements make
together. An incident of one workload is the same with one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from bot.incidents import readiness, recovery
from bot.incidents.recovery import WAIT, Following, Judgement, Verdict, Workload
from bot.model.deaths import Death
from bot.model.incidents import IncidentKey, Scope
from bot.model.tuning import Timings

MOST_WORKLOADS = 500
"""Workloads that are followed; with more, an incident waits for a person to close it."""

NAMED = 10
"""Workloads that are gone of which the end of an incident tells the names."""

OVER = frozenset({Verdict.RECOVERED, Verdict.GONE, Verdict.UNWATCHED})


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
                ready_since=None,
                doubted=False,
                ran=max(each.ran, there.ran),
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


def conclusion(followings: tuple[Following, ...], workloads: int, *, named: bool = True) -> Judgement:
    """What all of them say together. `workloads`: how many the incident has; some may not be followed.

    It has recovered when every workload has. Where some are gone instead, or not watched any more, it is
    over, but not recovered; what nothing will bring back is named before what is. `named`: the incident's own
    name says which workload it is.
    """
    found = [each.found for each in followings if each.found is not None]
    if not found or len(found) < len(followings) or len(followings) < workloads:
        return WAIT
    gone, unwatched = _found(followings, Verdict.GONE), _found(followings, Verdict.UNWATCHED)
    if len(found) == 1 and (named or found[0].verdict is Verdict.RECOVERED):
        return found[0]
    watched = len(found) - len(unwatched)
    recovered = f"{watched - len(gone)} of {watched} {'other ' if unwatched else ''}workloads Ready"
    if unwatched:
        are = "is" if len(unwatched) == 1 else "are"
        unseen = f"{_named(unwatched)} {are} not watched any more"
        said = (unseen, *_losses(gone), *([recovered] if watched else []))
        return Judgement(verdict=Verdict.UNWATCHED, words="; ".join(said))
    if not gone:
        return Judgement(verdict=Verdict.RECOVERED, words=recovered)
    return Judgement(verdict=Verdict.GONE, words="; ".join((*_losses(gone), recovered)))


def _found(followings: tuple[Following, ...], verdict: Verdict) -> list[Following]:
    return [each for each in followings if each.found is not None and each.found.verdict is verdict]


def _losses(gone: Sequence[Following]) -> Iterator[str]:
    """What is not there any more: bare pods, which nothing makes again, before what somebody took away."""
    bare = [each for each in gone if each.workload is not None and each.workload.owner.kind == "Pod"]
    if bare:
        are = "is" if len(bare) == 1 else "are"
        yield f"{_named(bare)} {are} gone for good, nothing recreates {'it' if len(bare) == 1 else 'them'}"
    others = [each for each in gone if each not in bare]
    if others:
        yield f"{_named(others)} {'was' if len(others) == 1 else 'were'} deleted or scaled to zero"


def _named(some: Sequence[Following]) -> str:
    names = [f"{each.workload.owner.name} ({each.workload.namespace})" for each in some if each.workload]
    more = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {more} more" if more > 0 else "")


def calm_since(followings: tuple[Following, ...]) -> datetime | None:
    """Since when all of it has been well; None while something is not."""
    every = [each.calm_since for each in followings]
    if not every or None in every:
        return None
    return max(each for each in every if each is not None)


def ready_since(followings: tuple[Following, ...], workloads: int) -> datetime | None:
    """Since when all of it has been Ready; None while something is not, or is not known to be."""
    every = [each.ready_since for each in followings]
    if not every or None in every or len(every) < workloads:
        return None
    return max(each for each in every if each is not None)


def told_ready(
    key: IncidentKey, followings: tuple[Following, ...], workloads: int, now: datetime, timings: Timings
) -> datetime | None:
    """The same, once that has held for long enough to be told of each."""
    settled = all(readiness.told_ready(key_for(key, each), each, now, timings) for each in followings)
    return ready_since(followings, workloads) if settled else None
