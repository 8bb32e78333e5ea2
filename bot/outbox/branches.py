"""The outbox's two branches: one for Slack's channels, one for webhooks, each with a dispatcher of its own.

So no limit and no outage of Slack holds up a page, and none of a webhook an alert. Which branch a letter
belongs to is in its channel (`model.pages`); the store keeps the letters of both together.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TypeAlias

from bot.model.letters import KeptLetter, Letter, LetterKey, Posted
from bot.model.pages import webhook_of
from bot.model.pods import ClusterName
from bot.outbox.desk import always
from bot.outbox.dispatcher import CLOSES_WITHIN, Dispatcher
from bot.outbox.ports import OutboxStore
from bot.outbox.reading import IsNew, first_wording


class Branches:
    """Implements `bot.incidents.ports.Outbox`, and does for both branches what a dispatcher does for one.

    `webhook_trouble` says which webhooks do not take what they are told.
    """

    def __init__(
        self, slack: Dispatcher, webhooks: Dispatcher, webhook_trouble: Callable[[], Mapping[str, str]]
    ) -> None:
        self._slack = slack
        self._webhooks = webhooks
        self._webhook_trouble = webhook_trouble

    async def open(
        self,
        cluster: ClusterName,
        store: OutboxStore,
        *,
        leads: Callable[[], bool] = always,
        is_new: IsNew = first_wording,
        grace: float = CLOSES_WITHIN,
    ) -> None:
        """As `Dispatcher.open`."""
        kept = _Kept(store)
        branches = (self._slack, _is_slacks), (self._webhooks, _is_a_webhooks)
        await asyncio.gather(
            *(
                branch.open(cluster, _Part(store, kept, belongs), leads=leads, is_new=is_new, grace=grace)
                for branch, belongs in branches
            )
        )

    async def close(self, cluster: ClusterName) -> None:
        """As `Dispatcher.close`: within the same time."""
        await asyncio.gather(self._slack.close(cluster), self._webhooks.close(cluster))

    async def put(self, letters: Sequence[Letter], *, saved: bool = True) -> None:
        """As `Dispatcher.put`; pages first."""
        if pages := list(filter(_is_a_webhooks, letters)):
            await self._webhooks.put(pages, saved=saved)
        if messages := list(filter(_is_slacks, letters)):
            await self._slack.put(messages, saved=saved)

    async def flush(self, seconds: float) -> None:
        """As `Dispatcher.flush`."""
        await asyncio.gather(self._slack.flush(seconds), self._webhooks.flush(seconds))

    async def run(self) -> None:
        """Deliver until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._slack.run(), name="outbox of Slack")
            tasks.create_task(self._webhooks.run(), name="outbox of webhooks")

    def trouble(self) -> Mapping[str, str]:
        """What does not go its way now, by subject."""
        return {**self._of_webhooks(), **self._slack.trouble()}

    def untold(self) -> Mapping[str, str]:
        """Of this what no letter to the operator tells."""
        return {**self._of_webhooks(), **self._slack.untold()}

    def _of_webhooks(self) -> Mapping[str, str]:
        # What waits for a webhook is told by the webhook's own trouble, with the reason.
        found = self._webhooks.trouble()
        own = ("store of ", "backlog of ")
        of_stores = {subject: words for subject, words in found.items() if subject.startswith(own)}
        return {**of_stores, **self._webhook_trouble()}


_Belongs: TypeAlias = Callable[[Letter], bool]


class _Kept:
    """What a store keeps. The first time it is read once for all branches, of which each gets its own."""

    def __init__(self, store: OutboxStore) -> None:
        self._store = store
        self._reading = asyncio.Lock()
        self._first: dict[_Belongs, list[KeptLetter]] | None = None

    async def of(self, belongs: _Belongs) -> Sequence[KeptLetter]:
        async with self._reading:
            if self._first is None:
                self._first = {}  # a read that fails is shared with nobody
                kept = await self._store.kept()
                self._first = {each: _those(kept, each) for each in (_is_slacks, _is_a_webhooks)}
            if (first := self._first.pop(belongs, None)) is not None:
                return first
        return _those(await self._store.kept(), belongs)


class _Part:
    """A store's letters of one branch."""

    def __init__(self, store: OutboxStore, kept: _Kept, belongs: _Belongs) -> None:
        self._store = store
        self._kept = kept
        self._belongs = belongs

    async def kept(self) -> Sequence[KeptLetter]:
        return await self._kept.of(self._belongs)

    async def note(self, key: LetterKey, posted: Posted, at: datetime) -> None:
        await self._store.note(key, posted, at)

    async def give_up(self, key: LetterKey, problem: str, at: datetime) -> None:
        await self._store.give_up(key, problem, at)


def _is_a_webhooks(letter: Letter) -> bool:
    return webhook_of(letter.channel) is not None


def _is_slacks(letter: Letter) -> bool:
    return webhook_of(letter.channel) is None


def _those(kept: Sequence[KeptLetter], belongs: _Belongs) -> list[KeptLetter]:
    return [each for each in kept if belongs(each.letter)]
