"""The App Home tab in words: sections of neutral blocks, which `slack.home` draws.

Of several clusters `home_of_several` makes one tab, of the same parts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.commands.prose import counted, joined, marked, said
from bot.commands.spelling import spell
from bot.model.commands import DebugPod, DeletePod, DeletePods, DescribePod, GetLogs, Help, ListPods, WhoAmI
from bot.model.home import Home, PastCommand
from bot.model.messages import (
    Actions,
    Block,
    Button,
    Choice,
    Context,
    Line,
    Menu,
    Moment,
    Paragraph,
    bold,
    code,
    plain,
)
from bot.model.pods import ALL_NAMESPACES, ClusterName

_RULES_SHOWN = 12
_CHANGING = (DebugPod, DeletePod, DeletePods)
"""What is not to be done again with one press."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A part of the tab under its own title."""

    title: str
    blocks: tuple[Block, ...]


def home_tab(home: Home) -> tuple[Section, ...]:
    """What is broken first, podbot's own troubles last: both are rarely read in peace."""
    sections = [*alerts(home), _broken(home)]
    if home.recent:
        sections.append(recent([(None, past) for past in home.recent]))
    return (*sections, permissions(home), podbot(home, watched=_watched(home)))


def alerts(home: Home) -> Iterator[Section]:
    """What is open, which goes before all else."""
    if home.alerts is not None:
        yield Section(title=home.alerts.title, blocks=home.alerts.blocks)


def _broken(home: Home) -> Section:
    trouble = home.health.watch_problem
    unsure = (Paragraph((said("🟡 This may be old: ", trouble),)),) if trouble else ()
    left_out = " Other namespaces are not yours to see." if home.namespaces_left_out else ""
    seen = f"{counted(home.pods, 'pod')} in {counted(home.namespaces, 'namespace')} of {home.cluster}"
    of = seen if home.namespaces else home.cluster
    when = Context(said(f"{of} · as of ", Moment(home.as_of)))
    if not home.namespaces:
        why = (
            marked("There are pods, but you may `list` none of them; see below.")
            if home.namespaces_left_out
            else plain("No pod is known yet.")
        )
        return Section(title="What is broken", blocks=(*unsure, Paragraph((why,)), when))
    if not home.broken:
        fine = "Nothing that you may see is broken." if not trouble else "Nothing was broken when last seen."
        return Section(
            title="What is broken",
            blocks=(*unsure, Paragraph((said("🟢 " if not trouble else "", f"{fine}{left_out}"),)), when),
        )
    return Section(
        title=f"{counted(home.broken_in_all, 'pod')} broken",
        blocks=(*unsure, *rows(home), *((Paragraph((plain(left_out.strip()),)),) if left_out else ()), when),
    )


def rows(home: Home) -> Iterator[Block]:
    """The broken pods, each with its buttons, and how many more there are."""
    for row in home.broken:
        yield Paragraph(
            (
                said(bold(row.status), " · ", code(row.name), f" · {row.namespace}"),
                joined(f"{row.ready} ready", _restarts(row.restarts), f"{row.age} old", _node(row.node)),
            )
        )
        yield Actions(
            (
                Button("Logs", GetLogs(namespace=row.namespace, pod=row.name)),
                Button("Describe", DescribePod(namespace=row.namespace, pod=row.name)),
            )
        )
    more = home.broken_in_all - len(home.broken)
    if more > 0:
        yield Actions((Button(f"And {more:,} more", ListPods(namespace=ALL_NAMESPACES, broken=True)),))


def _node(node: str) -> str:
    return "on no node" if node in {"", "<none>"} else node


def _restarts(restarts: str) -> str:
    return "" if restarts == "0" else f"restarts {restarts}"


def recent(asked: Sequence[tuple[ClusterName | None, PastCommand]]) -> Section:
    """What was asked lately, and of which cluster; None where there is only one."""
    lines: list[Line] = [
        said(code(spell(past.command, cluster=cluster)), " · ", Moment(past.at, with_date=True))
        for cluster, past in asked
    ]
    again = tuple(
        Choice(spell(command, cluster=cluster).removeprefix("/pods "), command, cluster)
        for cluster, command in dict.fromkeys((cluster, past.command) for cluster, past in asked)
        if not isinstance(command, _CHANGING)
    )
    menu: tuple[Block, ...] = (Actions((Menu("Ask again", again),)),) if again else ()
    return Section(title="What you asked lately", blocks=(Paragraph(tuple(lines)), *menu))


def permissions(home: Home) -> Section:
    """The rules that hold for the person."""
    rules: list[Line] = [plain(f"• {rule.line}") for rule in home.rules[:_RULES_SHOWN]]
    if len(home.rules) > _RULES_SHOWN:
        rules.append(plain(f"and {counted(len(home.rules) - _RULES_SHOWN, 'more rule')}"))
    if not rules:
        rules.append(
            said(
                "No rule of the policy holds for you here. To get one, ask whoever keeps podbot's policy "
                "file to bind a role to ",
                code(home.person.id),
                ".",
            )
        )
    return Section(
        title="What you may do",
        blocks=(
            Paragraph(tuple(rules)),
            Context(plain("Rules bound to a channel count there only. In a channel, ask /pods whoami.")),
            Actions((Button("Help", Help()), Button("Who am I", WhoAmI()))),
        ),
    )


def podbot(home: Home, *, watched: Line) -> Section:
    """How podbot itself is; `watched` tells of what it watches."""
    health = home.health
    slack = "Slack: connected" if health.slack_connected else "🟡 Slack: not connected"
    policy = (
        said("🟡 Policy: ", marked(home.policy_problem)) if home.policy_problem else plain("Policy: in force")
    )
    version = f"podbot {health.version}" if health.version else "podbot"
    return Section(
        title="podbot itself",
        blocks=(Paragraph((watched, plain(slack), policy)), Context(plain(f"{version} · {home.cluster}"))),
    )


def _watched(home: Home) -> Line:
    if home.health.watch_problem:
        return said("🟡 Watch: ", home.health.watch_problem)
    return said("Watch: in step with the cluster", _contact(home))


def _contact(home: Home) -> Line:
    last = home.health.last_contact
    return () if last is None else said(", last heard of it ", Moment(last))
