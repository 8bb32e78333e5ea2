"""Several questions to the cluster at once, so that they take no longer than the slowest of them."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any, TypeVar

_T = TypeVar("_T")


async def all_of(work: Sequence[Coroutine[Any, Any, _T]]) -> list[_T]:
    """What each comes to, in order. The first error is raised as it is, and nothing is left running."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(each, name="ask the cluster") for each in work]
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from None
    return [task.result() for task in tasks]
