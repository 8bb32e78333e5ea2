"""The dispatcher: delivers announcements, each channel at Slack's pace, and does not give up on alerts.

What is announced under one key is one message: posted once, then updated in place. While it waits for its
turn, only its latest wording is kept.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from msgspec import structs

from bot import logs
from bot.clock import Clock
from bot.model.messages import Message
from bot.model.people import ChannelId, MessageTs
from bot.outbox.ports import Delivery, DeliveryFailed, Undeliverable
from bot.outbox.schedule import LONGEST_BACKOFF, backoff, due_at

MOST_WAITING = 1_000
"""Messages of a channel that may wait; a caller waits beyond that."""

LOOK_EVERY = 0.2
"""Seconds: while only updates wait for their time, a new alert is noticed this soon."""

TOO_RICH = frozenset({"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "msg_too_long"})
"""Slack refuses the form, not the message: its plain text goes out instead."""

GONE = frozenset({"message_not_found", "cant_update_message", "edit_window_closed"})
"""The message cannot be updated any more: it is posted anew."""

CLOSED = frozenset(
    {
        "account_inactive",
        "channel_not_found",
        "invalid_auth",
        "is_archived",
        "missing_scope",
        "no_permission",
        "not_authed",
        "not_in_channel",
        "restricted_action",
        "token_expired",
        "token_revoked",
    }
)
"""Nothing is wrong with the message, but the way to the channel is closed until a person opens it."""

log = logs.get(__name__)


@dataclass(slots=True)
class _Letter:
    """What is said under one key."""

    key: str
    waiting: Message | None = None
    """What is to be said next; the letter is then in its lane's order, or about to be."""
    forgotten: bool = False
    ts: MessageTs | None = None
    sent_at: float | None = None

    def taken(self) -> Message:
        """What waits, which from now on waits no more."""
        if self.waiting is None:
            raise RuntimeError(f"letter {self.key} is in order with nothing to say")
        message, self.waiting = self.waiting, None
        return message


class _Lane:
    """One channel: its letters in the order in which they came to have something new to say."""

    def __init__(self, channel: ChannelId, delivery: Delivery, clock: Clock) -> None:
        self.channel = channel
        self._delivery = delivery
        self._clock = clock
        self._letters: dict[str, _Letter] = {}
        self._order: list[_Letter] = []
        self._news = asyncio.Condition()
        self._sent_at: float | None = None
        self._unsaid = 0
        """Letters that wait or are under way."""

    async def silent(self) -> None:
        """Return when all that was to be said has been said."""
        async with self._news:
            await self._news.wait_for(lambda: self._unsaid == 0)

    async def put(self, key: str, message: Message) -> None:
        async with self._news:
            letter = self._letters.setdefault(key, _Letter(key=key))
            in_order = letter.waiting is not None
            letter.waiting = message
            if not in_order:
                self._unsaid += 1
                await self._news.wait_for(lambda: len(self._order) < MOST_WAITING)
                self._order.append(letter)
                self._news.notify_all()

    def forget(self, key: str) -> None:
        letter = self._letters.get(key)
        if letter is not None:
            letter.forgotten = True
            self._drop_if_done(letter)

    def _drop_if_done(self, letter: _Letter) -> None:
        if letter.forgotten and letter.waiting is None:
            self._letters.pop(letter.key, None)

    async def run(self) -> None:
        failures = 0
        while True:
            letter, message = await self._next()
            try:
                await self._send(letter, message)
                failures = 0
            except DeliveryFailed as error:
                failures += 1
                pause = backoff(failures, error.retry_after)
                log.warning(
                    "announcement_delayed",
                    key=letter.key,
                    channel=self.channel,
                    reason=str(error),
                    retry_in=pause,
                )
                await self._put_back(letter, message)
                await self._clock.sleep(pause)
            self._drop_if_done(letter)
            async with self._news:
                self._unsaid -= 1
                self._news.notify_all()

    async def _next(self) -> tuple[_Letter, Message]:
        """The letter whose turn it is, when its time has come, and its news. New alerts go before updates."""
        while True:
            async with self._news:
                await self._news.wait_for(lambda: bool(self._order))
                now = self._clock.monotonic()
                dues = [
                    (due_at(now, self._sent_at, each.sent_at), each.ts is not None) for each in self._order
                ]
                soonest = min(range(len(dues)), key=dues.__getitem__)
                pause = dues[soonest][0] - now
                if pause <= 0:
                    letter = self._order.pop(soonest)
                    self._news.notify_all()
                    return letter, letter.taken()
            await self._clock.sleep(min(pause, LOOK_EVERY))

    async def _put_back(self, letter: _Letter, message: Message) -> None:
        async with self._news:
            if letter.waiting is None:
                letter.waiting = message
                self._unsaid += 1
                self._order.insert(0, letter)

    async def _send(self, letter: _Letter, message: Message) -> None:
        self._sent_at = self._clock.monotonic()
        try:
            await self._deliver(letter, message)
        except Undeliverable as error:
            await self._refused(letter, message, error.code)
        except DeliveryFailed:
            raise
        except Exception:
            # A message that we cannot even draw must not silence the channel: it goes out as text.
            log.exception("announcement_broke", key=letter.key, channel=self.channel)
            await self._refused(letter, message, "invalid_blocks")
        else:
            letter.sent_at = self._clock.monotonic()

    async def _refused(self, letter: _Letter, message: Message, code: str) -> None:
        """Slack will not take it like this: another form where one may help, else the operator is told."""
        if code in GONE and letter.ts is not None:
            letter.ts = None
            await self._put_back(letter, message)
        elif code in TOO_RICH and message.blocks:
            log.error("announcement_too_rich", key=letter.key, channel=self.channel, code=code)
            await self._put_back(letter, structs.replace(message, blocks=()))
        elif code in CLOSED:
            raise DeliveryFailed(f"Slack refuses the channel: {code}", LONGEST_BACKOFF)
        else:
            log.error(
                "announcement_undeliverable",
                key=letter.key,
                channel=self.channel,
                code=code,
                text=message.text,
            )

    async def _deliver(self, letter: _Letter, message: Message) -> None:
        if letter.ts is None:
            letter.ts = await self._delivery.post(self.channel, message)
        else:
            await self._delivery.update(self.channel, letter.ts, message)


class Dispatcher:
    """All channels; one lane each."""

    def __init__(self, delivery: Delivery, clock: Clock) -> None:
        self._delivery = delivery
        self._clock = clock
        self._lanes: dict[ChannelId, _Lane] = {}
        self._new_lane: asyncio.Queue[_Lane] = asyncio.Queue()  # as many as there are channels, and no more

    async def announce(self, key: str, channel: ChannelId, message: Message) -> None:
        """Have `message` said in `channel`; it replaces what was said there under the same key."""
        lane = self._lanes.get(channel)
        if lane is None:
            lane = self._lanes[channel] = _Lane(channel, self._delivery, self._clock)
            self._new_lane.put_nowait(lane)
        await lane.put(key, message)

    def forget(self, key: str) -> None:
        """Nothing more will be said under this key; what waits still goes out."""
        for lane in self._lanes.values():
            lane.forget(key)

    async def flush(self, seconds: float) -> None:
        """Return when everything announced so far is delivered, after `seconds` at the latest."""
        try:
            async with asyncio.timeout(seconds):
                await asyncio.gather(*(lane.silent() for lane in self._lanes.values()))
        except TimeoutError:
            log.warning("announcements_left_unsaid")

    async def run(self) -> None:
        """Deliver until cancelled."""
        async with asyncio.TaskGroup() as lanes:
            while True:
                lane = await self._new_lane.get()
                lanes.create_task(lane.run(), name=f"outbox lane {lane.channel}")
