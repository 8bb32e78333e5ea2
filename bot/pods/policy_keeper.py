"""Keeps the policy that is in force, and takes a changed file up without a restart.

A file with mistakes changes nothing (`files.followed`). With no good policy ever read, nothing is allowed.
"""

from __future__ import annotations

from pathlib import Path

from bot import logs
from bot.clock import Clock
from bot.files.followed import LOOK_EVERY, FollowedFile
from bot.pods.policy import NOTHING_ALLOWED, Policy
from bot.pods.policy_file import parse

log = logs.get(__name__)


class PolicyKeeper:
    """`policy` is what holds now; `problem` says in words what is wrong with the file, if anything."""

    def __init__(self, path: Path | None, clock: Clock) -> None:
        self._path = path
        self._clock = clock
        self._file = FollowedFile(path, parse, name="policy", otherwise="nothing is allowed")
        self.policy: Policy = NOTHING_ALLOWED
        self.problem: str = "" if path else "There is no policy file, so nothing is allowed."
        self.mistakes: tuple[str, ...] = ()
        """Of the file as it is now, each beginning with its line where it has one."""

    async def load(self) -> None:
        """Look at the file now, and take it up where it has changed and is right."""
        if self._path is None:
            return
        if await self._file.load():
            self.policy = self._file.value or NOTHING_ALLOWED
            log.info(
                "policy in force",
                path=str(self._path),
                roles=sorted(self.policy.roles),
                bindings=len(self.policy.bindings),
                approvals=len(self.policy.approvals),
            )
        self.problem, self.mistakes = self._file.problem, self._file.mistakes

    async def run(self) -> None:
        """Follow the file until cancelled."""
        while True:
            await self._clock.sleep(LOOK_EVERY)
            await self.load()
