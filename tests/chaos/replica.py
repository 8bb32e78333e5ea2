"""One replica of the bot: a process that is started, killed, stopped and started again, on one port."""

from __future__ import annotations

import asyncio
import os
import resource
import signal
import sys
import time
from collections import deque
from collections.abc import Mapping
from pathlib import Path

import bot
from tests.scenario.bots import health, ready
from tests.support.envtest import free_port

STARTS_WITHIN = 90.0
STOPS_WITHIN = 30.0
"""Seconds, many times what an idle machine takes: a trial is about what is said, not about how soon."""

LEADS_ON = "leading was over and did not stop"
"""What `bot.ops.leadership.LeadsOn` says; on a machine that is busy with other things it may be so."""

KEPT_LINES = 20_000
_SURROUNDINGS = {"PATH": os.environ["PATH"], "PYTHONPATH": str(Path(bot.__file__).parents[1])}


class Replica:
    """The bot as its supervisor sees it. `away` is true from its end to the moment when it is ready again."""

    def __init__(
        self, name: str, environment: Mapping[str, str], folder: Path, *, haste: float = 1.0
    ) -> None:
        self.name = name
        self.folder = folder
        self.clock = folder / f"{name}.clock"
        self.clock.write_text("0")
        self.port = free_port()
        self.away = True
        self.lines: deque[str] = deque(maxlen=KEPT_LINES)
        self.killed_at: list[float] = []
        """When it was ended without warning, by the machine's monotonic clock."""
        self.stopped_at: list[float] = []
        """When it was told to end."""
        self._environment = {
            **_SURROUNDINGS,
            "HOME": str(folder),
            **environment,
            "PODBOT_HTTP_ADDR": f"127.0.0.1:{self.port}",
            "CHAOS_CLOCK": str(self.clock),
            "CHAOS_HASTE": str(haste),
        }
        self._child: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int:
        """Of the running process."""
        assert self._child is not None
        return self._child.pid

    @property
    def leads(self) -> bool:
        """Whether it runs, and said last that it leads."""
        if not self.running:
            return False
        for line in reversed(self.lines):
            if line.startswith("---") or '"event": "not_leading"' in line:
                return False
            if '"event": "leading"' in line:
                return True
        return False

    @property
    def running(self) -> bool:
        """Whether the process is there."""
        return self._child is not None and self._child.returncode is None

    async def start(self, *, wait: bool = True) -> None:
        """Start the process; with `wait`, return when it is ready."""
        self._child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.chaos.runner", "run"),
            env=self._environment,
            cwd=self.folder,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,  # no file: `fill_disk` would hold back the log, too
            limit=4 * 1024 * 1024,
        )
        self.lines.append(f"--- {self.name} started")
        self._reader = asyncio.create_task(self._read(self._child), name=f"log of {self.name}")
        if wait:
            await self.ready()

    async def ready(self, *, within: float = STARTS_WITHIN) -> None:
        """Return when it says that it is ready; fail at once where it has ended instead."""
        assert self._child is not None
        asking = asyncio.create_task(ready(self.port, within=within), name=f"readiness of {self.name}")
        ending = asyncio.create_task(self._child.wait(), name=f"end of {self.name}")
        await asyncio.wait({asking, ending}, return_when=asyncio.FIRST_COMPLETED)
        ended = ending.done()
        for each in (asking, ending):
            each.cancel()
        await asyncio.wait({asking, ending})
        problem = None if asking.cancelled() else asking.exception()
        if ended or problem is not None:
            raise AssertionError(f"{self.name} is not ready: {problem or 'it ended'}\n{self.last_words()}")
        self.away = False

    async def saves(self, *, within: float = STARTS_WITHIN) -> None:
        """Return when it has written all that it said from memory: until then nobody else can know of it."""
        async with asyncio.timeout(within):
            while "store" in (await health(self.port))[1]["missing"]:  # noqa: ASYNC110 - happens in its process
                await asyncio.sleep(0.02)

    async def kill(self) -> None:
        """End it as a power cut would."""
        self.away = True
        self.killed_at.append(time.monotonic())
        await self._ended_by(signal.SIGKILL)

    async def stop(self) -> float:
        """End it as a kubelet would; returns the seconds that it took."""
        self.away = True
        began = time.monotonic()
        self.stopped_at.append(began)
        code = await self._ended_by(signal.SIGTERM)
        assert code == 0, f"{self.name} ended with {code}\n{self.last_words()}"
        return time.monotonic() - began

    async def revive(self) -> None:
        """Start it again where it ended itself, as a kubelet would; it may, where leading did not stop."""
        if not self.running:
            self.killed_at.append(time.monotonic())
            assert LEADS_ON in self.last_words(3), f"{self.name} ended by itself\n{self.last_words()}"
            await self.start()

    def pause(self) -> None:
        """Stop it in its tracks, with all connections open."""
        os.kill(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        os.kill(self.pid, signal.SIGCONT)

    def fill_disk(self, size: int) -> None:
        """Let no file of the process grow beyond this many bytes."""
        _, most = resource.prlimit(self.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(self.pid, resource.RLIMIT_FSIZE, (size, most))

    def free_disk(self) -> None:
        """Let its files grow again."""
        if self.running:
            _, most = resource.prlimit(self.pid, resource.RLIMIT_FSIZE)
            resource.prlimit(self.pid, resource.RLIMIT_FSIZE, (most, most))

    def step_clock(self, seconds: float) -> None:
        """Put its wall clock wrong by so much."""
        fresh = self.clock.with_suffix(".new")
        fresh.write_text(str(seconds))
        fresh.replace(self.clock)

    async def asked(self, *arguments: str) -> str:
        """What another `podbot` with the same settings prints."""
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot", *arguments),
            env=self._environment,
            cwd=self.folder,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await child.communicate()
        assert child.returncode == 0, f"podbot {' '.join(arguments)}: {err.decode()}"
        return out.decode()

    async def close(self) -> None:
        """Make sure that it is gone."""
        if self.running:
            await self._ended_by(signal.SIGKILL)

    def last_words(self, lines: int = 60) -> str:
        """The end of its log."""
        return "\n".join(list(self.lines)[-lines:])

    async def _ended_by(self, how: signal.Signals) -> int:
        assert self._child is not None
        assert self._reader is not None
        self._child.send_signal(how)
        try:
            async with asyncio.timeout(STOPS_WITHIN):
                code = await self._child.wait()
        except TimeoutError:
            self._child.kill()
            raise AssertionError(f"{self.name} does not end\n{self.last_words()}") from None
        await self._reader
        self.lines.append(f"--- {self.name} ended by {how.name}")
        return code

    async def _read(self, child: asyncio.subprocess.Process) -> None:
        assert child.stderr is not None
        async for line in child.stderr:
            self.lines.append(line.decode().rstrip("\n"))
