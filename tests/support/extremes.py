"""Values of any of the model's types, filled to the brim: for tests that hold for whatever a cluster may say.

`Filler` reads the type hints of dataclasses and structs, so that a field or an answer that is added tomorrow
is filled, too.
"""

from __future__ import annotations

import types
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, is_dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any, Literal, NewType, Union, get_args, get_origin, get_type_hints

import msgspec

MOMENT = datetime(2026, 11, 22, 14, 3, 20, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filler:
    """Fills every text with `text`, every sequence with `many` items (inside of items with `few`)."""

    text: str
    many: int
    few: int = 2
    switch: bool = True
    """What every yes or no is, and whether what may be missing is there."""

    def fill(self, hint: Any, *, inside: bool = False) -> Any:
        """A value of a type."""
        origin, args = get_origin(hint), get_args(hint)
        if isinstance(hint, NewType):
            return self.fill(hint.__supertype__, inside=inside)
        if origin in {Union, types.UnionType}:
            kinds = [each for each in args if each is not type(None)]
            return self.fill(kinds[0], inside=inside) if self.switch or len(kinds) == len(args) else None
        if origin is Literal:
            return args[0]
        if origin in {tuple, frozenset, list, Sequence, set}:
            return self._several(tuple if origin is Sequence else origin, args, inside=inside)
        if origin in {dict, Mapping}:
            return {self.fill(args[0], inside=True): self.fill(args[1], inside=True)}
        if hint in _PLAIN:
            return _PLAIN[hint](self)
        if isinstance(hint, type) and issubclass(hint, Enum):
            return list(hint)[0 if self.switch else -1]
        if is_dataclass(hint) or (isinstance(hint, type) and issubclass(hint, msgspec.Struct)):
            hints = get_type_hints(hint)
            make: Any = hint
            return make(
                **{name: self.fill(each, inside=inside) for name, each in hints.items() if _given(hint, name)}
            )
        raise TypeError(f"no idea how to fill {hint!r}")

    def _several(self, kind: Any, args: tuple[Any, ...], *, inside: bool) -> Any:
        if kind is tuple and (len(args) < 2 or args[1] is not Ellipsis):
            return tuple(self.fill(each, inside=True) for each in args)
        return kind([self.fill(args[0], inside=True)] * (self.few if inside else self.many))


_PLAIN: dict[Any, Any] = {
    str: lambda filler: filler.text,
    bytes: lambda filler: filler.text.encode(errors="replace"),
    bool: lambda filler: filler.switch,
    int: lambda _: 137,
    float: lambda _: 1.5,
    Decimal: lambda _: Decimal("123456.789"),
    datetime: lambda _: MOMENT,
    timedelta: lambda _: timedelta(minutes=10),
    object: lambda filler: filler.text,
}


def _given(kind: Any, name: str) -> bool:
    """Whether a field is one that is given when a value is made."""
    if is_dataclass(kind):
        return kind.__dataclass_fields__[name].init
    return name in kind.__struct_fields__
