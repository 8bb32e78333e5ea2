"""The base of every struct that is decoded from the API's JSON."""

from __future__ import annotations

import msgspec


class Wire(msgspec.Struct, frozen=True, gc=False, rename="camel", kw_only=True):
    """An object of the API, or a part of one, with the fields podbot uses under the API's own names.

    They are frozen, hold no cycles and stay out of the cyclic garbage collector, which is most of the cost of
    a big listing.
    """
