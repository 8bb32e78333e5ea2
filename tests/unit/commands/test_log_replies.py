"""Answers about logs read as their golden files do: merged, searched, around a death, followed."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.commands.followed_logs import follow_begun, followed_logs, transcript
from bot.commands.replies import reply
from bot.model.commands import FollowLogs, GetLogs
from bot.model.containers import Terminated
from bot.model.log_answers import (
    FollowedLogs,
    FollowEnd,
    FollowStopped,
    Found,
    LogExcerpt,
    LogOrigin,
    MergedLogs,
)
from bot.model.messages import Link, Message
from bot.model.targets import Target, TargetKind
from bot.playground.workspace.rules.messages import checked_content
from bot.slack.blocks import render
from tests.support.answers import an_excerpt
from tests.support.clock import START as NOW
from tests.unit.commands.drawing import check_golden

WEB = GetLogs(namespace="shop", targets=(Target(TargetKind.DEPLOYMENT, "web"),))
FOLLOW = FollowLogs(logs=GetLogs(namespace="shop", pod="web"))


def excerpt(*lines: str, asked: GetLogs, **fields: object) -> LogExcerpt:
    return an_excerpt(*lines, asked=asked, read_at=NOW, **fields)


def origin(suffix: str, lines: int, **fields: object) -> LogOrigin:
    given: dict[str, object] = {"container": "app", "previous": False} | fields
    return LogOrigin(pod=f"web-7d4b9c-{suffix}", prefix=suffix, lines=lines, **given)  # type: ignore[arg-type]    # fields by name


def merge(*lines: str, asked: GetLogs = WEB, **fields: object) -> MergedLogs:
    given: dict[str, object] = {
        "subject": "deploy/web",
        "origins": (origin("x2x9q", 2), origin("9k2mm", 1)),
        "left_out": 0,
        "masked": 0,
        "cut": False,
        "read_at": NOW,
    } | fields
    return MergedLogs(asked=asked, lines=lines, **given)  # type: ignore[arg-type]    # fields by name


def followed(*lines: str, asked: FollowLogs = FOLLOW, **fields: object) -> FollowedLogs:
    given: dict[str, object] = {
        "follow": "1a2b3c4d",
        "subject": "pod/web",
        "names": ("web-7d4b9c-x2x9q · app",),
        "total": len(lines),
        "masked": 0,
        "began": NOW,
        "until": NOW + timedelta(minutes=10),
    } | fields
    return FollowedLogs(asked=asked, lines=lines, **given)  # type: ignore[arg-type]    # fields by name


SEARCHED = GetLogs(namespace="shop", pod="web", grep="timeout", context=2)
DEATH = Terminated(exit_code=137, reason="OOMKilled", finished_at=NOW - timedelta(minutes=3))

REPLIES: dict[str, Message] = {
    "logs-searched": reply(excerpt("a", "timeout", "b", asked=SEARCHED, found=Found(lines=4_321, matches=1))),
    "logs-searched-for-nothing": reply(
        excerpt(
            asked=GetLogs(namespace="shop", pod="web", grep="x", invert=True, since=timedelta(hours=1)),
            found=Found(lines=1, matches=0),
        )
    ),
    "logs-around-death": reply(
        excerpt(
            "loading catalogue",
            "warn: heap at 96 %",
            asked=GetLogs(namespace="shop", pod="web", around_death=True),
            previous=True,
            has_previous=True,
            death=DEATH,
        )
    ),
    "logs-merged": reply(merge("x2x9q │ one", "9k2mm │ two", "x2x9q │ three")),
    "logs-merged-with-gaps": reply(
        merge(
            *(f"x2x9q │ line {number}" for number in range(40)),
            asked=GetLogs(namespace="shop", selector="app=web", grep="line", tail=-1),
            subject="-l app=web",
            origins=(
                origin("x2x9q", 40, previous=True),
                origin("9k2mm", 0),
                *(origin(f"bad{number}", 0, problem="It is waiting to start.") for number in range(7)),
            ),
            left_out=30,
            found=Found(lines=50_000, matches=40),
            masked=3,
            cut=True,
        )
    ),
    "logs-merged-around-deaths": reply(
        merge(
            "x2x9q │ panic",
            asked=GetLogs(namespace="shop", targets=WEB.targets, around_death=True),
            origins=(origin("x2x9q", 1, previous=True), origin("9k2mm", 0, previous=True)),
        )
    ),
    "logs-followed": followed_logs(followed("one", "two", masked=1)),
    "logs-followed-nothing-yet": followed_logs(
        followed(trouble="prod-eu does not answer (timed out after 8 s). Nothing was changed.")
    ),
    "logs-followed-searched": followed_logs(
        followed("timeout", asked=FollowLogs(logs=GetLogs(namespace="shop", pod="web", grep="timeout")))
    ),
    "logs-followed-to-the-end": followed_logs(
        followed(
            *(f"line {number}" for number in range(30)),
            subject="deploy/web",
            names=tuple(f"web-{number} · app" for number in range(8)),
            total=99,
            end=FollowEnd.TIME,
            ended=NOW + timedelta(minutes=10),
        )
    ),
    "logs-follow-refused-on-the-way": followed_logs(
        followed(end=FollowEnd.FAILED, ended=NOW, problem="prod-eu does not let the bot look.")
    ),
    "logs-follow-begun": follow_begun((Link("https://example.slack.com/x", "open it"),)),
    "logs-follow-stopped": reply(FollowStopped(subject="deploy/web")),
}


@pytest.mark.parametrize("name", REPLIES)
def test_an_answer_reads_as_its_golden_file(name: str) -> None:
    """Word for word, with what its buttons do."""
    check_golden(name, REPLIES[name])


@pytest.mark.parametrize("end", [None, *FollowEnd], ids=lambda end: end.value if end else "running")
@pytest.mark.parametrize("text", ["", "x" * 10_000, "<!channel> `x` ```y``` \x1b[31m"], ids=len)
def test_a_followed_log_fits_whatever_is_written(end: FollowEnd | None, text: str) -> None:
    """Every state of it is a message that the strict workspace takes."""
    answer = followed(
        *(text for _ in range(300)),
        names=tuple("x" * 253 + " · " + "y" * 63 for _ in range(10)),
        end=end,
        ended=NOW if end else None,
        trouble="" if end else text or "away",
        problem=text,
    )
    drawn = render(followed_logs(answer))
    checked_content({"text": drawn.text, "blocks": list(drawn.blocks)})


def test_the_transcript_has_what_the_message_has_not() -> None:
    """A short follow needs no file; a long one gets all lines that were kept."""
    assert transcript(followed("one", "two")) is None
    whole = transcript(followed(*(f"line {number}" for number in range(100)), subject="-l app in (a,b)"))
    assert whole is not None
    assert whole.content.count(b"\n") == 100
    assert whole.filename == "followed--l-app-in-a-b-.log"
