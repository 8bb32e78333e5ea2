r"""The part of kubectl's JSONPath that people sort by: keys and indexes, one behind the other.

`{.status.startTime}`, `.metadata.labels.app\.kubernetes\.io/name`, `.spec.containers[0].image`,
`.metadata.labels['app']`. What may name several values at once (wildcards, filters, ranges, recursive
descent) is refused by its own name.
"""

from __future__ import annotations

import re
from typing import TypeAlias

Path: TypeAlias = tuple[str | int, ...]

_STEP = re.compile(
    r"""(?x)
    \. (?P<key> (?: [^\\.\[\]{}'"*?@()\s,] | \\. )+ )
    | \[ (?P<index> -? [0-9]{1,6} ) \]
    | \[ (?P<quote> ['"]) (?P<quoted> [^'"\\]+ ) (?P=quote) \]
    """
)
_REFUSED = (
    ("..", "recursive descent (`..`)"),
    ("?(", "a filter (`?()`)"),
    ("*", "a wildcard (`*`)"),
    (":", "a range (`:`)"),
    (",", "a union (`,`)"),
    ("range", "`range`"),
)


def parse(text: str) -> Path:
    """The steps of a path, keys as text and indexes as numbers.

    Braces and the leading dot may be left out, as kubectl allows. Raises ValueError, in words, for anything
    that is not one plain path.
    """
    bare = text.removeprefix("{").removesuffix("}") if text[:1] == "{" and text[-1:] == "}" else text
    bare = bare.removeprefix("$")
    if bare and bare[0] not in ".[":
        bare = f".{bare}"
    steps: list[str | int] = []
    at = 0
    while step := _STEP.match(bare, at):
        if step["key"] is not None:
            steps.append(re.sub(r"\\(.)", r"\1", step["key"]))
        elif step["index"] is not None:
            steps.append(int(step["index"]))
        else:
            steps.append(step["quoted"])
        at = step.end()
    if not steps or at != len(bare):
        raise ValueError(_why_not(bare[at:]))
    return tuple(steps)


def look_up(value: object, path: Path) -> object | None:
    """What stands at a path of decoded JSON; None where there is nothing."""
    found: object | None = value
    for step in path:
        if isinstance(step, int):
            found = found[step] if isinstance(found, list) and -len(found) <= step < len(found) else None
        else:
            found = found.get(step) if isinstance(found, dict) else None
    return found


def _why_not(rest: str) -> str:
    for sign, name in _REFUSED:
        if sign in rest:
            return f"{name} names no single value"
    return "a path is written like `.status.startTime` or `.spec.containers[0].image`"
