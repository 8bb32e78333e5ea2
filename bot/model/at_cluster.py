"""What is pressed in a message goes on at the cluster that the message is of."""

from __future__ import annotations

from msgspec import structs

from bot.model.messages import Actions, Block, Button, Menu, Message
from bot.model.pods import ClusterName


def at_cluster(message: Message, cluster: ClusterName | None) -> Message:
    """The message, its buttons and menus bound to a cluster; those that have one keep theirs."""
    if cluster is None:
        return message
    return structs.replace(message, blocks=blocks_at(message.blocks, cluster))


def blocks_at(blocks: tuple[Block, ...], cluster: ClusterName) -> tuple[Block, ...]:
    """The same for blocks that are not in a message yet."""
    return tuple(_actions(each, cluster) if isinstance(each, Actions) else each for each in blocks)


def _actions(actions: Actions, cluster: ClusterName) -> Actions:
    return structs.replace(actions, elements=tuple(_element(each, cluster) for each in actions.elements))


def _element(element: Button | Menu, cluster: ClusterName) -> Button | Menu:
    if isinstance(element, Menu):
        bound = (structs.replace(each, cluster=each.cluster or cluster) for each in element.choices)
        return structs.replace(element, choices=tuple(bound))
    return structs.replace(element, cluster=element.cluster or cluster)
