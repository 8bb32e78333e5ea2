"""The ways that letters go: a lane for each channel, another channel, the webhook.

What a way that is closed means for the letters that wait there is decided here; the operator hears of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from bot import logs
from bot.clock import Clock
from bot.model.letters import Letter, Posted
from bot.model.people import ChannelId
from bot.outbox.calls import PROBE_EVERY
from bot.outbox.desk import Desk, Entry
from bot.outbox.lane import Lane
from bot.outbox.last_resort import WebhookQueue
from bot.outbox.office import Gate
from bot.outbox.operator import Operator
from bot.outbox.ports import Delivery, DeliveryFailed, Fallback, Undeliverable
from bot.outbox.wording import about_itself

STUCK_AFTER = 60.0
"""Seconds without one delivery after which letters that wait are trouble."""

log = logs.get(__name__)


class Ways:
    """Implements `office.Office`. What podbot says of its own ways goes over the desk `own`.

    `report` is as `Dispatcher` has it; `on_step` is told when something was delivered, or was tried.
    """

    def __init__(
        self,
        delivery: Delivery,
        clock: Clock,
        *,
        fallback: Fallback,
        report: Callable[[str, str], None],
        own: Desk,
        on_step: Callable[[], Awaitable[None]],
    ) -> None:
        self._delivery = delivery
        self._clock = clock
        self._fallback = fallback
        self._operator = Operator(report, self._write)
        self._own = own
        self._on_step = on_step
        self._gate = Gate()
        self._webhook = WebhookQueue(fallback.webhook, clock)
        self._lanes: dict[ChannelId, Lane] = {}
        self._new_lane: asyncio.Queue[Lane] = asyncio.Queue()  # as many as there are channels, and no more

    async def run(self) -> None:
        """Deliver until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._webhook.run(), name="outbox webhook")
            while True:
                lane = await self._new_lane.get()
                tasks.create_task(lane.run(), name=f"outbox lane {lane.channel}")

    @property
    def waiting(self) -> int:
        """How many letters wait."""
        return sum(map(len, self._lanes.values()))

    def waiting_for(self, channel: ChannelId) -> int:
        """How many letters wait for a channel."""
        lane = self._lanes.get(channel)
        return 0 if lane is None else len(lane)

    def place_of(self, desk: Desk, letter: Letter) -> ChannelId:
        """The channel that a letter has to wait for which stands nowhere yet."""
        return self._way(desk, letter)[0].channel

    async def say(self, entry: Entry) -> None:
        """Queue what has something new to say. What is needless counts as said, for its replies, too."""
        if not entry.is_needless:
            self.send(entry)
            return
        replies: list[Entry] = []
        if entry.waits_in is not None:
            lane = self._lane(entry.waits_in)
            lane.remove([entry])
            replies = [each for each in lane.waiting if each.is_reply_to(entry)]
        await entry.desk.count_as_said(entry)
        for reply in replies:
            await self.say(reply)

    def send(self, entry: Entry) -> None:
        """Put what has something new to say into its lane."""
        lane = self._lane(entry.waits_in) if entry.waits_in is not None else self._way_of(entry)
        lane.add(entry)
        if self._gate.closed_for:
            self._webhook.add(entry, self._gate.closed_for)
        elif lane.pace.closed_for and self._instead_of(lane) is None:
            self._webhook.add(entry, _does_not_take(lane))

    def drop(self, desk: Desk) -> None:
        """Forget what waits of a desk that is closed."""
        for lane in self._lanes.values():
            lane.remove(each for each in lane.waiting if each.desk is desk)

    def calls_of(self, desk: Desk) -> frozenset[asyncio.Task[None]]:
        """The calls that are under way for a desk."""
        found = (lane.call_of(desk) for lane in self._lanes.values())
        return frozenset(call for call in found if call is not None)

    def trouble(self) -> Mapping[str, str]:
        """What does not go its way now, by subject: Slack, a channel, the webhook."""
        found = {}
        if self._gate.closed_for:
            waits = f"{self.waiting} letters wait"
            found["slack"] = f"takes nothing from podbot: {self._gate.closed_for}; {waits}"
        now = self._clock.monotonic()
        for lane in self._lanes.values():
            idle = now - lane.pace.moving_since
            if lane.pace.closed_for:
                found[f"channel {lane.channel}"] = self._closed_words(lane)
            elif len(lane) and idle > STUCK_AFTER:
                found[f"channel {lane.channel}"] = (
                    f"{len(lane)} letters wait, nothing went out for {idle:.0f} s"
                )
        if self._webhook.problem:
            found["webhook"] = self._webhook.problem
        return found

    def tells(self, subject: str) -> bool:
        """Whether a letter to the operator tells of this trouble."""
        return self._operator.tells(subject)

    def channel_closed(self, channel: ChannelId, refused: Entry) -> None:
        """Have what waits for the channel said elsewhere, and tell the operator."""
        lane = self._lane(channel)
        elsewhere = self._instead_of(lane)
        for entry in lane.waiting:
            if elsewhere is None:
                self._webhook.add(entry, _does_not_take(lane))
            elif entry is refused or not (entry.stands or entry.unknown):
                self._move(entry, lane, elsewhere, lane.pace.closed_for)
        self._operator.tell(f"channel {channel}", self._closed_words(lane))

    def channel_open(self, channel: ChannelId) -> None:
        """Tell that the channel takes messages again."""
        self._operator.over(f"channel {channel}", f"The channel {channel} takes messages again.")

    def slack_closed(self, code: str) -> None:
        """Have the webhook tell what waits, until Slack takes something again."""
        if not self._gate.closed_for:
            self._operator.log("slack", f"Slack takes nothing from podbot: {code}")
        self._gate.closed_for = code
        self._gate.probe_at = self._clock.monotonic() + PROBE_EVERY
        for lane in self._lanes.values():
            for entry in lane.waiting:
                self._webhook.add(entry, code)

    def slack_open(self) -> None:
        """Go on as before."""
        self._gate.closed_for = ""
        self._webhook.clear()
        self._operator.over("slack", "Slack takes messages from podbot again.")
        for lane in self._lanes.values():
            lane.wake()

    def gave_up(self, entry: Entry, code: str) -> None:
        """Tell the operator, and by the webhook what the letter says."""
        text = entry.letter.message.text
        log.error("letter_given_up", key=entry.key, channel=entry.letter.channel, code=code, text=text)
        self._webhook.add(entry, code)
        if entry.desk is not self._own:
            self._operator.tell(
                f"letter {entry.key}", f"Slack takes this in no form ({code}), see the log: {text[:300]}"
            )

    def refused(self, channel: ChannelId, entry: Entry, code: str) -> None:
        """Have the letter said elsewhere, with its replies; with no such place, it is tried again."""
        lane = self._lane(channel)
        elsewhere = self._instead_of(lane)
        if elsewhere is None:
            self._webhook.add(entry, f"{channel} does not take it ({code})")
            where = "they are tried again every minute"
        else:
            replies = [each for each in lane.waiting if each.is_reply_to(entry) and not each.stands]
            for each in (entry, *replies):
                self._move(each, lane, elsewhere, code)
            where = f"they go to {elsewhere.channel}"
        words = (
            f"The channel {channel} refuses letters for a reason that podbot does not know: {code}; {where}"
        )
        self._operator.tell(f"refusals of {channel}", words)

    def cannot_look(self, channel: ChannelId, error: DeliveryFailed | Undeliverable) -> None:
        """Tell the operator once what is missing."""
        if isinstance(error, DeliveryFailed):
            self._operator.tell(
                f"history of {channel}",
                f"podbot could not read in time what it said in {channel} ({error}): as an answer of Slack "
                "was lost, it may say something twice.",
            )
            return
        why = "; ".join((error.code, *error.details))
        self._operator.tell(
            f"history of {channel}",
            f"podbot may not read what it said in {channel} ({why}): when an answer of Slack is lost, "
            "it may say something twice. It needs the scope channels:history, in private channels "
            "groups:history.",
        )

    def can_look(self, channel: ChannelId) -> None:
        """Tell that it may look again, where that was not so."""
        self._operator.over(f"history of {channel}", f"podbot can read again what it said in {channel}.")

    async def step_made(self) -> None:
        """Let those look who wait for silence."""
        await self._on_step()

    def _way_of(self, entry: Entry) -> Lane:
        if entry.posted.channel is not None:
            return self._lane(entry.posted.channel)
        lane, closed_for = self._way(entry.desk, entry.letter)
        if closed_for:
            entry.redirected_for = closed_for
        return lane

    def _way(self, desk: Desk, letter: Letter) -> tuple[Lane, str]:
        """The lane of a letter that stands nowhere yet, and why it is not its own."""
        parent = None if letter.thread is None else desk.entries.get(letter.thread)
        if parent is not None and (place := parent.waits_in or parent.posted.channel) is not None:
            lane = self._lane(place)
        else:
            lane = self._lane(letter.channel)
        if not lane.takes_posts and (elsewhere := self._instead_of(lane)) is not None:
            return elsewhere, lane.pace.closed_for
        return lane, ""

    def _move(self, entry: Entry, lane: Lane, elsewhere: Lane, why: str) -> None:
        lane.remove([entry])
        entry.came_to(Posted(plain=entry.posted.plain), self._clock.now())
        entry.redirected_for, entry.not_before = why, 0.0
        elsewhere.add(entry)

    def _instead_of(self, lane: Lane) -> Lane | None:
        channel = self._fallback.channel
        if channel is None or channel == lane.channel:
            return None
        elsewhere = self._lane(channel)
        return elsewhere if elsewhere.takes_posts else None

    def _lane(self, channel: ChannelId) -> Lane:
        lane = self._lanes.get(channel)
        if lane is None:
            lane = self._lanes[channel] = Lane(
                channel, delivery=self._delivery, clock=self._clock, gate=self._gate, office=self
            )
            self._new_lane.put_nowait(lane)
        return lane

    def _closed_words(self, lane: Lane) -> str:
        elsewhere = self._instead_of(lane)
        if elsewhere is not None:
            where = f"its alerts go to {elsewhere.channel}"
        else:
            where = f"its alerts wait{' and are told by the webhook' if self._webhook.exists else ''}"
        return f"The channel {lane.channel} does not take messages: {lane.pace.closed_for}; {where}"

    def _write(self, subject: str, words: str, revision: int) -> bool:
        """Say it in the fallback channel, where that is open."""
        channel = self._fallback.channel
        if channel is None or self._lane(channel).pace.closed_for:
            return False
        letter = about_itself(subject, words, channel, revision, self._clock.now())
        if (entry := self._own.take(letter)) is not None:
            self.send(entry)
        return True


def _does_not_take(lane: Lane) -> str:
    return f"{lane.channel} does not take it ({lane.pace.closed_for})"
