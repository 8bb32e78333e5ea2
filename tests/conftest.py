"""Fixtures that several kinds of tests share, and how long the property tests look."""

import asyncio
import logging
import os
from collections.abc import Callable, Iterator, Mapping

import pytest
import structlog
from hypothesis import settings

from tests.support.patient_loop import PatientLoop

pytest_plugins = ["tests.support.real_cluster", "tests.support.postgres", "tests.support.stores"]

# No deadline: a shared machine may stall for a moment, and that says nothing about an example.
settings.register_profile("usual", deadline=None)
settings.register_profile("long", deadline=None, max_examples=10_000)
settings.load_profile(os.environ.get("PODBOT_TEST_EXAMPLES", "usual"))


@pytest.fixture(autouse=True)
def _logs_as_before() -> Iterator[None]:
    """Logging belongs to the whole process: every test gives it back as it found it."""
    root, ours = logging.getLogger(), logging.getLogger("bot")
    handlers, levels = list(root.handlers), (root.level, ours.level)
    yield
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(levels[0])
    ours.setLevel(levels[1])


def pytest_asyncio_loop_factories() -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Nothing is late for want of the processor."""
    return {"patient": PatientLoop}
