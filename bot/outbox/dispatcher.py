"""The dispatcher: delivers letters, each channel at Slack's pace, and does not give up on alerts.

One key is one message: posted once, then updated in place. While it waits for its turn only its latest
wording is kept. `lane` delivers, `desk` remembers, `schedule` says whose turn it is; here it is decided which
way a letter goes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence

from bot import logs
from bot.clock import Clock
from bot.model.letters import Letter, LetterKey, Posted
from bot.model.people import ChannelId
from bot.model.pods import ClusterName
from bot.outbox.desk import Desk, Entry, always
from bot.outbox.lane import PROBE_EVERY, Lane
from bot.outbox.last_resort import WebhookQueue
from bot.outbox.office import Gate
from bot.outbox.operator import Operator, Unkept
from bot.outbox.ports import Delivery, Fallback, OutboxStore, Undeliverable
from bot.outbox.wording import OWN, about_itself

MOST_WAITING = 5_000
"""Letters that may wait in memory; whoever has another one waits. New wordings of these are always taken."""

CLOSES_WITHIN = 5.0
"""Seconds that a call under way is given when its cluster is closed."""

CARE_EVERY = 2.0
"""Seconds between two tries to read from, or note in, a store that was away."""

STUCK_AFTER = 60.0
"""Seconds without one delivery after which letters that wait are trouble."""

log = logs.get(__name__)


NO_FALLBACK = Fallback()
"""What cannot go its own way waits."""


def _nobody(_subject: str, _words: str) -> None:
    """The log and `trouble` say it all the same."""


class Dispatcher:
    """All channels; one lane each.

    `report` is told of trouble for the operator: its subject and what is wrong, or no words once it is over.
    """

    def __init__(
        self,
        delivery: Delivery,
        clock: Clock,
        *,
        fallback: Fallback = NO_FALLBACK,
        report: Callable[[str, str], None] = _nobody,
    ) -> None:
        self._delivery = delivery
        self._clock = clock
        self._fallback = fallback
        self._operator = Operator(report, self._write)
        self._gate = Gate()
        self._webhook = WebhookQueue(fallback.webhook, clock)
        self._lanes: dict[ChannelId, Lane] = {}
        self._new_lane: asyncio.Queue[Lane] = asyncio.Queue()  # as many as there are channels, and no more
        self._own = Desk(OWN, Unkept(), clock, self._drop)
        self._own.unread = False
        self._desks: dict[ClusterName, Desk] = {OWN: self._own}
        self._steps = asyncio.Condition()

    async def open(
        self, cluster: ClusterName, store: OutboxStore, *, leads: Callable[[], bool] = always
    ) -> None:
        """Begin to deliver the letters of this cluster, those first that its store keeps.

        `leads`: whether this replica still leads it, at the moment of asking.
        Where the store is away it is read as soon as it is back; what is handed over meanwhile goes out.
        """
        await self.close(cluster)
        desk = self._desks[cluster] = Desk(cluster, store, self._clock, self._drop, leads=leads)
        await self._read(desk)

    async def close(self, cluster: ClusterName) -> None:
        """Stop at once: nothing of this cluster is posted once this returns, within five seconds."""
        desk = self._desks.pop(cluster, None)
        if desk is None:
            return
        desk.closed = True
        self._drop(desk)
        calls = {call for lane in self._lanes.values() if (call := lane.call_of(desk)) is not None}
        if calls:
            _, late = await asyncio.wait(calls, timeout=CLOSES_WITHIN)
            for call in late:
                call.cancel()
            if late:
                await asyncio.wait(late)
        async with self._steps:
            self._steps.notify_all()

    async def put(self, letters: Sequence[Letter]) -> None:
        """Have these said, whether or not the store has them. Waits while too many others wait.

        A wording that is known already, or older than the one that is, is left as it is; so are letters of
        clusters that are not open.
        """
        for letter in sorted(letters, key=lambda each: each.thread is not None):  # parents before replies
            desk = self._desks.get(letter.cluster)
            if desk is None:
                log.info("letter_of_another_leader", key=letter.key, cluster=letter.cluster)
                continue
            async with self._steps:
                await self._steps.wait_for(lambda: self._has_room_for(desk, letter))  # noqa: B023 - awaited here
            if not desk.closed and (entry := desk.take(letter)) is not None:
                await self._have_said(entry)

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
            tasks.create_task(self._webhook.run(), name="outbox webhook")
            while True:
                lane = await self._new_lane.get()
                tasks.create_task(lane.run(), name=f"outbox lane {lane.channel}")

    @property
    def waiting(self) -> int:
        """How many letters wait."""
        return sum(map(len, self._lanes.values()))

    def trouble(self) -> Mapping[str, str]:
        """What does not go its way now, by subject: Slack, a channel, the webhook, a store."""
        found = {}
        if self._gate.closed_for:
            found["slack"] = (
                f"takes nothing from podbot: {self._gate.closed_for}; {self.waiting} letters wait"
            )
        now = self._clock.monotonic()
        for lane in self._lanes.values():
            if lane.closed_for:
                found[f"channel {lane.channel}"] = self._closed_words(lane)
            elif len(lane) and now - lane.moving_since > STUCK_AFTER:
                waited = f"{len(lane)} letters wait, nothing went out for {now - lane.moving_since:.0f} s"
                found[f"channel {lane.channel}"] = waited
        if self._webhook.problem:
            found["webhook"] = self._webhook.problem
        for desk in self._desks.values():
            if desk.store_problem:
                found[f"store of {desk.cluster}"] = f"{desk.store_problem}; {len(desk.unsaved)} notes wait"
        return found

    def untold(self) -> Mapping[str, str]:
        """Of this trouble what no letter to the operator tells."""
        return {
            subject: words for subject, words in self.trouble().items() if not self._operator.tells(subject)
        }

    def posted(self, cluster: ClusterName, key: LetterKey) -> Posted | None:
        """Where a letter stands; None where it is not known (any more)."""
        desk = self._desks.get(cluster)
        entry = None if desk is None else desk.entries.get(key)
        return None if entry is None else entry.posted

    # What lanes tell (`lane.Office`)

    def channel_closed(self, lane: Lane, refused: Entry) -> None:
        """Have what waits for the channel said elsewhere, and tell the operator."""
        elsewhere = self._instead_of(lane)
        for entry in lane.waiting:
            if elsewhere is None:
                self._webhook.add(entry, f"{lane.channel} does not take it ({lane.closed_for})")
            elif entry is refused or not (entry.stands or entry.unknown):
                lane.remove([entry])
                entry.came_to(Posted(plain=entry.posted.plain), self._clock.now())
                entry.redirected_for, entry.not_before = lane.closed_for, 0.0
                elsewhere.add(entry)
        self._operator.tell(f"channel {lane.channel}", self._closed_words(lane))

    def channel_open(self, lane: Lane) -> None:
        """Tell that the channel takes messages again."""
        self._operator.over(f"channel {lane.channel}", f"The channel {lane.channel} takes messages again.")

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

    def cannot_look(self, lane: Lane, error: Undeliverable) -> None:
        """Tell the operator once what is missing."""
        why = "; ".join((error.code, *error.details))
        self._operator.tell(
            f"history of {lane.channel}",
            f"podbot may not read what it said in {lane.channel} ({why}): when an answer of Slack is lost, "
            "it may say something twice. It needs the scope channels:history, in private channels "
            "groups:history.",
        )

    async def step_made(self) -> None:
        """Let those look who wait for room, or for silence."""
        async with self._steps:
            self._steps.notify_all()

    # Ways

    async def _have_said(self, entry: Entry) -> None:
        if not entry.is_needless:
            self._enqueue(entry)
            return
        replies: list[Entry] = []
        if entry.waits_in is not None:
            lane = self._lane(entry.waits_in)
            lane.remove([entry])
            replies = [each for each in lane.waiting if each.is_reply_to(entry)]
        await entry.desk.count_as_said(entry)
        for reply in replies:
            await self._have_said(reply)

    def _enqueue(self, entry: Entry) -> None:
        """Put what has something new to say into its lane."""
        lane = self._lane(entry.waits_in) if entry.waits_in is not None else self._way_of(entry)
        lane.add(entry)
        if self._gate.closed_for:
            self._webhook.add(entry, self._gate.closed_for)
        elif lane.closed_for and self._instead_of(lane) is None:
            self._webhook.add(entry, f"{lane.channel} does not take it ({lane.closed_for})")

    def _way_of(self, entry: Entry) -> Lane:
        letter = entry.letter
        parent = None if letter.thread is None else entry.desk.entries.get(letter.thread)
        if entry.posted.channel is not None:
            return self._lane(entry.posted.channel)
        if parent is not None and (place := parent.waits_in or parent.posted.channel) is not None:
            lane = self._lane(place)
        else:
            lane = self._lane(letter.channel)
        if not lane.takes_posts and (elsewhere := self._instead_of(lane)) is not None:
            entry.redirected_for = lane.closed_for
            return elsewhere
        return lane

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

    # Clusters and their stores

    async def _read(self, desk: Desk) -> None:
        entries = await desk.read()
        for entry in entries:
            if desk.closed:
                return
            if entry.waits:
                await self._have_said(entry)
            else:
                desk.rest(entry)

    async def _care_for_stores(self) -> None:
        while True:
            await self._clock.sleep(CARE_EVERY)
            for desk in tuple(self._desks.values()):
                if desk.closed:
                    continue
                if desk.unread:
                    await self._read(desk)
                if desk.unsaved or desk.store_problem:
                    await desk.catch_up()
            await self.step_made()

    def _drop(self, desk: Desk) -> None:
        """Forget what waits of a desk that is closed."""
        for lane in self._lanes.values():
            lane.remove(each for each in lane.waiting if each.desk is desk)

    def _has_room_for(self, desk: Desk, letter: Letter) -> bool:
        known = desk.entries.get(letter.key)
        waits_already = known is not None and known.waits_in is not None
        return desk.closed or waits_already or self.waiting < MOST_WAITING

    def _all_done(self) -> bool:
        return self.waiting == 0 and not any(desk.unsaved for desk in self._desks.values() if not desk.closed)

    # The operator

    def _closed_words(self, lane: Lane) -> str:
        elsewhere = self._instead_of(lane)
        if elsewhere is not None:
            where = f"its alerts go to {elsewhere.channel}"
        else:
            where = f"its alerts wait{' and are told by the webhook' if self._webhook.exists else ''}"
        return f"The channel {lane.channel} does not take messages: {lane.closed_for}; {where}"

    def _write(self, subject: str, words: str, revision: int) -> bool:
        """Say it in the fallback channel, where that is open."""
        channel = self._fallback.channel
        if channel is None or self._lane(channel).closed_for:
            return False
        letter = about_itself(subject, words, channel, revision, self._clock.now())
        if (entry := self._own.take(letter)) is not None:
            self._enqueue(entry)
        return True
