"""What counts as a death, of what, and what stays silent."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from bot.model.containers import ContainerKind
from bot.model.deaths import Cause, Death
from bot.model.memory import Counted
from bot.model.pods import ClusterName, Named, Pod, PodCondition
from bot.watch.classifier import baseline, deaths
from tests.support.clock import START
from tests.support.pods import (
    DAEMON_SET,
    JOB,
    Built,
    a_pod,
    at,
    condition,
    crashed,
    disrupted,
    ended,
    lost,
    running,
    sidecar,
    terminated,
    waiting,
    with_limits,
    with_policy,
)

HERE = ClusterName("prod-eu")


class Looks:
    """One pod's life as the bot sees it: each look gives the deaths that are news by then."""

    def __init__(self, before: Pod | None = None) -> None:
        """`before` was there at the bot's first look."""
        self._counted = baseline(before, START) if before is not None else dict[str, Counted]()

    def __call__(self, pod: Pod, *, now: float = 60, gone: bool = False) -> tuple[Death, ...]:
        found, self._counted = deaths(HERE, pod, self._counted, at(now), gone=gone)
        return found


def causes(pod: Pod) -> list[Cause]:
    return [death.cause for death in Looks()(pod)]


def numbers(found: tuple[Death, ...]) -> list[tuple[str, int]]:
    return [(death.id.container, death.id.restart) for death in found]


@pytest.mark.parametrize(
    ("container", "cause"),
    [
        pytest.param(crashed(exit_code=137, reason="OOMKilled"), Cause.OOM_KILLED, id="oom"),
        pytest.param(crashed(exit_code=1, reason="OOMKilled"), Cause.OOM_KILLED, id="oom-of-a-child"),
        pytest.param(crashed(exit_code=137), Cause.ERROR, id="137-alone-is-not-oom"),
        pytest.param(crashed(exit_code=143), Cause.ERROR, id="sigterm-that-nobody-sent"),
        pytest.param(crashed(exit_code=1), Cause.ERROR, id="exit-1"),
        pytest.param(crashed(exit_code=255, reason="Unknown"), Cause.ERROR, id="after-a-reboot"),
        pytest.param(crashed(exit_code=0), Cause.UNEXPECTED_EXIT, id="exit-0-under-always"),
        pytest.param(crashed(exit_code=126), Cause.START_ERROR, id="exit-126"),
        pytest.param(crashed(exit_code=127), Cause.START_ERROR, id="exit-127"),
        pytest.param(crashed(exit_code=128, reason="StartError"), Cause.START_ERROR, id="containerd-128"),
        pytest.param(crashed(exit_code=1, reason="ContainerCannotRun"), Cause.START_ERROR, id="cannot-run"),
        pytest.param(
            waiting("app", "RunContainerError", last=ended(128, reason="StartError")),
            Cause.START_ERROR,
            id="run-container-error",
        ),
        pytest.param(
            waiting(last=ended(137, reason="OOMKilled")), Cause.OOM_KILLED, id="crash-loop-has-the-last-cause"
        ),
        pytest.param(
            running(restarts=1, last=ended(137, reason="OOMKilled")),
            Cause.OOM_KILLED,
            id="fast-restart-only-in-lastState",
        ),
        pytest.param(
            waiting("app", "ImagePullBackOff", last=ended(1)), Cause.ERROR, id="cannot-pull-after-a-crash"
        ),
        pytest.param(
            waiting("app", "ContainerCreating", restarts=1, last=lost()), Cause.ERROR, id="lost-from-sight"
        ),
    ],
)
def test_an_app_container_dies_of(container: Built, cause: Cause) -> None:
    """Each way in which a kubelet shows the end of an app container's run has its cause."""
    assert causes(a_pod(container)) == [cause]


@pytest.mark.parametrize(
    ("reason", "condition_reason", "cause"),
    [
        ("Evicted", "TerminationByKubelet", Cause.EVICTED),
        ("Evicted", "", Cause.EVICTED),
        ("Preempting", "TerminationByKubelet", Cause.PREEMPTED),
        ("Preempting", "", Cause.PREEMPTED),
        ("Terminated", "TerminationByKubelet", Cause.NODE_SHUTDOWN),
        ("NodeShutdown", "", Cause.NODE_SHUTDOWN),
        ("Shutdown", "", Cause.NODE_SHUTDOWN),
        ("", "TerminationByKubelet", Cause.NODE_SHUTDOWN),
        ("", "PreemptionByScheduler", Cause.PREEMPTED),
        ("", "DeletionByPodGC", Cause.NODE_LOST),
        ("", "DeletionByTaintManager", Cause.TAINT_EVICTION),
        ("NodeLost", "", Cause.NODE_LOST),
        ("DeadlineExceeded", "", Cause.DEADLINE_EXCEEDED),
        ("UnexpectedAdmissionError", "", Cause.REJECTED),
        ("NodeAffinity", "", Cause.REJECTED),
        ("OutOfcpu", "", Cause.REJECTED),
        ("OutOfpods", "", Cause.REJECTED),
    ],
)
def test_a_pod_as_a_whole_dies_of(reason: str, condition_reason: str, cause: Cause) -> None:
    """The pod's own reason counts before the condition, which says less."""
    conditions = [disrupted(condition_reason)] if condition_reason else []
    pod = a_pod(crashed(exit_code=137), phase="Failed", reason=reason, conditions=conditions)
    (death,) = Looks()(pod)
    assert (death.cause, death.id.container, death.kind) == (cause, "", None)


def test_whatever_the_word_a_pod_that_never_ran_was_rejected() -> None:
    """Kubelets have more reasons for turning a pod away than any table."""
    pod = a_pod(phase="Failed", reason="PodOSNotSupported", message="Pod was rejected: ...")
    assert causes(pod) == [Cause.REJECTED]


def test_a_disruption_is_told_before_the_pod_is_gone() -> None:
    """A pod on a lost node stays Running in the API: the condition is all there is to see."""
    pod = a_pod(
        running(),
        conditions=[condition("Ready", since=-86_400), disrupted("DeletionByTaintManager", since=5)],
    )
    (death,) = Looks()(pod)
    assert death.cause is Cause.TAINT_EVICTION
    assert death.finished_at == at(5), "when it was disrupted, not when it became Ready yesterday"


def test_older_clusters_name_a_lost_node_on_a_running_pod() -> None:
    """Nobody is left to write another phase."""
    assert causes(a_pod(running(), reason="NodeLost")) == [Cause.NODE_LOST]


def test_silence_for_a_pod_that_was_marked_failed_for_no_reason_of_its_own() -> None:
    """The pod garbage collector closes the books of pods that never ran, without a reason."""
    assert causes(a_pod(phase="Failed")) == []
    assert causes(a_pod(crashed(exit_code=0), phase="Failed", reason="Whatever")) == [Cause.UNEXPECTED_EXIT]


def test_a_disruption_that_came_to_nothing_is_no_death() -> None:
    """The control plane sets the condition to False where the pod was let live after all."""
    assert causes(a_pod(running(), conditions=[condition("DisruptionTarget", "False", reason="x")])) == []


def test_a_daemon_that_goes_with_its_removed_node_is_not_missed() -> None:
    """A node that was taken out of the cluster takes its DaemonSets' pods along, as it should."""
    pod = a_pod(running(), owner=DAEMON_SET, phase="Failed", conditions=[disrupted("DeletionByPodGC")])
    assert causes(pod) == []


def test_what_was_deleted_is_not_lost_with_its_node() -> None:
    """Deleted first, cleaned up later because the node is gone: the deletion is the reason."""
    pod = a_pod(running(), deleted=10, conditions=[disrupted("DeletionByPodGC", since=400)])
    assert causes(pod) == []


def test_the_scheduler_marks_a_victim_and_then_deletes_it() -> None:
    """The deletion that a disruption brings does not make it a wish."""
    pod = a_pod(crashed(exit_code=143, at=12), deleted=11, conditions=[disrupted("PreemptionByScheduler")])
    assert causes(pod) == [Cause.PREEMPTED]


@pytest.mark.parametrize("exit_code", [0, 1, 137, 143])
def test_silence_for_what_ends_after_a_deletion(exit_code: int) -> None:
    """Rollout, scale-down, deletion by hand: whatever the exit code, somebody wanted it."""
    assert causes(a_pod(crashed(exit_code=exit_code, at=40), deleted=10)) == []


def test_silence_for_a_container_lost_from_sight_during_a_deletion() -> None:
    """The kubelet writes 137 and no time for a container that was gone before it looked."""
    assert causes(a_pod(terminated("app", lost()), deleted=10)) == []


def test_a_crash_before_the_deletion_is_told() -> None:
    """Somebody deletes a crashed pod: the crash was not their wish."""
    assert causes(a_pod(crashed(exit_code=1, at=5), deleted=10)) == [Cause.ERROR]


def test_a_node_whose_clock_is_a_second_behind_makes_no_alert() -> None:
    """The deletion is stamped by the API server, the end by the node."""
    assert causes(a_pod(crashed(exit_code=143, at=9), deleted=10)) == []


def test_silence_for_a_drain() -> None:
    """The eviction API marks the pod before it deletes it."""
    drain = disrupted("EvictionByEvictionAPI", since=10)
    assert causes(a_pod(crashed(exit_code=143, at=11), conditions=[drain])) == []
    assert causes(a_pod(crashed(exit_code=143, at=11), conditions=[drain], deleted=10)) == []


def test_a_crash_before_the_drain_is_told() -> None:
    """A drain explains what ended after it began."""
    drain = disrupted("EvictionByEvictionAPI", since=10)
    assert causes(a_pod(crashed(exit_code=1, at=3), conditions=[drain])) == [Cause.ERROR]


@pytest.mark.parametrize("policy", ["Never", "OnFailure"])
def test_silence_for_a_finished_job(policy: str) -> None:
    """Exit 0 is how a job ends."""
    pod = a_pod(crashed(exit_code=0), owner=JOB, restart_policy=policy, phase="Succeeded")
    assert causes(pod) == []


@pytest.mark.parametrize("policy", ["Never", "OnFailure"])
def test_a_failed_job_is_told(policy: str) -> None:
    """Exit 1 is not."""
    phase = "Failed" if policy == "Never" else "Running"
    assert causes(a_pod(crashed(), owner=JOB, restart_policy=policy, phase=phase)) == [Cause.ERROR]


def test_a_container_with_a_restart_policy_of_its_own_follows_that() -> None:
    """Since 1.34 a container's own policy counts instead of the pod's."""
    assert causes(a_pod(with_policy(crashed(exit_code=0), "OnFailure"))) == []
    own = a_pod(with_policy(crashed(exit_code=0), "Always"), restart_policy="Never")
    assert causes(own) == [Cause.UNEXPECTED_EXIT]


def test_silence_for_an_init_container_that_has_done_its_work() -> None:
    """It is there to end."""
    assert causes(a_pod(running(), init=[crashed("migrate", exit_code=0)])) == []


@pytest.mark.parametrize(("exit_code", "reason"), [(1, ""), (137, "OOMKilled"), (127, "")])
def test_a_failed_init_container_keeps_its_pod_from_starting(exit_code: int, reason: str) -> None:
    """Whatever it died of, that is what matters."""
    pod = a_pod(
        waiting("app", "PodInitializing"),
        init=[crashed("migrate", exit_code=exit_code, reason=reason)],
        phase="Pending",
    )
    (death,) = Looks()(pod)
    assert (death.cause, death.kind, death.reason) == (
        Cause.INIT_FAILED,
        ContainerKind.INIT,
        reason or "Error",
    )


@pytest.mark.parametrize(("exit_code", "cause"), [(0, Cause.UNEXPECTED_EXIT), (1, Cause.ERROR)])
def test_a_sidecar_that_stops_while_its_pod_works_is_told(exit_code: int, cause: Cause) -> None:
    """A sidecar runs as long as its pod, under any restart policy."""
    pod = a_pod(
        running(), init=[sidecar(crashed("proxy", exit_code=exit_code))], owner=JOB, restart_policy="Never"
    )
    (death,) = Looks()(pod)
    assert (death.cause, death.kind) == (cause, ContainerKind.SIDECAR)


@pytest.mark.parametrize("exit_code", [0, 137, 143])
def test_silence_for_a_sidecar_that_is_stopped_after_the_work(exit_code: int) -> None:
    """The kubelet stops the sidecars when every app container has ended for good."""
    proxy = sidecar(crashed("proxy", exit_code=exit_code, at=12))
    pod = a_pod(crashed(exit_code=0), init=[proxy], owner=JOB, restart_policy="OnFailure")
    assert causes(pod) == []


def test_a_sidecar_that_dies_with_an_app_that_will_be_started_again_is_told() -> None:
    """Under OnFailure a failed app container is not the end of the work."""
    pod = a_pod(crashed(exit_code=1), init=[sidecar(crashed("proxy"))], owner=JOB, restart_policy="OnFailure")
    assert causes(pod) == [Cause.ERROR, Cause.ERROR]


def test_a_debugging_session_ends_in_silence_unless_the_kernel_killed_it() -> None:
    """How a person's shell exits is theirs to know."""
    assert causes(a_pod(running(), debug=[crashed("debugger", exit_code=130)])) == []
    oom = crashed("debugger", exit_code=137, reason="OOMKilled")
    assert causes(a_pod(running(), debug=[oom])) == [Cause.OOM_KILLED]


def test_one_termination_seen_many_times_is_one_death() -> None:
    """state, then CrashLoopBackOff with lastState, then created, then running with lastState."""
    look, end = Looks(), ended(1, run="a")
    assert numbers(look(a_pod(running()))) == []
    assert numbers(look(a_pod(terminated("app", end)))) == [("app", 0)]
    for again in (
        terminated("app", end),
        waiting(last=end),
        waiting("app", "ImagePullBackOff", last=end),
        waiting("app", "CrashLoopBackOff", restarts=1, last=end),
        waiting("app", "", restarts=1, last=end),
        running(restarts=1, last=end),
    ):
        assert numbers(look(a_pod(again))) == []
    assert numbers(look(a_pod(crashed(at=30, restarts=1, run="b", last=end)))) == [("app", 1)]


def test_without_the_runtimes_ids_the_numbers_are_enough() -> None:
    """Old kubelets and our own test clusters may leave the ids out."""
    look = Looks()
    assert numbers(look(a_pod(crashed()))) == [("app", 0)]
    assert numbers(look(a_pod(waiting("app", "", restarts=1, last=ended(1))))) == []
    assert numbers(look(a_pod(running(restarts=1, last=ended(1))))) == []
    assert numbers(look(a_pod(crashed(restarts=1, at=10)))) == [("app", 1)], "even within the same second"


def test_deaths_between_two_looks_are_counted_though_their_cause_is_gone() -> None:
    """restartCount jumps by four: four deaths, of which the last one can be told."""
    look = Looks(before=a_pod(running(restarts=2, last=ended(1))))
    (death,) = look(a_pod(running(restarts=6, last=ended(137, reason="OOMKilled", at=50))))
    assert (death.id.restart, death.cause, death.unseen_before) == (5, Cause.OOM_KILLED, 3)


def test_two_deaths_that_are_both_still_shown_are_both_told() -> None:
    """It died, was started and died again between two looks: state and lastState each have one."""
    pod = a_pod(crashed(exit_code=1, at=20, restarts=1, last=ended(137, reason="OOMKilled", at=10)))
    first, second = Looks()(pod)
    assert (first.id.restart, first.cause) == (0, Cause.OOM_KILLED)
    assert (second.id.restart, second.cause) == (1, Cause.ERROR)
    assert (first.unseen_before, second.unseen_before) == (0, 0)


def test_a_pod_first_seen_late_in_its_life_tells_all_its_deaths() -> None:
    """Born and crashed while the watch was down: nothing of it is known, all of it is news."""
    (death,) = Looks()(a_pod(waiting(restarts=3, last=ended(1))))
    assert (death.id.restart, death.unseen_before, death.crash_looping) == (3, 3, True)


def test_a_count_that_falls_back_is_no_death() -> None:
    """The kubelet counts from what the runtime still holds."""
    look = Looks(before=a_pod(running(restarts=5, last=ended(1, run="e"))))
    assert look(a_pod(running(restarts=0))) == ()
    assert look(a_pod(running(restarts=1, last=ended(1, at=10, run="e")))) == (), "an older end shown anew"


@pytest.mark.parametrize("restarts", [0, 4, 5])
def test_a_death_after_the_count_fell_back_is_told_under_a_number_of_its_own(restarts: int) -> None:
    """Its number may have been used before; its identity must not."""
    look = Looks(before=a_pod(running(restarts=5, last=ended(1, at=-50, run="e"))))
    assert numbers(look(a_pod(crashed(at=20, restarts=5, run="f")))) == [("app", 5)]
    assert numbers(look(a_pod(crashed(at=40, restarts=restarts, run="g")))) == [("app", 6)]
    assert numbers(look(a_pod(waiting(restarts=restarts, last=ended(1, at=40, run="g"))))) == []
    assert numbers(look(a_pod(crashed(at=55, restarts=restarts, run="h")))) == [("app", 7)]


def test_a_count_that_fell_back_after_a_baseline_hides_no_death() -> None:
    """Five restarts before the first look, then a node forgets them all, then it crashes."""
    look = Looks(before=a_pod(running(restarts=5)))
    assert numbers(look(a_pod(running(restarts=0)))) == []
    assert numbers(look(a_pod(crashed(at=20, restarts=0)))) == [("app", 5)]


def test_two_containers_of_a_pod_are_counted_apart() -> None:
    """One crashes, then the other, while the first one's end is still shown."""
    look = Looks()
    assert numbers(look(a_pod(waiting("app", last=ended(1)), running("proxy")))) == [("app", 0)]
    both = a_pod(waiting("app", last=ended(1)), crashed("proxy", 2, at=20))
    assert numbers(look(both)) == [("proxy", 0)]


def test_another_pod_of_the_same_name_has_deaths_of_its_own() -> None:
    """A StatefulSet's pod comes back under its name: the UID tells them apart."""
    (first,), (second,) = Looks()(a_pod(crashed(), uid="one")), Looks()(a_pod(crashed(), uid="two"))
    assert (first.id.restart, second.id.restart) == (0, 0)
    assert first.id != second.id


@pytest.mark.parametrize(
    "before",
    [
        pytest.param(a_pod(crashed(run="a")), id="just-crashed"),
        pytest.param(a_pod(waiting(restarts=9, last=ended(1, run="a"))), id="crash-loop"),
        pytest.param(a_pod(running(restarts=9, last=ended(1, run="a"))), id="running-again"),
        pytest.param(a_pod(crashed(), phase="Failed", reason="Evicted"), id="evicted"),
        pytest.param(a_pod(crashed(restarts=1, run="b", last=ended(1, at=3, run="a"))), id="twice"),
    ],
)
def test_what_was_there_before_the_first_look_is_not_news(before: Pod) -> None:
    """A start of the bot repeats no old story."""
    assert Looks(before=before)(before) == ()


def test_a_crash_loop_from_before_the_first_look_tells_its_next_death() -> None:
    """The baseline silences what was, not what comes."""
    look = Looks(before=a_pod(waiting(restarts=9, last=ended(1, at=-10, run="j"))))
    assert look(a_pod(running(restarts=10, last=ended(1, at=-10, run="j")))) == ()
    assert numbers(look(a_pod(crashed(at=20, restarts=10, run="k")))) == [("app", 10)]


def test_the_containers_of_an_evicted_pod_are_not_told_one_by_one() -> None:
    """One eviction, one death, whichever way the kubelet writes their ends, however often it is seen."""
    evicted = disrupted("TerminationByKubelet")
    look = Looks()
    pod = a_pod(
        crashed("app", 137),
        terminated("proxy", lost(), restarts=1, last=lost()),
        phase="Failed",
        reason="Evicted",
        message="The node was low on resource: memory.",
        conditions=[evicted],
    )
    (death,) = look(pod)
    assert (death.cause, death.message) == (Cause.EVICTED, "The node was low on resource: memory.")
    assert look(pod) == ()


def test_a_crash_before_the_eviction_is_told_too() -> None:
    """The end before last is no part of the eviction."""
    app = crashed("app", 137, at=30, restarts=1, last=ended(137, reason="OOMKilled", at=5))
    assert causes(a_pod(app, phase="Failed", reason="Evicted")) == [Cause.EVICTED, Cause.OOM_KILLED]


WOUND_UP: PodCondition = condition("Ready", "False", reason="PodFailed")


def test_a_pod_that_is_being_wound_up_waits_for_the_kubelets_last_word() -> None:
    """The kubelet writes the ends of the containers first and `Evicted` a moment later."""
    look = Looks()
    app = crashed("app", 137, at=30)
    assert look(a_pod(app, conditions=[WOUND_UP])) == ()
    (death,) = look(a_pod(app, conditions=[WOUND_UP], phase="Failed", reason="Evicted"))
    assert death.cause is Cause.EVICTED


def test_a_failed_job_is_told_with_the_kubelets_last_word() -> None:
    """Where the last word has no reason, the container's own end is the story."""
    look = Looks()
    app = crashed("app", 3, at=30)
    assert look(a_pod(app, restart_policy="Never", conditions=[WOUND_UP])) == ()
    (death,) = look(a_pod(app, restart_policy="Never", phase="Failed", conditions=[WOUND_UP]))
    assert (death.cause, death.exit_code) == (Cause.ERROR, 3)


def test_a_pod_that_vanishes_while_it_is_wound_up_is_not_forgotten() -> None:
    """No last word will come any more: what is shown counts."""
    look = Looks()
    pod = a_pod(crashed("app", 3), restart_policy="Never", conditions=[WOUND_UP])
    assert look(pod) == ()
    assert numbers(look(pod, gone=True)) == [("app", 0)]


def test_losing_sight_of_a_container_is_one_death_however_it_is_written() -> None:
    """Seen as lost, then started again under the next number, then dying of something else."""
    look = Looks()
    assert numbers(look(a_pod(running(restarts=2)), now=5)) == []
    assert numbers(look(a_pod(terminated("app", lost(), restarts=3)), now=15)) == [("app", 2)]
    assert numbers(look(a_pod(waiting("app", restarts=3, last=lost())), now=16)) == []
    assert numbers(look(a_pod(running(restarts=3, last=lost())), now=17)) == []
    assert numbers(look(a_pod(crashed(at=30, restarts=3)), now=31)) == [("app", 3)]


def test_a_lost_container_of_a_job_is_one_death_though_it_is_written_to_both_states() -> None:
    """The status manager fills `state` of a pod that is over with what stood in `lastState` already."""
    look = Looks()
    first = waiting("app", "ContainerCreating", restarts=1, last=lost())
    assert numbers(look(a_pod(first, restart_policy="Never", owner=JOB))) == [("app", 0)]
    second = terminated("app", lost(), restarts=1, last=lost())
    over = a_pod(second, restart_policy="Never", owner=JOB, phase="Failed")
    assert numbers(look(over)) == []
    assert numbers(Looks()(over)) == [("app", 0)]


def test_a_death_tells_what_is_needed_to_act_on_it() -> None:
    """Who, where, of what image, against which limits, when."""
    app = with_limits(crashed(exit_code=137, reason="OOMKilled", restarts=2), memory="256Mi", cpu="500m")
    (death,) = Looks(before=a_pod(running(restarts=2)))(a_pod(app))
    assert (death.namespace, death.pod, death.node) == ("shop", "web-7d4b9c-x2x9q", "node-1")
    assert (str(death.owner), death.image) == ("deployment/web", "registry.example/web:1.5.0")
    assert (death.memory_limit, death.cpu_limit, death.exit_code) == ("256Mi", "500m", 137)
    assert (death.started_at, death.finished_at, death.seen_at) == (at(5), at(10), at(60))


def test_a_status_without_a_container_to_it_is_passed_over() -> None:
    """Half-written objects must not stop the watch."""
    pod = a_pod(crashed())
    assert causes(Pod(metadata=pod.metadata, status=pod.status)) == []
    assert causes(Pod(metadata=pod.metadata)) == []


READY_AGAIN = [condition("Ready", since=90), condition("ContainersReady")]
CUT_OFF = [condition("Ready", "False", since=50), condition("ContainersReady")]
"""What the node controller makes of a pod whose node it does not hear of any more."""


def test_a_pod_whose_node_does_not_answer_is_lost() -> None:
    """Nobody knows what it does; told when the node controller gives up waiting, not minutes later."""
    (death,) = Looks()(a_pod(running(), conditions=CUT_OFF))
    assert (death.cause, death.finished_at, death.node) == (Cause.NODE_LOST, at(50), "node-1")


def test_its_eviction_afterwards_is_the_same_loss() -> None:
    """The taint manager deletes it five minutes later: one death, not two."""
    look = Looks()
    look(a_pod(running(), conditions=CUT_OFF))
    evicted = [*CUT_OFF, disrupted("DeletionByTaintManager", since=350)]
    assert look(a_pod(running(), conditions=evicted)) == ()
    assert look(a_pod(running(), conditions=evicted, deleted=351)) == ()


@pytest.mark.parametrize("gone", [False, True])
def test_its_deletion_without_a_word_does_not_hide_the_loss(gone: bool) -> None:
    """The taint manager gave no reason before 1.26; one that was not watching until then still sees why."""
    (death,) = Looks()(a_pod(running(), conditions=CUT_OFF, deleted=350), gone=gone)
    assert (death.cause, death.finished_at) == (Cause.NODE_LOST, at(50))


def test_a_node_that_comes_back_may_be_lost_again() -> None:
    """Each time is news."""
    look = Looks()
    assert len(look(a_pod(running(), conditions=CUT_OFF))) == 1
    assert look(a_pod(running(), conditions=READY_AGAIN)) == ()
    assert len(look(a_pod(running(), conditions=CUT_OFF))) == 1


@pytest.mark.parametrize(
    "pod",
    [
        pytest.param(
            a_pod(
                running(ready=False),
                conditions=[condition("Ready", "False"), condition("ContainersReady", "False")],
            ),
            id="readiness-probe",
        ),
        pytest.param(a_pod(running(), conditions=CUT_OFF, deleted=40), id="being-deleted"),
        pytest.param(a_pod(running(), conditions=CUT_OFF, owner=DAEMON_SET), id="daemon"),
        pytest.param(
            a_pod(crashed(exit_code=0), conditions=CUT_OFF, phase="Succeeded", restart_policy="Never"),
            id="done",
        ),
    ],
)
def test_not_ready_for_another_reason_is_not_lost(pod: Pod) -> None:
    """The kubelet writes both conditions alike, and a daemon goes with its node."""
    assert causes(pod) == []


def test_a_readiness_gate_is_not_a_lost_node() -> None:
    """With gates, a pod may be unready while all its containers are ready."""
    pod = a_pod(running(), conditions=CUT_OFF)
    gated = replace(pod, spec=replace(pod.spec, readiness_gates=(Named(condition_type="x"),)))
    assert causes(gated) == []
