"""Fixtures that several kinds of tests share."""

import asyncio
import logging
from collections.abc import Callable, Iterator, Mapping

import pytest
import structlog

from tests.support.examples import load_profile
from tests.support.patient_loop import PatientLoop

# So that it shows what differs.
pytest.register_assert_rewrite("tests.support.golden")

pytest_plugins = ["tests.support.real_cluster", "tests.support.postgres", "tests.support.stores"]

# Before any test is imported, whose settings begin with it.
load_profile()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes long begins early: no worker is left alone with it at the end."""
    items.sort(key=lambda each: each.get_closest_marker("long") is None)


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
