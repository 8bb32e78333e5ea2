"""How a followed log is shown: one message, written anew while lines come, and once more at the end."""

from __future__ import annotations

from collections.abc import Iterator

from bot.commands import log_text
from bot.commands.prose import clipped, counted, joined, marked, message, said
from bot.model.commands import StopFollowing
from bot.model.log_answers import FollowedLogs, FollowEnd, FollowStopped
from bot.model.messages import (
    Actions,
    Attachment,
    Block,
    Button,
    Context,
    Line,
    Message,
    Moment,
    Paragraph,
    Preformatted,
    Text,
    code,
    plain,
)

_TROUBLE_LENGTH = 300

_ENDINGS = {
    FollowEnd.STOPPED: "Stopped by you.",
    FollowEnd.TIME: "Ended: ten minutes are over.",
    FollowEnd.SIZE: "Ended: as much was read as one request may. Narrow it with --grep or -c.",
    FollowEnd.DONE: "Ended: nothing of it is written any more.",
    FollowEnd.REFUSED: "Ended: you may not read these logs any more. `/pods whoami` lists what you may do.",
    FollowEnd.SHUTDOWN: "Ended: podbot is being restarted. Follow it again in a minute.",
    FollowEnd.FAILED: "Ended:",
}


def followed_logs(answer: FollowedLogs) -> Message:
    """The newest lines, and whether more are to come; files come with the end alone (`transcript`)."""
    tail = log_text.tail(answer.lines)
    state = "Following" if answer.end is None else "Followed"
    head = said(f"{state} ", *_what(answer), f" in {answer.asked.logs.namespace}")
    blocks: list[Block] = [Paragraph((head, *_state(answer)))]
    if any(tail.lines):
        blocks.append(Preformatted(tail.text))
    if answer.end is None:
        blocks.append(Actions((Button("Stop", StopFollowing(follow=answer.follow)),)))
        blocks.append(Context(said("since ", Moment(answer.began), ", until ", Moment(answer.until))))
    elif answer.ended is not None:
        blocks.append(Context(said("from ", Moment(answer.began), " to ", Moment(answer.ended))))
    return message(*blocks)


def transcript(answer: FollowedLogs) -> Attachment | None:
    """All lines that are kept, where that is more than the message shows."""
    if log_text.tail(answer.lines).whole:
        return None
    return log_text.file(f"followed-{answer.subject}", f"Followed logs of {answer.subject}", answer.lines)


def follow_begun(link: Line) -> Message:
    """Where the follow is to be seen, for one who asked elsewhere."""
    return message(Paragraph((said("Following these logs in your messages from podbot: ", link),)))


def follow_stopped(answer: FollowStopped) -> Message:
    """It ends; the followed message itself says the rest."""
    what = code(answer.subject) if answer.subject else "this log"
    return message(Paragraph((said("No longer following ", what, "."),)))


def _what(answer: FollowedLogs) -> Iterator[Text | str]:
    """The one container by its name; of several, what was asked for: the lines tell them apart."""
    if len(answer.names) == 1:
        yield code(answer.names[0])
    else:
        yield code(answer.subject)
        yield f" · {counted(len(answer.names), 'container')}"


def _state(answer: FollowedLogs) -> Iterator[Line]:
    searched = answer.asked.logs.grep
    which = (" without " if answer.asked.logs.invert else " with ") if searched else ""
    lines = said(counted(answer.total, "line"), which, code(searched) if searched else "")
    masked = f"{counted(answer.masked, 'secret')} masked" if answer.masked else ""
    if answer.end is None:
        yield joined(lines if answer.total else "Nothing was written yet", masked)
    else:
        yield joined(lines, masked, said(marked(_ENDINGS[answer.end]), *_problem(answer)))
    if answer.trouble:
        yield said(
            marked(clipped(answer.trouble, _TROUBLE_LENGTH)), " It is tried again until the time is over."
        )
    kept = len(answer.lines)
    if answer.end is not None and kept < answer.total:
        yield plain(f"Only the last {counted(kept, 'line')} were kept.")


def _problem(answer: FollowedLogs) -> Iterator[Line | str]:
    if answer.end is FollowEnd.FAILED:
        yield from (" ", marked(clipped(answer.problem, _TROUBLE_LENGTH)))
