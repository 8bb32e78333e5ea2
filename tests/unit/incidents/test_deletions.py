"""What people had podbot delete is told to the incidents whose pods it was."""

from __future__ import annotations

from dataclasses import replace

from bot.errors import StoreUnavailable
from bot.incidents import engine
from bot.incidents.acts import ActResult, NotePodsDeleted
from bot.incidents.deletions import DeletionNotes
from bot.model.commands import Manner
from bot.model.deletions import DeletedPod, Deletion, Fate
from bot.model.incident_problems import NotAnsweredInTime
from bot.model.incidents import Incident, IncidentId
from bot.model.people import Person
from bot.model.pods import Owner, PodUid
from tests.support.clock import HeldClock
from tests.support.deaths import a_death
from tests.support.incident_board import MemoryBoard
from tests.support.incidents import ALICE, an_ending
from tests.support.pods import at


def an_incident(identity: str, *uids: str, workload: str = "web") -> Incident:
    owner = Owner(kind="Deployment", name=workload)
    first, *more = (a_death(uid=uid, owner=owner) for uid in uids)
    incident = engine.opened(IncidentId(identity), first)
    for death in more:
        incident = engine.with_death(incident, death)
    return incident


def a_deletion(*pods: tuple[str, Fate]) -> Deletion:
    return Deletion(
        by=Person(id=ALICE, name="alice", full_member=True),
        namespace="shop",
        pods=tuple(DeletedPod(name=f"pod-{uid}", uid=PodUid(uid), fate=fate) for uid, fate in pods),
        manner=Manner(reason="stuck on stale lock"),
        at=at(60),
    )


async def test_each_open_incident_hears_of_its_own_pods() -> None:
    """With who did it and why; what was not deleted, what is over, and what has other pods hear nothing."""
    board = MemoryBoard(clock=HeldClock())
    over = engine.recovered(an_incident("OVER", "one"), an_ending(50))
    board.hold(an_incident("WEB1", "one", "two", "three"), an_incident("CART", "four"), over)
    notes = DeletionNotes(board, board, board.clock)
    await notes.deleted(a_deletion(("one", Fate.DELETED), ("two", Fate.KEPT), ("three", Fate.DELETED)))
    (act,) = board.acts
    assert act.by == ALICE
    assert act.command == NotePodsDeleted(
        incident=IncidentId("WEB1"), names=("pod-one", "pod-three"), reason="stuck on stale lock"
    )


async def test_nothing_deleted_asks_nobody() -> None:
    """Neither the store nor the keeper."""
    board = MemoryBoard(clock=HeldClock())
    board.hold(an_incident("WEB1", "one"))
    await DeletionNotes(board, _Away(), board.clock).deleted(a_deletion(("one", Fate.UNKNOWN)))
    assert board.acts == []


async def test_a_store_that_is_away_or_a_leader_that_is_slow_is_not_the_askers_trouble() -> None:
    """The pods are gone, the channel was told, and the audit has it."""
    board = MemoryBoard(clock=HeldClock())
    board.hold(an_incident("WEB1", "one"))
    await DeletionNotes(board, _Away(), board.clock).deleted(a_deletion(("one", Fate.DELETED)))

    def nobody() -> ActResult:
        raise NotAnsweredInTime(IncidentId("WEB1"))

    slow = replace(board, on_act=nobody)
    await DeletionNotes(slow, slow, board.clock).deleted(a_deletion(("one", Fate.DELETED)))


class _Away:
    """A store that does not answer."""

    async def find(self, identity: IncidentId) -> Incident | None:
        raise StoreUnavailable(str(identity))

    async def open_ones(self) -> list[Incident]:
        raise StoreUnavailable("no answer")
