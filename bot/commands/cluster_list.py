"""How `clusters` is answered: every cluster that is served, and how well it is."""

from __future__ import annotations

from bot.commands.prose import SEPARATOR, counted, message, said, shortened
from bot.model.answers import ClusterList, ClusterState
from bot.model.commands import ListPods
from bot.model.messages import (
    CHOICE_LABEL,
    MOST_CHOICES,
    Actions,
    Choice,
    Context,
    Line,
    Menu,
    Message,
    Paragraph,
    bold,
    plain,
)
from bot.model.pods import ALL_NAMESPACES

_SHOWN = 40


def cluster_list(answer: ClusterList) -> Message:
    """A line for each; the menu shows what is broken on one."""
    first, *others = answer.clusters
    lines = [cluster_line(first, default=bool(others)), *map(cluster_line, others[: _SHOWN - 1])]
    more = len(answer.clusters) - len(lines)
    if more > 0:
        lines.append(plain(f"and {more:,} more"))
    looks = tuple(
        Choice(shortened(each.cluster or "?", CHOICE_LABEL), _BROKEN, each.cluster)
        for each in answer.clusters[:MOST_CHOICES]
    )
    return message(
        Paragraph((plain(f"podbot serves {counted(len(answer.clusters), 'cluster')}."), *lines)),
        Actions((Menu("What is broken on …", looks),)),
        Context(plain("Counted are the pods that you may list.")),
    )


def cluster_line(state: ClusterState, *, default: bool = False) -> Line:
    """How one cluster is, in a line."""
    if state.broken:
        among = f"{counted(state.pods, 'pod')} in {counted(state.namespaces, 'namespace')}"
        sign, pods = "🔴", f"{state.broken:,} broken of {among}"
    elif state.namespaces:
        among = f"{counted(state.pods, 'pod')} in {counted(state.namespaces, 'namespace')}"
        sign, pods = "🟢", f"nothing broken among {among}"
    else:
        sign, pods = "⚪", "no pods that you may list"
    if state.watch_problem:
        sign, pods = "🟡", f"may be old: {state.watch_problem} When last seen, {pods}"
    return said(f"{sign} ", bold(state.cluster), " (default)" if default else "", SEPARATOR, pods)


_BROKEN = ListPods(namespace=ALL_NAMESPACES, broken=True)
