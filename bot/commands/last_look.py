"""What is saved of pods before they are deleted, as files: their descriptions and their logs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.commands.pod_summary import pod_summary
from bot.commands.prose import clipped, counted, shortened, spoken
from bot.model.last_look import LastLook, SavedLog
from bot.model.messages import Attachment, Paragraph

_NAME = 90
_TITLE = 120


def evidence(looks: Sequence[LastLook]) -> tuple[Attachment, ...]:
    """Of one pod two files, its description and its logs; of several one each: every file costs a moment."""
    if len(looks) == 1:
        return tuple(_two_files(looks[0]))
    return tuple(_one_file(look) for look in looks)


def _two_files(look: LastLook) -> Iterator[Attachment]:
    name = look.pod
    yield Attachment(
        filename=f"{_stem(name)}-describe.txt",
        title=clipped(f"{name}, described before it was deleted", _TITLE),
        content=_described(look),
    )
    if look.logs:
        yield Attachment(
            filename=f"{_stem(name)}-logs.txt",
            title=clipped(f"{name}, its last {counted(len(look.logs), 'log')}", _TITLE),
            content=_logged(look),
        )


def _one_file(look: LastLook) -> Attachment:
    name = look.pod
    return Attachment(
        filename=f"{_stem(name)}.txt",
        title=clipped(f"{name}, as it was before it was deleted", _TITLE),
        content=b"\n".join((_described(look), _logged(look))),
    )


def _stem(name: str) -> str:
    return shortened(name, _NAME).replace("…", "...")


def _described(look: LastLook) -> bytes:
    """All that `describe` says, events among it, and what could not be had."""
    missing = "".join(f"\nNot saved: {each}." for each in look.missing).encode(errors="replace")
    if look.summary is None:
        return missing.lstrip() + b"\n"
    told = pod_summary(look.summary)
    if told.attachments:  # what is too long to be read inline comes whole in a file
        return told.attachments[0].content + missing
    parts = [spoken(block.lines) for block in told.blocks if isinstance(block, Paragraph)]
    return "\n\n".join(parts).encode(errors="replace") + b"\n" + missing


def _logged(look: LastLook) -> bytes:
    return "\n".join(map(_log, look.logs)).encode(errors="replace")


def _log(log: SavedLog) -> str:
    run = "previous run" if log.previous else "current run"
    cut = ", its end" if log.cut else ""
    return "".join(f"{line}\n" for line in (f"==> {log.container}, {run}{cut} <==", *log.lines))
