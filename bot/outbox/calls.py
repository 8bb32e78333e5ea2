"""Calls: what one channel's lane has Slack do in its turns, and what is made of each outcome.

A letter is posted, updated, or looked for; what Slack refuses goes in another form, or by another way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from bot import logs
from bot.clock import Clock
from bot.model.letters import Letter, LetterKey, Posted
from bot.model.messages import Message
from bot.model.people import ChannelId, MessageTs
from bot.outbox.desk import Entry
from bot.outbox.office import Gate, Office, Pace
from bot.outbox.ports import Delivery, DeliveryFailed, Undeliverable
from bot.outbox.refusals import Meaning, meaning
from bot.outbox.schedule import (
    LONGEST_PAUSE_OF_CHANNEL,
    LONGEST_PAUSE_OF_LETTER,
    POST_EVERY,
    backoff,
    ordered_pause,
)
from bot.outbox.wording import redirected

LOOK_EVERY = 0.2
"""Seconds: while what waits has to wait for its time, a new alert is noticed this soon."""

PROBE_EVERY = 60.0
"""Seconds between two tries of a way that only a person can open."""

LOOKS_FOR = 180.0
"""Seconds for which a letter is looked for where no look comes to its end; then it is posted all the same."""

log = logs.get(__name__)


class Calls:
    """Makes one channel's calls. `done` is told of letters with which there is nothing more to do here."""

    def __init__(
        self,
        channel: ChannelId,
        *,
        delivery: Delivery,
        clock: Clock,
        gate: Gate,
        pace: Pace,
        office: Office,
        done: Callable[[Iterable[Entry]], None],
    ) -> None:
        self._channel = channel
        self._delivery = delivery
        self._clock = clock
        self._gate = gate
        self._pace = pace
        self._office = office
        self._done = done

    async def deliver(self, entry: Entry) -> None:
        """Post it, or bring its message up to date."""
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
            log.exception("letter_broke", key=entry.key, channel=self._channel)
            await self._refused(entry, "podbot_cannot_draw_it")

    async def _post(self, entry: Entry, letter: Letter) -> None:
        since = entry.tried_since or self._clock.now()
        trying = Posted(channel=self._channel, tried_at=since, plain=entry.posted.plain)
        entry.came_to(trying, self._clock.now())
        await entry.desk.note(entry)
        if not entry.desk.speaks:
            return
        self._pace.posts_from = self._clock.monotonic() + POST_EVERY
        ts = await self._delivery.post(
            self._channel,
            self._worded(entry, letter),
            letter=entry.key,
            thread=entry.thread_in(self._channel),
            broadcast=letter.broadcast,
            plain=trying.plain,
        )
        if self._pace.closed_for:
            self._pace.closed_for = ""
            self._office.channel_open(self._channel)
        posted = Posted(revision=letter.revision, channel=self._channel, ts=ts, plain=trying.plain)
        await self._took(entry, posted)

    async def _update(self, entry: Entry, letter: Letter) -> None:
        if entry.posted.ts is None:
            raise RuntimeError(f"letter {entry.key} stands nowhere")
        now = self._clock.monotonic()
        self._gate.allowance = self._gate.allowance.spent(now)
        await self._delivery.update(
            self._channel,
            entry.posted.ts,
            self._worded(entry, letter),
            letter=entry.key,
            plain=entry.posted.plain,
        )
        await self._took(entry, replace(entry.posted, revision=letter.revision))

    def _worded(self, entry: Entry, letter: Letter) -> Message:
        if letter.channel == self._channel:
            return letter.message
        return redirected(letter.message, letter.channel, entry.redirected_for)

    async def _took(self, entry: Entry, posted: Posted) -> None:
        """Slack has it."""
        if self._gate.closed_for:
            self._office.slack_open()
        self._pace.moving_since = now = self._clock.monotonic()
        entry.sent(now)
        self._pace.failures = entry.failures = entry.lost = 0
        entry.tried_since = None
        entry.came_to(posted, self._clock.now())
        if not entry.waits:
            self._done([entry])
            entry.desk.rest(entry)
        await entry.desk.note(entry)

    def _failed(self, entry: Entry, error: DeliveryFailed) -> None:
        """Not this time. A post whose answer was lost is looked for before another."""
        now = self._clock.monotonic()
        if error.refused and error.retry_after is not None:
            pause = ordered_pause(error.retry_after)
            if entry.stands:
                self._gate.updates_from = now + pause  # Slack counts updates over all channels
            else:
                self._pace.posts_from = now + pause
        else:
            self._pace.failures += 1
            entry.failures += 1
            pause = backoff(self._pace.failures, error.retry_after, LONGEST_PAUSE_OF_CHANNEL)
            self._pace.paused_until = now + pause
            entry.not_before = now + backoff(entry.failures, error.retry_after, LONGEST_PAUSE_OF_LETTER)
        if not entry.stands and not error.refused:
            entry.lost += 1
            entry.tried_since, entry.sought_since = entry.posted.tried_at, None
            entry.look_at = now + backoff(entry.lost + 1, longest=LONGEST_PAUSE_OF_LETTER)
        entry.unknown = entry.is_in_doubt
        log.warning("letter_delayed", key=entry.key, channel=self._channel, reason=str(error), retry_in=pause)

    async def _refused(self, entry: Entry, code: str) -> None:
        """Slack will not take it like this: another form, or another way."""
        now = self._clock.monotonic()
        match meaning(code):
            case Meaning.GONE if entry.stands:
                entry.came_to(Posted(plain=entry.posted.plain), self._clock.now())
            case Meaning.NO_THREAD if entry.thread_in(self._channel) is not None:
                entry.threadless = True
            case Meaning.CHANNEL:
                self._pace.closed_for = code
                self._pace.posts_from = entry.not_before = now + PROBE_EVERY
                self._office.channel_closed(self._channel, entry)
            case Meaning.SLACK:
                self._office.slack_closed(code)
            case _ if not entry.posted.plain:
                log.error("letter_too_rich", key=entry.key, channel=self._channel, code=code)
                entry.came_to(replace(entry.posted, plain=True), self._clock.now())
            case Meaning.UNKNOWN if not entry.stands:
                entry.not_before = now + PROBE_EVERY
                self._office.refused(self._channel, entry, code)
            case _:
                self._done([entry])
                await entry.desk.give_up(entry, code)
                self._office.gave_up(entry, code)
        entry.unknown = entry.is_in_doubt

    async def look_for(self, entries: Sequence[Entry], *, due: Sequence[Entry]) -> None:
        """Find out which of these posts stand in the channel after all; `due`: all that wait for a look."""
        now = self._clock.monotonic()
        for each in due:
            each.sought_since = now if each.sought_since is None else each.sought_since
        since = min(each.tried_since or self._clock.now() for each in entries)
        keys, thread = [each.key for each in entries], entries[0].thread_in(self._channel)
        try:
            found = await self._delivery.find(self._channel, keys, since=since, thread=thread)
        except DeliveryFailed as error:
            self._pace.failures += 1
            pause = backoff(self._pace.failures, error.retry_after, LONGEST_PAUSE_OF_CHANNEL)
            self._not_seen(due, error, pause)
        except Undeliverable as error:
            if meaning(error.code) is not Meaning.SLACK or error.code == "missing_scope":
                self._office.cannot_look(self._channel, error)
                _say_unseen(entries)
            elif not self._not_seen(due, error, PROBE_EVERY):
                self._office.slack_closed(error.code)
        except Exception:
            # What a message of somebody else did to us must not keep an alert from being said.
            log.exception("look_broke", channel=self._channel)
            _say_unseen(entries)
        else:
            self._office.can_look(self._channel)
            for each in due:
                each.sought_since = None  # looks do come to their end
            await self._seen(entries, found)

    async def _seen(self, entries: Sequence[Entry], found: Mapping[LetterKey, MessageTs]) -> None:
        for entry in entries:
            entry.unknown, entry.tried_since, entry.sought_since = False, None, None
            ts = found.get(entry.key)
            if ts is None:
                entry.came_to(replace(entry.posted, tried_at=None), self._clock.now())
                if entry.is_needless and not entry.desk.closed:
                    await self._office.say(entry)
                continue
            log.info("letter_found", key=entry.key, channel=self._channel)
            # Which wording it has is not known: revision 0 has it updated.
            stands = Posted(channel=self._channel, ts=ts, plain=entry.posted.plain)
            entry.came_to(stands, self._clock.now())
            await entry.desk.note(entry)

    def _not_seen(self, due: Sequence[Entry], error: DeliveryFailed | Undeliverable, pause: float) -> bool:
        """Look again later, but post what has been looked for long enough; says whether there is such."""
        now = self._clock.monotonic()
        self._pace.looks_from = now + pause
        overdue = [each for each in due if now + pause > (each.sought_since or 0.0) + LOOKS_FOR]
        if overdue:
            self._office.cannot_look(self._channel, error)
            _say_unseen(overdue)
        return bool(overdue)


def _say_unseen(entries: Iterable[Entry]) -> None:
    """Said twice is better than never said. Where the post fails, they are looked for again."""
    for entry in entries:
        entry.unknown = False
