"""A lane: one channel's letters, said one at a time in their order and at Slack's pace.

It stands between the dispatcher, which hands letters to lanes, and the port to Slack.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable, Sequence
from dataclasses import replace

from bot import logs
from bot.clock import Clock
from bot.model.letters import Letter, LetterKey, Posted
from bot.model.messages import Message
from bot.model.people import ChannelId, MessageTs
from bot.model.pods import ClusterName
from bot.outbox.desk import Desk, Entry
from bot.outbox.office import Gate, Office
from bot.outbox.ports import Delivery, DeliveryFailed, Undeliverable
from bot.outbox.refusals import Meaning, meaning
from bot.outbox.schedule import (
    LONGEST_PAUSE_OF_CHANNEL,
    LONGEST_PAUSE_OF_LETTER,
    POST_EVERY,
    Holds,
    Waiting,
    backoff,
    first_turn,
)
from bot.outbox.wording import redirected

LOOK_EVERY = 0.2
"""Seconds: while what waits has to wait for its time, a new alert is noticed this soon."""

PROBE_EVERY = 60.0
"""Seconds between two tries of a way that only a person can open."""

log = logs.get(__name__)


class Lane:
    """One channel."""

    def __init__(
        self, channel: ChannelId, *, delivery: Delivery, clock: Clock, gate: Gate, office: Office
    ) -> None:
        self.channel = channel
        self.closed_for = ""
        """Why the channel takes no messages; empty while it does."""
        self.moving_since = 0.0
        """Since when letters wait without one being delivered; monotonic."""
        self._delivery = delivery
        self._clock = clock
        self._gate = gate
        self._office = office
        self._waiting: dict[tuple[ClusterName, LetterKey], Entry] = {}
        self._news = asyncio.Event()
        self._failures = 0
        self._paused_until = 0.0
        self._posts_from = 0.0
        self._looks_from = 0.0
        self._call: asyncio.Task[None] | None = None
        self._caller: Desk | None = None

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def waiting(self) -> tuple[Entry, ...]:
        """What waits, in the order in which it came to have something to say."""
        return tuple(self._waiting.values())

    @property
    def takes_posts(self) -> bool:
        """Whether a new letter is to be tried here: it is open, or it is time to try whether it is."""
        return not self.closed_for or self._clock.monotonic() >= self._posts_from

    def add(self, entry: Entry) -> None:
        """Have the entry's letter said here; one that waits here already keeps its place."""
        now = self._clock.monotonic()
        if not self._waiting:
            self.moving_since = now
        self._waiting.setdefault((entry.desk.cluster, entry.key), entry)
        entry.waits_in = self.channel
        self.wake()

    def remove(self, entries: Iterable[Entry]) -> None:
        """These wait here no more."""
        for entry in tuple(entries):
            self._waiting.pop((entry.desk.cluster, entry.key), None)
            entry.waits_in = None

    def wake(self) -> None:
        """Have it look at once whose turn it is."""
        self._news.set()

    def call_of(self, desk: Desk) -> asyncio.Task[None] | None:
        """The call that is under way for this desk."""
        return self._call if self._caller is desk else None

    async def run(self) -> None:
        """Deliver until cancelled."""
        while True:
            self._news.clear()
            turn, again_at = self._turn()
            if turn is None:
                await self._rest_until(again_at)
                continue
            desk, work = turn
            try:
                await self._finish(desk, work)
            finally:
                self._call = self._caller = None
            await self._office.step_made()

    async def _finish(self, desk: Desk, work: Coroutine[None, None, None]) -> None:
        """Make the call in a task of its own: whoever closes the desk may end it without ending the lane."""
        self._caller = desk
        self._call = call = asyncio.create_task(work, name=f"outbox call to {self.channel}")
        try:
            await asyncio.wait({call})
        except asyncio.CancelledError:
            call.cancel()
            await asyncio.wait({call})
            raise
        if not call.cancelled():
            call.result()

    async def _rest_until(self, when: float) -> None:
        if when == float("inf"):
            await self._news.wait()
            return
        while not self._news.is_set() and (left := when - self._clock.monotonic()) > 0:
            await self._clock.sleep(min(left, LOOK_EVERY))

    def _turn(self) -> tuple[tuple[Desk, Coroutine[None, None, None]] | None, float]:
        """Whose turn it is, and what is then to be done; or when to look again."""
        now = self._clock.monotonic()
        held = max(self._paused_until, self._gate.probe_at if self._gate.closed_for else 0.0)
        if now < held and self._waiting:
            return None, held
        sought = [each for each in self._waiting.values() if each.unknown]
        due = [each for each in sought if max(each.look_at, self._looks_from) <= now]
        if due:
            together = [each for each in due if self._looked_for_with(due[0], each)]
            return (due[0].desk, self._look_for(together)), now
        entries = self.waiting
        index, at = first_turn([self._seen(each) for each in entries], now, self._holds(now))
        if index is None:
            looks = (max(each.look_at, self._looks_from) for each in sought)
            return None, min(at, min(looks, default=float("inf")))
        return (entries[index].desk, self._deliver(entries[index])), now

    def _looked_for_with(self, one: Entry, other: Entry) -> bool:
        return one.desk is other.desk and one.thread_in(self.channel) == other.thread_in(self.channel)

    def _holds(self, now: float) -> Holds:
        updates = max(self._gate.updates_from, self._gate.allowance.free_at(now))
        return Holds(posts=self._posts_from, updates=updates)

    def _seen(self, entry: Entry) -> Waiting:
        letter = entry.letter
        return Waiting(
            urgency=letter.urgency,
            stands=entry.stands,
            thread=letter.thread,
            blocked=entry.unknown or (not entry.stands and entry.is_ahead_of_its_parent(self.channel)),
            not_before=entry.not_before,
            sent_at=entry.sent_at,
            pause=entry.pause,
        )

    async def _deliver(self, entry: Entry) -> None:
        letter = entry.letter
        if not entry.desk.speaks:
            # Another may lead already, and have said it newer.
            entry.not_before = self._clock.monotonic() + LOOK_EVERY
            return
        try:
            if entry.stands:
                await self._update(entry, letter)
            else:
                await self._post(entry, letter)
        except DeliveryFailed as error:
            self._failed(entry, error)
        except Undeliverable as error:
            await self._refused(entry, error.code)
        except Exception:
            # A message that we cannot even draw must not silence the channel: it goes out as text.
            log.exception("letter_broke", key=entry.key, channel=self.channel)
            await self._refused(entry, "podbot_cannot_draw_it")

    async def _post(self, entry: Entry, letter: Letter) -> None:
        trying = Posted(channel=self.channel, tried_at=self._clock.now(), plain=entry.posted.plain)
        entry.came_to(trying, self._clock.now())
        await entry.desk.note(entry)
        if not entry.desk.speaks:
            return
        self._posts_from = self._clock.monotonic() + POST_EVERY
        ts = await self._delivery.post(
            self.channel,
            self._worded(entry, letter),
            letter=entry.key,
            thread=entry.thread_in(self.channel),
            broadcast=letter.broadcast,
            plain=trying.plain,
        )
        if self.closed_for:
            self.closed_for = ""
            self._office.channel_open(self)
        posted = Posted(revision=letter.revision, channel=self.channel, ts=ts, plain=trying.plain)
        await self._took(entry, posted)

    async def _update(self, entry: Entry, letter: Letter) -> None:
        if entry.posted.ts is None:
            raise RuntimeError(f"letter {entry.key} stands nowhere")
        now = self._clock.monotonic()
        self._gate.allowance = self._gate.allowance.spent(now)
        await self._delivery.update(
            self.channel,
            entry.posted.ts,
            self._worded(entry, letter),
            letter=entry.key,
            plain=entry.posted.plain,
        )
        await self._took(entry, replace(entry.posted, revision=letter.revision))

    def _worded(self, entry: Entry, letter: Letter) -> Message:
        if letter.channel == self.channel:
            return letter.message
        return redirected(letter.message, letter.channel, entry.redirected_for)

    async def _took(self, entry: Entry, posted: Posted) -> None:
        """Slack has it."""
        if self._gate.closed_for:
            self._office.slack_open()
        self.moving_since = now = self._clock.monotonic()
        entry.sent(now)
        self._failures = entry.failures = entry.lost = 0
        entry.tried_since = None
        entry.came_to(posted, self._clock.now())
        if not entry.waits:
            self.remove([entry])
            entry.desk.rest(entry)
        await entry.desk.note(entry)

    def _failed(self, entry: Entry, error: DeliveryFailed) -> None:
        """Not this time. A post whose answer was lost is looked for before another."""
        now = self._clock.monotonic()
        if error.refused and error.retry_after is not None:
            pause = error.retry_after
            if entry.stands:
                self._gate.updates_from = now + pause  # Slack counts updates over all channels
            else:
                self._posts_from = now + pause
        else:
            self._failures += 1
            entry.failures += 1
            pause = backoff(self._failures, error.retry_after, LONGEST_PAUSE_OF_CHANNEL)
            self._paused_until = now + pause
            entry.not_before = now + backoff(entry.failures, error.retry_after, LONGEST_PAUSE_OF_LETTER)
        if not entry.stands and not error.refused:
            entry.lost += 1
            entry.unknown = True
            entry.tried_since = entry.tried_since or entry.posted.tried_at
            entry.look_at = now + backoff(entry.lost + 1, longest=LONGEST_PAUSE_OF_LETTER)
        log.warning("letter_delayed", key=entry.key, channel=self.channel, reason=str(error), retry_in=pause)

    async def _refused(self, entry: Entry, code: str) -> None:
        """Slack will not take it like this: another form, or another way."""
        now = self._clock.monotonic()
        match meaning(code):
            case Meaning.GONE if entry.stands:
                entry.came_to(Posted(plain=entry.posted.plain), self._clock.now())
            case Meaning.NO_THREAD if entry.thread_in(self.channel) is not None:
                entry.threadless = True
            case Meaning.CHANNEL:
                self.closed_for = code
                self._posts_from = entry.not_before = now + PROBE_EVERY
                self._office.channel_closed(self, entry)
            case Meaning.SLACK:
                self._office.slack_closed(code)
            case _ if not entry.posted.plain:
                log.error("letter_too_rich", key=entry.key, channel=self.channel, code=code)
                entry.came_to(replace(entry.posted, plain=True), self._clock.now())
            case _:
                self.remove([entry])
                await entry.desk.give_up(entry, code)
                self._office.gave_up(entry, code)

    async def _look_for(self, entries: Sequence[Entry]) -> None:
        """Find out which of these posts stand in the channel after all."""
        now = self._clock.monotonic()
        since = min(each.tried_since or self._clock.now() for each in entries)
        keys = [each.key for each in entries]
        found: dict[LetterKey, MessageTs] = {}
        try:
            found.update(
                await self._delivery.find(
                    self.channel, keys, since=since, thread=entries[0].thread_in(self.channel)
                )
            )
        except DeliveryFailed as error:
            self._failures += 1
            self._looks_from = now + backoff(self._failures, error.retry_after, LONGEST_PAUSE_OF_CHANNEL)
            return
        except Undeliverable as error:
            if meaning(error.code) is Meaning.SLACK and error.code != "missing_scope":
                self._office.slack_closed(error.code)
                return
            self._office.cannot_look(self, error)
        except Exception:
            # What a message of somebody else did to us must not keep an alert from being said.
            log.exception("look_broke", channel=self.channel)
        # Where it could not be seen: said twice is better than never said.
        for entry in entries:
            entry.unknown = False
            if (ts := found.get(entry.key)) is not None:
                log.info("letter_found", key=entry.key, channel=self.channel)
                # Which wording it has is not known: revision 0 has it updated.
                stands = Posted(channel=self.channel, ts=ts, plain=entry.posted.plain)
                entry.came_to(stands, self._clock.now())
                await entry.desk.note(entry)
