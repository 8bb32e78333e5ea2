"""A confirmed deletion deletes the pod that was seen, once more authorised, or nothing at all."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from bot.errors import ClusterUnreachable, ObjectNotFound
from bot.model.answers import Confirmation
from bot.model.problems import ConfirmationExpired, PodReplaced, Refused
from bot.pods.audit import Outcome
from bot.pods.deletion import CONFIRMATION_VALID
from tests.support.clock import START, settle
from tests.support.memory_cluster import pod
from tests.support.policies import ALICE, DESIGN
from tests.unit.pods.conftest import Desk

WEB = pod("web-7d4b9c-x2x9q")


def confirmed(reason: str = "stuck on stale lock", *, namespace: str = "shop") -> Confirmation:
    return Confirmation(namespace=namespace, pod=WEB.name, uid=WEB.uid, reason=reason, asked_at=START)


def deletions(desk: Desk) -> list[str]:
    return [call for call in desk.cluster.calls if call.startswith("delete_pod")]


async def test_the_pod_that_was_seen_is_deleted(desk: Desk) -> None:
    """Who, what, why, and what follows; the audit has the UID and the reason."""
    desk.cluster.put(WEB)
    deleted = await desk.service.delete(ALICE, confirmed())
    assert (deleted.by, deleted.pod, deleted.reason) == (ALICE.person, WEB.name, "stuck on stale lock")
    assert deleted.replaced_by_itself
    with pytest.raises(ObjectNotFound):
        await desk.cluster.get_pod("shop", WEB.name)
    assert desk.audited.outcome is Outcome.DONE
    assert desk.audited.detail == f"confirmed uid={WEB.uid} reason='stuck on stale lock'"


@pytest.mark.parametrize("there", [None, pod(WEB.name, uid="another")], ids=["gone", "replaced"])
async def test_another_pod_of_that_name_is_left_alone(desk: Desk, there: object) -> None:
    """The confirmation is for one UID."""
    if there is not None:
        desk.cluster.put(pod(WEB.name, uid="another"))
    with pytest.raises(PodReplaced, match="Nothing was deleted"):
        await desk.service.delete(ALICE, confirmed())
    assert deletions(desk) == []
    assert desk.audited.outcome is Outcome.FAILED


async def test_a_pod_replaced_between_look_and_deletion_is_left_alone(desk: Desk) -> None:
    """The UID is a precondition of the request itself."""
    desk.cluster.put(WEB)
    look = desk.cluster.get_pod

    async def look_late(namespace: str, name: str) -> object:
        seen = await look(namespace, name)
        desk.cluster.put(pod(WEB.name, uid="another"))
        return seen

    desk.cluster.get_pod = look_late  # type: ignore[method-assign,assignment]  # the race, played slowly
    with pytest.raises(PodReplaced):
        await desk.service.delete(ALICE, confirmed())
    assert (await look("shop", WEB.name)).uid == "another"


async def test_a_confirmation_ends_after_five_minutes(desk: Desk) -> None:
    """In time it holds, a second later it does not."""
    desk.cluster.put(WEB)
    await desk.clock.advance(CONFIRMATION_VALID.total_seconds() + 1)
    with pytest.raises(ConfirmationExpired, match=r"valid for 5 minutes\. Nothing was deleted"):
        await desk.service.delete(ALICE, confirmed())
    assert deletions(desk) == []
    assert timedelta(minutes=5) == CONFIRMATION_VALID


async def test_a_right_taken_away_in_between_is_gone(desk: Desk) -> None:
    """Authorised again at the click."""
    desk.cluster.put(WEB)
    desk.rule(DESIGN.replace("logs, delete, incidents", "logs"))
    with pytest.raises(Refused):
        await desk.service.delete(ALICE, confirmed())
    assert desk.cluster.calls == []
    assert desk.audited.outcome is Outcome.REFUSED


async def test_what_needs_an_approval_is_not_deleted(desk: Desk) -> None:
    """Fail closed: nobody can approve yet."""
    desk.cluster.put(pod(WEB.name, namespace="prod-eu", uid=WEB.uid))
    with pytest.raises(Refused, match="second person"):
        await desk.service.delete(ALICE, confirmed(namespace="prod-eu"))
    assert desk.cluster.calls == []


async def test_a_failing_deletion_is_told_as_it_is(desk: Desk) -> None:
    """The cluster's own answer says whether anything may have changed."""
    desk.cluster.put(WEB)
    desk.cluster.failures["delete_pod"] = ClusterUnreachable("prod-eu does not answer.")
    with pytest.raises(ClusterUnreachable):
        await desk.service.delete(ALICE, confirmed())
    assert desk.audited.outcome is Outcome.FAILED


async def test_a_deletion_that_is_cancelled_is_on_record(desk: Desk) -> None:
    """The bot stops while the cluster thinks about it."""
    desk.cluster.put(WEB)
    desk.cluster.hang.add("delete_pod")
    task = asyncio.create_task(desk.service.delete(ALICE, confirmed()))
    await settle()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert desk.audited.outcome is Outcome.FAILED
    assert "CancelledError" in desk.audited.detail
