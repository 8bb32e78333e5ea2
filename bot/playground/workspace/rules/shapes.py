"""Small checks that combine into the shape of a JSON value, each naming what is wrong and where.

A check takes a value and its JSON pointer and yields problems, none when the value fits. The sentences are in
the manner of those Slack puts into `response_metadata.messages`. Neighbours: `composition`, `elements`,
`blocks`, `views`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing wrong with a value: what, and the JSON pointer to it."""

    says: str
    pointer: str

    def __str__(self) -> str:
        return f"{self.says} [json-pointer:{self.pointer}]"


Check: TypeAlias = Callable[[Any, str], Iterator[Problem]]


def string(*, most: int | None = None, least: int = 1) -> Check:
    """Text of at least `least` and at most `most` characters."""

    def check(value: Any, at: str) -> Iterator[Problem]:
        if not isinstance(value, str):
            yield Problem(says="must provide a string", pointer=at)
        elif len(value) < least:
            yield Problem(says=f"must be more than {least - 1} characters", pointer=at)
        elif most is not None and len(value) > most:
            yield Problem(says=f"must be less than {most + 1} characters", pointer=at)

    return check


def boolean(value: Any, at: str) -> Iterator[Problem]:
    """True or false, nothing else."""
    if not isinstance(value, bool):
        yield Problem(says="must provide a boolean", pointer=at)


def integer(*, least: int = 0, most: int | None = None) -> Check:
    """A whole number within bounds."""

    def check(value: Any, at: str) -> Iterator[Problem]:
        if not isinstance(value, int) or isinstance(value, bool):
            yield Problem(says="must provide an integer", pointer=at)
        elif value < least or (most is not None and value > most):
            yield Problem(says="must be a number within the allowed range", pointer=at)

    return check


def number(value: Any, at: str) -> Iterator[Problem]:
    """Any number."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        yield Problem(says="must provide a number", pointer=at)


def anything(_value: Any, _at: str) -> Iterator[Problem]:
    """No rule of our own."""
    yield from ()


def one_of(*allowed: object) -> Check:
    """Exactly one of the values."""

    def check(value: Any, at: str) -> Iterator[Problem]:
        if value not in allowed:
            yield Problem(says="value must be one of: " + ", ".join(map(str, allowed)), pointer=at)

    return check


def items(each: Check, *, most: int | None, least: int = 1) -> Check:
    """An array whose every item passes `each`."""

    def check(value: Any, at: str) -> Iterator[Problem]:
        if not isinstance(value, list):
            yield Problem(says="must provide an array", pointer=at)
            return
        if len(value) < least:
            yield Problem(says=f"no fewer than {least} items allowed", pointer=at)
        if most is not None and len(value) > most:
            yield Problem(says=f"no more than {most} items allowed", pointer=at)
        for index, item in enumerate(value):
            yield from each(item, f"{at}/{index}")

    return check


def record(required: Mapping[str, Check], optional: Mapping[str, Check] | None = None) -> Check:
    """An object with exactly these fields; any other field is refused, as Slack does."""
    known = {**required, **(optional or {})}

    def check(value: Any, at: str) -> Iterator[Problem]:
        if not isinstance(value, dict):
            yield Problem(says="must provide an object", pointer=at)
            return
        for name in required:
            if name not in value:
                yield Problem(says=f"missing required field: {name}", pointer=at)
        for name, inner in value.items():
            if name in known:
                yield from known[name](inner, f"{at}/{name}")
            else:
                yield Problem(says=f"invalid additional property: {name}", pointer=at)

    return check


def tagged(kinds: Mapping[str, Check]) -> Check:
    """An object whose `type` names one of the kinds and which passes that kind's check."""

    def check(value: Any, at: str) -> Iterator[Problem]:
        if not isinstance(value, dict):
            yield Problem(says="must provide an object", pointer=at)
        elif "type" not in value:
            yield Problem(says="missing required field: type", pointer=at)
        elif not isinstance(value["type"], str) or value["type"] not in kinds:
            yield Problem(says=f"unsupported type: {value['type']}", pointer=f"{at}/type")
        else:
            yield from kinds[value["type"]](value, at)

    return check


def both(*checks: Check) -> Check:
    """All checks; a later one runs only while the earlier ones found nothing."""

    def check(value: Any, at: str) -> Iterator[Problem]:
        for each in checks:
            found = list(each(value, at))
            yield from found
            if found:
                return

    return check


def needs_one(*names: str, exactly: bool = False) -> Check:
    """An object that has at least (or exactly) one of the fields."""
    listed = " or ".join(f"`{name}`" for name in names)

    def check(value: Any, at: str) -> Iterator[Problem]:
        present = sum(name in value for name in names)
        if present == 0:
            yield Problem(says=f"must define either {listed}", pointer=at)
        elif exactly and present > 1:
            yield Problem(says=f"must define only one of {listed}", pointer=at)

    return check
