"""People who go on asking while everything breaks: each asks one thing, in a room of their own.

So whatever the bot says in that room, or to that person, is its answer.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from random import Random

from aiohttp import ClientError, ClientSession

from bot.playground.workspace.wire import ChannelId, UserId
from tests.chaos.excuses import ANSWERED_WITHIN, Excuses
from tests.chaos.ground import VICTIMS, Ground
from tests.chaos.office import Fate, Office
from tests.support.people import Person, person

QUESTIONS = (
    f"/pods list -n {VICTIMS}",
    f"/kubectl get pods -n {VICTIMS}",
    f"@podbot list -n {VICTIMS}",
    f"/pods can-i list -n {VICTIMS}",
    "/pods logs nobody-of-this-name -n shop",
    "@podbot whoami",
    "/pods whoami",
)

LET_GO = (AssertionError, TimeoutError, ClientError)
"""What a person gives up at: no answer, no dialog, or a dialog that Slack cannot send off."""


@dataclass(slots=True, kw_only=True)
class Question:
    """Something that was asked, with all that came of it."""

    user: UserId
    room: ChannelId
    typed: str
    asked_at: float
    """By the machine's monotonic clock."""


@dataclass(slots=True, kw_only=True)
class Wish(Question):
    """The wish to delete one pod, which needs a word in a dialog."""

    pod: str
    uid: str
    confirmed_at: float | None = None
    """When the dialog was sent off; None: it never came so far."""
    before: int = 0
    """How many deliveries the person had made by then."""


@dataclass(slots=True)
class Crowd:
    """The people of one trial."""

    ground: Ground
    office: Office
    chance: Random
    session: ClientSession
    questions: list[Question] = field(default_factory=list)
    wishes: list[Wish] = field(default_factory=list)
    _taken: set[str] = field(default_factory=set)

    async def goes_on(self, *, every: float) -> None:
        """Ask until cancelled; what is under way then is let go."""
        async with asyncio.TaskGroup() as people:
            number = 0
            while True:
                number += 1
                work = self._wishes(number) if number % 6 == 0 else self._asks(number)
                people.create_task(work, name=f"person {number}")
                await asyncio.sleep(self.chance.uniform(0.2, 1.8) * every)

    async def _asks(self, number: int) -> None:
        user, room = self.office.newcomer(number)
        question = Question(
            user=user, room=room, typed=self.chance.choice(QUESTIONS), asked_at=time.monotonic()
        )
        self.questions.append(question)
        body = {"as": user, "channel": room, "text": question.typed}
        async with self.session.post(f"{self.office.running.url}page/send", json=body) as answer:
            assert (await answer.json())["ok"]

    async def _wishes(self, number: int) -> None:
        free = [name for name in self.ground.victims() if name not in self._taken]
        if not free:
            return
        name = self.chance.choice(free)
        self._taken.add(name)
        user, room = self.office.newcomer(number)
        wish = Wish(
            user=user,
            room=room,
            typed=f"/pods delete {name} -n {VICTIMS}",
            asked_at=time.monotonic(),
            pod=name,
            uid=self.ground.uid(VICTIMS, name),
        )
        self.wishes.append(wish)
        try:
            async with person(self.office.running.url, user) as someone:
                await self._deletes(someone, wish)
        except LET_GO:
            return

    async def _deletes(self, someone: Person, wish: Wish) -> None:
        await someone.types(wish.room, wish.typed)
        await someone.sees_view("Reason", within=ANSWERED_WITHIN)
        wish.before = len(self.office.fates.get(wish.user, ()))
        wish.confirmed_at = time.monotonic()
        await someone.submits()

    def complaints(self, excuses: Excuses) -> list[str]:
        """What was not answered as it should be."""
        return [
            *(each for question in self.questions for each in self._about(question, excuses)),
            *(each for wish in self.wishes for each in self._about_wish(wish, excuses)),
        ]

    def _about(self, question: Question, excuses: Excuses) -> list[str]:
        fates = self.office.fates.get(question.user, [])
        said = self.office.said_to(question.user, question.room)
        words = [message.text[:80] for message in said]
        if set(fates) <= {Fate.NEVER_CAME}:
            return [f"{question.typed!r} never came, and was answered: {words}"] if said else []
        if len(said) > 1:
            when = [(message.ts, message.channel) for message in said]
            return [f"{question.typed!r} was answered {len(said)} times: {words}, {when}, {fates}"]
        if not said and Fate.TAKEN in fates and not excuses.cut_short(question.asked_at):
            return [f"{question.typed!r} of {question.user} was taken ({fates}), and not answered"]
        return []

    def _about_wish(self, wish: Wish, excuses: Excuses) -> list[str]:
        """A deletion is carried out once at most, never without its word, and never without being told."""
        began = self.ground.deletions.count(wish.uid)
        fates = self.office.fates.get(wish.user, [])[wish.before :]
        told = [
            message
            for message in self.office.said_to(wish.user, wish.room)
            if message.ephemeral_to is None and not message.is_reply and wish.pod in message.text
        ]
        found = []
        if began > 1:
            found.append(f"{wish.pod} was deleted {began} times")
        if began and (wish.confirmed_at is None or set(fates) <= {Fate.NEVER_CAME}):
            found.append(f"{wish.pod} was deleted, and nobody's word to it ever came")
        if len(told) > 1:
            found.append(f"the deletion of {wish.pod} was told {len(told)} times")
        cut_short = wish.confirmed_at is not None and excuses.cut_short(wish.confirmed_at)
        if began and not told and not cut_short:
            found.append(f"{wish.pod} was deleted, and nobody was told")
        return found
