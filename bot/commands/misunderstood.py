"""What the grammar raises, and how it words a guess. Used by every module of the grammar."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from bot.errors import UserError

SLASH = "/pods"
"""The command that examples are spelled with."""

_SHOWN = 60


class Misunderstood(UserError):
    """The text is no command: says what was not understood and how to go on.

    `topic` is the verb whose help fits, where one was understood.
    """

    def __init__(self, message: str, *, topic: str = "") -> None:
        super().__init__(message)
        self.topic = topic


def shown(word: str) -> str:
    """A typed word, set as code and cut to a length that leaves the sentence readable."""
    cut = word if len(word) <= _SHOWN else word[: _SHOWN - 1] + "…"
    return f"`{cut}`"


def nearest(word: str, known: Iterable[str], *, cutoff: float = 0.6) -> str:
    """The known word that was probably meant, or an empty text."""
    if len(word) > _SHOWN:
        return ""
    return next(iter(get_close_matches(word.lower(), list(known), n=1, cutoff=cutoff)), "")


def did_you_mean(word: str, known: Iterable[str], *, before: str = "") -> str:
    """The nearest known word (behind `before`) as a sentence to follow another; empty if none is near."""
    guess = nearest(word, known)
    return f" Did you mean `{before}{guess}`?" if guess else ""


def listed(words: Iterable[str], *, last: str = "and") -> str:
    """Words as a sentence lists them, each as code: `a`, `b` and `c`."""
    *head, tail = [shown(word) for word in words]
    return f"{', '.join(head)} {last} {tail}" if head else tail
