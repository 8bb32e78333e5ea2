"""`podbot run` as a process of its own, with nothing but an environment."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import bot

Json = dict[str, Any]

WITHIN = 60.0
"""Seconds after which nothing is expected of a process any more, on however busy a machine. How soon a bot
stops is measured where only waiting counts (`bots.STOPS_WITHIN`)."""


class Process:
    """A running bot: its log, line by line, and its end."""

    def __init__(self, child: asyncio.subprocess.Process) -> None:
        self._child = child
        self.lines: list[str] = []
        self._news = asyncio.Event()

    async def follow(self) -> None:
        """Takes the log in until the process ends."""
        assert self._child.stderr is not None
        async for line in self._child.stderr:
            self.lines.append(line.decode().rstrip("\n"))
            self._news.set()

    def logged(self) -> list[Json]:
        """The lines that are JSON, which is all but the last words to whoever started it."""
        return [json.loads(line) for line in self.lines if line.startswith("{")]

    def said(self) -> list[str]:
        """The last words."""
        return [line for line in self.lines if line.startswith("podbot: ")]

    async def logs(self, event: str, *, within: float = WITHIN, **fields: object) -> Json:
        """Wait for a line of this event with these fields."""
        try:
            async with asyncio.timeout(within):
                while True:
                    self._news.clear()
                    for line in self.logged():
                        if line["event"] == event and fields.items() <= line.items():
                            return line
                    await self._news.wait()
        except TimeoutError:
            raise AssertionError(f"no {event!r} in:\n" + "\n".join(self.lines)) from None

    async def port(self) -> int:
        """The port of its HTTP endpoint."""
        return int((await self.logs("podbot is running"))["port"])

    def terminate(self) -> None:
        """SIGTERM, as a kubelet sends it."""
        self._child.send_signal(signal.SIGTERM)

    async def ends(self, *, within: float = WITHIN) -> int:
        """Wait for its exit code."""
        try:
            async with asyncio.timeout(within):
                return await self._child.wait()
        except TimeoutError:
            raise AssertionError("still running:\n" + "\n".join(self.lines)) from None

    async def stops(self) -> None:
        """Terminate it, and see it end cleanly."""
        self.terminate()
        assert await self.ends() == 0, "\n".join(self.lines)


@asynccontextmanager
async def a_process(environment: Mapping[str, str], folder: Path, *arguments: str) -> AsyncIterator[Process]:
    """`podbot` with these variables and no other, in a folder of its own; killed at the end if need be.

    `arguments` are the command line, `run` where there are none.
    """
    surroundings = {
        "HOME": str(folder),
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(Path(bot.__file__).parents[1]),  # the very bot that the tests import
    }
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", *(arguments or ("run",))),
        env=surroundings | dict(environment),
        cwd=folder,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    process = Process(child)
    following = asyncio.create_task(process.follow(), name="log of the process")
    try:
        yield process
    finally:
        if child.returncode is None:
            child.kill()
        await child.wait()
        await following
