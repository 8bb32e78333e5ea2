"""A desk: the letters of one cluster while this replica leads it, and what its store is told of them.

The store is told before a post that it is tried, and after it what came of it. A store that is away stops no
letter: what could not be noted is noted once it is back.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain, islice

from bot import logs
from bot.clock import Clock
from bot.errors import Deposed, StoreUnavailable
from bot.model.letters import Letter, LetterKey, Posted, Urgency
from bot.model.messages import Message
from bot.model.people import ChannelId, MessageTs
from bot.model.pods import ClusterName
from bot.outbox.ports import OutboxStore
from bot.outbox.schedule import UPDATE_EVERY, pause_after

STORE_SECONDS = 3.0
"""A store that takes longer for a note counts as away."""

MOST_KNOWN = 10_000
"""Letters kept in mind, so that they can be updated, and are not said again. Of those with nothing to say the
final ones go first; among these, and then among the others, the one quiet for longest."""

NOTED_AT_ONCE = 200
"""Notes made good in one go."""

log = logs.get(__name__)


@dataclass(slots=True, eq=False)
class Entry:
    """A letter in memory. Times are monotonic, unless they are dates."""

    desk: Desk
    letter: Letter
    posted: Posted
    changed_at: datetime
    """When `posted` came to be as it is."""
    sent_at: float | None = None
    pause: float = UPDATE_EVERY
    not_before: float = 0.0
    failures: int = 0
    unknown: bool = False
    """A post of it was begun, and nobody knows whether it stands: it is looked for before another."""
    look_at: float = 0.0
    sought_since: float | None = None
    """Since when it has been looked for, as long as no look has come to its end."""
    lost: int = 0
    """Posts of it whose answer was lost."""
    tried_since: datetime | None = None
    """When the first post was begun of which nobody has seen whether it stands."""
    threadless: bool = False
    """Its thread takes no replies."""
    redirected_for: str = ""
    """Why it goes to another channel than its own."""
    by_webhook: Urgency | None = None
    """With which urgency the last resort told it."""
    waits_in: ChannelId | None = None
    """The lane that it waits in."""

    @property
    def key(self) -> LetterKey:
        """Which message it is."""
        return self.letter.key

    @property
    def waits(self) -> bool:
        """Whether there is something to be said still."""
        return self.letter.revision > self.posted.revision

    @property
    def stands(self) -> bool:
        """Whether Slack has the message."""
        return self.posted.ts is not None

    @property
    def is_in_doubt(self) -> bool:
        """Whether it may stand where nobody has seen it: then no post goes out before a look."""
        return not self.stands and self.tried_since is not None

    @property
    def is_needless(self) -> bool:
        """Whether it would only edit a message that was never begun, or reply to one."""
        begun = self.stands or self.tried_since is not None or self.posted.tried_at is not None
        parent = self._parent
        return not begun and (self.letter.edit_only or (parent is not None and parent.is_done_unsaid))

    @property
    def is_done_unsaid(self) -> bool:
        """Whether it counts as said although nothing was: there was no message for it to edit."""
        return self.posted.ts is None and not self.waits and self.letter.edit_only

    @property
    def _parent(self) -> Entry | None:
        """The letter in whose thread it goes, as far as it is known."""
        if self.letter.thread is None or self.threadless:
            return None
        return self.desk.entries.get(self.letter.thread)

    def is_reply_to(self, other: Entry) -> bool:
        """Whether it goes in the thread of that letter."""
        return self._parent is other

    def is_ahead_of_its_parent(self, channel: ChannelId) -> bool:
        """Whether the letter in whose thread it goes waits for this channel itself."""
        parent = self._parent
        return parent is not None and not parent.stands and parent.waits_in == channel

    def thread_in(self, channel: ChannelId) -> MessageTs | None:
        """The thread of this channel in which it goes, if in any."""
        parent = self._parent
        return parent.posted.ts if parent is not None and parent.posted.channel == channel else None

    def sent(self, now: float) -> None:
        """Take down that Slack took a call for it."""
        self.pause = pause_after(self.pause, now - self.sent_at if self.sent_at is not None else None)
        self.sent_at = now

    def came_to(self, posted: Posted, now: datetime) -> None:
        """Take down how far it has come."""
        self.posted, self.changed_at = posted, now


def always() -> bool:
    """Where there is one replica, it leads."""
    return True


class Desk:
    """One cluster's letters. `on_deposed` is called once, when the store says that another replica leads.

    `leads` is asked right before anything is said. A process that was stopped in its tracks and goes on finds
    out by it that its lease is over, before whoever closes its desks could. `grace`: seconds that a call is
    given which is under way when the desk is closed.
    """

    def __init__(
        self,
        cluster: ClusterName,
        store: OutboxStore,
        clock: Clock,
        on_deposed: Callable[[Desk], None],
        *,
        leads: Callable[[], bool] = always,
        grace: float = 0.0,
    ) -> None:
        self._leads = leads
        self.cluster = cluster
        self.closed = False
        self.grace = grace
        self.entries: dict[LetterKey, Entry] = {}
        self.unsaved: dict[LetterKey, Entry] = {}
        self.store_problem = ""
        """Why the store does not take notes; empty while it does."""
        self.gone: set[LetterKey] | None = None
        """While `reading` reads the store, letters that were done with."""
        self.wanted: set[LetterKey] = set()
        """While `reading` reads the store, letters not to be forgotten: replies to them wait there."""
        self.forgot = False
        """Whether there were too many to keep in mind: some that may be updated are in the store only."""
        self.store = store
        self._clock = clock
        self._on_deposed = on_deposed

    @property
    def speaks(self) -> bool:
        """Whether this replica may say something of the cluster at this moment."""
        return not self.closed and self._leads()

    @property
    def store_trouble(self) -> str:
        """Why the store does not take notes, and how many wait; empty while it does."""
        return f"{self.store_problem}; {len(self.unsaved)} notes wait" if self.store_problem else ""

    def take(self, letter: Letter) -> Entry | None:
        """The entry of a letter handed over; None where this wording, or a later one, is known already."""
        entry = self.entries.get(letter.key)
        if entry is None:
            entry = Entry(desk=self, letter=letter, posted=Posted(), changed_at=self._clock.now())
            self.entries[letter.key] = entry
            return entry
        if letter.revision <= entry.letter.revision:
            return None
        entry.letter = letter
        return entry

    def rest(self, entry: Entry) -> None:
        """Nothing more is to be said of it for now: keep what an update needs, not what was said."""
        entry.letter = replace(entry.letter, message=Message(text=""))
        self.entries.pop(entry.key, None)
        self.entries[entry.key] = entry  # last in the dict: the first ones are those quiet for longest
        if len(self.entries) > MOST_KNOWN:
            # Some more than needed: it takes a look at all of them.
            self._forget(len(self.entries) - MOST_KNOWN + MOST_KNOWN // 10)

    def _forget(self, number: int) -> None:
        """Forget so many, unless a reply waits for one; first those of which nothing more will be said."""
        kept = {each.letter.thread for each in self.entries.values() if each.waits}
        kept |= self.wanted | self.unsaved.keys()
        quiet = [each for each in self.entries.values() if not each.waits and each.key not in kept]
        done = [each for each in quiet if each.letter.final]
        for each in islice(chain(done, (each for each in quiet if not each.letter.final)), number):
            self.forgot = self.forgot or not each.letter.final
            self._let_go(each)

    def _let_go(self, entry: Entry) -> None:
        self.entries.pop(entry.key, None)
        if self.gone is not None:
            self.gone.add(entry.key)

    async def count_as_said(self, entry: Entry) -> None:
        """Have done with a letter that is `is_needless`."""
        entry.came_to(Posted(revision=entry.letter.revision), self._clock.now())
        self.rest(entry)
        await self.note(entry)

    async def note(self, entry: Entry) -> None:
        """Have the store remember how far the letter has come; where that fails, it is done later."""
        if self.store_problem or not await self._noted(entry):
            self.unsaved[entry.key] = entry

    async def _noted(self, entry: Entry) -> bool:
        posted = entry.posted
        try:
            async with asyncio.timeout(STORE_SECONDS):
                await self.store.note(entry.key, posted, entry.changed_at)
        except (StoreUnavailable, TimeoutError) as error:
            self.store_is_away(error)
            return False
        except Deposed:
            self.depose()
            return True
        except Exception as error:
            # Whatever a store does to us: the alert goes out, and is noted when the store is well.
            log.exception("outbox_store_broke", cluster=self.cluster, key=entry.key)
            self.store_is_away(error)
            return False
        if entry.posted is not posted:
            return False  # it has come further meanwhile
        self.unsaved.pop(entry.key, None)
        return True

    async def give_up(self, entry: Entry, problem: str) -> None:
        """Lay the letter aside for good."""
        if not entry.stands:  # else its next wording is another update, and no second message
            self._let_go(entry)
        self.unsaved.pop(entry.key, None)
        try:
            async with asyncio.timeout(STORE_SECONDS):
                await self.store.give_up(entry.key, problem, self._clock.now())
        except (StoreUnavailable, TimeoutError) as error:
            # It is then tried, and given up, once more after a restart.
            self.store_is_away(error)
        except Deposed:
            self.depose()
        except Exception as error:
            # As with notes: whatever a store does to us, the other letters go out.
            log.exception("outbox_store_broke", cluster=self.cluster, key=entry.key)
            self.store_is_away(error)

    async def catch_up(self) -> None:
        """Note what could not be noted, as far as the store takes it."""
        self.store_problem = ""
        for entry in tuple(islice(self.unsaved.values(), NOTED_AT_ONCE)):
            await self.note(entry)
            if self.store_problem or self.closed:
                return

    def depose(self) -> None:
        """Another replica leads: nothing of this cluster is said here any more."""
        if not self.closed:
            self.closed = True
            log.info("outbox_deposed", cluster=self.cluster)
            self._on_deposed(self)

    def store_is_away(self, error: Exception) -> None:
        """Take down that the store failed; it is tried again."""
        reason = str(error) or "it does not answer"
        if not self.store_problem:
            log.warning("outbox_store_away", cluster=self.cluster, reason=reason)
        self.store_problem = reason
