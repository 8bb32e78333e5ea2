"""The dispatcher: delivers letters, each channel at Slack's pace, and does not give up on alerts.

One key is one message: posted once, then updated in place. While it waits for its turn only its latest
wording is kept. `desk` remembers the letters of a cluster, `ways` has them said; here clusters are opened and
closed, letters handed over, and stores cared for that were away.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence

from bot import logs
from bot.clock import Clock
from bot.model.letters import Letter, LetterKey, Posted
from bot.model.pods import ClusterName
from bot.outbox.desk import Desk, always
from bot.outbox.operator import Unkept
from bot.outbox.ports import Delivery, Fallback, OutboxStore
from bot.outbox.reading import IsNew, Reading, first_wording
from bot.outbox.ways import Ways
from bot.outbox.wording import OWN

CLOSES_WITHIN = 5.0
"""Seconds that a call under way is given at most when its cluster is closed."""

CARE_EVERY = 2.0
"""Seconds between two tries to note in a store that was away."""

log = logs.get(__name__)

NO_FALLBACK = Fallback()
"""What cannot go its own way waits."""


def _nobody(_subject: str, _words: str) -> None:
    """The log and `trouble` say it all the same."""


class Dispatcher:
    """Delivers the letters of every cluster that this replica leads; each channel has a lane.

    `report` is told of trouble for the operator: its subject and what is wrong, or no words once it is over.
    `own` keeps what podbot says about itself; without it nothing of that outlives the process.
    """

    def __init__(
        self,
        delivery: Delivery,
        clock: Clock,
        *,
        fallback: Fallback = NO_FALLBACK,
        report: Callable[[str, str], None] = _nobody,
        own: OutboxStore | None = None,
    ) -> None:
        self._clock = clock
        self._own = Desk(OWN, own or Unkept(), clock, self._drop)
        self._desks: dict[ClusterName, Desk] = {OWN: self._own}
        self._steps = asyncio.Condition()
        self._ways = Ways(
            delivery, clock, fallback=fallback, report=report, own=self._own, on_step=self._step_made
        )
        self._readings: dict[Desk, Reading] = {}
        self._readers: dict[Desk, asyncio.Task[None]] = {}
        self._opened: asyncio.Queue[Desk] = asyncio.Queue()
        self._read(self._own, first_wording)

    async def open(
        self,
        cluster: ClusterName,
        store: OutboxStore,
        *,
        leads: Callable[[], bool] = always,
        is_new: IsNew = first_wording,
        grace: float = CLOSES_WITHIN,
    ) -> None:
        """Begin to deliver the letters of this cluster, those first that its store keeps.

        `leads`: whether this replica still leads it, at the moment of asking. `is_new`: whether no leader
        before can have said a letter; such a one goes out also before the store is read, however long that
        takes. `grace`: seconds that calls are given to end once the cluster is closed.
        """
        await self.close(cluster)
        grace = min(grace, CLOSES_WITHIN)
        desk = Desk(cluster, store, self._clock, self._drop, leads=leads, grace=grace)
        self._desks[cluster] = desk
        self._read(desk, is_new)

    async def close(self, cluster: ClusterName) -> None:
        """Stop at once: nothing of this cluster is posted once this returns, within its grace.

        A call that is cut off then is looked for by whoever leads next.
        """
        desk = self._desks.pop(cluster, None)
        if desk is None:
            return
        desk.closed = True
        del self._readings[desk]
        if reader := self._readers.pop(desk, None):
            reader.cancel()
        self._drop(desk)
        if calls := self._ways.calls_of(desk):
            _, late = await asyncio.wait(calls, timeout=desk.grace)
            for call in late:
                call.cancel()
            if late:
                await asyncio.wait(late)
        await self._step_made()

    async def put(self, letters: Sequence[Letter], *, saved: bool = True) -> None:
        """Have these said. Never waits for Slack: where too many wait already, the quiet stay in the store.

        `saved`: the store has them; others are kept in memory, however many there are.
        A wording that is known already, or older than the one that is, is left as it is; so are letters of
        clusters that are not open.
        """
        for letter in sorted(letters, key=lambda each: each.thread is not None):  # parents before replies
            desk = self._desks.get(letter.cluster)
            if desk is None:
                log.info("letter_of_another_leader", key=letter.key, cluster=letter.cluster)
                continue
            if desk.closed or self._readings[desk].keeps_back(letter, saved=saved):
                continue
            if (entry := desk.take(letter)) is not None:
                await self._ways.say(entry)

    def read_own_again(self) -> None:
        """Take up what `own` keeps by now: what another process said about podbot is this one's to say on."""
        self._readings[self._own].again()

    async def flush(self, seconds: float) -> None:
        """Return when everything handed over is delivered and noted, after `seconds` at the latest."""
        try:
            async with asyncio.timeout(seconds), self._steps:
                await self._steps.wait_for(self._all_done)
        except TimeoutError:
            log.warning("letters_left_unsaid", letters=self.waiting)

    async def run(self) -> None:
        """Deliver until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._care_for_stores(), name="outbox notes")
            tasks.create_task(self._ways.run(), name="outbox ways")
            while True:
                desk = await self._opened.get()
                if (reading := self._readings.get(desk)) is not None:
                    name = f"outbox reading of {desk.cluster or 'podbot'}"
                    self._readers[desk] = tasks.create_task(reading.run(), name=name)

    @property
    def waiting(self) -> int:
        """How many letters wait."""
        return self._ways.waiting + sum(map(len, self._readings.values()))

    def trouble(self) -> Mapping[str, str]:
        """What does not go its way now, by subject: Slack, a channel, the webhook, a store."""
        of_stores = {
            f"store of {desk.cluster or 'podbot'}": words
            for desk in self._desks.values()
            if (words := desk.store_trouble)
        }
        of_backlogs = {
            f"backlog of {desk.cluster or 'podbot'}": words
            for desk in self._desks.values()
            if (words := self._readings[desk].trouble)
        }
        return {**self._ways.trouble(), **of_stores, **of_backlogs}

    def untold(self) -> Mapping[str, str]:
        """Of this trouble what no letter to the operator tells."""
        return {subject: words for subject, words in self.trouble().items() if not self._ways.tells(subject)}

    def posted(self, cluster: ClusterName, key: LetterKey) -> Posted | None:
        """Where a letter stands; None where it is not known (any more)."""
        desk = self._desks.get(cluster)
        entry = None if desk is None else desk.entries.get(key)
        return None if entry is None else entry.posted

    def _read(self, desk: Desk, is_new: IsNew) -> None:
        self._readings[desk] = Reading(desk, self._ways, self._clock, is_new=is_new)
        self._opened.put_nowait(desk)

    async def _care_for_stores(self) -> None:
        while True:
            await self._clock.sleep(CARE_EVERY)
            for desk in tuple(self._desks.values()):
                if not desk.closed and (desk.unsaved or self._may_be_back(desk)):
                    await desk.catch_up()
            await self._step_made()

    def _may_be_back(self, desk: Desk) -> bool:
        """Whether nobody else finds out if the desk's store, which was away, is back."""
        return bool(desk.store_problem) and not self._readings[desk].failed

    async def _step_made(self) -> None:
        """Let those look who wait for silence."""
        async with self._steps:
            self._steps.notify_all()

    def _drop(self, desk: Desk) -> None:
        self._ways.drop(desk)

    def _all_done(self) -> bool:
        desks = [desk for desk in self._desks.values() if not desk.closed]
        # What was just said waits no more, and is noted by the call that is still under way.
        return self.waiting == 0 and not any(
            self._readings[desk].is_under_way or desk.unsaved or self._ways.calls_of(desk) for desk in desks
        )
