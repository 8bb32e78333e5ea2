"""What an incident tells apart of its deaths: workloads, nodes, ways to end, and what nobody watched. Pure.

For `engine`, which counts the deaths themselves: beyond the bounds here, too.
"""

from __future__ import annotations

from dataclasses import replace

from bot.model.deaths import Death
from bot.model.incidents import DeathsUnwatched, ExitCount, WorkloadPart

MOST_NODES = 20
"""Nodes that one incident names."""

MOST_WORKLOADS = 1_000
"""Workloads that one incident lists; the deaths of any more are counted."""

MOST_EXITS = 10
"""Ways to end that one incident tells apart."""


def with_workload(
    workloads: tuple[WorkloadPart, ...], death: Death, *, new_pod: bool
) -> tuple[WorkloadPart, ...]:
    """The workloads with one more death; `new_pod`: of a pod that had not died before."""
    part = WorkloadPart(
        namespace=death.namespace,
        owner=death.owner,
        cause=death.cause,
        deaths=1 + death.unseen_before,
        pods=1 if new_pod else 0,
    )
    for place, each in enumerate(workloads):
        # A storm has a thousand: names are compared first, as they differ.
        if each.owner.name == part.owner.name and _subject(each) == _subject(part):
            more = replace(each, deaths=each.deaths + part.deaths, pods=each.pods + part.pods)
            return (*workloads[:place], more, *workloads[place + 1 :])
    return (*workloads, part) if len(workloads) < MOST_WORKLOADS else workloads


def _subject(part: WorkloadPart) -> tuple[object, ...]:
    return part.namespace, part.owner, part.cause, part.told_in


def with_workloads(
    some: tuple[WorkloadPart, ...], more: tuple[WorkloadPart, ...]
) -> tuple[WorkloadPart, ...]:
    """Those of two incidents; what is in both is one."""
    found = {_subject(each): each for each in some}
    for part in more:
        name = _subject(part)
        there = found.get(name)
        if there is not None:
            found[name] = replace(there, deaths=there.deaths + part.deaths, pods=there.pods + part.pods)
        elif len(found) < MOST_WORKLOADS:
            found[name] = part
    return tuple(found.values())


def with_exit(exits: tuple[ExitCount, ...], death: Death) -> tuple[ExitCount, ...]:
    """The ways to end with one more death; those that nobody saw before it may have ended in any way."""
    if death.exit_code is None:
        return exits
    one = ExitCount(container=death.id.container, exit_code=death.exit_code, reason=death.reason, deaths=1)
    return with_exits(exits, (one,))


def with_exits(some: tuple[ExitCount, ...], more: tuple[ExitCount, ...]) -> tuple[ExitCount, ...]:
    """Those of two incidents, or of one and a death."""
    found = {(each.container, each.exit_code): each for each in some}
    for each in more:
        ended = each.container, each.exit_code
        there = found.get(ended)
        if there is not None:
            found[ended] = replace(each, deaths=there.deaths + each.deaths)
        elif len(found) < MOST_EXITS:
            found[ended] = each
    return tuple(found.values())


def with_nodes(nodes: tuple[str, ...], more: tuple[str, ...]) -> tuple[str, ...]:
    """The nodes with others, each once; of some deaths it is not known."""
    return tuple(dict.fromkeys(filter(None, (*nodes, *more))))[:MOST_NODES]


def with_unwatched(known: DeathsUnwatched | None, death: Death) -> DeathsUnwatched | None:
    """The deaths that happened while nobody watched, with one more if it is one of those."""
    span = death.unwatched
    if span is None:
        return known
    deaths = 1 + death.unseen_before
    if known is None:
        return DeathsUnwatched(deaths=deaths, since=span.since, until=span.until)
    return DeathsUnwatched(
        deaths=known.deaths + deaths,
        since=min(known.since, span.since),
        until=max(known.until, span.until),
    )
