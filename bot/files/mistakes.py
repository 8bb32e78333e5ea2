"""What pydantic finds wrong with a file, in the words of the file rather than of the library."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import yaml
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from bot.files import strict_yaml
from bot.files.strict_yaml import FileMistakes

VERSION = 1
"""Of every file that podbot reads."""

Wording = Callable[[ErrorDetails], str | None]
"""The words for an error that means something special in this file; None: the usual ones do."""


def told(error: ValidationError, tree: yaml.Node | None, wording: Wording = lambda _: None) -> FileMistakes:
    """All of it, one line each: `line 4: routes.0.match: there is no such field`."""
    return listed(tree, ((each["loc"], wording(each) or _usual(each)) for each in error.errors()))


def listed(tree: yaml.Node | None, wrong: Iterable[tuple[tuple[str | int, ...], str]]) -> FileMistakes:
    """What is wrong, each by its path, as one reads the file: from the top down."""
    by_line = sorted(wrong, key=lambda each: strict_yaml.line_of(tree, each[0]))
    return FileMistakes(tuple(at(tree, path, words) for path, words in by_line))


def at(tree: yaml.Node | None, path: tuple[str | int, ...], words: str) -> str:
    """One mistake, with the line and the path of what is mistaken."""
    named = ".".join(str(part) for part in path if part != "[key]") or "the file"
    return f"line {strict_yaml.line_of(tree, path)}: {named}: {words}"


def given(error: ErrorDetails) -> str:
    """What stands in the file, shortened."""
    return f"{error['input']!r:.60}"


def _usual(error: ErrorDetails) -> str:
    match error["type"]:
        case "extra_forbidden":
            return "there is no such field"
        case "missing":
            return "is missing"
        case "value_error":
            return str(error["ctx"]["error"])
        case "literal_error" if error["loc"] == ("version",):
            return f"must be {VERSION}, and is {given(error)}"
        case "string_pattern_mismatch":
            return (
                f"no namespace can be called {given(error)}: lower-case letters, digits, -, "
                "and * or ? for anything"
            )
        case "too_short" | "string_too_short":
            return "is empty"
        case "dict_type" | "model_type":
            return f"must be a mapping, and is {given(error)}"
        case "list_type":
            return f"must be a list, and is {given(error)}"
    return f"{error['msg'][:1].lower()}{error['msg'][1:]} (it says {given(error)})"
