"""What changed before, what the node and the owner say, and how an incident reads when it is over."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.incidents import announce, background, engine
from bot.model.deaths import Cause, Death, FailedProbe
from bot.model.incidents import Circumstances, Ending, Evidence, Incident, IncidentId
from bot.model.pods import Owner, OwnerReference
from bot.model.revisions import EnvSource, Image, RevisionChange, SourcesChange, change_between
from bot.model.situations import BackOff, Headcount, Situation
from bot.model.surroundings import JobEnd, NodeCondition, NodeState, OwnerState
from tests.support.deaths import a_death, a_pods_death
from tests.support.golden import assert_golden
from tests.support.pods import DEPLOYMENT, at
from tests.support.reading import as_read
from tests.support.surroundings import HEALTHY, a_revision

LOG = ("loading catalogue (3.1M rows)", "warn: heap at 96 %")


def of(death: Death, log: tuple[str, ...] = (), **around: object) -> Incident:
    """An incident of one death, with its circumstances."""
    found = Circumstances(read_at=at(12), **around)  # type: ignore[arg-type]  # fields of Circumstances
    incident = engine.opened(IncidentId("1F3K"), death)
    return engine.with_evidence(incident, Evidence(death=death, log_tail=log, circumstances=found))


def changed(seconds: float = -110, **changes: object) -> RevisionChange:
    """Revision 42, which has another image."""
    before, after = a_revision(41, "1.4.1", seconds=-9_000), a_revision(42, "1.5.0", seconds=seconds)
    change = change_between((after, before))
    assert change is not None
    given = {"replica_set": DEPLOYMENT.name} | changes
    return replace(change, **given)  # type: ignore[arg-type]  # fields of RevisionChange


OOM = a_death(
    Cause.OOM_KILLED,
    exit_code=137,
    reason="OOMKilled",
    memory_limit="256Mi",
    restarts=1,
    controller=DEPLOYMENT,
)
LIVENESS = a_death(
    Cause.LIVENESS_FAILED,
    exit_code=137,
    probe=FailedProbe(kind="liveness", failures=3, message="HTTP probe failed with statuscode: 503"),
)


def seen(incident: Incident, **around: object) -> Incident:
    """The incident after a look at the pods."""
    situation = Situation(seen_at=at(280), **around)  # type: ignore[arg-type]  # fields of Situation
    return replace(incident, situation=situation)


def crashing(times: int, pods: int = 1, **changes: object) -> Incident:
    """An incident of containers that crash every 40 s."""
    given = [
        replace(
            a_death(restart=number // pods, uid=f"uid-{number % pods}", seconds=10 + 40 * number),
            **changes,  # type: ignore[arg-type]  # fields of Death
        )
        for number in range(times)
    ]
    incident = engine.opened(IncidentId("1F3K"), given[0])
    for death in given[1:]:
        incident = engine.with_death(incident, death)
    return engine.with_evidence(incident, Evidence(death=incident.latest, log_tail=LOG))


def waits(seconds: float | None) -> BackOff:
    """A container that is tried again so long after the last death."""
    return BackOff(pods=1, restarts=6, next_at=at(250 + seconds) if seconds is not None else None)


JOB = Owner(kind="Job", name="import-1")
TRYING = OwnerState(owner=JOB, desired=1, present=0, ready=0, tries_allowed=3, failed_tries=1)
BARE = Owner(kind="Pod", name="toolbox")
RECOVERED = Ending(since=at(19 * 60), words="5 of 5 Ready")


def job_death() -> Death:
    return a_death(owner=JOB, controller=OwnerReference(kind="Job", name="import-1", controller=True))


CASES = {
    "changed-before": seen(
        of(OOM, LOG, change=changed(), owner=HEALTHY, memory_in_use="250Mi"),
        headcount=Headcount(ready=2, desired=5, present=5, among=True),
    ),
    "crash-loop-of-one-among-five": seen(
        crashing(7), headcount=Headcount(ready=4, desired=5, present=5, among=True), back_off=waits(160)
    ),
    "crash-loop-of-several": seen(
        crashing(7, pods=3),
        headcount=Headcount(ready=2, desired=5, present=5),
        back_off=replace(waits(160), pods=3),
    ),
    "crash-loop-that-does-not-say-how-long": seen(crashing(7), back_off=waits(None)),
    "crash-loop-that-runs-just-now": seen(
        crashing(7, crash_looping=True), headcount=Headcount(ready=5, desired=5, present=5, among=True)
    ),
    "crash-loop-in-a-rollout": seen(
        crashing(7), headcount=Headcount(ready=5, desired=5, present=6, among=True)
    ),
    "not-watched-any-more": seen(
        crashing(7),
        outdated=True,
        headcount=Headcount(ready=4, desired=5, present=5, among=True),
        back_off=waits(160),
    ),
    "changed-in-many-ways": of(
        OOM,
        LOG,
        change=changed(
            images=tuple(
                (
                    Image(container=f"c{n}", image=f"registry.example/a:{n}"),
                    Image(container=f"c{n}", image="b"),
                )
                for n in range(6)
            ),
            env=("app/LOG_LEVEL", "app/WORKERS", "cache/SIZE"),
            env_added=("app/WORKERS",),
            env_from=(
                SourcesChange(
                    container="app",
                    before=(EnvSource(kind="config map", name="web-env"),),
                    after=(EnvSource(kind="config map", name="web-env-2"),),
                ),
            ),
            fields=("app/resources", "volumes"),
            annotations=("checksum/config",),
            other=True,
        ),
    ),
    "liveness": of(LIVENESS, LOG),
    "startup-of-unknown-count": of(
        a_death(
            Cause.STARTUP_FAILED,
            exit_code=143,
            probe=FailedProbe(kind="startup", failures=None, message=""),
        ),
        LOG,
    ),
    "mount-that-hangs": of(
        a_death(Cause.STUCK_CREATING, started_at=at(-300)),
        note='FailedMount: MountVolume.SetUp failed for volume "tls" : secret "web-tls" not found',
        change=changed(-302),
    ),
    "evicted-from-a-sick-node": of(
        a_pods_death(Cause.EVICTED, message="The node was low on resource: memory."),
        node=NodeState(
            name="node-1",
            wrong=(
                NodeCondition(kind="MemoryPressure", message="kubelet has insufficient memory", since=at(0)),
            ),
            unschedulable=True,
        ),
    ),
    "lost-with-a-node-that-is-gone": of(
        a_pods_death(Cause.NODE_LOST), node=NodeState(name="node-1", there=False)
    ),
    "bare-pod-deleted": of(a_pods_death(Cause.DELETED, owner=BARE, pod="toolbox")),
    "not-replaced-by-its-owner": of(
        a_pods_death(Cause.DELETED, controller=DEPLOYMENT, message="deployment/web wants 5 and has 4")
    ),
    "job-with-tries-left": of(job_death(), LOG, owner=TRYING),
    "job-that-gave-up": engine.escalated(
        of(job_death(), LOG, owner=replace(TRYING, failed_tries=3, job_end=JobEnd.FAILED, job_reason="x")),
        "BackoffLimitExceeded",
    ),
    "no-scheduler": of(a_pods_death(Cause.UNSCHEDULABLE, node="", reason="NoScheduler")),
    "already-failing": of(a_death(since_before_first_look=True, crash_looping=True, restarts=7), LOG),
    "recovered": engine.recovered(of(OOM, LOG, change=changed()), RECOVERED),
    "recovered-after-coming-back": engine.recovered(
        engine.with_death(
            engine.recovered(of(OOM, LOG), Ending(since=at(100), words="5 of 5 Ready")),
            replace(OOM, id=replace(OOM.id, restart=1), finished_at=at(400)),
        ),
        RECOVERED,
    ),
    "gone": engine.gone(of(OOM, LOG), Ending(since=at(19 * 60), words="deleted before it recovered")),
}


@pytest.mark.parametrize("name", CASES)
def test_an_incident_reads_as_it_was_found_right(name: str) -> None:
    """The whole message, line by line."""
    assert_golden(f"incidents/{name}.txt", as_read(announce.message(CASES[name])))


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        pytest.param(-29 * 60, True, id="half-an-hour-before"),
        pytest.param(-31 * 60, False, id="longer-ago"),
        pytest.param(9, True, id="just-before"),
        pytest.param(60, False, id="afterwards"),
    ],
)
def test_only_what_changed_shortly_before_is_told(seconds: float, told: bool) -> None:
    """A revision of last week is not why, and one of after the death cannot be."""
    assert (background.recent_change(of(OOM, change=changed(seconds))) is not None) is told


def test_a_pod_of_an_earlier_revision_is_not_put_down_to_the_newest() -> None:
    """It dies while another revision is rolled out: to roll that back would not mend it."""
    assert background.recent_change(of(OOM, change=changed(replica_set="web-5c9d8e"))) is None


def test_a_rollback_is_not_put_down_as_what_changed_before() -> None:
    """Its ReplicaSet may be minutes old, and nothing tells when it was rolled back to."""
    assert background.recent_change(of(OOM, change=changed(rollback=True))) is None


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("a.example/web:1", "b.example/web:1", id="from another registry"),
        pytest.param("a.example/web:1", "a.example/web:2", id="another tag"),
    ],
)
def test_an_image_that_cannot_be_pulled_has_its_whole_name_once(before: str, after: str) -> None:
    """Also where it is what changed before."""
    images = ((Image(container="app", image=before), Image(container="app", image=after)),)
    death = a_death(Cause.IMAGE_PULL, image=after, controller=DEPLOYMENT, reason="ErrImagePull")
    said = as_read(announce.message(of(death, change=changed(images=images))))
    assert "Changed before" in said
    assert said.count(after) == 1


def test_one_revision_is_no_change() -> None:
    """There has to be one before it."""
    assert change_between((a_revision(1, "1.0"),)) is None


def test_what_differs_between_two_revisions() -> None:
    """Names of what changed, never values."""
    before = a_revision(1, "1.0", env=(("app/A", "1"), ("app/B", "1")), rest="x")
    after = a_revision(
        2, "1.0", env=(("app/B", "2"), ("app/C", "1")), annotations=(("checksum", "9"),), rest="x"
    )
    change = change_between((before, after))
    assert change is not None
    assert (change.number, change.images, change.other) == (2, (), False)
    assert change.env == ("app/A", "app/B", "app/C")
    assert change.annotations == ("checksum",)
