"""Incidents without routes: everything goes to one channel, and calls nobody."""

from __future__ import annotations

from collections.abc import Sequence

from bot.model.deaths import Death
from bot.model.escalations import NOBODY, EscalationPlan
from bot.model.people import ChannelId
from bot.model.routes import Route


class Unrouted:
    """Implements `ports.Router`."""

    def __init__(self, channel: ChannelId) -> None:
        self._channel = channel

    @property
    def otherwise(self) -> ChannelId:
        """The channel."""
        return self._channel

    async def prepare(self, deaths: Sequence[Death]) -> None:
        """There is nothing to ask for."""

    def at_once(self, death: Death) -> Route:  # noqa: ARG002 - the port's signature
        """To the channel."""
        return Route(channels=(self._channel,))

    def plan(self, name: str) -> EscalationPlan:  # noqa: ARG002 - the port's signature
        """Nobody is called."""
        return NOBODY
