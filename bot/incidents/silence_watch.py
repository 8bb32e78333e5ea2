"""Looks after silences: hears of new ones, ends those whose time is up, and tells what they kept back.

What is asked for where its leader runs is heard of at once; all others are read every second.
Silences belong to all clusters; each leader looks after what concerns its own incidents. A silence is ended
by whoever notes its end in the store first, and that one tells of it.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import partial

from bot import logs
from bot.clock import Clock
from bot.errors import StoreUnavailable
from bot.incidents import silencing, story
from bot.incidents.journal import Journal
from bot.incidents.live import Live
from bot.incidents.mistakes import contained
from bot.incidents.store_ports import SilenceStore
from bot.model.incidents import IncidentId, SilenceId
from bot.model.letters import Letter, LetterKey, Urgency
from bot.model.people import ChannelId
from bot.model.pods import ClusterName
from bot.model.silences import Silence

LOOK_EVERY = 1.0
"""Seconds between two looks."""

log = logs.get(__name__)


class SilenceWatch:
    """Looks after the silences over one cluster's live incidents.

    What no incident's channel is to be told goes to `otherwise`.
    """

    def __init__(
        self,
        store: SilenceStore,
        live: Live,
        journal: Journal,
        clock: Clock,
        *,
        cluster: ClusterName,
        otherwise: ChannelId,
    ) -> None:
        self._store = store
        self._live = live
        self._journal = journal
        self._cluster = cluster
        self._channel = otherwise
        self._clock = clock
        self._looking = asyncio.Lock()
        """What is read of silences is taken in before more is read: no older row has the last word."""
        self._unread = False
        """The store is away, which was logged."""

    async def running(self) -> Sequence[Silence]:
        """Those that hold here, as the store has them. Raises `StoreUnavailable`."""
        return [each for each in await self._store.not_ended() if silencing.concerns(each, self._cluster)]

    async def run(self) -> None:
        """Look again and again until cancelled. Raises `Deposed`."""
        while True:
            try:
                with contained("silences"):
                    await self._look()
                self._unread = False
            except StoreUnavailable as error:
                if not self._unread:
                    log.warning("silences_unread", problem=str(error))
                self._unread = True
            await self._journal.save()
            await self._clock.sleep(LOOK_EVERY)

    async def hear(self, identity: SilenceId) -> None:
        """Take in now what was just written of a silence: that it has begun, was changed or ended.

        Raises `StoreUnavailable`, and `Deposed`.
        """
        async with self._looking:
            await self._write_counts()
            silence = await self._store.get(identity)
            with contained("silence", silence=identity):
                if silence is not None and silence.ended_at is None:
                    now = self._clock.now()
                    if self._is_due(silence, now):
                        await self._end(silence.id)
                    else:
                        self._live.silences.heard(silence, now)
                elif identity in self._known():
                    await self._heard_of_end(identity)
        await self._journal.save()

    async def _look(self) -> None:
        async with self._looking:
            await self._look_alone()

    async def _look_alone(self) -> None:
        now = self._clock.now()
        await self._write_counts()
        known = self._known()
        running = await self._store.not_ended()
        due: list[Silence] = []
        for silence in running:
            if silencing.concerns(silence, self._cluster):
                with contained("silence", silence=silence.id):
                    if self._is_due(silence, now):
                        due.append(silence)
                    else:
                        self._live.silences.heard(silence, now)
        for silence in due:  # only now: what one of the others covers stays silent
            with contained("silence", silence=silence.id):
                await self._end(silence.id)
        for identity in known - {each.id for each in running}:
            with contained("end of silence", silence=identity):
                await self._heard_of_end(identity)

    def _known(self) -> set[SilenceId]:
        """Those that hold as far as is known; some may have ended while no leader was there to hear of it."""
        held = (each.incident.silenced for each in self._live)
        return {each.id for each in self._live.silences} | {each.silence for each in held if each is not None}

    def _is_due(self, silence: Silence, now: datetime) -> bool:
        held = self._live.get(silence.incident) if silence.incident is not None else None
        return silencing.is_due(silence, held.incident if held is not None else None, now)

    async def _write_counts(self) -> None:
        """Have the store know what was kept back, all of one silence at once."""
        by_silence: dict[SilenceId, dict[IncidentId, int]] = defaultdict(dict)
        for (silence, incident), deaths in self._live.silences.take_counts().items():
            by_silence[silence][incident] = deaths
        for identity, counts in by_silence.items():
            try:
                await self._store.change(identity, partial(silencing.counted, deaths=counts))
            except StoreUnavailable:
                for incident, deaths in counts.items():
                    self._live.silences.count(identity, incident, deaths)

    async def _end(self, identity: SilenceId) -> None:
        """End a silence whose time is up, unless another has done so."""
        now = self._clock.now()
        mine: list[Silence] = []

        def end(silence: Silence) -> Silence:
            after = silencing.ended(silence, now)
            if after is not silence:
                mine.append(after)
            return after

        await self._store.change(identity, end)
        if mine:
            self._tell(mine[-1], now)

    async def _heard_of_end(self, identity: SilenceId) -> None:
        """A person has ended it, or another leader."""
        silence = await self._store.get(identity)
        now = self._clock.now()
        if silence is not None and silence.ended_at is None:
            return  # it was asked for a moment ago
        if silence is not None and silence.ended_by is not None:
            self._tell(silence, now)
        else:
            self._live.silences.ended(identity, None, now)

    def _tell(self, silence: Silence, now: datetime) -> None:
        """Say what it kept back; what still fires is told by its own message from now on.

        What another silence covers still is that one's to tell. Where it was for one incident, that one's
        message and thread say all that there is to say.
        """
        hidden = {held.incident.id for held in self._live if not held.incident.shown}
        self._live.silences.ended(silence.id, silence.ended_by, now)
        if silencing.is_of_one(silence) and all(map(self._tells_itself, silence.incidents)):
            return
        firing = silencing.still_firing(silence, [held.incident for held in self._live])
        told = frozenset(each.id for each in firing if each.id in hidden)
        kept = silencing.counted(silence, self._live.silences.untold(silence.id))
        message = story.silence_ended(kept, firing, told)
        for channel in self._channels(silence):
            self._journal.letter(
                Letter(
                    key=LetterKey(f"silence/{silence.id}/{self._cluster}/{channel}"),
                    cluster=self._cluster,
                    channel=channel,
                    message=message,
                    revision=1,
                    urgency=Urgency.NORMAL,
                    created_at=now,
                    final=True,
                )
            )

    def _tells_itself(self, identity: IncidentId) -> bool:
        """Whether an incident has a message, or is to have none as it is silent still."""
        held = self._live.get(identity)
        return held is not None and (held.incident.shown or held.incident.silenced is not None)

    def _channels(self, silence: Silence) -> Iterable[ChannelId]:
        """Where those look who would have heard of it."""
        held = [each for identity in silence.incidents if (each := self._live.get(identity)) is not None]
        channels = dict.fromkeys(each.route.channels[0] for each in held if each.route.channels)
        return channels or (self._channel,)
