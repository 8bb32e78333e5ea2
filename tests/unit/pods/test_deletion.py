"""A confirmed deletion deletes the pods that were seen, once more authorised, or nothing at all."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from bot.errors import ClusterRefused, ClusterUnreachable, ObjectNotFound
from bot.model.commands import Manner
from bot.model.deletions import Deletion, Fate, Successor
from bot.model.last_look import LastLook
from bot.model.problems import (
    ConfirmationExpired,
    NothingDeleted,
    PodReplaced,
    Refused,
    SomebodyElsesConfirmation,
    TooManyDeletions,
)
from bot.model.targets import TargetKind
from bot.pods import deletion
from bot.pods.audit import Outcome
from bot.pods.deletion import CONFIRMATION_VALID
from tests.support.clock import START, settle
from tests.support.deletions import HASH, confirmed, controller, somebody_else, web
from tests.support.memory_cluster import pod
from tests.support.policies import ALICE, DESIGN, asker
from tests.unit.pods.conftest import Desk

ONE, TWO, THREE = web("aaaaa"), web("bbbbb"), web("ccccc")


@dataclass
class Kept:
    """What was handed over to be kept, and whether the pods were still there by then."""

    looks: list[LastLook] = field(default_factory=list)
    begun: list[Deletion] = field(default_factory=list)
    deletions_before: list[int] = field(default_factory=list)
    desk: Desk | None = None

    async def keep(self, begun: Deletion, looks: Sequence[LastLook]) -> None:
        self.begun.append(begun)
        self.looks += looks
        if self.desk is not None:
            self.deletions_before.append(len(deletions(self.desk)))


async def nothing(_begun: Deletion, _looks: Sequence[LastLook]) -> None:
    """Keep nothing."""


def deletions(desk: Desk) -> list[str]:
    return [call for call in desk.cluster.calls if call.startswith("delete_pod")]


async def test_the_pod_that_was_seen_is_deleted(desk: Desk) -> None:
    """Who, what, why, and what follows; the audit has the UID and the reason."""
    desk.cluster.put(ONE)
    done = await desk.service.delete(ALICE, confirmed(ONE), nothing)
    assert (done.by, done.manner.reason, done.at) == (ALICE.person, "stuck on stale lock", START)
    (gone,) = done.of(Fate.DELETED)
    assert gone.name == ONE.name
    with pytest.raises(ObjectNotFound):
        await desk.cluster.get_pod("shop", ONE.name)
    assert desk.audited.outcome is Outcome.DONE
    assert desk.audited.object == f"pod/{ONE.name}"
    assert desk.audited.detail == f"confirmed uid={ONE.uid} reason='stuck on stale lock'"


async def test_its_successor_will_be_known(desk: Desk) -> None:
    """What comes after the pod and where to look for it is told along, and who was there before."""
    desk.cluster.put(ONE, TWO)
    for kind, name in ((TargetKind.REPLICA_SET, f"web-{HASH}"), (TargetKind.DEPLOYMENT, "web")):
        desk.cluster.controllers[kind, "shop", name] = controller(name)
    done = await desk.service.delete(ALICE, confirmed(ONE), nothing)
    assert (done.pods[0].successor, done.pods[0].selector) == (Successor.AT_ONCE, "app=web")
    assert done.before == frozenset({ONE.uid, TWO.uid})


async def test_a_last_look_is_kept_before_anything_is_deleted(desk: Desk) -> None:
    """What vanishes with the pod is handed over while it is still there."""
    desk.cluster.put(ONE)
    desk.cluster.write_log(ONE, "app", "last words\n")
    kept = Kept(desk=desk)
    await desk.service.delete(ALICE, confirmed(ONE), kept.keep)
    assert kept.deletions_before == [0]
    assert [log.lines[0].split(" ", 1)[1] for log in kept.looks[0].logs] == ["last words"]
    assert kept.begun[0].of(Fate.UNKNOWN)[0].name == ONE.name


async def test_keeping_that_takes_too_long_holds_nothing_up(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody waits for the deletion: it is done without."""
    monkeypatch.setattr(deletion, "SAVING_WAIT", 0.01)
    desk.cluster.put(ONE)

    async def hang(_begun: Deletion, _looks: Sequence[LastLook]) -> None:
        await asyncio.get_running_loop().create_future()

    done = await desk.service.delete(ALICE, confirmed(ONE), hang)
    assert done.of(Fate.DELETED)


async def test_a_mistake_in_keeping_holds_nothing_up(desk: Desk) -> None:
    """Whatever is wrong with the evidence, the pod goes."""
    desk.cluster.put(ONE)

    async def broken(_begun: Deletion, _looks: Sequence[LastLook]) -> None:
        raise KeyError("ours")

    assert (await desk.service.delete(ALICE, confirmed(ONE), broken)).of(Fate.DELETED)


@pytest.mark.parametrize("there", ["gone", "replaced"])
async def test_another_pod_of_that_name_is_left_alone(desk: Desk, there: str) -> None:
    """The confirmation is for one UID."""
    if there == "replaced":
        desk.cluster.put(web("aaaaa", uid="another"))
    kept = Kept()
    with pytest.raises(PodReplaced, match="Nothing was deleted"):
        await desk.service.delete(ALICE, confirmed(ONE), kept.keep)
    assert (deletions(desk), kept.begun) == ([], [])
    assert desk.audited.outcome is Outcome.FAILED


async def test_a_cluster_that_is_away_is_said_as_it_is(desk: Desk) -> None:
    """Nothing was tried, and the channel has not heard of it."""
    desk.cluster.put(ONE)
    desk.cluster.failures["get_pod"] = ClusterUnreachable("prod-eu does not answer. Nothing was changed.")
    kept = Kept()
    with pytest.raises(ClusterUnreachable):
        await desk.service.delete(ALICE, confirmed(ONE), kept.keep)
    assert (deletions(desk), kept.begun) == ([], [])


async def test_where_it_cannot_be_seen_who_is_there_no_successor_is_claimed(desk: Desk) -> None:
    """The deletion does not fail for want of a listing."""
    desk.cluster.put(ONE)
    desk.cluster.failures["list_pods"] = ClusterUnreachable("Away.")
    done = await desk.service.delete(ALICE, confirmed(ONE), nothing)
    assert done.of(Fate.DELETED)
    assert done.before is None


async def test_a_pod_replaced_between_look_and_deletion_is_left_alone(desk: Desk) -> None:
    """The UID is a precondition of the request itself."""
    desk.cluster.put(ONE)

    async def replaced(_begun: Deletion, _looks: Sequence[LastLook]) -> None:
        desk.cluster.put(web("aaaaa", uid="another"))

    done = await desk.service.delete(ALICE, confirmed(ONE), replaced)
    (kept,) = done.of(Fate.KEPT)
    assert "Nothing was deleted" in kept.problem
    assert (await desk.cluster.get_pod("shop", ONE.name)).uid == "another"


async def test_a_confirmation_ends_after_five_minutes(desk: Desk) -> None:
    """In time it holds, a second later it does not."""
    desk.cluster.put(ONE)
    await desk.clock.advance(CONFIRMATION_VALID.total_seconds() + 1)
    with pytest.raises(ConfirmationExpired, match=r"valid for 5 minutes\. Nothing was deleted"):
        await desk.service.delete(ALICE, confirmed(ONE), nothing)
    assert deletions(desk) == []
    assert timedelta(minutes=5) == CONFIRMATION_VALID


async def test_only_who_saw_the_plan_may_confirm_it(desk: Desk) -> None:
    """Not even someone who may delete as well."""
    desk.cluster.put(ONE)
    with pytest.raises(SomebodyElsesConfirmation):
        await desk.service.delete(ALICE, replace(confirmed(ONE), asked_by=somebody_else()), nothing)
    assert deletions(desk) == []


async def test_a_right_taken_away_in_between_is_gone(desk: Desk) -> None:
    """Authorised again at the click."""
    desk.cluster.put(ONE)
    desk.rule(DESIGN.replace("logs, delete, incidents", "logs"))
    with pytest.raises(Refused):
        await desk.service.delete(ALICE, confirmed(ONE), nothing)
    assert desk.cluster.calls == []
    assert desk.audited.outcome is Outcome.REFUSED


async def test_what_needs_an_approval_is_not_deleted(desk: Desk) -> None:
    """Fail closed: nobody can approve yet."""
    there = pod("web-1", namespace="prod-eu")
    desk.cluster.put(there)
    with pytest.raises(Refused, match="second person"):
        await desk.service.delete(ALICE, confirmed(there, namespace="prod-eu"), nothing)
    assert desk.cluster.calls == []


async def test_a_deletion_of_unknown_end_is_told_as_that(desk: Desk) -> None:
    """Where no answer came, nobody claims to know."""
    desk.cluster.put(ONE)
    error = ClusterUnreachable("prod-eu does not answer.")
    error.changed_nothing = False
    desk.cluster.failures["delete_pod"] = error
    done = await desk.service.delete(ALICE, confirmed(ONE), nothing)
    assert [each.problem for each in done.of(Fate.UNKNOWN)] == ["prod-eu does not answer."]
    assert desk.audited.outcome is Outcome.FAILED


async def test_of_several_each_has_its_own_fate(desk: Desk) -> None:
    """One is gone, one is refused, one is deleted: told apart, and each in the audit."""
    desk.cluster.put(ONE, TWO)
    desk.cluster.failures[f"delete_pod {TWO.name}"] = ClusterRefused("Not you. Nothing was changed.")
    done = await desk.service.delete(ALICE, confirmed(ONE, TWO, THREE), nothing)
    fates = {each.name: (each.fate, each.problem) for each in done.pods}
    assert fates[ONE.name] == (Fate.DELETED, "")
    assert fates[TWO.name] == (Fate.KEPT, "Not you. Nothing was changed.")
    assert fates[THREE.name][0] is Fate.KEPT
    assert "no longer the pod that you saw" in fates[THREE.name][1]
    outcomes = {entry.object: entry.outcome for entry in desk.trail.entries}
    assert outcomes == {f"pod/{ONE.name}": Outcome.DONE, f"pod/{TWO.name}": Outcome.FAILED}


async def test_when_none_of_several_is_there_all_reasons_are_told(desk: Desk) -> None:
    """Nobody but the asker has to hear of it."""
    with pytest.raises(NothingDeleted) as refusal:
        await desk.service.delete(ALICE, confirmed(ONE, TWO), nothing)
    assert ONE.name in str(refusal.value)
    assert TWO.name in str(refusal.value)
    assert len(desk.trail.entries) == 1


async def test_thirty_pods_in_ten_minutes_are_enough(desk: Desk) -> None:
    """The thirty-first waits; another person's deletions do not count, and ten minutes later it may go."""
    pods = [web(f"{number:05}") for number in range(40)]
    desk.cluster.put(*pods)
    for start in (0, 10, 20):
        await desk.service.delete(ALICE, confirmed(*pods[start : start + 10]), nothing)
    with pytest.raises(TooManyDeletions, match="30 pods within 10 minutes"):
        await desk.service.delete(ALICE, confirmed(pods[30]), nothing)
    bob = asker("U02BOB")
    await desk.service.delete(bob, replace(confirmed(pods[30]), asked_by=bob.person.id), nothing)
    await desk.clock.advance(601)
    late = replace(confirmed(pods[31]), asked_at=desk.clock.now())
    assert (await desk.service.delete(ALICE, late, nothing)).of(Fate.DELETED)


@pytest.mark.parametrize(
    ("manner", "said"),
    [
        pytest.param(Manner(), "", id="its-own"),
        pytest.param(Manner(grace=5), " 5s", id="five-seconds"),
        pytest.param(Manner(force=True), " 0s", id="force"),
    ],
)
async def test_the_grace_that_was_confirmed(desk: Desk, manner: Manner, said: str) -> None:
    """What the dialog said is what is asked of the API server."""
    desk.cluster.put(ONE)
    await desk.service.delete(ALICE, confirmed(ONE, manner=manner), nothing)
    assert deletions(desk) == [f"delete_pod shop/{ONE.name}{said}"]


async def test_stopped_before_it_deletes_it_deletes_nothing(desk: Desk) -> None:
    """The bot stops while evidence is saved: on record, and not done."""
    desk.cluster.put(ONE)

    async def hang(_begun: Deletion, _looks: Sequence[LastLook]) -> None:
        await asyncio.get_running_loop().create_future()

    task = asyncio.create_task(desk.service.delete(ALICE, confirmed(ONE), hang))
    while "list_pods shop" not in " ".join(desk.cluster.calls):
        await settle()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert deletions(desk) == []
    assert "CancelledError" in desk.audited.detail


async def test_stopped_while_it_deletes_it_says_what_is_known(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of two requests under way one is answered in the last moment, the other's end is not known."""
    monkeypatch.setattr(deletion, "SEEN_THROUGH", 0.05)
    desk.cluster.put(ONE, TWO)
    desk.cluster.hang.add(f"delete_pod {TWO.name}")
    task = asyncio.create_task(desk.service.delete(ALICE, confirmed(ONE, TWO), nothing))
    while len(deletions(desk)) < 2:
        await settle()
    task.cancel()
    done = await task
    assert [each.name for each in done.of(Fate.DELETED)] == [ONE.name]
    assert [each.name for each in done.of(Fate.UNKNOWN)] == [TWO.name]
    assert {entry.outcome for entry in desk.trail.entries} == {Outcome.DONE, Outcome.FAILED}
