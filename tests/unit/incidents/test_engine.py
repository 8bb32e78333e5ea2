"""Which deaths make one incident, and what it then says."""

from __future__ import annotations

from typing import Any

import pytest

from bot.incidents import engine, tally
from bot.model.deaths import Cause, Death
from bot.model.incidents import Ending, Evidence, Incident, IncidentId
from bot.model.pods import Owner
from tests.support.deaths import a_death
from tests.support.pods import at


def opened(**changes: Any) -> Incident:
    return engine.opened(IncidentId("1F3K"), a_death(**changes))


def test_deaths_of_one_workload_and_cause_are_one_incident() -> None:
    """Whichever pod, container or node."""
    assert engine.key_of(a_death(uid="one")) == engine.key_of(a_death(uid="two", node="node-2"))


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(a_death(Cause.OOM_KILLED), id="cause"),
        pytest.param(a_death(owner=Owner(kind="Deployment", name="cart")), id="workload"),
        pytest.param(a_death(namespace="payments"), id="namespace"),
    ],
)
def test_another_cause_or_place_is_another_incident(other: Death) -> None:
    """Nothing is hidden behind something else."""
    assert engine.key_of(other) != engine.key_of(a_death())


def test_an_incident_counts_deaths_pods_and_nodes() -> None:
    """Those that nobody saw count, too; the first and the last moment are kept."""
    incident = opened()
    incident = engine.with_death(incident, a_death(restart=3, seconds=40, unseen_before=2))
    incident = engine.with_death(incident, a_death(uid="uid-2", node="node-2", seconds=30))
    assert (incident.deaths, len(incident.pods), incident.nodes) == (5, 2, ("node-1", "node-2"))
    assert (incident.first_at, incident.last_at) == (at(10), at(40))
    assert incident.latest.id.restart == 3, "a death that is heard of late is not the latest"
    assert incident.revision == 3


def test_newer_evidence_stays() -> None:
    """What is found out late about an older death does not replace it."""
    incident = opened()
    newer, older = Evidence(death=a_death(restart=1, seconds=20)), Evidence(death=a_death())
    incident = engine.with_evidence(incident, newer)
    assert engine.with_evidence(incident, older) is incident
    assert incident.evidence is newer
    assert incident.revision == 2


def test_nodes_do_not_pile_up() -> None:
    """A DaemonSet that fails everywhere names some of its nodes."""
    incident = opened()
    for number in range(100):
        incident = engine.with_death(incident, a_death(uid=f"uid-{number}", node=f"node-{number}"))
    assert len(incident.nodes) == tally.MOST_NODES


def test_an_open_incident_takes_every_death_of_its_key_however_late() -> None:
    """Quiet is no recovery; what is over takes one for half an hour, and what another tells of takes none."""
    incident, late = opened(), a_death(restart=1, seconds=100_000)
    assert engine.continues(incident, late)
    ending = Ending(since=at(1_000), words="5 of 5 Ready")
    half_an_hour = engine.REOPENS_FOR.total_seconds()
    over = engine.recovered(incident, ending)
    assert engine.continues(over, a_death(restart=1, seconds=999 + half_an_hour))
    assert not engine.continues(over, a_death(restart=1, seconds=1_000 + half_an_hour))
    assert not engine.continues(engine.merged(incident, IncidentId("9Q2F"), at(20)), a_death(restart=1))


def test_pods_and_workloads_do_not_pile_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond their bounds deaths are counted still, and no pod is counted twice."""
    monkeypatch.setattr(engine, "MOST_PODS", 3)
    monkeypatch.setattr(tally, "MOST_WORKLOADS", 2)
    incident = opened()
    for number in range(9):
        owner = Owner(kind="Deployment", name=f"w{number % 3}")
        incident = engine.with_death(incident, a_death(uid=f"uid-{number}", owner=owner))
    assert (incident.deaths, len(incident.pods), len(incident.workloads)) == (10, 3, 2)
    assert sum(each.pods for each in incident.workloads) <= 3
