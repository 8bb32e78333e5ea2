"""What the table of verbs is made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bot.commands.flags import Arguments, Flag, NotTaken
from bot.model.commands import Command


@dataclass(frozen=True, slots=True, kw_only=True)
class VerbSpec:
    """One verb: how it is spelled, what it is for, and how its arguments become a command."""

    name: str
    also: tuple[str, ...] = ()
    """Other words for it."""
    usage: tuple[str, ...]
    purpose: str
    flags: tuple[Flag, ...] = ()
    refused: tuple[NotTaken, ...] = ()
    examples: tuple[str, ...]
    build: Callable[[Arguments, str], Command]
    """Arguments and default namespace to command; raises `Misunderstood`."""
