"""What silences cover, what breaks through, and what they tell in the end."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.incidents import engine, silencing
from bot.model.deaths import Cause, Death
from bot.model.incidents import Incident, IncidentId, IncidentState, Scope, Severity, SilenceId
from bot.model.pods import Owner
from bot.model.silences import LONGEST, Silence, SilenceScope
from tests.support.deaths import a_death
from tests.support.incidents import ALICE, BOB, an_ending
from tests.support.pods import at

HOUR = timedelta(hours=1)


def silence(*open_ones: Incident, **scope: str) -> Silence:
    return silencing.created(SilenceId("S1"), SilenceScope(**scope), HOUR, ALICE, at(0), open_ones=open_ones)


def incident(*deaths: Death, **changes: Any) -> Incident:
    made = engine.opened(IncidentId("1F3K"), deaths[0] if deaths else a_death())
    for death in deaths[1:]:
        made = engine.with_death(made, death)
    return replace(made, **changes)


@pytest.mark.parametrize(
    ("scope", "covered"),
    [
        pytest.param({"cluster": "prod-eu"}, True, id="cluster"),
        pytest.param({"cluster": "prod-us"}, False, id="other-cluster"),
        pytest.param({"namespace": "sh*"}, True, id="namespace-by-glob"),
        pytest.param({"namespace": "sho"}, False, id="a-beginning-is-no-glob"),
        pytest.param({"owner": "web"}, True, id="workload"),
        pytest.param({"owner": "deployment/web"}, True, id="workload-with-kind"),
        pytest.param({"owner": "statefulset/web"}, False, id="other-kind"),
        pytest.param({"pod": "web-*"}, True, id="pods"),
        pytest.param({"pod": "web-7d4b9c-other"}, False, id="other-pod"),
        pytest.param({"cause": "error"}, True, id="cause-in-any-case"),
        pytest.param({"namespace": "shop", "cause": "OOMKilled"}, False, id="other-cause"),
        pytest.param({"namespace": "dev", "owner": "*"}, False, id="a-pattern-stays-in-its-namespace"),
    ],
)
def test_every_part_of_a_scope_must_fit(scope: dict[str, str], covered: bool) -> None:
    """Exactly or as a glob; what is left out takes all."""
    found = silencing.over([silence(**scope)], a_death(), at(60))
    assert (found is not None) is covered
    assert silencing.covers_incident(silence(**scope), incident(), at(60)) is covered


def test_another_cause_than_was_known_is_told() -> None:
    """Who silenced the crashes does not know of the memory yet."""
    known = silence(incident(), namespace="shop")
    assert silencing.over([known], a_death(), at(60)) is not None
    assert silencing.over([known], a_death(Cause.OOM_KILLED), at(60)) is None
    window = silence(namespace="shop")
    assert silencing.over([window], a_death(Cause.OOM_KILLED), at(60)) is not None, "a maintenance window"


def test_what_matters_more_than_was_meant_is_told() -> None:
    """A Job's tries were silenced, not its having failed."""
    of_job = incident(a_death(owner=Owner(kind="Job", name="report")))
    held = silencing.of_incident(SilenceId("S1"), of_job, HOUR, ALICE, at(0))
    assert held.severity is Severity.MINOR
    assert silencing.over([held], of_job.latest, at(60), incident=of_job) is not None
    failed = engine.escalated(of_job, "BackoffLimitExceeded")
    assert silencing.over([held], failed.latest, at(60), incident=failed) is None
    assert not silencing.covers_incident(held, failed, at(60))


def test_a_button_silences_this_workload_and_cause() -> None:
    """For the time, also what opens anew; another workload or cause is heard."""
    held = silencing.of_incident(SilenceId("S1"), incident(), HOUR, ALICE, at(0))
    assert silencing.covers_incident(held, incident(), at(1))
    assert silencing.over([held], a_death(uid="uid-7"), at(60)) is not None
    for other in (a_death(Cause.OOM_KILLED), a_death(owner=Owner(kind="Deployment", name="cart"))):
        assert silencing.over([held], other, at(60)) is None
    assert silencing.over([held], a_death(), at(3_600)) is None, "it is over"


def test_until_resolved_ends_with_its_incident() -> None:
    """It covers that incident alone, and never longer than the cap."""
    firing = incident()
    held = silencing.of_incident(SilenceId("S1"), firing, None, ALICE, at(0))
    quiet = replace(firing, silenced=silencing.as_held(held))
    assert silencing.over([held], a_death(), at(60), incident=quiet) is not None
    assert silencing.over([held], a_death(), at(60)) is None
    assert not silencing.is_due(held, firing, at(60))
    assert silencing.is_due(held, engine.recovered(firing, an_ending(60)), at(61))
    assert silencing.is_due(held, firing, at(0) + LONGEST)


def test_a_group_is_silent_only_if_all_of_it_is() -> None:
    """One workload in another namespace, and it is heard."""
    mixed = incident(a_death(), a_death(uid="uid-2", namespace="payments"))
    grouped = engine.widened(mixed, replace(mixed.key, namespace="", scope=Scope.NODE))
    assert not silencing.covers_incident(silence(namespace="shop"), grouped, at(60))
    assert silencing.covers_incident(silence(cluster="prod-*"), grouped, at(60))


@pytest.mark.parametrize(
    ("scope", "lasting"),
    [
        pytest.param(SilenceScope(), HOUR, id="everything"),
        pytest.param(SilenceScope(pod="x"), timedelta(), id="no-time"),
        pytest.param(SilenceScope(pod="x"), -HOUR, id="the-past"),
    ],
)
def test_some_silences_are_refused(scope: SilenceScope, lasting: timedelta) -> None:
    """What would hide everything, or nothing."""
    with pytest.raises(ValueError, match="silence"):
        silencing.created(SilenceId("S1"), scope, lasting, ALICE, at(0))


@given(st.timedeltas(min_value=timedelta(seconds=1)), st.timedeltas(min_value=timedelta(seconds=1)))
def test_no_silence_is_for_ever(lasting: timedelta, more: timedelta) -> None:
    """Neither made nor edited so that it outlasts the cap."""
    held = silencing.created(SilenceId("S1"), SilenceScope(pod="x"), lasting, ALICE, at(0))
    assert held.until - at(0) <= LONGEST
    edited = silencing.edited(held, at(0), lasting=more, reason="longer")
    assert edited.until - at(0) <= LONGEST
    assert (edited.reason, silencing.edited(edited, at(0)).reason) == ("longer", "longer")
    assert silencing.is_due(held, None, held.until)
    over = silencing.ended(held, held.until)
    assert not over.lasts(held.until)
    assert silencing.ended(over, at(0), BOB) is over
    assert silencing.edited(over, held.until, lasting=more) is over


def test_it_knows_what_it_kept_back() -> None:
    """Incidents once each, every death, and which of them fire still."""
    one, two = incident(), incident(id=IncidentId("TWO"))
    held = silence(namespace="shop")
    for each, deaths in ((one, 3), (one, 1), (two, 0)):
        held = silencing.counted(held, {each.id: deaths})
    assert (len(held.incidents), held.deaths) == (2, 4)
    well = engine.recovered(two, an_ending(60))
    assert well.state is IncidentState.RECOVERED
    assert silencing.still_firing(held, (one, well, incident(id=IncidentId("OTHER")))) == (one,)


def test_names_with_signs_of_globs_are_taken_as_they_are() -> None:
    """A cluster may be called anything."""
    odd = incident(a_death())
    odd = replace(odd, key=replace(odd.key, namespace="a[1]*"))
    assert silencing.of_incident(SilenceId("S1"), odd, HOUR, ALICE, at(0)).scope.namespace == "a[[]1][*]"
