"""Keeps the policy that is in force, and takes a changed file up without a restart.

A file with mistakes changes nothing: the policy that was in force stays in force, and the mistakes are
logged with their lines, once. With no good policy ever read, nothing is allowed.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from bot import logs
from bot.clock import Clock
from bot.pods.policy import NOTHING_ALLOWED, Policy
from bot.pods.policy_file import PolicyMistakes, parse
from bot.pods.policy_yaml import MAX_CHARACTERS

LOOK_EVERY = 1.0
"""Seconds between two looks at the file. Content is compared: a mounted ConfigMap changes by a link."""

log = logs.get(__name__)


class PolicyKeeper:
    """`policy` is what holds now; `problem` says in words what is wrong with the file, if anything."""

    def __init__(self, path: Path | None, clock: Clock) -> None:
        self._path = path
        self._clock = clock
        self._seen: bytes | str | None = None
        """The content last looked at, or why there was none to look at."""
        self.policy: Policy = NOTHING_ALLOWED
        self.problem: str = "" if path else "There is no policy file, so nothing is allowed."
        self.mistakes: tuple[str, ...] = ()
        """Of the file as it is now, each beginning with its line where it has one."""

    async def load(self) -> None:
        """Look at the file now, and take it up where it has changed and is right."""
        if self._path is None:
            return
        try:
            content = await asyncio.to_thread(_read, self._path)
        except OSError as error:
            reason = error.strerror or type(error).__name__
            if reason != self._seen:
                self._seen = reason
                self._reject("cannot be read", (reason,))
            return
        if content == self._seen:
            return
        self._seen = content
        try:
            # Some tens of milliseconds for a long policy, which the event loop should not wait for.
            self.policy = await asyncio.to_thread(_parse, content)
        except PolicyMistakes as error:
            self._reject("has mistakes", error.mistakes)
            return
        self.problem, self.mistakes = "", ()
        log.info(
            "policy in force",
            path=str(self._path),
            roles=sorted(self.policy.roles),
            bindings=len(self.policy.bindings),
            approvals=len(self.policy.approvals),
        )

    async def run(self) -> None:
        """Follow the file until cancelled."""
        while True:
            await self._clock.sleep(LOOK_EVERY)
            await self.load()

    def _reject(self, state: str, mistakes: tuple[str, ...]) -> None:
        stays = (
            "nothing is allowed" if self.policy is NOTHING_ALLOWED else "the previous policy stays in force"
        )
        self.problem, self.mistakes = f"The policy file {state}, so {stays}.", mistakes
        for mistake in mistakes:
            log.error(f"policy file {state}", path=str(self._path), mistake=mistake, effect=stays)


def _read(path: Path) -> bytes:
    """The file, or so much of it that it is certainly too long (four bytes make a character at most)."""
    with path.open("rb") as file:
        return file.read(4 * MAX_CHARACTERS + 1)


def _parse(content: bytes) -> Policy:
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise PolicyMistakes((f"line {line}: not text: not UTF-8",)) from error
    return parse(text)
