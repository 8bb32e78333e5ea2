"""The journal: what incidents have to write down, in one transaction for all that has come together.

While the store does not answer, nothing waits for it: what is to be said goes out from memory, marked, and
all that was not written is written once the store is back. The ledger decides whether a death is news.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, fields

from bot import logs
from bot.clock import Clock
from bot.errors import Deposed, StoreUnavailable
from bot.incidents.held import Held
from bot.incidents.ports import Outbox
from bot.incidents.records import Batch, RecordedDeath, ToldEntry
from bot.incidents.store_ports import IncidentStore
from bot.model.deaths import DeathId
from bot.model.incidents import IncidentId
from bot.model.letters import Letter, LetterKey
from bot.model.memory import Checkpoint, PodMemory
from bot.model.pods import PodUid
from bot.model.stories import StoryEntry

SAVES_WITHIN = 5.0
"""Seconds that a transaction may take; then the store counts as away."""

A_DEATH = 0.002
"""Seconds more for each death in it: what piled up while the store was away is written in one go."""

RETRY_EVERY = 2.0
"""Seconds between two attempts to reach a store that is away."""

MOST_UNWRITTEN = 50_000
"""Deaths that wait in memory for a store that is away: some 50 MB. The oldest lines of the ledger are let go;
the incidents that counted them are still written. As many entries of stories and letters wait, too."""

log = logs.get(__name__)

Worded = Callable[[Held, bool], Sequence[Letter]]
"""The letters of an incident as it stands, none where it is not shown; with True they say that it is not
saved."""


@dataclass(frozen=True, slots=True)
class LedgerAnswer:
    """Which deaths were recorded before."""

    known: frozenset[DeathId]
    is_whole: bool
    """False: the store is away, and these are those that wait for it; of the others nobody knows."""


@dataclass(slots=True)
class _Noted:
    """What is to be written; of each thing the latest version."""

    deaths: dict[DeathId, RecordedDeath] = field(default_factory=dict)
    incidents: dict[IncidentId, Held] = field(default_factory=dict)
    stories: dict[tuple[IncidentId, int], ToldEntry] = field(default_factory=dict)
    letters: dict[LetterKey, Letter] = field(default_factory=dict)
    """Of no incident's own message."""
    remembered: dict[PodUid, PodMemory | None] = field(default_factory=dict)
    checkpoints: dict[str, Checkpoint | None] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to be written."""
        return not any(getattr(self, each.name) for each in fields(self))

    def then(self, later: _Noted) -> _Noted:
        """This, and what was noted later."""
        return _Noted(
            deaths=self.deaths | later.deaths,
            incidents=self.incidents | later.incidents,
            stories=self.stories | later.stories,
            letters=self.letters | later.letters,
            remembered=self.remembered | later.remembered,
            checkpoints=self.checkpoints | later.checkpoints,
        )

    def batch(self, own_messages: Iterable[Letter]) -> Batch:
        """It as one transaction, with the incidents' own messages."""
        return Batch(
            deaths=tuple(self.deaths.values()),
            incidents=tuple(held.kept() for held in self.incidents.values()),
            stories=tuple(self.stories.values()),
            letters=(*own_messages, *self.letters.values()),
            remembered=self.remembered,
            checkpoints=tuple(each for each in self.checkpoints.values() if each is not None),
            unwatched=tuple(namespace for namespace, each in self.checkpoints.items() if each is None),
        )


class Journal:
    """What one cluster's incidents have to write down in one term.

    Everything noted until `save` goes into one transaction.
    """

    def __init__(self, store: IncidentStore, outbox: Outbox, clock: Clock, *, worded: Worded) -> None:
        self._store = store
        self._outbox = outbox
        self._clock = clock
        self._worded = worded
        self._saving = asyncio.Lock()
        self._noted = _Noted()
        self._writing = _Noted()
        """What is in the transaction that is under way."""
        self._unsaid: dict[IncidentId, Held] = {}
        self._beside: dict[LetterKey, tuple[Letter, Held | None]] = {}
        """Letters that are no incident's own message, and are not handed over yet."""
        self._marked: dict[IncidentId, Held] = {}
        """Said while they could not be saved."""
        self._not_before = 0.0
        self.trouble = ""
        """Why nothing can be saved at the moment; empty while all is well."""

    async def known(self, deaths: Sequence[DeathId], *, in_any_case: bool = False) -> LedgerAnswer:
        """Which of these were recorded before.

        `in_any_case`: the store is asked even if it was away just now; a full one can be read all the same.
        """
        waiting = frozenset(
            each for each in deaths if each in self._noted.deaths or each in self._writing.deaths
        )
        if not deaths or (self._in_peace() and not in_any_case):
            return LedgerAnswer(waiting, is_whole=not deaths)
        try:
            async with asyncio.timeout(SAVES_WITHIN):
                return LedgerAnswer(waiting | await self._store.known(deaths), is_whole=True)
        except Deposed:
            raise
        except Exception as error:  # noqa: BLE001 - as in `_write`
            self._went_away(error)
            return LedgerAnswer(waiting, is_whole=False)

    def death(self, recorded: RecordedDeath) -> None:
        """Note a death that was not known."""
        self._noted.deaths[recorded.death.id] = recorded

    def incident(self, held: Held) -> None:
        """Note that an incident has changed: it is written, and said once it is `told`."""
        self._noted.incidents[held.incident.id] = held
        self._unsaid[held.incident.id] = held

    def story(self, incident: IncidentId, entry: StoryEntry) -> None:
        """Note an entry of an incident's story; one of the same number is the same entry."""
        self._noted.stories[incident, entry.number] = ToldEntry(incident=incident, entry=entry)

    def letter(self, letter: Letter, of: Held | None = None) -> None:
        """Note what is to be said beside the incidents' own messages; of one of them, once that is `told`."""
        self._noted.letters[letter.key] = letter
        self._beside[letter.key] = (letter, of)

    def remembered(self, uid: PodUid, memory: PodMemory | None) -> None:
        """Note what the detector knows of a pod."""
        self._noted.remembered[uid] = memory

    def checkpoint(self, checkpoint: Checkpoint) -> None:
        """Note how far the watch has come; all that was found before must have been noted already."""
        self._noted.checkpoints[checkpoint.namespace] = checkpoint

    def unwatched(self, namespaces: Iterable[str]) -> None:
        """Note that no watch is to go on with these; before what is remembered of their pods is forgotten."""
        self._noted.checkpoints |= dict.fromkeys(namespaces)

    def unwritten(self) -> Callable[[], Batch] | None:
        """All that is not written, for the next term, once nothing is saved any more; None: nothing is left.

        It is worded only when it is called: that takes its time, and whoever stops leading has none.
        """
        return None if self._noted.is_empty else lambda: self._as_batch(self._noted)[0]

    async def save(self) -> None:
        """Write all that was noted, then hand over what is to be said; returns when both are done.

        Raises `Deposed` where another replica leads by now.
        """
        async with self._saving:
            # What is told from now on is handed over by the next save, with its thread: never a reply first.
            told = {identity: held for identity, held in self._unsaid.items() if held.told}
            beside = [letter for letter, of in self._beside.values() if of is None or of.told]
            self._unsaid = {}
            self._beside = {key: each for key, each in self._beside.items() if each[1] and not each[1].told}
            written = await self._write()
            if written is None:
                letters = [letter for held in told.values() for letter in self._marked_letters(held)]
            else:
                letters = [letter for identity in self._marked | told for letter in written[identity]]
                self._marked = {}
            letters += beside
            if letters:
                await self._outbox.put(letters, saved=written is not None)

    def _marked_letters(self, held: Held) -> Sequence[Letter]:
        letters = self._worded(held, True)
        held.reword()  # without the mark it is another wording
        self._marked[held.incident.id] = held
        return letters

    async def run(self) -> None:
        """Write what could not be written once the store is back; until cancelled."""
        while True:
            await self._clock.sleep(RETRY_EVERY)
            if self.trouble:
                await self.save()

    async def _write(self) -> dict[IncidentId, Sequence[Letter]] | None:
        """Write what was noted; the letters of the incidents that were written, None while it cannot be."""
        if self._in_peace():
            return None
        noted, self._noted = self._noted, _Noted()
        noted.incidents = self._marked | noted.incidents
        batch, worded = self._as_batch(noted)
        if batch.is_empty and not self.trouble:
            return {}
        self._writing = noted
        try:
            async with asyncio.timeout(SAVES_WITHIN + A_DEATH * len(batch.deaths)):
                await self._store.save(batch)
        except Deposed:
            raise
        except Exception as error:  # noqa: BLE001 - whatever a store does to us, alerts go out: from memory
            self._went_away(error)
            self._noted = noted.then(self._noted)
            self._let_go()
            return None
        except asyncio.CancelledError:
            self._noted = noted.then(self._noted)  # it may be written, or not
            raise
        finally:
            self._writing = _Noted()
        self._came_back()
        return worded

    def _as_batch(self, noted: _Noted) -> tuple[Batch, dict[IncidentId, Sequence[Letter]]]:
        worded = {identity: self._worded(held, False) for identity, held in noted.incidents.items()}
        return noted.batch(letter for letters in worded.values() for letter in letters), worded

    def _in_peace(self) -> bool:
        """Whether the store was away just now: an attempt for each death would make every alert late."""
        return bool(self.trouble) and self._clock.monotonic() < self._not_before

    def _went_away(self, error: Exception) -> None:
        reason = str(error) or f"no answer within {SAVES_WITHIN:.0f} s"
        mistake = not isinstance(error, StoreUnavailable | TimeoutError)
        if reason != self.trouble:
            if mistake:
                log.error("store_broke", exc_info=error)
            log.error("store_away", problem=reason, consequence="alerts go out from memory")
        self.trouble = reason
        self._not_before = self._clock.monotonic() + RETRY_EVERY

    def _came_back(self) -> None:
        if self.trouble:
            log.warning("store_back", was=self.trouble)
        self.trouble = ""

    def _let_go(self) -> None:
        deaths = self._noted.deaths
        while len(deaths) > MOST_UNWRITTEN:
            lost = deaths.pop(next(iter(deaths)))
            log.error("death_never_written", incident=lost.incident, uid=lost.death.id.uid)
        while len(self._noted.stories) > MOST_UNWRITTEN:
            del self._noted.stories[next(iter(self._noted.stories))]
        while len(self._noted.letters) > MOST_UNWRITTEN:
            del self._noted.letters[next(iter(self._noted.letters))]
