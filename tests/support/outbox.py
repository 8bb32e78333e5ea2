"""What the outbox's tests stand on: a store in memory, and a Slack that fails as it is told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime

from bot.clock import Clock
from bot.errors import StoreUnavailable
from bot.model.letters import KeptLetter, Letter, LetterKey, Posted, Urgency
from bot.model.messages import Message, Metadata, Paragraph, plain
from bot.model.people import ChannelId, MessageTs
from bot.model.pods import ClusterName
from bot.outbox.dispatcher import Dispatcher
from bot.outbox.ports import Delivery, DeliveryFailed, Fallback, OutboxStore
from tests.support.clock import START, HeldClock

PROD = ClusterName("prod")
ALERTS, OTHERS = ChannelId("C02ALERTS"), ChannelId("C01INCIDENTS")


def say(text: str) -> Message:
    return Message(
        text=text,
        blocks=(Paragraph(lines=(plain(text),)),),
        metadata=Metadata(event_type="podbot_incident", payload={"incident": text, "deaths": 1}),
    )


def a_letter(
    key: str,
    text: str = "",
    *,
    revision: int = 1,
    channel: ChannelId = ALERTS,
    urgency: Urgency = Urgency.NORMAL,
    thread: str | None = None,
    cluster: ClusterName = PROD,
) -> Letter:
    return Letter(
        key=LetterKey(key),
        cluster=cluster,
        channel=channel,
        message=say(text or key),
        revision=revision,
        urgency=urgency,
        thread=None if thread is None else LetterKey(thread),
        created_at=START,
    )


@dataclass(slots=True)
class MemoryStore:
    """Implements `bot.outbox.ports.OutboxStore` and `bot.ops.vigil.OwnLetters`.

    `trouble` is raised by every call of these while it is set.
    """

    letters: dict[LetterKey, Letter] = field(default_factory=dict)
    posted: dict[LetterKey, Posted] = field(default_factory=dict)
    given_up: dict[LetterKey, str] = field(default_factory=dict)
    trouble: Exception | None = None
    notes: list[tuple[LetterKey, Posted]] = field(default_factory=list)
    reads: int = 0
    """How often it was read."""
    reads_when: asyncio.Event | None = None
    """What is read is what it had at first, however long that takes."""

    def save(self, *letters: Letter) -> None:
        self.letters |= {each.key: each for each in letters}

    async def keep(self, letter: Letter) -> None:
        self._fail()
        self.save(letter)

    async def kept(self) -> Sequence[KeptLetter]:
        self._fail()
        self.reads += 1
        found = [
            KeptLetter(letter=letter, posted=self.posted.get(key, Posted()))
            for key, letter in self.letters.items()
            if key not in self.given_up
        ]
        if self.reads_when is not None:
            await self.reads_when.wait()
        return found

    async def note(self, key: LetterKey, posted: Posted, at: datetime) -> None:
        self._fail()
        self.posted[key] = posted
        self.notes.append((key, posted))

    async def give_up(self, key: LetterKey, problem: str, at: datetime) -> None:
        self._fail()
        self.given_up[key] = problem

    def _fail(self) -> None:
        if self.trouble is not None:
            raise self.trouble

    def goes_away(self) -> None:
        self.trouble = StoreUnavailable("the disk is full")


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A call that Slack got."""

    at: float
    channel: str
    ts: str
    """Empty: a new message."""
    text: str
    plain: bool
    thread: str = ""


@dataclass(slots=True)
class FakeSlack:
    """Implements `bot.outbox.ports.Delivery`."""

    clock: HeldClock
    troubles: list[Exception | None] = field(default_factory=list)
    """What becomes of the next posts and updates, one each."""
    closed: dict[str, Exception] = field(default_factory=dict)
    """What becomes of every post and update in a channel."""
    unreadable: list[Exception] = field(default_factory=list)
    """What becomes of the next looks."""
    taken_all_the_same: bool = False
    """What fails is posted nonetheless: only the answer is lost."""
    poison: str = ""
    """The text that Slack cannot take without stumbling."""
    hang: asyncio.Event | None = None
    calls: list[Said] = field(default_factory=list)
    looks: list[tuple[float, str, frozenset[str]]] = field(default_factory=list)
    looked_since: list[datetime] = field(default_factory=list)
    """Since when each of these looked."""
    messages: dict[tuple[str, str], str] = field(default_factory=dict)
    letters: dict[tuple[str, str], LetterKey] = field(default_factory=dict)
    threads: dict[tuple[str, str], str] = field(default_factory=dict)
    """In whose thread a message stands."""

    async def post(
        self,
        channel: ChannelId,
        message: Message,
        *,
        letter: LetterKey,
        thread: MessageTs | None = None,
        broadcast: bool = False,
        plain: bool = False,
    ) -> MessageTs:
        ts = MessageTs(f"ts{len(self.messages) + 1}")
        said = Said(
            at=self.clock.monotonic(),
            channel=channel,
            ts="",
            text=message.text,
            plain=plain,
            thread=thread or "",
        )
        await self._take(said, (channel, ts), letter)
        return ts

    async def update(
        self, channel: ChannelId, ts: MessageTs, message: Message, *, letter: LetterKey, plain: bool = False
    ) -> None:
        said = Said(at=self.clock.monotonic(), channel=channel, ts=ts, text=message.text, plain=plain)
        await self._take(said, (channel, ts), letter)

    async def find(
        self,
        channel: ChannelId,
        letters: Collection[LetterKey],
        *,
        since: datetime,
        thread: MessageTs | None = None,
    ) -> Mapping[LetterKey, MessageTs]:
        self.looks.append((self.clock.monotonic(), channel, frozenset(letters)))
        self.looked_since.append(since)
        if self.unreadable:
            raise self.unreadable.pop(0)
        return {
            letter: MessageTs(ts)
            for (where, ts), letter in self.letters.items()
            if letter in letters and where == channel and self.threads.get((where, ts), "") == (thread or "")
        }

    async def _take(self, said: Said, place: tuple[str, str], letter: LetterKey) -> None:
        self.calls.append(said)
        if self.hang is not None:
            await self.hang.wait()
        trouble = self.troubles.pop(0) if self.troubles else self.closed.get(said.channel)
        if self.poison and said.text == self.poison:
            trouble = DeliveryFailed("500")
        refused = isinstance(trouble, DeliveryFailed) and trouble.refused
        if trouble is None or (self.taken_all_the_same and not refused):
            self.messages[place] = said.text
            self.letters[place] = letter
            if said.thread:
                self.threads[place] = said.thread
        if trouble is not None:
            raise trouble

    @property
    def said(self) -> list[tuple[str, str]]:
        return [(each.ts, each.text) for each in self.calls]


@dataclass(slots=True)
class StandingSlack:
    """Implements `bot.outbox.ports.Delivery`: keeps messages as they stand, and when it was told what.

    It takes everything, but for what `arrives` and `answers` of a test make of it.
    """

    clock: Clock
    posts: list[tuple[float, LetterKey, MessageTs | None]] = field(default_factory=list)
    """When, which letter, and in which thread."""
    updates: list[tuple[float, MessageTs]] = field(default_factory=list)
    standing: dict[MessageTs, Message] = field(default_factory=dict)

    async def arrives(self, *, is_new: bool) -> None:
        """Awaited before a post or an update is taken."""

    async def answers(self) -> None:
        """Awaited after a post is taken."""

    async def post(
        self,
        channel: ChannelId,
        message: Message,
        *,
        letter: LetterKey,
        thread: MessageTs | None = None,
        broadcast: bool = False,
        plain: bool = False,
    ) -> MessageTs:
        await self.arrives(is_new=True)
        ts = MessageTs(str(len(self.standing)))
        self.posts.append((self.clock.monotonic(), letter, thread))
        self.standing[ts] = message
        await self.answers()
        return ts

    async def update(
        self, channel: ChannelId, ts: MessageTs, message: Message, *, letter: LetterKey, plain: bool = False
    ) -> None:
        await self.arrives(is_new=False)
        self.updates.append((self.clock.monotonic(), ts))
        self.standing[ts] = message

    async def find(
        self,
        channel: ChannelId,
        letters: Collection[LetterKey],
        *,
        since: datetime,
        thread: MessageTs | None = None,
    ) -> Mapping[LetterKey, MessageTs]:
        posted = zip(self.posts, self.standing, strict=True)
        return {letter: ts for (_, letter, _), ts in posted if letter in letters}

    @property
    def messages(self) -> list[float]:
        """When the channel got a message of its own."""
        return [at for at, _, thread in self.posts if thread is None]

    @property
    def replies(self) -> list[LetterKey]:
        """What stands in threads."""
        return [letter for _, letter, thread in self.posts if thread is not None]


@dataclass(slots=True)
class Hook:
    """Implements `bot.outbox.ports.LastResort`."""

    told: list[str] = field(default_factory=list)
    troubles: list[Exception] = field(default_factory=list)

    async def tell(self, text: str) -> None:
        if self.troubles:
            raise self.troubles.pop(0)
        self.told.append(text)


@asynccontextmanager
async def running(
    delivery: Delivery, clock: Clock, fallback: Fallback | None = None, *, own: OutboxStore | None = None
) -> AsyncIterator[Dispatcher]:
    """A dispatcher at work; no task of it is left at the end."""
    outbox = Dispatcher(delivery, clock, fallback=fallback or Fallback(), own=own)
    task = asyncio.create_task(outbox.run(), name="dispatcher under test")
    try:
        yield outbox
        assert not task.done(), "the dispatcher goes on"
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        left = [each.get_name() for each in asyncio.all_tasks() if each.get_name().startswith("outbox")]
        assert left == [], "no task outlives its dispatcher"
