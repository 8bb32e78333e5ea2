"""What the lines of all clusters have in common: one store, one way to Slack, one configuration."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bot.clock import Clock
from bot.incidents.config_keeper import ConfigKeeper
from bot.incidents.ports import Pictures
from bot.model.letters import LetterKey
from bot.model.people import ChannelId
from bot.model.pods import ClusterName
from bot.outbox.branches import Branches
from bot.store.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """Made once, by `building`."""

    store: Store
    outbox: Branches
    clock: Clock
    namespaces: tuple[str, ...]
    alert_channel: ChannelId
    config: ConfigKeeper
    pictures: Pictures
    link: Callable[[ClusterName, LetterKey], str]
    """Where a letter of a cluster stands in Slack; empty where that is not known."""
