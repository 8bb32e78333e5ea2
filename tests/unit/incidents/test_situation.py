"""What the pods themselves show of an incident that fires."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.incidents import engine, recovery, situation
from bot.model.containers import Terminated
from bot.model.incidents import Ending, Incident, IncidentId, Scope
from bot.model.pods import Owner, Pod
from bot.model.situations import BackOff, Headcount, Situation
from tests.support.deaths import a_death
from tests.support.pods import READY, SCHEDULED, a_pod, at, condition, crashed, ended, running, waiting
from tests.support.surroundings import HEALTHY

UNREADY = condition("Ready", "False")
MESSAGE = "back-off {} restarting failed container=app pod=web_shop(uid-1)"


def an_incident(*uids: str) -> Incident:
    first, *more = uids or ("uid-1",)
    incident = engine.opened(IncidentId("1F3K"), a_death(uid=first))
    for uid in more:
        incident = engine.with_death(incident, a_death(uid=uid))
    return incident


def held_back(message: str, last: Terminated | None, *, uid: str = "uid-1") -> Pod:
    return a_pod(waiting(message=message, restarts=6, last=last), uid=uid, conditions=[SCHEDULED, UNREADY])


def test_pods_are_counted_as_they_are() -> None:
    """Whatever their owner's status says yet."""
    pods = [a_pod(running(), uid=f"uid-{n}", conditions=[READY]) for n in range(2, 6)]
    pods.append(a_pod(crashed(), conditions=[UNREADY]))
    counted = situation.headcount(an_incident(), pods, HEALTHY)
    assert counted == Headcount(ready=4, desired=5, present=5, among=True)


def test_those_that_died_are_only_among_them_while_none_was_replaced() -> None:
    """Three pods that took one another's place are not three of five."""
    pods = [a_pod(running(), uid=f"uid-{n}", conditions=[READY]) for n in range(5)]
    assert situation.headcount(an_incident("uid-1", "uid-3"), pods, HEALTHY).among
    assert not situation.headcount(an_incident("uid-1", "gone"), pods, HEALTHY).among


@pytest.mark.parametrize(
    ("said", "wait"),
    [
        pytest.param("10s", 10, id="the-first-time"),
        pytest.param("2m40s", 160, id="later"),
        pytest.param("5m0s", 300, id="the-longest"),
    ],
)
def test_the_next_try_is_when_the_kubelet_says(said: str, wait: float) -> None:
    """Counted from the end of the last run."""
    following = recovery.followed(None, a_death())
    pod = held_back(MESSAGE.format(said), ended(1, at=100))
    found = situation.back_off([following], "shop", lambda _namespace, _name: pod)
    assert found == BackOff(pods=1, restarts=6, next_at=at(100 + wait))


@pytest.mark.parametrize(
    "pod",
    [
        pytest.param(held_back("", ended(1, at=100)), id="no-message"),
        pytest.param(held_back(MESSAGE.format("soon"), ended(1, at=100)), id="no-duration"),
        pytest.param(held_back(MESSAGE.format("10s"), None), id="no-last-run"),
    ],
)
def test_what_the_status_does_not_say_is_not_made_up(pod: Pod) -> None:
    """That it waits is still told."""
    following = recovery.followed(None, a_death())
    found = situation.back_off([following], "shop", lambda _namespace, _name: pod)
    assert found == BackOff(pods=1, restarts=6)


@pytest.mark.parametrize(
    "pod",
    [
        pytest.param(None, id="gone"),
        pytest.param(a_pod(running(restarts=6), conditions=[READY]), id="runs"),
        pytest.param(a_pod(crashed(restarts=6)), id="not-yet"),
        pytest.param(a_pod(waiting(reason="ImagePullBackOff")), id="waits-for-something-else"),
        pytest.param(held_back(MESSAGE.format("10s"), ended(1), uid="uid-9"), id="another-of-its-name"),
        pytest.param(a_pod(running(), waiting("sidecar")), id="another-container"),
        pytest.param(a_pod(waiting(), deleted=10), id="on-its-way-out"),
    ],
)
def test_what_is_not_held_back_is_not_said_to_be(pod: Pod | None) -> None:
    """Only the containers that died."""
    following = recovery.followed(None, a_death())
    assert situation.back_off([following], "shop", lambda _namespace, _name: pod) is None


def test_of_several_the_next_one_is_told() -> None:
    """With how many there are."""
    first = recovery.followed(None, a_death())
    both = recovery.followed(first, a_death(uid="uid-2"))
    pods = {
        "web-7d4b9c-uid-1": held_back(MESSAGE.format("5m0s"), ended(1, at=100)),
        "web-7d4b9c-uid-2": held_back(MESSAGE.format("20s"), ended(1, at=110), uid="uid-2"),
    }
    found = situation.back_off([both], "shop", lambda _namespace, name: pods[name])
    assert found == BackOff(pods=2, restarts=6, next_at=at(130))


def test_only_what_an_incident_of_one_workload_shows_is_told() -> None:
    """And counted where its owner wants a number of pods."""
    incident = an_incident()
    assert situation.is_told(incident)
    assert situation.workload_of(incident) is not None
    assert not situation.is_told(replace(incident, shown=False))
    node = replace(incident, key=replace(incident.key, scope=Scope.NODE))
    assert not situation.is_told(node)
    assert situation.workload_of(node) is None
    job = replace(incident, key=replace(incident.key, owner=Owner(kind="Job", name="report")))
    assert situation.is_told(job)
    assert situation.workload_of(job) is None


def test_a_death_and_an_end_make_it_out_of_date() -> None:
    """What was counted before says nothing of after."""
    incident = replace(an_incident(), situation=Situation(seen_at=at(12)))
    assert engine.with_death(incident, a_death(restart=1)).situation is None
    ending = Ending(since=at(90), words="5 of 5 Ready")
    assert engine.recovered(incident, ending).situation is None


def test_the_same_at_another_time_is_the_same() -> None:
    """Nobody is told anew."""
    one = Situation(seen_at=at(0), headcount=Headcount(ready=4, desired=5, present=5))
    assert situation.is_same(one, replace(one, seen_at=at(600)))
    assert not situation.is_same(one, replace(one, outdated=True))
