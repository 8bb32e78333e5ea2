"""Ids of incidents: short enough to be said aloud, and never one that another incident has or had."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable

from bot.errors import StoreUnavailable
from bot.incidents.store_ports import IncidentStore
from bot.model.incidents import IncidentId

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no letters that look like digits."""

SIGNS = 4
SIGNS_UNASKED = 7
"""With the store away nobody can say which ids are taken; one as long as this meets none by chance."""

_ATTEMPTS = 3
_ANSWERS_WITHIN = 2.0

STOCK = 64
"""Ids that are asked about at once."""


def random_id(signs: int = SIGNS) -> IncidentId:
    """An id, which may be taken."""
    return IncidentId("".join(secrets.choice(ALPHABET) for _ in range(signs)))


class IdStock:
    """Free ids, held in stock, so that opening an incident asks nobody."""

    def __init__(self, store: IncidentStore, new_id: Callable[[], IncidentId] = random_id) -> None:
        self._store = store
        self._new_id = new_id
        self._free: dict[IncidentId, None] = {}

    async def fill(self, wanted: int) -> None:
        """Have `wanted` ids in stock, if the store says which are free."""
        for _ in range(_ATTEMPTS):
            if len(self._free) >= wanted:
                return
            candidates = list(dict.fromkeys(self._new_id() for _ in range(max(STOCK, wanted))))
            try:
                async with asyncio.timeout(_ANSWERS_WITHIN):
                    taken = await self._store.taken(candidates)
            except (StoreUnavailable, TimeoutError):
                return
            self._free.update({each: None for each in candidates if each not in taken})

    def take(self) -> IncidentId:
        """An id that no other incident has."""
        if not self._free:
            return random_id(SIGNS_UNASKED)
        identity = next(iter(self._free))
        del self._free[identity]
        return identity
