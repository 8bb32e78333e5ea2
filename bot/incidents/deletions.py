"""Deletions that podbot carried out, told to the incidents whose pods they took: they may be what mended it.

Any replica deletes; only the leader's keeper changes incidents, so it goes as an act (`errands`).
"""

from __future__ import annotations

from bot import logs
from bot.clock import Clock
from bot.errors import Deposed, StoreUnavailable, UserError
from bot.incidents.acts import Act, NotePodsDeleted
from bot.incidents.ports import Board
from bot.incidents.store_ports import Incidents
from bot.model.deletions import Deletion, Fate

log = logs.get(__name__)


class DeletionNotes:
    """Implements `bot.pods.ports.DeletionNotes` for one cluster."""

    def __init__(self, board: Board, incidents: Incidents, clock: Clock) -> None:
        self._board = board
        self._incidents = incidents
        self._clock = clock

    async def deleted(self, deletion: Deletion) -> None:
        """Have every open incident of which a deleted pod has died say who deleted it, and why."""
        names = {pod.uid: pod.name for pod in deletion.of(Fate.DELETED)}
        if not names:
            return
        try:
            for incident in await self._incidents.open_ones():
                theirs = tuple(name for uid, name in names.items() if uid in incident.pods)
                if theirs:
                    note = NotePodsDeleted(incident=incident.id, names=theirs, reason=deletion.manner.reason)
                    await self._board.act(Act(command=note, by=deletion.by.id, at=self._clock.now()))
        except (Deposed, StoreUnavailable, UserError) as error:
            # The channel has been told of the deletion, and the audit has it.
            log.warning("deletion_not_in_story", pods=sorted(names.values()), problem=str(error))
