"""Incidents of one cluster that turn out to be one: a node's, an image's, a CronJob's.

The rules are in `grouping`; here is what remembers the deaths of the last minutes, for `live`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from bot.incidents import grouping, recovery_of_many
from bot.incidents.held import Held
from bot.incidents.inputs import Absorbed, Input, Merged, Widened
from bot.incidents.shelf import Shelf
from bot.incidents.storms import Storms
from bot.model.deaths import Death
from bot.model.pods import Owner


class Keeping(Protocol):
    """What joining needs of `live`."""

    def apply(self, held: Held, given: Input, now: datetime) -> bool:
        """Have something happen to an incident."""
        ...

    def let_go(self, held: Held) -> None:
        """Nothing more will be said of it."""
        ...

    def written_with(self, held: Held) -> None:
        """Have an incident be in the transaction of what is changed just now."""
        ...


class Joining:
    """Finds out which of the incidents on a shelf are one, and has one of them go on for all."""

    def __init__(self, shelf: Shelf, keeping: Keeping, storms: Storms) -> None:
        self._shelf = shelf
        self._keeping = keeping
        self._storms = storms
        self._recent = grouping.Recent()

    def placed(self, death: Death, now: datetime) -> tuple[Death, grouping.Placement]:
        """The death, as its CronJob's where that is known, and the incident that it belongs to."""
        death = grouping.attributed(self._recent, death)
        self._recent, place = grouping.placed(self._recent, death, self._shelf.open_groups(), now)
        return death, place

    def widened(self, place: grouping.Placement, now: datetime) -> Held | None:
        """The incident that becomes the group's, with the others in it; None where there is none."""
        found = [held for key in place.absorbs if (held := self._shelf.of_key(key)) is not None]
        some = [
            each
            for each in found
            if grouping.absorbable(each.incident, place.key) and not self._storms.is_orphan(each)
        ]
        main = grouping.main(each.incident for each in some)
        held = self._shelf.get(main.id) if main is not None else None
        if held is None:
            return None
        self._keeping.apply(held, Widened(key=place.key), now)
        for other in some:
            if other is not held and other.incident.storm == held.incident.storm:
                self._merge(other, held, now)
        return held

    def belongs_to(self, held: Held, cron_job: Owner, now: datetime) -> None:
        """The incident's Job is of this CronJob: it is told as that one's, with those of its other Jobs."""
        self._recent = grouping.knowing(self._recent, held.incident.key.namespace, cron_job)
        key = grouping.of_cron_job(held.incident, cron_job)
        if key is None:
            return
        there = self._shelf.of_key(key)
        if there is None:
            self._keeping.apply(held, Widened(key=key), now)
        elif not there.incident.state.is_over and there.incident.storm == held.incident.storm:
            self._merge(held, there, now)

    def _merge(self, other: Held, held: Held, now: datetime) -> None:
        """Have one tell of another. Both are told alike: by themselves, or by the same storm's digest.

        A digest goes on counting what it has counted, and another message must not count it, too.
        """
        held.followings = recovery_of_many.joined(held.followings, other.followings)
        self._keeping.apply(held, Absorbed(other=other.incident), now)
        self._keeping.apply(other, Merged(into=held.incident.id), now)
        self._keeping.let_go(other)
        digest = self._shelf.get(held.incident.storm)
        if digest is not None:
            # With it in one transaction, the ledger sees who tells of these deaths.
            self._keeping.written_with(digest)
