"""A file that is taken up whenever it changes, without a restart.

A file with mistakes changes nothing: what was in force stays in force, and the mistakes are logged with their
lines, once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

from bot import logs
from bot.files.strict_yaml import MAX_CHARACTERS, FileMistakes

LOOK_EVERY = 1.0
"""Seconds between two looks at the file. Content is compared: a mounted ConfigMap changes by a link."""

T = TypeVar("T")

log = logs.get(__name__)


class FollowedFile(Generic[T]):
    """`value` is what holds now; `problem` says in words what is wrong with the file, if anything."""

    def __init__(self, path: Path | None, parse: Callable[[str], T], *, name: str, otherwise: str) -> None:
        """`name` is what the file holds (`policy`); `otherwise` what holds while none was ever good.

        `parse` makes the value of the file's text and raises `FileMistakes`; it runs in a thread.
        """
        self._path = path
        self._parse = parse
        self._name = name
        self._otherwise = otherwise
        self._seen: bytes | str | None = None
        """The content last looked at, or why there was none to look at."""
        self.value: T | None = None
        self.problem = ""
        self.mistakes: tuple[str, ...] = ()
        """Of the file as it is now, each beginning with its line where it has one."""

    async def load(self) -> bool:
        """Look at the file now, and take it up where it has changed and is right; says whether it was."""
        if self._path is None:
            return False
        try:
            content = await asyncio.to_thread(_read, self._path)
        except OSError as error:
            reason = error.strerror or type(error).__name__
            if reason != self._seen:
                self._seen = reason
                self._reject("cannot be read", (reason,))
            return False
        if content == self._seen:
            return False
        self._seen = content
        try:
            # Some tens of milliseconds for a long file, which the event loop should not wait for.
            self.value = await asyncio.to_thread(self._parsed, content)
        except FileMistakes as error:
            self._reject("has mistakes", error.mistakes)
            return False
        self.problem, self.mistakes = "", ()
        return True

    def _reject(self, state: str, mistakes: tuple[str, ...]) -> None:
        stays = self._otherwise if self.value is None else f"the previous {self._name} stays in force"
        self.problem, self.mistakes = f"The {self._name} file {state}, so {stays}.", mistakes
        for mistake in mistakes:
            log.error(f"{self._name} file {state}", path=str(self._path), mistake=mistake, effect=stays)

    def _parsed(self, content: bytes) -> T:
        try:
            text = content.decode()
        except UnicodeDecodeError as error:
            line = content.count(b"\n", 0, error.start) + 1
            raise FileMistakes((f"line {line}: not text: not UTF-8",)) from error
        return self._parse(text)


def _read(path: Path) -> bytes:
    """The file, or so much of it that it is certainly too long (four bytes make a character at most)."""
    with path.open("rb") as file:
        return file.read(4 * MAX_CHARACTERS + 1)
