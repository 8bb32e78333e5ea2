"""What `podbot migrate` and `podbot incidents` do. `backup` has a module of its own."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from bot.clock import Clock
from bot.errors import PodbotError
from bot.model.pods import ClusterName, ClusterUid
from bot.store import address, identities, migrate, printing
from bot.store.past import Past
from bot.store.store import open_to_look, open_to_read, open_to_write


async def incidents(url: str, clock: Clock, since: timedelta, *, as_json: bool) -> str:
    """What the store knows of incidents that were open, or went on, in the time `since`."""
    begin = clock.now() - since
    async with open_to_read(url) as database:
        found = await Past(database).incidents(begin)
    return printing.as_json(found) if as_json else printing.as_text(found, begin)


async def migrated(url: str) -> str:
    """Bring the schema up to date; says what was done."""
    where = address.shown(address.parse(url))
    async with open_to_write(url) as database:
        before = await migrate.upgrade(database)
    if before.is_current:
        return f"{where}: schema {before.needed} is up to date"
    return f"{where}: migrated from {before.found or 'an empty database'} to schema {before.needed}"


async def forgotten(url: str, cluster: ClusterName) -> str:
    """Have a cluster's name stand for none, so that another one may have it; says what was done."""
    where = address.shown(address.parse(url))
    async with open_to_write(url) as database:
        await migrate.upgrade(database)
        if await identities.forget(database, cluster):
            return f"{where}: {cluster} is forgotten; the next cluster that comes under this name has it"
        known = ", ".join(await identities.holders(database)) or "none"
    raise PodbotError(f"{where}: no cluster is called {cluster!r}; there are: {known}")


async def holders(url: str) -> Mapping[ClusterName, ClusterUid]:
    """Which cluster each name stands for, where the schema is up to date; changes nothing."""
    async with open_to_read(url) as database:
        return await identities.holders(database)


async def is_current(url: str) -> tuple[bool, str]:
    """Whether the schema is up to date, and how things stand in words; changes nothing."""
    where = address.shown(address.parse(url))
    async with open_to_look(url) as database:
        found = await migrate.state(database)
    if found.is_current:
        return True, f"{where}: schema {found.needed} is up to date"
    return False, f"{where}: schema {found.found or 'none'}; `podbot migrate` brings it to {found.needed}"
