"""The App Home tab of a bot that serves several clusters: all at a glance, then what is broken on each.

Slack's view has room for 100 blocks, so that clusters share the room for broken pods; of what finds none the
numbers are told. `home_tab` words the parts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from bot.commands import home_tab
from bot.commands.cluster_list import cluster_line
from bot.commands.home_tab import Section
from bot.commands.prose import counted, joined, said
from bot.model.answers import Rule
from bot.model.at_cluster import blocks_at
from bot.model.home import Home
from bot.model.messages import Block, Context, Line, Moment, Paragraph, bold, plain
from bot.model.pods import ClusterName

MOST_CLUSTERS = 8
"""Clusters whose broken pods are shown, those with the most of them first."""
_MOST_ROWS = 16
"""Broken pods of all clusters together; each takes two blocks."""
_MOST_LINES = 40
_RECENT_SHOWN = 8
_MOST_ALERTED = 3
_MOST_ALERT_BLOCKS = 6
"""Three incidents, each with its buttons."""


def home_of_several(homes: Sequence[Home]) -> tuple[Section, ...]:
    """The tab; `homes` has one for each cluster, all of the same person and moment, the default's first."""
    broken = sorted((each for each in homes if each.broken), key=lambda each: -each.broken_in_all)
    shown = broken[:MOST_CLUSTERS]
    sections = [*_alerts(homes), _glance(homes), *(_broken(each, _MOST_ROWS // len(shown)) for each in shown)]
    asked = [(each.cluster, past) for each in homes for past in each.recent]
    if asked:
        asked.sort(key=lambda each: each[1].at, reverse=True)
        sections.append(home_tab.recent(asked[:_RECENT_SHOWN]))
    first = homes[0]
    rules = tuple(dict.fromkeys(rule for each in homes for rule in each.rules))
    return (*sections, _permissions(first, rules), home_tab.podbot(first, watched=_watched(homes)))


def _alerts(homes: Sequence[Home]) -> Iterator[Section]:
    """The open incidents of the clusters that have most; their buttons say which cluster they are for."""
    alerted = [(each.cluster, each.alerts) for each in homes if each.alerts is not None]
    for cluster, alerts in sorted(alerted, key=lambda each: -each[1].open)[:_MOST_ALERTED]:
        shown = blocks_at(alerts.blocks[:_MOST_ALERT_BLOCKS], cluster)
        yield Section(title=f"{cluster[:80]}: {alerts.title}", blocks=shown)


def _glance(homes: Sequence[Home]) -> Section:
    """A line for each cluster, those in trouble first."""
    worst_first = sorted(homes, key=lambda each: (not each.health.watch_problem, not each.broken))
    lines = [cluster_line(each.state) for each in worst_first[:_MOST_LINES]]
    if len(homes) > _MOST_LINES:
        lines.append(plain(f"and {counted(len(homes) - _MOST_LINES, 'more cluster')}"))
    broken = sum(each.broken_in_all for each in homes)
    title = f"{counted(broken, 'pod')} broken" if broken else "What is broken"
    left_out = any(each.namespaces_left_out for each in homes)
    not_yours = (Paragraph((plain("Some namespaces are not yours to see."),)),) if left_out else ()
    when = Context(said("as of ", Moment(homes[0].as_of)))
    return Section(title=title, blocks=(Paragraph(tuple(lines)), *not_yours, when))


def _broken(home: Home, rows: int) -> Section:
    """What is broken on one cluster; its buttons are for this cluster."""
    fewer = replace(home, broken=home.broken[:rows])
    blocks: tuple[Block, ...] = tuple(home_tab.rows(fewer))
    return Section(
        title=f"{home.cluster[:80]}: {counted(home.broken_in_all, 'pod')} broken",
        blocks=blocks_at(blocks, home.cluster),
    )


def _permissions(home: Home, rules: tuple[Rule, ...]) -> Section:
    return home_tab.permissions(replace(home, rules=rules))


def _watched(homes: Iterable[Home]) -> Line:
    away: list[ClusterName] = [each.cluster for each in homes if each.health.watch_problem]
    if not away:
        return plain("Watch: in step with every cluster")
    names = joined(*map(bold, away[:_MOST_LINES]))
    return said("🟡 Watch: not in step with ", names)
