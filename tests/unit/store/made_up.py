"""Values of any type that msgspec can write, for hypothesis: whatever their fields are by now."""

from __future__ import annotations

from datetime import UTC, timedelta, timezone
from typing import Any

import msgspec
from hypothesis import strategies as st
from msgspec import inspect as kinds

_ZONES = st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=30)), timezone(timedelta(hours=-8))])
_MOST = 2
"""Things in one collection: what nests deeply would never end otherwise."""


def values(kind: Any) -> st.SearchStrategy[Any]:
    """Values of a type, to be given to a decoder of the same type."""
    return _of(msgspec.inspect.type_info(kind))


def _of(info: kinds.Type) -> st.SearchStrategy[Any]:  # noqa: PLR0912 - a case for each kind of type
    match info:
        case kinds.StrType():
            return st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
        case kinds.BytesType():
            return st.binary(max_size=8)
        case kinds.BoolType():
            return st.booleans()
        case kinds.IntType():
            return st.integers(-(2**31), 2**31 - 1)
        case kinds.NoneType():
            return st.none()
        case kinds.DateTimeType():
            return st.datetimes(timezones=_ZONES)
        case kinds.TimeDeltaType():
            return st.timedeltas(timedelta(days=-1000), timedelta(days=1000))
        case kinds.EnumType(cls):
            return st.sampled_from(list(cls))
        case kinds.LiteralType(of):
            return st.sampled_from(list(of))
        case kinds.UnionType(each):
            return st.one_of(*map(_of, each))
        case kinds.VarTupleType(item_type=item):
            return st.lists(_of(item), max_size=_MOST).map(tuple)
        case kinds.TupleType(items):
            return st.tuples(*map(_of, items))
        case kinds.FrozenSetType(item_type=item):
            return st.frozensets(_of(item), max_size=_MOST)
        case kinds.DictType(key_type=key, value_type=value):
            return st.dictionaries(_of(key), _of(value), max_size=_MOST)
        case kinds.DataclassType(cls=cls, fields=fields) | kinds.StructType(cls=cls, fields=fields):
            return st.builds(cls, **{each.name: _of(each.type) for each in fields})
    raise NotImplementedError(f"no values are made up for {info}")
