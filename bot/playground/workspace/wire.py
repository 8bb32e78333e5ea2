"""The vocabulary of the workspace's wire: JSON objects and the ids that travel in them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NewType, TypeAlias

Json: TypeAlias = dict[str, Any]
"""A JSON object as Slack sends and takes it; its shape is checked by the rules, not by the type."""

Clock: TypeAlias = Callable[[], float]
"""Seconds since the epoch."""

UserId = NewType("UserId", str)
ChannelId = NewType("ChannelId", str)
UserGroupId = NewType("UserGroupId", str)
FileId = NewType("FileId", str)
ViewId = NewType("ViewId", str)
TriggerId = NewType("TriggerId", str)

Ts = NewType("Ts", str)
"""A message's id and time: seconds and microseconds with a dot, unique within the workspace."""
