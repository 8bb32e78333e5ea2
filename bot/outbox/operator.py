"""What the operator is told of the outbox: in the log, by whoever listens, and by a letter."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bot import logs
from bot.model.letters import KeptLetter, LetterKey, Posted

log = logs.get(__name__)

MOST_SUBJECTS = 1_000
"""Subjects kept in mind; the one told first is forgotten first."""


class Operator:
    """Each subject is told when its words change, and when it is over.

    `report` gets the subject and the words, or none once it is over. `write` gets the letter's revision as
    well, and says whether there is a letter now.
    """

    def __init__(self, report: Callable[[str, str], None], write: Callable[[str, str, int], bool]) -> None:
        self._report = report
        self._write = write
        self._words: dict[str, str] = {}
        self._revisions: dict[str, int] = {}

    def log(self, subject: str, words: str) -> bool:
        """Tell it without a letter; False where the operator knows this already."""
        if self._words.get(subject) == words:
            return False
        self._words[subject] = words
        while len(self._words) > MOST_SUBJECTS:
            oldest = next(iter(self._words))
            del self._words[oldest]
            self._revisions.pop(oldest, None)
        log.error("outbox_trouble", subject=subject, words=words)
        self._report(subject, words)
        return True

    def tell(self, subject: str, words: str) -> None:
        """Tell it by all ways."""
        if self.log(subject, words):
            self._write_next(subject, words)

    def over(self, subject: str, words: str) -> None:
        """Tell that it is over, where it was told that it had begun."""
        if self._words.pop(subject, None) is None:
            return
        log.info("outbox_trouble_over", subject=subject)
        self._report(subject, "")
        if subject in self._revisions:
            self._write_next(subject, words)

    def tells(self, subject: str) -> bool:
        """Whether a letter says that this is so, at this moment."""
        return subject in self._words and subject in self._revisions

    def _write_next(self, subject: str, words: str) -> None:
        revision = self._revisions.get(subject, 0) + 1
        if self._write(subject, words, revision):
            self._revisions[subject] = revision


class Unkept:
    """The store of what podbot says about itself where nothing of it outlives the process."""

    async def kept(self) -> Sequence[KeptLetter]:
        """Nothing."""
        return ()

    async def note(self, _key: LetterKey, _posted: Posted, _at: object) -> None:
        """Let it pass."""

    async def give_up(self, _key: LetterKey, _problem: str, _at: object) -> None:
        """Let it pass."""
