"""Pods with what stands behind them, for tests of deletions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from bot.model.answers import PodRow, PodSummary
from bot.model.commands import Manner
from bot.model.controllers import (
    BudgetSpec,
    BudgetStatus,
    Controller,
    ControllerSpec,
    ControllerStatus,
    DisruptionBudget,
    LabelSelector,
)
from bot.model.deletions import Confirmation, DeletedPod, Deletion, Fate, SeenPod, Successor
from bot.model.people import UserId
from bot.model.pods import ClusterName, ObjectMeta, Owner, Pod, PodCondition, PodUid
from tests.support.clock import START
from tests.support.memory_cluster import CREATED, pod
from tests.support.policies import ALICE

HASH = "7d4b9c"
WEB_LABELS = {"app": "web", "pod-template-hash": HASH}
WEB = Owner(kind="Deployment", name="web")
READY = PodCondition(type="Ready", status="True")
UNREADY = PodCondition(type="Ready", status="False")


def web(name: str, *, uid: str = "", ready: bool = True) -> Pod:
    """A pod of `deployment/web`."""
    return pod(f"web-{HASH}-{name}", uid=uid, labels=WEB_LABELS, conditions=(READY if ready else UNREADY,))


def controller(
    name: str = f"web-{HASH}",
    *,
    replicas: int | None = 3,
    present: int = 3,
    ready: int = 3,
    labels: dict[str, str] | None = None,
    policy: str = "",
    terminating: bool = False,
) -> Controller:
    return Controller(
        metadata=ObjectMeta(name=name, namespace="shop", deletion_timestamp=CREATED if terminating else None),
        spec=ControllerSpec(
            replicas=replicas,
            selector=LabelSelector(match_labels=labels or {"app": "web"}),
            pod_management_policy=policy,
        ),
        status=ControllerStatus(
            replicas=present, ready_replicas=ready, desired_number_scheduled=present, number_ready=ready
        ),
    )


def budget(name: str, labels: dict[str, str] | None, allowed: int) -> DisruptionBudget:
    selector = None if labels is None else LabelSelector(match_labels=labels)
    return DisruptionBudget(
        metadata=ObjectMeta(name=name, namespace="shop"),
        spec=BudgetSpec(selector=selector),
        status=BudgetStatus(disruptions_allowed=allowed),
    )


def confirmed(
    *pods: Pod, reason: str = "stuck on stale lock", namespace: str = "shop", manner: Manner | None = None
) -> Confirmation:
    return Confirmation(
        asked_by=ALICE.person.id,
        namespace=namespace,
        pods=tuple(SeenPod(each.name, each.uid) for each in pods),
        manner=msgspec.structs.replace(manner or Manner(), reason=reason),
        asked_at=START,
    )


def deletion(*pods: DeletedPod, before: Sequence[Pod] | None = (), manner: Manner | None = None) -> Deletion:
    known = None if before is None else frozenset(each.uid for each in before)
    return Deletion(
        by=ALICE.person,
        namespace="shop",
        pods=pods,
        manner=manner or Manner(),
        at=START,
        before=known if known is None else known | {each.uid for each in pods},
    )


def deleted(
    gone: Pod,
    successor: Successor = Successor.AT_ONCE,
    *,
    fate: Fate = Fate.DELETED,
    problem: str = "",
    selector: str = "app=web",
) -> DeletedPod:
    return DeletedPod(
        name=gone.name,
        uid=gone.uid,
        fate=fate,
        problem=problem,
        owner=gone.owner,
        successor=successor,
        selector=selector,
    )


def born(made: Pod, seconds_after: float) -> Pod:
    """The pod as created so long after the deletion."""
    created = START + timedelta(seconds=seconds_after)
    return msgspec.structs.replace(
        made, metadata=msgspec.structs.replace(made.metadata, creation_timestamp=created)
    )


def somebody_else() -> UserId:
    return UserId("U09EVE")


def uids(pods: Sequence[Pod]) -> set[PodUid]:
    return {each.uid for each in pods}


def a_summary(name: str, *, uid: PodUid, age: str, seen_at: datetime) -> PodSummary:
    """A pod of `deployment/web` that is well, as a person sees it."""
    return PodSummary(
        cluster=ClusterName("prod-eu"),
        row=PodRow(
            namespace="shop",
            name=name,
            ready="1/1",
            status="Running",
            restarts="0",
            age=age,
            ip="10.1.2.3",
            node="node-3",
            nominated_node="<none>",
            readiness_gates="<none>",
        ),
        uid=uid,
        owner=WEB,
        replaced_by_itself=True,
        terminating=False,
        reason="",
        message="",
        containers=(),
        failing_conditions=(),
        events=(),
        seen_at=seen_at,
    )
