"""Which cluster is meant: kubectl's `--context` in what was typed, and the cluster's name in what is said.

With one cluster nothing of it shows.
"""

from __future__ import annotations

import shlex
from collections.abc import Collection, Mapping

from msgspec import structs

from bot.commands import flags
from bot.commands.flags import Arguments
from bot.commands.misunderstood import Misunderstood, did_you_mean, listed, shown
from bot.commands.prose import SEPARATOR
from bot.model.at_cluster import at_cluster
from bot.model.messages import Block, Inline, Line, Message, Paragraph, Style, Text, bold
from bot.model.pods import ClusterName

_CALLS = frozenset({"/pods", "/kubectl", "@podbot"})
"""With what a command begins that stands in a message to be typed."""


def named(args: Arguments, clusters: Mapping[ClusterName, str], *, topic: str) -> ClusterName | None:
    """The cluster that a command names; None where it names none. Raises `Misunderstood` for an unknown one.

    kubectl's `--cluster` names an entry of the kubeconfig rather than a context; people mean the same.
    """
    values = (args.value(flag) for flag in (flags.CONTEXT, flags.CLUSTER))
    given = dict.fromkeys(value for value in values if value is not None)
    if not given:
        return None
    name, *others = given
    if others:
        raise Misunderstood("`--context` and `--cluster` name two clusters. Name one.", topic=topic)
    if ClusterName(name) not in clusters:
        raise unknown(name, clusters, topic=topic)
    return ClusterName(name)


def unknown(name: str, clusters: Collection[ClusterName], *, topic: str = "") -> Misunderstood:
    """No cluster of this name is served: which ones are, and which of them was probably meant."""
    known = [each for each in clusters if each]
    there = ""
    if len(known) == 1:
        there = f" It serves {shown(known[0])} alone."
    elif known:
        there = f" It serves {listed(known)}."
    guess = did_you_mean(name, known, before="--context ") if len(known) > 1 else ""
    return Misunderstood(f"podbot serves no cluster called {shown(name)}.{guess}{there}", topic=topic)


def context(cluster: ClusterName | None) -> tuple[str, ...]:
    """The words that name a cluster in a command, to stand before its verb."""
    return () if cluster is None else (f"--context={cluster}",)


def of_cluster(message: Message, cluster: ClusterName | None) -> Message:
    """What is said about one cluster of several: it begins with the cluster's name, and goes on there.

    Buttons and menus are bound to it, and commands to be typed name it, so that a copied one is right
    whatever the default is. None where one cluster is served, and nothing has to be said.
    """
    if cluster is None:
        return message
    blocks = tuple(_naming(each, cluster) for each in message.blocks)
    at = next((at for at, each in enumerate(blocks) if isinstance(each, Paragraph)), None)
    if at is not None:
        blocks = (*blocks[:at], _headed(blocks[at], cluster), *blocks[at + 1 :])
    return at_cluster(
        structs.replace(message, text=f"{cluster}{SEPARATOR}{message.text}", blocks=blocks), cluster
    )


def _headed(block: Block, cluster: ClusterName) -> Block:
    if not isinstance(block, Paragraph) or not block.lines:
        return block
    first, *others = block.lines
    return Paragraph(((bold(cluster), Text(SEPARATOR), *first), *others))


def _naming(block: Block, cluster: ClusterName) -> Block:
    if not isinstance(block, Paragraph):
        return block
    return Paragraph(tuple(_line(line, cluster) for line in block.lines))


def _line(line: Line, cluster: ClusterName) -> Line:
    return tuple(_inline(each, cluster) for each in line)


def _inline(inline: Inline, cluster: ClusterName) -> Inline:
    if not isinstance(inline, Text) or inline.style is not Style.CODE:
        return inline
    call, _, rest = inline.text.partition(" ")
    if call not in _CALLS or not rest or rest.startswith(("help", "--context=")):
        return inline
    return Text(f"{call} {shlex.join(context(cluster))} {rest}", Style.CODE)
