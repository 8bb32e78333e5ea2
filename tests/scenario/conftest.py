"""A bot of the test's own, with the simulated cluster."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.scenario.bots import Bot, a_bot


@pytest.fixture
async def bot() -> AsyncIterator[Bot]:
    """The usual one: Socket Mode, the demo's cluster, people and policy."""
    async with a_bot() as running:
        yield running
