"""A plan tells what will happen, and what could not be found out."""

from __future__ import annotations

import pytest

from bot.errors import (
    ClusterError,
    ClusterRefused,
    ClusterUnreachable,
    InvalidRequest,
    ObjectNotFound,
    UnreadableAnswer,
)
from bot.model.commands import DeletePod, DeletePods, Manner
from bot.model.deletions import DeletionPlan, DryRun
from bot.model.pods import PodUid
from bot.model.problems import NoPodSelected, NoSuchPod, PodReplaced, Refused, TooManyDeletions, TooManyPods
from bot.model.targets import TargetKind
from bot.pods import backing
from bot.pods.audit import Outcome
from bot.pods.quota import DeletionLimits
from bot.pods.service import PodService
from tests.support.deletions import HASH, budget, controller, web
from tests.support.policies import ALICE, STRANGER
from tests.unit.pods.conftest import Desk

ONE, TWO = web("aaaaa"), web("bbbbb")
COMMAND = DeletePod(namespace="shop", pod=ONE.name)


def populated(desk: Desk) -> None:
    desk.cluster.put(ONE, TWO)
    desk.cluster.controllers[TargetKind.REPLICA_SET, "shop", f"web-{HASH}"] = controller(
        replicas=2, present=2
    )
    desk.cluster.controllers[TargetKind.DEPLOYMENT, "shop", "web"] = controller("web", replicas=2, ready=2)
    desk.cluster.budgets.append(budget("web", {"app": "web"}, 1))


async def plan(desk: Desk, command: DeletePod | DeletePods = COMMAND) -> DeletionPlan:
    answer = await desk.ask(command)
    assert isinstance(answer, DeletionPlan)
    return answer


async def test_all_that_is_known(desk: Desk) -> None:
    """Pod, replicas and budgets; nothing is changed, and the audit says that it was planned."""
    populated(desk)
    told = await plan(desk)
    assert [pod.name for pod in told.pods] == [ONE.name]
    assert (told.replicas[0].ready, told.replicas[0].ready_after) == (2, 1)
    assert told.budgets[0].allowed == 1
    assert (told.unknown, told.counted) == ((), False)
    assert not any(call.startswith("delete_pod") for call in desk.cluster.calls)
    assert (desk.audited.outcome, desk.audited.detail) == (Outcome.DONE, "planned")


@pytest.mark.parametrize(
    ("command", "names"),
    [
        pytest.param(
            DeletePods(namespace="shop", pods=(TWO.name, ONE.name)), [TWO.name, ONE.name], id="names"
        ),
        pytest.param(DeletePods(namespace="shop", selector="app=web"), [ONE.name, TWO.name], id="labels"),
    ],
)
async def test_several(desk: Desk, command: DeletePods, names: list[str]) -> None:
    """Named pods in the order of their names as given, selected ones sorted; to be confirmed by number."""
    populated(desk)
    told = await plan(desk, command)
    assert [pod.name for pod in told.pods] == names
    assert told.counted
    assert told.replicas[0].ready_after == 0


async def test_what_cannot_be_read_is_said(desk: Desk) -> None:
    """A plan comes without the budgets that the bot's account may not see, and says so."""
    populated(desk)
    desk.cluster.failures["list_budgets"] = ClusterRefused("Not you.")
    desk.cluster.failures["get_controller"] = ClusterUnreachable("Away.")
    told = await plan(desk)
    assert told.unknown == (
        "Deployment `web` could not be read (the cluster gave no answer)",
        "PodDisruptionBudgets could not be read (the bot's account may not)",
        f"ReplicaSet `web-{HASH}` could not be read (the cluster gave no answer)",
    )
    assert (told.replicas, told.budgets) == ((), ())


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ClusterRefused(""), "the bot's account may not"),
        (ClusterUnreachable(""), "the cluster gave no answer"),
        (ObjectNotFound(""), "it is not there"),
        (UnreadableAnswer(""), "the cluster's answer was no help"),
    ],
    ids=lambda each: type(each).__name__ if isinstance(each, Exception) else "",
)
async def test_why_it_cannot_be_read(desk: Desk, error: ClusterError, said: str) -> None:
    """In a few words, fit for a dialog."""
    populated(desk)
    desk.cluster.failures["list_budgets"] = error
    assert (await plan(desk)).unknown == (f"PodDisruptionBudgets could not be read ({said})",)


async def test_what_hangs_holds_nothing_up(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each fact has a short time; the plan comes without those that are late."""
    monkeypatch.setattr(backing, "FACTS_WAIT", 0.01)
    populated(desk)
    desk.cluster.hang |= {"list_budgets", "get_controller"}
    assert len((await plan(desk)).unknown) == 3


async def test_a_picked_pod_must_be_that_pod(desk: Desk) -> None:
    """A button carries the UID that was seen."""
    populated(desk)
    with pytest.raises(PodReplaced):
        await plan(desk, DeletePod(namespace="shop", pod=ONE.name, uid=PodUid("old")))


async def test_a_name_that_is_wrong_stops_all(desk: Desk) -> None:
    """Of several names each must be whole and there: nothing is planned without the others."""
    populated(desk)
    with pytest.raises(NoSuchPod):
        await plan(desk, DeletePods(namespace="shop", pods=(ONE.name, "web")))


async def test_labels_that_no_pod_has(desk: Desk) -> None:
    """Nothing found is said to be nothing."""
    with pytest.raises(NoPodSelected, match="No pod in shop has the labels `app=none`"):
        await plan(desk, DeletePods(namespace="shop", selector="app=none"))


@pytest.mark.parametrize("by", ["names", "labels"])
async def test_more_than_ten_at_once(desk: Desk, by: str) -> None:
    """The mass deletion that nobody meant ends here, before the cluster is asked for eleven names."""
    pods = [web(f"{number:05}") for number in range(11)]
    desk.cluster.put(*pods)
    names = tuple(pod.name for pod in pods)
    command = (
        DeletePods(namespace="shop", pods=names)
        if by == "names"
        else DeletePods(namespace="shop", selector="app=web")
    )
    with pytest.raises(TooManyPods, match="11 pods; at most 10"):
        await plan(desk, command)
    assert len(desk.cluster.calls) == (0 if by == "names" else 1)


async def test_limits_can_be_set(desk: Desk) -> None:
    """Whoever runs podbot decides what is too many."""
    populated(desk)
    limits = DeletionLimits(at_once=2, per_person=1)
    service = PodService(desk.cluster, desk.keeper, desk.trail, desk.clock, judge=desk.judge, limits=limits)
    with pytest.raises(TooManyDeletions):
        await service.run(ALICE, DeletePods(namespace="shop", selector="app=web"))


async def test_who_may_not_delete_learns_nothing(desk: Desk) -> None:
    """The policy comes before the cluster."""
    populated(desk)
    with pytest.raises(Refused):
        await desk.service.run(STRANGER, COMMAND)
    assert desk.cluster.calls == []


async def test_a_dry_run_asks_the_server_and_deletes_nothing(desk: Desk) -> None:
    """What admission has against it is told; the pods stay."""
    populated(desk)
    desk.cluster.failures[f"delete_pod {TWO.name}"] = InvalidRequest(
        "The webhook says no. Nothing was changed."
    )
    manner = Manner(dry_run=True, grace=5)
    answer = await desk.ask(DeletePods(namespace="shop", selector="app=web", manner=manner))
    assert isinstance(answer, DryRun)
    assert answer.refusals == {TWO.name: "The webhook says no. Nothing was changed."}
    assert f"delete_pod shop/{ONE.name} 5s dry" in desk.cluster.calls
    assert len(await desk.cluster.list_pods("shop")) == 2
    assert desk.audited.detail == "dry run"
