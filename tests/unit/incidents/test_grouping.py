"""Which deaths are told together, and which must not be."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.incidents import engine, grouping
from bot.incidents.grouping import Placement, Recent
from bot.model.deaths import Cause, Death
from bot.model.incidents import Incident, IncidentId, IncidentKey, Scope
from bot.model.pods import Owner, OwnerReference
from tests.support.deaths import a_death, a_pods_death
from tests.support.incidents import an_ending
from tests.support.pods import at


def of(number: int, cause: Cause = Cause.EVICTED, *, node: str = "node-3", **changes: Any) -> Death:
    """The death of a pod of one of several workloads."""
    owner = Owner(kind="Deployment", name=f"service-{number}")
    make = a_death if cause.is_container_exit or cause is Cause.IMAGE_PULL else a_pods_death
    return make(cause, uid=f"uid-{number}", owner=owner, node=node, **changes)


def placed(
    *deaths: Death, seconds: float = 1, groups: frozenset[IncidentKey] = frozenset()
) -> list[Placement]:
    """Where each goes, so many seconds apart; a group that opens stays open."""
    recent, placements = Recent(), []
    for number, death in enumerate(deaths):
        recent, placement = grouping.placed(recent, death, groups, at(number * seconds))
        if placement.key.scope is not Scope.WORKLOAD:
            groups |= {placement.key}
        placements.append(placement)
    return placements


def scopes(placements: list[Placement]) -> list[Scope]:
    return [each.key.scope for each in placements]


W, N, I = Scope.WORKLOAD, Scope.NODE, Scope.IMAGE  # noqa: E741 - read as a table


@pytest.mark.parametrize(
    ("deaths", "expected"),
    [
        pytest.param([of(1, Cause.NODE_LOST)], [N], id="a-lost-node-explains-the-first-pod"),
        pytest.param([of(1), of(2), of(3), of(4)], [W, W, N, N], id="evictions-from-the-third-workload"),
        pytest.param([of(1), of(1), of(1), of(1)], [W, W, W, W], id="one-workload-is-itself"),
        pytest.param([of(1), of(2), of(3, node="node-4")], [W, W, W], id="another-node"),
        pytest.param([of(1), of(2), of(3, Cause.REJECTED)], [W, W, W], id="another-cause"),
        pytest.param([of(n, Cause.ERROR) for n in range(9)], [W] * 9, id="crashes-are-never-the-nodes"),
        pytest.param(
            [of(n, message="Pod ephemeral local storage usage exceeds the total limit") for n in range(4)],
            [W] * 4,
            id="evicted-for-their-own-use",
        ),
        pytest.param([of(n, Cause.UNSCHEDULABLE, node="") for n in range(4)], [W] * 4, id="no-node-at-all"),
        pytest.param(
            [of(n, Cause.IMAGE_PULL, node=f"n{n}", image="base:7") for n in range(3)],
            [W, I, I],
            id="one-image-of-two-workloads",
        ),
        pytest.param(
            [of(n, Cause.IMAGE_PULL, image=f"base:{n}") for n in range(3)], [W, W, W], id="several-images"
        ),
    ],
)
def test_what_is_told_together(deaths: list[Death], expected: list[Scope]) -> None:
    """By the cause, the place and how many there are."""
    assert scopes(placed(*deaths)) == expected


def test_a_group_names_what_it_takes_in() -> None:
    """The workloads of the minute, that have opened incidents of their own."""
    last = placed(of(1), of(2), of(3))[-1]
    assert (last.key.owner, last.key.namespace, last.key.cause) == (
        Owner(kind="Node", name="node-3"),
        "",
        Cause.EVICTED,
    )
    assert [each.owner.name for each in last.absorbs] == ["service-1", "service-2", "service-3"]


def test_what_is_a_minute_apart_has_reasons_of_its_own() -> None:
    """For an image it is longer: pulls are tried again more and more rarely."""
    assert scopes(placed(of(1), of(2), of(3), seconds=31)) == [W, W, W]
    pulls = [of(n, Cause.IMAGE_PULL, image="base:7") for n in range(2)]
    assert scopes(placed(*pulls, seconds=300)) == [W, I]


def incident(*deaths: Death) -> Incident:
    made = engine.opened(IncidentId("1F3K"), deaths[0])
    for death in deaths[1:]:
        made = engine.with_death(made, death)
    return made


def test_what_also_died_elsewhere_stays_an_incident_of_its_own() -> None:
    """Its story is not the node's alone."""
    key = placed(of(1), of(2), of(3))[-1].key
    assert grouping.absorbable(incident(of(1)), key)
    assert not grouping.absorbable(incident(of(1), of(1, node="node-9")), key)
    assert not grouping.absorbable(incident(of(1, Cause.REJECTED)), key)
    assert not grouping.absorbable(engine.gone(incident(of(1)), an_ending(60)), key)


def test_the_message_that_people_have_seen_goes_on() -> None:
    """The oldest of those; one that is kept back only where there is no other."""
    old, new, hidden = (
        replace(incident(of(1)), id=IncidentId(name), first_at=at(seconds), shown=shown)
        for name, seconds, shown in (("OLD", 1, True), ("NEW", 2, True), ("HIDDEN", 0, False))
    )
    assert grouping.main([new, hidden, old]) is old
    assert grouping.main([hidden]) is hidden
    assert grouping.main([]) is None


REPORT = Owner(kind="CronJob", name="report")


def of_job(name: str, namespace: str = "shop") -> Death:
    controller = OwnerReference(kind="Job", name=name, uid="job-1", controller=True)
    return a_death(owner=Owner(kind="Job", name=name), controller=controller, namespace=namespace)


@pytest.mark.parametrize(
    ("death", "owner"),
    [
        pytest.param(of_job("report-29384756"), REPORT, id="a-later-job-of-it"),
        pytest.param(of_job("report-by-hand"), Owner(kind="Job", name="report-by-hand"), id="made-by-hand"),
        pytest.param(of_job("other-29384756"), Owner(kind="Job", name="other-29384756"), id="not-known"),
        pytest.param(
            of_job("report-29384756", "payments"), Owner(kind="Job", name="report-29384756"), id="elsewhere"
        ),
        pytest.param(a_death(), Owner(kind="Deployment", name="web"), id="no-job"),
    ],
)
def test_jobs_belong_to_the_cron_job_that_the_api_told_of(death: Death, owner: Owner) -> None:
    """A name alone proves nothing; with the CronJob known, it does."""
    recent = grouping.knowing(Recent(), "shop", REPORT)
    assert grouping.attributed(recent, death).owner == owner
    assert grouping.attributed(Recent(), death) is death


def test_an_incident_of_a_job_becomes_its_cron_jobs() -> None:
    """Once the API has told whose Job it was; its part is the CronJob's then."""
    made = incident(of_job("report-29384756"))
    key = grouping.of_cron_job(made, REPORT)
    assert key is not None
    widened = engine.widened(made, key)
    assert (widened.key.owner, widened.workloads[0].owner) == (REPORT, REPORT)
    assert grouping.of_cron_job(widened, REPORT) is None


def test_what_is_remembered_has_a_bound() -> None:
    """A storm of one-off workloads leaves no heap behind."""
    recent = Recent()
    for number in range(2 * grouping.MOST_RECENT):
        recent, _ = grouping.placed(recent, of(number, node=f"n{number}"), (), at(10))
    assert len(recent.seen) == grouping.MOST_RECENT
    for number in range(grouping.MOST_CRON_JOBS + 5):
        recent = grouping.knowing(recent, "shop", Owner(kind="CronJob", name=f"c{number}"))
    assert len(recent.cron_jobs) == grouping.MOST_CRON_JOBS
