"""A deletion in words, before, while and after it is done; the golden files show them as people read them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.commands.deletion import deletion_dialog, dry_run
from bot.commands.deletion_story import (
    aftermath_told,
    deletion_announced,
    deletion_begun,
    deletion_ended,
    deletion_unfinished,
    not_followed,
)
from bot.commands.last_look import evidence
from bot.commands.replies import reply
from bot.model.answers import PodSummary
from bot.model.commands import DeletePod, DeletePods, Manner
from bot.model.deletions import (
    Aftermath,
    BudgetRoom,
    Deletion,
    DeletionPlan,
    DryRun,
    Fate,
    PlannedPod,
    Replacement,
    Replicas,
    Successor,
)
from bot.model.last_look import LastLook, Saved, SavedLog
from bot.model.messages import Message
from bot.model.pods import ClusterName, EmptyDir, HostPath, Owner, PodUid, Volume
from bot.slack.blocks import render
from bot.slack.limits import MESSAGE_BLOCKS
from tests.support.deletions import a_summary, deleted, deletion
from tests.support.memory_cluster import pod
from tests.unit.commands.drawing import check_golden, draw

NOW = datetime(2026, 11, 22, 14, 3, 20, tzinfo=UTC)
CLUSTER = ClusterName("prod-eu")
WEB = Owner(kind="Deployment", name="web")
RS = Owner(kind="ReplicaSet", name="web-7d4b9c")
STS = Owner(kind="StatefulSet", name="ledger")
CACHE = Volume(name="cache", empty_dir=EmptyDir())
DATA = Volume(name="data", host_path=HostPath(path="/data"))
OF_WEB = PlannedPod(
    name="web-7d4b9c-x2x9q",
    uid=PodUid("0f5e"),
    owner=WEB,
    controller=RS,
    successor=Successor.AT_ONCE,
    in_order=False,
    status="Running",
    ready="1/1",
    age="12m",
    node="node-3",
    terminating_until=None,
    grace=timedelta(seconds=30),
    lost=(CACHE,),
)
LEDGER = replace(
    OF_WEB,
    name="ledger-1",
    owner=STS,
    controller=STS,
    successor=Successor.SAME_NAME,
    in_order=True,
    lost=(DATA,),
)
BARE = replace(
    OF_WEB,
    name="toolbox",
    owner=Owner(kind="Pod", name="toolbox"),
    controller=None,
    successor=Successor.NOTHING,
    status="Terminating",
    terminating_until=NOW,
    node="",
    lost=(),
)


def owned(kind: str, successor: Successor) -> PlannedPod:
    owner = Owner(kind=kind, name="nightly")
    return replace(OF_WEB, owner=owner, controller=owner, successor=successor, lost=())


def plan(
    *pods: PlannedPod,
    manner: Manner | None = None,
    replicas: tuple[Replicas, ...] = (),
    budgets: tuple[BudgetRoom, ...] = (),
    unknown: tuple[str, ...] = (),
) -> DeletionPlan:
    how = manner or Manner()
    names = tuple(each.name for each in pods)
    one = len(pods) == 1
    return DeletionPlan(
        cluster=CLUSTER,
        asked=DeletePod(namespace="shop", pod=names[0], manner=how)
        if one
        else DeletePods(namespace="shop", pods=names, manner=how),
        pods=pods,
        replicas=replicas,
        budgets=budgets,
        unknown=unknown,
        seen_at=NOW,
    )


WEB_READY = Replicas(owner=WEB, wanted=5, ready=4, ready_after=3)
DIALOGS = {
    "replaced": plan(OF_WEB, replicas=(WEB_READY,), budgets=(BudgetRoom(name="web", allowed=1, going=1),)),
    "last-ready": plan(
        OF_WEB,
        replicas=(Replicas(owner=WEB, wanted=5, ready=1, ready_after=0),),
        budgets=(BudgetRoom(name="web", allowed=0, going=1),),
    ),
    "not-ready": plan(OF_WEB, budgets=(BudgetRoom(name="web", allowed=0, going=0),)),
    "bare-and-going": plan(BARE),
    "replaced-before": plan(replace(OF_WEB, successor=Successor.ALREADY, terminating_until=NOW)),
    "bare-and-forced": plan(BARE, manner=Manner(force=True)),
    "in-order": plan(LEDGER, manner=Manner(grace=5)),
    "in-order-forced": plan(LEDGER, manner=Manner(force=True)),
    "of-a-job": plan(owned("Job", Successor.PERHAPS)),
    "of-an-unknown-kind": plan(owned("CloneSet", Successor.PERHAPS)),
    "static": plan(owned("Node", Successor.STATIC)),
    "with-gaps": plan(
        OF_WEB, unknown=("PodDisruptionBudgets could not be read (the bot's account may not)",)
    ),
    "several": plan(
        OF_WEB,
        replace(OF_WEB, name="web-7d4b9c-9k2mm", lost=(CACHE, DATA)),
        LEDGER,
        replace(LEDGER, name="ledger-2"),
        BARE,
        replicas=(
            replace(WEB_READY, ready_after=2),
            Replicas(owner=STS, wanted=3, ready=2, ready_after=0),
        ),
        budgets=(BudgetRoom(name="web", allowed=1, going=2),),
    ),
    "several-of-all-sorts": plan(
        *(
            replace(each, name=f"{each.name}-{number}")
            for each in (owned("Job", Successor.PERHAPS), owned("CloneSet", Successor.PERHAPS))
            for number in (1, 2)
        ),
        *(replace(owned("Node", Successor.STATIC), name=f"static-{number}") for number in (1, 2)),
        owned("DaemonSet", Successor.AT_ONCE),
        *(replace(OF_WEB, name=f"web-{number}", successor=Successor.ALREADY) for number in (1, 2)),
        manner=Manner(force=True),
    ),
}


@pytest.mark.parametrize("name", DIALOGS)
def test_the_dialog_says_what_will_happen(name: str) -> None:
    """What is lost, what comes back and what serves on is said before anybody confirms."""
    check_golden(f"dialog-{name}", Message(text="", blocks=deletion_dialog(DIALOGS[name])))


def test_the_plan_as_a_message() -> None:
    """Where no dialog opens, the button carries the pod that was seen."""
    check_golden("delete-plan", reply(DIALOGS["replaced"]))
    check_golden("delete-plan-several", reply(DIALOGS["several"]))


def test_a_dry_run() -> None:
    """What the cluster would do and what it would not, and that nothing was done."""
    asked = plan(OF_WEB, LEDGER, manner=Manner(dry_run=True))
    refusals = {LEDGER.name: "admission webhook `no-ledger` denied it. Nothing was changed."}
    check_golden("dry-run", dry_run(DryRun(plan=asked, refusals=refusals)))
    check_golden("dry-run-refused", reply(DryRun(plan=plan(LEDGER), refusals=refusals)))


GONE = deleted(pod(OF_WEB.name, labels={"pod-template-hash": "7d4b9c"}))
ALSO = deleted(pod("web-7d4b9c-9k2mm", labels={"pod-template-hash": "7d4b9c"}))
TOOLBOX = deleted(pod("toolbox", owner=None), Successor.NOTHING)
GOING = replace(GONE, successor=Successor.ALREADY)
REFUSED = replace(
    ALSO, name="web-7d4b9c-ppppp", fate=Fate.KEPT, problem="`web` is no longer the pod you saw."
)
UNSURE = replace(ALSO, name="web-7d4b9c-qqqqq", fate=Fate.UNKNOWN, problem="prod-eu does not answer.")
ONE = deletion(GONE, manner=Manner(reason="stuck on\nstale lock"))
PARTLY = deletion(GONE, ALSO, TOOLBOX, REFUSED, UNSURE)


def after(seconds: int = 12, **told: object) -> Aftermath:
    return Aftermath(after=timedelta(seconds=seconds), **told)  # type: ignore[arg-type]  # of a table


def new(ready_after: int | None = 12, *, name: str = "web-7d4b9c-zzzzz", crash: str = "") -> Replacement:
    took = None if ready_after is None else timedelta(seconds=ready_after)
    return Replacement(name=name, status="ContainerCreating", ready_after=took, crash=crash)


STORIES: dict[str, tuple[Deletion, Aftermath | None]] = {
    "waiting": (ONE, None),
    "replaced": (ONE, after(replacements=(new(),), over=True)),
    "starting": (ONE, after(replacements=(new(None),))),
    "crashed-too": (ONE, after(replacements=(new(None, crash="app: exit 1"),), over=True)),
    "not-ready-after-all": (ONE, after(180, replacements=(new(None),), over=True)),
    "no-replacement": (ONE, after(180, awaited=1, over=True)),
    "still-terminating": (
        ONE,
        after(60, replacements=(new(),), still_there=((OF_WEB.name, NOW),)),
    ),
    "cluster-away": (ONE, after(problem="the cluster gave no answer")),
    "gone": (deletion(TOOLBOX), after(gone=("toolbox",), over=True)),
    "bare": (deletion(TOOLBOX), None),
    "going": (deletion(GOING), None),
    "unseen": (ONE, after(unseen=1, over=True)),
    "replaced-before": (deletion(GOING), after(replaced_before=(OF_WEB.name,), over=True)),
    "forced": (deletion(TOOLBOX, manner=Manner(force=True)), after(gone=("toolbox",), over=True)),
    "partly": (PARTLY, None),
    "partly-replaced": (
        PARTLY,
        after(replacements=(new(), new(14, name="web-7d4b9c-yyyyy")), gone=("toolbox",), over=True),
    ),
    "partly-waiting": (PARTLY, after(replacements=(new(),), awaited=1)),
    "not-deleted": (deletion(REFUSED), None),
    "perhaps-deleted": (deletion(UNSURE, manner=Manner(force=True)), None),
}


@pytest.mark.parametrize("name", STORIES)
def test_the_channel_is_told(name: str) -> None:
    """Who did what and why, what was not done, and what came of it."""
    done, seen = STORIES[name]
    check_golden(f"deletion-{name}", deletion_announced(done, seen, Saved.THREAD))


def test_the_beginning_and_the_ends() -> None:
    """Before it is done, when nobody follows it any further, and when it never came to an end."""
    drawn = (
        deletion_begun(ONE),
        deletion_begun(PARTLY),
        not_followed(ONE, None, Saved.LOST, "podbot was restarted and does not follow this any further."),
        deletion_unfinished(ONE),
        deletion_ended(ONE),
        deletion_ended(PARTLY),
        deletion_ended(deletion(REFUSED)),
        aftermath_told(ONE, after(replacements=(new(),), over=True)),
    )
    check_golden("deletion-beginning-and-ends", Message(text="\n\n".join(map(draw, drawn))))


def summary(name: str = "web-1") -> PodSummary:
    return a_summary(name, uid=PodUid("0f5e"), age="12m", seen_at=NOW)


def test_the_evidence_is_two_files_a_pod() -> None:
    """A description with what is missing, and all logs under headings of their own."""
    logs = (
        SavedLog(container="app", previous=True, lines=("boom",), cut=True),
        SavedLog(container="app", previous=False, lines=(), cut=False),
    )
    described, logged = evidence(
        [LastLook(pod="web-1", summary=summary(), logs=logs, missing=("log of proxy (away)",))]
    )
    assert (described.filename, logged.filename) == ("web-1-describe.txt", "web-1-logs.txt")
    assert b"web-1" in described.content
    assert b"Not saved: log of proxy (away)." in described.content
    assert logged.content == b"==> app, previous run, its end <==\nboom\n\n==> app, current run <==\n"


def test_of_several_pods_each_has_one_file() -> None:
    """Ten pods are ten files: Slack takes them one after the other, and somebody waits."""
    log = SavedLog(container="app", previous=False, lines=("boom",), cut=False)
    one, two = evidence(
        [
            LastLook(pod="web-1", summary=summary("web-1"), logs=(log,)),
            LastLook(pod="web-2", summary=summary("web-2"), logs=()),
        ]
    )
    assert (one.filename, two.filename) == ("web-1.txt", "web-2.txt")
    assert b"Running" in one.content
    assert b"==> app, current run <==\nboom\n" in one.content


def test_a_pod_without_logs_has_no_file_of_them() -> None:
    """An empty file tells nothing."""
    (file,) = evidence([LastLook(pod="x" * 253, summary=summary("x" * 253), logs=())])
    assert len(file.filename) < 120


def test_everything_fits_into_slack() -> None:
    """Ten pods of the longest names, with the worst to say of each, need no file beside the message."""
    names = [f"{'x' * 246}-{number:05}" for number in range(10)]
    pods = [replace(REFUSED, name=name, problem="y" * 3000) for name in names]
    failed = render(deletion_announced(deletion(*pods), None, Saved.THREAD))
    done = [replace(GONE, name=name) for name in names]
    seen = after(
        replacements=tuple(new(name=name) for name in names), still_there=tuple((name, NOW) for name in names)
    )
    told = render(deletion_announced(deletion(*done), seen, Saved.THREAD))
    dialog = render(
        Message(text="", blocks=deletion_dialog(plan(*(replace(OF_WEB, name=name) for name in names))))
    )
    for drawn in (failed, told, dialog):
        assert drawn.attachments == ()
        assert len(drawn.blocks) <= MESSAGE_BLOCKS
