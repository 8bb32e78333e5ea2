"""Ids that nobody else has, whether or not the store can say so."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count

from bot.errors import StoreUnavailable
from bot.incidents.ids import SIGNS_UNASKED, STOCK, IdStock
from bot.incidents.unstored import Unstored
from bot.model.incidents import IncidentId


class Store(Unstored):
    """Has given away every other id; `away` makes it refuse."""

    def __init__(self) -> None:
        super().__init__()
        self.away = False
        self.asked: list[int] = []

    async def taken(self, ids: Sequence[IncidentId]) -> frozenset[IncidentId]:
        self.asked.append(len(ids))
        if self.away:
            raise StoreUnavailable("gone")
        return frozenset(each for each in ids if int(each) % 2)


def a_stock(store: Store) -> IdStock:
    numbers = count()
    return IdStock(store, lambda: IncidentId(str(next(numbers))))


async def test_only_free_ids_are_given_and_each_once() -> None:
    """What the store knows is left out."""
    stock = a_stock(Store())
    await stock.fill(40)
    given = [stock.take() for _ in range(40)]
    assert len(set(given)) == 40
    assert all(int(each) % 2 == 0 for each in given)


async def test_the_store_is_asked_about_many_at_once_and_seldom() -> None:
    """Opening an incident asks nobody."""
    store = Store()
    stock = a_stock(store)
    for _ in range(20):
        await stock.fill(1)
        stock.take()
    assert store.asked == [STOCK]


async def test_without_the_store_ids_are_so_long_that_none_is_met_twice() -> None:
    """An alert must not wait for its name."""
    store = Store()
    store.away = True
    stock = a_stock(store)
    await stock.fill(1)
    assert len(stock.take()) == SIGNS_UNASKED
