"""What deleting pods will do is told from what stands behind them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

import msgspec
import pytest

from bot.model.commands import Manner
from bot.model.controllers import Controller, DisruptionBudget, LabelSelector, Ordinals, SelectorTerm
from bot.model.deletions import BudgetRoom, Replicas, Successor
from bot.model.pods import EmptyDir, HostPath, ObjectMeta, Owner, OwnerReference, Pod, PodUid, Volume
from bot.pods import outlook
from bot.pods.backing import Backing
from tests.support.clock import START
from tests.support.deletions import READY, WEB, WEB_LABELS, budget, controller, web
from tests.support.memory_cluster import pod, terminating

RS = Owner(kind="ReplicaSet", name="web-7d4b9c")
STS = Owner(kind="StatefulSet", name="ledger")


def owned(kind: str, name: str = "ledger", pod_name: str = "ledger-1", phase: str = "Running") -> Pod:
    return pod(pod_name, owner=(kind, name), phase=phase, labels={"app": name}, conditions=(READY,))


def starting_at(found: Controller, start: int) -> Controller:
    return msgspec.structs.replace(
        found, spec=msgspec.structs.replace(found.spec, ordinals=Ordinals(start=start))
    )


def another_of_that_name(found: Controller) -> Controller:
    meta = ObjectMeta(name=found.metadata.name, uid=PodUid("other"))
    return msgspec.structs.replace(found, metadata=meta)


def naming(made: Pod, uid: str) -> Pod:
    (reference,) = made.metadata.owner_references or ()
    named = OwnerReference(kind=reference.kind, name=reference.name, uid=uid, controller=True)
    return msgspec.structs.replace(
        made, metadata=msgspec.structs.replace(made.metadata, owner_references=(named,))
    )


@dataclass(frozen=True, kw_only=True)
class Case:
    going: Pod
    controllers: dict[Owner, Controller | None] = field(default_factory=dict)
    successor: Successor


CASES = {
    "bare": Case(going=pod("toolbox", owner=None), successor=Successor.NOTHING),
    "replica-set": Case(going=web("a"), controllers={RS: controller()}, successor=Successor.AT_ONCE),
    "replica-set-that-has-started-another": Case(
        going=terminating(web("a")), controllers={RS: controller()}, successor=Successor.ALREADY
    ),
    "replica-set-unread": Case(going=web("a"), successor=Successor.AT_ONCE),
    "replica-set-gone": Case(going=web("a"), controllers={RS: None}, successor=Successor.NOTHING),
    "replica-set-of-that-name-but-another": Case(
        going=naming(web("a"), "mine"),
        controllers={RS: another_of_that_name(controller())},
        successor=Successor.NOTHING,
    ),
    "replica-set-going": Case(
        going=web("a"), controllers={RS: controller(terminating=True)}, successor=Successor.NOTHING
    ),
    "replica-set-scaled-to-none": Case(
        going=web("a"), controllers={RS: controller(replicas=0, present=1)}, successor=Successor.NOTHING
    ),
    "replica-set-with-one-too-many": Case(
        going=web("a"), controllers={RS: controller(replicas=2, present=3)}, successor=Successor.NOTHING
    ),
    "replicas-by-default": Case(
        going=web("a"), controllers={RS: controller(replicas=None, present=1)}, successor=Successor.AT_ONCE
    ),
    "failed-of-a-replica-set": Case(
        going=pod("web-1", phase="Failed"), controllers={RS: controller()}, successor=Successor.NOTHING
    ),
    "stateful-set": Case(
        going=owned("StatefulSet"), controllers={STS: controller("ledger")}, successor=Successor.SAME_NAME
    ),
    "stateful-set-scaled-below": Case(
        going=owned("StatefulSet"),
        controllers={STS: controller("ledger", replicas=1)},
        successor=Successor.NOTHING,
    ),
    "stateful-set-that-begins-later": Case(
        going=owned("StatefulSet", pod_name="ledger-6"),
        controllers={STS: starting_at(controller("ledger"), 5)},
        successor=Successor.SAME_NAME,
    ),
    "daemon-set": Case(going=owned("DaemonSet"), successor=Successor.AT_ONCE),
    "job": Case(going=owned("Job"), successor=Successor.PERHAPS),
    "job-gone": Case(
        going=owned("Job"), controllers={Owner(kind="Job", name="ledger"): None}, successor=Successor.NOTHING
    ),
    "finished-job": Case(going=owned("Job", phase="Succeeded"), successor=Successor.NOTHING),
    "unknown-kind": Case(going=owned("CloneSet"), successor=Successor.PERHAPS),
    "static": Case(going=owned("Node", "node-1"), successor=Successor.STATIC),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_what_comes_after(case: Case) -> None:
    """Only what is known to be recreated is said to be."""
    assert outlook.successor(case.going, Backing(controllers=case.controllers)) is case.successor


def test_a_planned_pod() -> None:
    """All that the dialog tells of one pod."""
    volumes = (
        Volume(name="cache", empty_dir=EmptyDir()),
        Volume(name="data", host_path=HostPath(path="/data")),
        Volume(name="config"),
    )
    going = web("a")
    going = msgspec.structs.replace(
        going,
        spec=msgspec.structs.replace(going.spec, volumes=volumes, termination_grace_period_seconds=60),
    )
    told = outlook.planned(going, Backing(controllers={RS: controller()}), Manner(), START)
    assert (told.owner, told.controller, told.node) == (WEB, RS, "node-1")
    assert [volume.name for volume in told.lost] == ["cache", "data"]
    assert told.grace == timedelta(seconds=60)
    assert outlook.planned(going, Backing(controllers={}), Manner(grace=5), START).grace == timedelta(
        seconds=5
    )
    assert outlook.planned(going, Backing(controllers={}), Manner(force=True), START).grace == timedelta()


@pytest.mark.parametrize(
    ("policy", "replicas", "in_order"),
    [("OrderedReady", 3, True), ("", 3, True), ("Parallel", 3, False), ("OrderedReady", 1, False)],
)
def test_the_order_of_a_stateful_set(policy: str, replicas: int, in_order: bool) -> None:
    """Others wait only where pods start one after another, and there are others."""
    behind = Backing(controllers={STS: controller("ledger", replicas=replicas, policy=policy)})
    assert outlook.planned(owned("StatefulSet"), behind, Manner(), START).in_order is in_order


def test_ready_replicas_now_and_after() -> None:
    """Of a Deployment, only pods that serve make less of it; those on their way out do not count."""
    going = (web("a"), web("b", ready=False), terminating(web("c")), pod("toolbox", owner=None))
    behind = Backing(controllers={WEB: controller("web", replicas=5, ready=4), RS: controller()})
    assert outlook.replicas(going, behind) == (Replicas(owner=WEB, wanted=5, ready=4, ready_after=3),)
    assert outlook.replicas(going, Backing(controllers={})) == ()


def test_the_nodes_of_a_daemon_set() -> None:
    """It counts under names of its own."""
    owner = Owner(kind="DaemonSet", name="ledger")
    behind = Backing(controllers={owner: controller("ledger", replicas=None, present=4, ready=4)})
    (told,) = outlook.replicas([owned("DaemonSet")], behind)
    assert (told.wanted, told.ready, told.ready_after) == (4, 4, 3)


BUDGETS = {
    "over-it": (budget("web", {"app": "web"}, 1), BudgetRoom(name="web", allowed=1, going=1)),
    "of-all": (budget("all", {}, 0), BudgetRoom(name="all", allowed=0, going=1)),
    "of-others": (budget("cart", {"app": "cart"}, 0), None),
    "of-none": (budget("none", None, 0), None),
}


@pytest.mark.parametrize(("found", "room"), BUDGETS.values(), ids=BUDGETS.keys())
def test_the_room_of_budgets(found: DisruptionBudget, room: BudgetRoom | None) -> None:
    """A budget is told of where its selector takes a pod in; pods that do not serve take no room."""
    rooms = outlook.budgets((web("a"), web("b", ready=False)), Backing(controllers={}, budgets=(found,)))
    assert rooms == (() if room is None else (room,))


def labelled(*terms: tuple[str, str, tuple[str, ...]], **labels: str) -> LabelSelector:
    expressions = tuple(
        SelectorTerm(key=key, operator=operator, values=values) for key, operator, values in terms
    )
    return LabelSelector(match_labels=labels, match_expressions=expressions)


SELECTORS = {
    "equal": (labelled(app="web"), True, "app=web"),
    "other": (labelled(app="cart"), False, "app=cart"),
    "empty": (LabelSelector(), True, ""),
    "in": (labelled(("app", "In", ("web", "x"))), True, "app in (web,x)"),
    "not-in": (labelled(("app", "NotIn", ("web",))), False, "app notin (web)"),
    "not-in-without-it": (labelled(("tier", "NotIn", ("a",))), True, "tier notin (a)"),
    "exists": (labelled(("app", "Exists", ())), True, "app"),
    "does-not-exist": (labelled(("app", "DoesNotExist", ())), False, "!app"),
    "both": (labelled(("x", "Exists", ()), app="web"), False, "app=web,x"),
    "of-a-later-kubernetes": (labelled(("app", "Gt", ())), False, "app"),
}


@pytest.mark.parametrize(("selector", "taken", "spelled"), SELECTORS.values(), ids=SELECTORS.keys())
def test_selectors(selector: LabelSelector, taken: bool, spelled: str) -> None:
    """They take pods by `metav1`'s rules, and are spelled in the API's own language."""
    assert selector.takes(WEB_LABELS) is taken
    assert str(selector) == spelled


def test_where_successors_are_looked_for() -> None:
    """By the Deployment's selector; where it is not known, by the labels that a successor will share."""
    known = Backing(controllers={WEB: controller("web", labels={"app": "web"})})
    assert outlook.selector_of(web("a"), known) == "app=web"
    assert outlook.selector_of(web("a"), Backing(controllers={})) == "app=web,pod-template-hash=7d4b9c"
    own = pod("ledger-1", owner=("StatefulSet", "ledger"), labels={"statefulset.kubernetes.io/pod-name": "x"})
    assert outlook.selector_of(own, Backing(controllers={})) == ""
    assert outlook.selector_of(pod("toolbox", owner=None, labels={"a": "b"}), Backing(controllers={})) == ""
