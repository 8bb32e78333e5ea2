"""`podbot replay`: files and the live cluster in, words out. The CLI's other half."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Coroutine
from datetime import timedelta
from pathlib import Path
from typing import Any

from bot.clock import Clock
from bot.errors import ClusterError, UserError
from bot.kube.connect import connect
from bot.kube.targets import Target
from bot.model.durations import human
from bot.replay import words
from bot.replay.disguise import Disguise
from bot.replay.play import Outcome, play
from bot.replay.recorder import Recorder
from bot.replay.records import RecordingWrong, read

SALT_SIZE = 32


class RecordingUnusable(UserError):
    """A recording cannot be read, or not be written."""


def outcome(file: Path) -> Outcome:
    """What podbot would have made of this recording. Raises `RecordingUnusable`."""
    try:
        with file.open("rb") as lines:
            return play(read(lines))
    except RecordingWrong as wrong:
        raise RecordingUnusable(f"{file}, {wrong}") from wrong
    except OSError as problem:
        raise RecordingUnusable(f"{file} cannot be read: {problem.strerror}") from problem


def replay(file: Path, *, as_json: bool) -> str:
    """The same, in words. Raises `RecordingUnusable`."""
    found = outcome(file)
    return words.as_json(found) if as_json else words.text(found)


async def record(
    target: Target,
    file: Path,
    stop: asyncio.Event,
    *,
    clock: Clock,
    lasts: timedelta,
    namespace: str,
    say: Callable[[str], object],
) -> None:
    """Record a cluster into a new file until `stop` is set, `lasts` at most.

    Raises `RecordingUnusable`, and `bot.errors.ClusterError`s where the cluster cannot be asked at the
    beginning: from then on one that is away is waited for.
    """
    cluster = connect(target)
    try:
        with file.open("xb", buffering=0) as out:
            try:
                await cluster.list_pods(namespace, fields="metadata.name=podbot-replay")
            except ClusterError:
                await asyncio.to_thread(file.unlink)
                raise
            recorder = Recorder(
                cluster, Disguise(secrets.token_bytes(SALT_SIZE)), out.write, clock, namespace=namespace
            )
            say(f"Recording {cluster.name} into {file} for {human(lasts)}; Ctrl-C ends it.")
            await _until(stop, recorder.run(), lasts, clock)
            recorder.finish()
    except OSError as problem:
        raise RecordingUnusable(f"{file} cannot be written: {problem.strerror}") from problem
    finally:
        await cluster.close()
    lines = "1 line" if recorder.lines == 1 else f"{recorder.lines} lines"
    say(f"{lines}. Names, labels, images and messages in them are digests; see for yourself.")


async def _until(
    stop: asyncio.Event, recording: Coroutine[Any, Any, None], lasts: timedelta, clock: Clock
) -> None:
    """Run the recording until it is to end, or breaks."""
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(recording, name="recorder")
        ends = {
            tasks.create_task(stop.wait(), name="recorder: stop"),
            tasks.create_task(clock.sleep(lasts.total_seconds()), name="recorder: time"),
        }
        await asyncio.wait({running, *ends}, return_when=asyncio.FIRST_COMPLETED)
        for task in (running, *ends):
            task.cancel()
