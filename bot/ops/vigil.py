"""The vigil: looks every second how podbot itself is, and tells people what of it lasts.

`episodes` decides what is told, `vigil_words` how. It goes to the alert channel through the outbox; while
Slack is what fails, by the webhook of last resort. The log has it in any case.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from bot import logs
from bot.clock import Clock
from bot.errors import PodbotError
from bot.incidents.ports import Outbox
from bot.model.letters import KeptLetter, Letter, LetterKey
from bot.model.messages import spoken
from bot.model.people import ChannelId
from bot.ops import vigil_words
from bot.ops.episodes import OVER_AFTER, Announcement, Episode, Instant, Look, looked, step
from bot.ops.orphans import Here, Orphans
from bot.outbox.ports import LastResort

LOOK_EVERY = 1.0

TELLS_WITHIN = 15.0
"""Seconds for one way to tell something: the vigil goes on, whatever hangs."""

ONE_OF_ALL_TELLS = 600
"""Seconds in which one replica is enough to tell that a trouble has begun."""

SLACK = "slack"
"""The subject that cannot be told in Slack while it lasts."""

log = logs.get(__name__)


async def _alone(_key: str) -> bool:
    return True


class OwnLetters(Protocol):
    """What was told, kept so that the next process can tell its end. Everything raises `StoreUnavailable`."""

    async def kept(self) -> Sequence[KeptLetter]:
        """Those that wait, or may get another wording."""
        ...

    async def keep(self, letter: Letter) -> None:
        """Keep it in place of its earlier wording."""
        ...


class Vigil:
    """Tells of `troubles`: what is wrong at this moment, by subject.

    `is_first` is asked once for each episode, so that of several replicas that see the same one tells it
    (`pods.ports.Claims.first`). `own` keeps what is told, and has what an earlier process did not live to see
    the end of; of several replicas, `orphans` finds what others have left.
    """

    def __init__(
        self,
        *,
        troubles: Callable[[], Mapping[str, str]],
        outbox: Outbox,
        channel: ChannelId,
        last_resort: LastResort | None,
        clock: Clock,
        is_first: Callable[[str], Awaitable[bool]] = _alone,
        own: OwnLetters | None = None,
        orphans: Orphans | None = None,
    ) -> None:
        self._troubles = troubles
        self._outbox = outbox
        self._channel = channel
        self._last_resort = last_resort
        self._clock = clock
        self._is_first = is_first
        self._own = own
        self._orphans = orphans
        self._episodes: Mapping[str, Episode] = {}
        self._left_to_others: set[LetterKey] = set()

    async def run(self) -> None:
        """Keep it until cancelled."""
        look = self._look()
        await self._bounded("recall", self._recall(look))
        while True:
            look = self._look(look)
            troubles = self._troubles()
            self._episodes, said = step(self._episodes, troubles, look.now)
            self._left_to_others &= self._live()
            for each in said:
                await self._tell(each)
            if self._orphans is not None and self._orphans.is_time(look.now.tick):
                await self._look_for(self._orphans, troubles, look.now)
            await self._clock.sleep(LOOK_EVERY)

    def _look(self, before: Look | None = None) -> Look:
        return looked(before, at=self._clock.now(), clock=self._clock.monotonic())

    async def _recall(self, look: Look) -> None:
        """Go on with what another process told and did not live to see the end of."""
        if self._own is not None:
            self._episodes = vigil_words.recalled(await self._own.kept(), look.now)

    def _live(self) -> set[LetterKey]:
        return {vigil_words.key(each) for each in self._episodes.values()}

    async def _look_for(self, orphans: Orphans, troubles: Mapping[str, str], now: Instant) -> None:
        """Take over what dead replicas told, and see whether this one was taken for dead."""
        here = Here(
            tick=now.tick,
            keys=self._live() - self._left_to_others,
            told={each.subject for each in self._episodes.values() if self._tells(each)},
            seen=troubles,
        )
        changed = await orphans.look(here)
        for each in tuple(self._episodes.values()):
            if vigil_words.key(each) in changed.lost and self._tells(each):
                await self._tell_anew(each, now)
        self._take_over(changed.adopted, now)

    def _tells(self, episode: Episode) -> bool:
        """Whether this replica has told that it is so, and it is."""
        mine = vigil_words.key(episode) not in self._left_to_others
        return episode.told and not episode.over and mine

    async def _tell_anew(self, episode: Episode, now: Instant) -> None:
        """Another replica ends the message of what still lasts here: say so in one of its own."""
        anew = replace(episode, first=now, revision=1)
        self._episodes = {**self._episodes, episode.subject: anew}
        await self._say(Announcement(episode=anew))

    def _take_over(self, adopted: Iterable[KeptLetter], now: Instant) -> None:
        """Go on with what others told. Here it was looked at for long: what is not seen now is over soon."""
        for subject, each in vigil_words.recalled(adopted, now).items():
            self._episodes = {**self._episodes, subject: replace(each, over_after=OVER_AFTER)}
            self._left_to_others.discard(vigil_words.key(each))

    async def _tell(self, said: Announcement) -> None:
        episode = said.episode
        record = log.info if said.over else log.error
        record(
            "podbot_itself",
            subject=episode.subject,
            over=said.over,
            words=spoken(vigil_words.words(said)),
        )
        key = vigil_words.key(episode)
        if episode.revision == 1 and not await self._is_ours(episode):
            self._left_to_others.add(key)
        if key not in self._left_to_others:
            await self._say(said)

    async def _say(self, said: Announcement) -> None:
        about_slack, slack_fails = said.episode.subject == SLACK, self._slack_fails()
        if said.over or not about_slack:
            letter = vigil_words.letter(said, self._channel)
            if self._own is not None:
                await self._bounded("store", self._own.keep(letter))
            await self._bounded("letter", self._outbox.put([letter]))
        if self._last_resort is not None and (about_slack or slack_fails):
            text = spoken(vigil_words.words(said))
            await self._bounded("last resort", self._last_resort.tell(text))

    def _slack_fails(self) -> bool:
        episode = self._episodes.get(SLACK)
        return episode is not None and episode.told and not episode.over

    async def _is_ours(self, episode: Episode) -> bool:
        """Whether this replica is to tell it; where that cannot be found out, it is: twice beats never."""
        period = int(episode.since.at.timestamp()) // ONE_OF_ALL_TELLS
        try:
            async with asyncio.timeout(TELLS_WITHIN):
                return await self._is_first(f"podbot/{episode.subject}/{period}")
        except (PodbotError, TimeoutError):
            return True

    async def _bounded(self, way: str, telling: Awaitable[None]) -> None:
        try:
            async with asyncio.timeout(TELLS_WITHIN):
                await telling
        except (PodbotError, TimeoutError) as error:
            log.warning("podbot_itself_not_told", way=way, problem=str(error) or "it took too long")
