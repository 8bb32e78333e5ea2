"""Answers of the pod service, for tests of how they are worded: what a test does not say is as usual."""

from __future__ import annotations

from datetime import UTC, datetime

from bot.model.answers import PodRow
from bot.model.commands import GetLogs
from bot.model.log_answers import LogExcerpt
from bot.model.pods import PodUid

NOW = datetime(2026, 3, 4, 14, 3, 20, tzinfo=UTC)
POD = "web-7d4b9c-x2x9q"
UID = PodUid("0f5e")


def a_row(name: str = POD, **fields: str) -> PodRow:
    """A pod that runs."""
    given = {
        "namespace": "shop",
        "ready": "1/1",
        "status": "Running",
        "restarts": "0",
        "age": "12m",
        "ip": "10.1.2.3",
        "node": "node-3",
        "nominated_node": "<none>",
        "readiness_gates": "<none>",
    } | fields
    return PodRow(name=name, **given)


def an_excerpt(*lines: str, asked: GetLogs, **fields: object) -> LogExcerpt:
    """The log of the pod's only container, whole."""
    given: dict[str, object] = {
        "pod": POD,
        "uid": UID,
        "container": "app",
        "other_containers": (),
        "previous": False,
        "previous_by_itself": False,
        "has_previous": False,
        "masked": 0,
        "cut": False,
        "read_at": NOW,
    } | fields
    return LogExcerpt(asked=asked, lines=lines, **given)  # type: ignore[arg-type]    # fields by name
