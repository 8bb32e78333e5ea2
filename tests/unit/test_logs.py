"""Log lines of ours and of the libraries come out alike, and the audit comes out always."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest

from bot import logs
from bot.logs import LogFormat
from bot.model.pods import ClusterName
from bot.pods.audit import Entry, LogTrail, Outcome
from tests.support.policies import ALICE

ALL = {"debug", "info", "warning", "error"}


def written(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_a_line_is_one_json_object(capsys: pytest.CaptureFixture[str]) -> None:
    """With time, level, logger, and what was bound; line ends stay inside."""
    logs.configure("info", LogFormat.JSON)
    logs.get("bot.pods").bind(pod="web-1").info("looked\nat", count=3)
    (line,) = written(capsys)
    assert line.pop("timestamp").endswith("Z")
    assert line == {"event": "looked\nat", "level": "info", "logger": "bot.pods", "pod": "web-1", "count": 3}


def test_a_librarys_line_looks_like_ours(capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever writes it, it can be searched the same way."""
    logs.configure("info", LogFormat.JSON)
    logging.getLogger("slack_bolt").warning("retry %d", 3)
    (line,) = written(capsys)
    assert (line["event"], line["level"], line["logger"]) == ("retry 3", "warning", "slack_bolt")


@pytest.mark.parametrize(
    ("level", "ours", "theirs"),
    [
        pytest.param("debug", ALL, ALL, id="debug"),
        pytest.param("info", ALL - {"debug"}, {"warning", "error"}, id="info"),
        pytest.param("error", {"error"}, {"error"}, id="error"),
    ],
)
def test_levels(capsys: pytest.CaptureFixture[str], level: str, ours: set[str], theirs: set[str]) -> None:
    """The libraries' chatter is left out unless everything is wanted."""
    logs.configure(level, LogFormat.JSON)
    for name in sorted(ALL):
        getattr(logs.get("bot.watch"), name)("said")
        getattr(logging.getLogger("aiohttp"), name)("said")
    lines = written(capsys)
    assert {line["level"] for line in lines if line["logger"] == "bot.watch"} == ours
    assert {line["level"] for line in lines if line["logger"] == "aiohttp"} == theirs


@pytest.mark.parametrize("style", LogFormat)
def test_a_traceback_shows_no_values(capsys: pytest.CaptureFixture[str], style: LogFormat) -> None:
    """Tokens are among the local variables of whoever speaks to Slack."""
    logs.configure("info", style)
    token = "-".join(("xoxb", "hunter2"))
    try:
        raise ValueError(len(token))
    except ValueError:
        logs.get("bot.slack").exception("broke")
    said = capsys.readouterr().err
    assert "Traceback" in said
    assert "hunter2" not in said.replace('("xoxb", "hunter2")', "")


@pytest.mark.parametrize("style", LogFormat)
def test_a_traceback_is_written(capsys: pytest.CaptureFixture[str], style: LogFormat) -> None:
    """In both shapes, by structlog and by the standard library, and without a warning."""
    logs.configure("info", style)
    try:
        raise KeyError("web-1")
    except KeyError:
        logs.get("bot.pods").exception("failed")
        logging.getLogger("aiohttp").exception("failed too")
    told = capsys.readouterr().err
    assert told.count("KeyError") >= 2
    assert "failed too" in told


def test_configuring_twice_writes_once(capsys: pytest.CaptureFixture[str]) -> None:
    """No second handler."""
    logs.configure("info", LogFormat.JSON)
    logs.configure("info", LogFormat.JSON)
    logs.get("bot").info("once")
    assert len(written(capsys)) == 1


def entry() -> Entry:
    return Entry(
        asker=ALICE,
        verb="delete",
        cluster=ClusterName("prod-eu"),
        namespace="shop",
        object="pod/web-1",
        allowed=True,
        rule="role on-call: delete in shop",
        outcome=Outcome.DONE,
        detail="uid=1",
    )


@pytest.mark.parametrize("level", ["debug", "info", "warning", "error"])
def test_the_audit_is_written_at_every_level(capsys: pytest.CaptureFixture[str], level: str) -> None:
    """Quieter logs must not mean that nobody can say who did what."""
    trail = LogTrail()
    logs.configure(level, LogFormat.JSON)
    trail.record(entry())
    (line,) = written(capsys)
    line.pop("timestamp")
    assert line == {
        "event": "audit",
        "level": "info",
        "logger": "bot.audit",
        "request": "8Q2F",
        "user": "U01ALICE",
        "user_name": "alice",
        "channel": "C01INCIDENTS",
        "verb": "delete",
        "cluster": "prod-eu",
        "namespace": "shop",
        "object": "pod/web-1",
        "allowed": True,
        "rule": "role on-call: delete in shop",
        "outcome": "done",
        "detail": "uid=1",
    }
