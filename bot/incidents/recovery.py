"""Whether what an incident tells of is over. Pure: pods, the owner and the time go in, a judgement comes out.

Recovered means: what died (or what took its place) has been Ready for a hold-down with its restart count
flat, and then the owner has the number of Ready pods that it wants. A pod that is deleted has not recovered,
and one that is quiet has not either. `followup` looks, asks the owner and carries the judgement out; what may
be told of it until then is in `readiness`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum

from bot.model.deaths import Cause, Death
from bot.model.incidents import IncidentKey
from bot.model.pods import Owner, Pod, PodUid
from bot.model.surroundings import OWNER_KINDS, JobEnd, OwnerState
from bot.model.tuning import Timings

JOB_ENDS_WITHIN = timedelta(seconds=5)
"""A Job's controller needs a moment to see that a pod of it has ended; a Job has no other hold-down."""

LONGEST_PAUSE = timedelta(minutes=5)
"""An owner that is not well yet is asked again after a hold-down, then twice that, and so on up to this."""

MOST_SUBJECTS = 500
"""Pods of one incident that are looked at; with more, the last ones to die speak for the rest."""


class Standing(Enum):
    """How a pod is."""

    WELL = "well"
    UNWELL = "unwell"
    SUCCEEDED = "succeeded"
    OVER = "over"
    """It ended for good and not well, or is being deleted: only another can be well in its place."""
    GONE = "gone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A container that died, or with an empty container a whole pod; `restarts` as last seen."""

    pod: str
    container: str
    restarts: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """One of the workloads of an incident."""

    namespace: str
    owner: Owner


@dataclass(frozen=True, slots=True, kw_only=True)
class Following:
    """What is followed of an open incident, or of one workload of it."""

    subjects: Mapping[PodUid, Subject]
    calm_since: datetime | None = None
    """Since when nothing of it has been seen unwell, the owner included. What is gone is not unwell."""
    ready_since: datetime | None = None
    """Since when all of it has been Ready, in full number."""
    doubted: bool = False
    """Its owner said otherwise: what the watch counts is not told again before it was seen unready."""
    ran: timedelta = timedelta()
    """How long the run lasted that died last; what runs no longer than that may be about to die again."""
    asked: int = 0
    """How often the owner was asked and was not well yet, with no pod seen unwell meanwhile."""
    ask_at: datetime | None = None
    """Not before then is it asked again."""
    workload: Workload | None = None
    """Whose pods these are, where the incident is of several workloads; None: the one of its key."""
    job: Owner | None = None
    """Of a CronJob: the Job that failed last, while it may still make it."""
    died_at: datetime | None = None
    found: Judgement | None = None
    """What became of this workload, while others of the incident are still awaited."""


class Verdict(Enum):
    """What is to be done about an incident now."""

    WAIT = "wait"
    ASK_OWNER = "ask owner"
    RECOVERED = "recovered"
    GONE = "gone"
    UNWATCHED = "unwatched"
    """Nobody will see how it goes on."""
    ESCALATE = "escalate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """A verdict and what it rests on, in words for people."""

    verdict: Verdict
    words: str = ""


WAIT = Judgement(verdict=Verdict.WAIT)
ASK_OWNER = Judgement(verdict=Verdict.ASK_OWNER)
UNWATCHED = Judgement(
    verdict=Verdict.UNWATCHED, words="podbot does not watch its namespace any more, and did not see it end"
)

PodsByUid = Mapping[PodUid, Pod | None]
"""For each subject the pod that has its name now: itself, its successor under that name, or none."""


def followed(following: Following | None, death: Death) -> Following:
    """What to follow with one more death: the hold-down begins anew."""
    subjects = dict(following.subjects) if following else {}
    subjects.pop(death.id.uid, None)
    subjects[death.id.uid] = Subject(pod=death.pod, container=death.id.container, restarts=death.restarts)
    while len(subjects) > MOST_SUBJECTS:
        del subjects[next(iter(subjects))]
    return Following(
        subjects=subjects,
        workload=Workload(namespace=death.namespace, owner=death.owner),
        job=job_of(death),
        died_at=death.finished_at or death.seen_at,
        ran=_lasted(death),
    )


def standing(pod: Pod | None) -> Standing:
    """How the pod is that has the subject's name now."""
    if pod is None:
        return Standing.GONE
    if pod.status.phase == "Succeeded":
        return Standing.SUCCEEDED
    if pod.status.phase == "Failed" or pod.terminating:
        # On a node that does not answer it may be terminating for ever, with its replacement long Ready.
        return Standing.OVER
    # A pod is Ready by its app containers and sidecars; what an ephemeral container does says nothing of it.
    return Standing.WELL if pod.ready else Standing.UNWELL


def looked(following: Following, pods: PodsByUid, now: datetime) -> Following:
    """What is followed after a look at the pods."""
    subjects = {
        uid: replace(each, restarts=_restarts(pods.get(uid), each))
        for uid, each in following.subjects.items()
    }
    if any(standing(pods.get(uid)) is Standing.UNWELL for uid in subjects):
        return anew(following, subjects, None)
    if following.calm_since is None or subjects != following.subjects:
        return anew(following, subjects, now)
    return following


def anew(following: Following, subjects: Mapping[PodUid, Subject], calm_since: datetime | None) -> Following:
    """What is followed when the hold-down begins anew, and with it all that was found of the owner."""
    return replace(
        following,
        subjects=subjects,
        calm_since=calm_since,
        ready_since=None,
        asked=0,
        ask_at=None,
        found=None,
    )


def job_of(death: Death) -> Owner | None:
    """The Job that a death is of, where its owner is said to be the Job's CronJob."""
    if death.owner.kind != "CronJob" or death.controller is None:
        return None
    return Owner(kind=death.controller.kind, name=death.controller.name)


def judged(
    key: IncidentKey, following: Following, pods: PodsByUid, now: datetime, timings: Timings
) -> Judgement:
    """What the pods alone tell after `looked`; mostly whether it is time to ask the owner."""
    if key.cause is Cause.STUCK_TERMINATING:
        left = [uid for uid in following.subjects if (pod := pods.get(uid)) is not None and pod.uid == uid]
        return WAIT if left else Judgement(verdict=Verdict.RECOVERED, words="gone")
    if following.calm_since is None or now - following.calm_since < hold_down(key, timings):
        return WAIT
    if is_asked(key):
        return ASK_OWNER if following.ask_at is None or now >= following.ask_at else WAIT
    return _of_pods(key, [standing(pods.get(uid)) for uid in following.subjects])


def is_asked(key: IncidentKey) -> bool:
    """Whether an owner has the last word, and not the pods alone."""
    return key.cause is not Cause.STUCK_TERMINATING and key.owner.kind in OWNER_KINDS


def hold_down(key: IncidentKey, timings: Timings) -> timedelta:
    """How long an incident must have been calm before its owner is asked."""
    return JOB_ENDS_WITHIN if key.owner.kind in {"Job", "CronJob"} else timings.recovered


def to_ask(key: IncidentKey, following: Following) -> Owner:
    """Whom to ask how it is: of a CronJob first the Job that failed, as long as it may still make it."""
    return following.job or key.owner


def of_owner(owner: OwnerState | None, died_at: datetime | None = None) -> Judgement:
    """What the owner says, once its pods have been well for the hold-down; `died_at` as followed."""
    if owner is None:
        return Judgement(verdict=Verdict.GONE, words="deleted before it recovered")
    if owner.owner.kind == "Job":
        return _of_job(owner)
    if owner.owner.kind == "CronJob":
        return _of_cron_job(owner, died_at)
    if owner.up_to_date and not owner.terminating and owner.desired == 0:
        return Judgement(verdict=Verdict.GONE, words="scaled to zero before it recovered")
    if owner.all_ready:
        return Judgement(verdict=Verdict.RECOVERED, words=f"{owner.ready} of {owner.desired} Ready")
    return WAIT


def asked(following: Following, key: IncidentKey, now: datetime, timings: Timings) -> Following:
    """What is followed after an owner was not well yet: it is left in peace, each time for longer.

    Nothing has been well since before then: what took the place of a pod that is gone is not looked at.
    """
    pause = min(hold_down(key, timings) * 2**following.asked, LONGEST_PAUSE)
    return replace(following, calm_since=now, asked=min(following.asked + 1, 16), ask_at=now + pause)


def _of_job(job: OwnerState) -> Judgement:
    match job.job_end:
        case JobEnd.COMPLETE:
            return Judgement(verdict=Verdict.RECOVERED, words="Job complete")
        case JobEnd.FAILED:
            return Judgement(verdict=Verdict.ESCALATE, words=job.job_reason)
        case None:
            return WAIT


def _of_cron_job(cron_job: OwnerState, died_at: datetime | None) -> Judgement:
    """It recovers when a later Job of it succeeds; while it is suspended none does, so it stays open."""
    succeeded = cron_job.succeeded_at
    if succeeded is not None and died_at is not None and succeeded > died_at:
        return Judgement(verdict=Verdict.RECOVERED, words="a later Job succeeded")
    return WAIT


def _of_pods(key: IncidentKey, standings: list[Standing]) -> Judgement:
    """For owners that cannot be asked: a bare pod is its own, and operators' kinds have no common shape."""
    if Standing.OVER in standings:
        return WAIT
    if all(each is Standing.SUCCEEDED for each in standings):
        return Judgement(verdict=Verdict.RECOVERED, words="complete")
    there = [each for each in standings if each is not Standing.GONE]
    if len(there) == len(standings):
        return Judgement(verdict=Verdict.RECOVERED, words=f"{len(there)} of {len(there)} Ready")
    if key.cause is Cause.DELETED:
        return WAIT
    return Judgement(verdict=Verdict.GONE, words="deleted before it recovered")


def _lasted(death: Death) -> timedelta:
    if death.started_at is None or death.finished_at is None:
        return timedelta()
    return max(death.finished_at - death.started_at, timedelta())


def _restarts(pod: Pod | None, subject: Subject) -> int:
    if pod is None:
        return subject.restarts
    return sum(
        each.restart_count
        for each in pod.statuses()
        if not subject.container or each.name == subject.container
    )
