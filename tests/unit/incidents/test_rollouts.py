"""When the pods of what is broken look like a rollout, and what is then said to have mended it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from msgspec.structs import replace as replace_struct

from bot.incidents import background, engine, rollouts
from bot.incidents.inputs import NewRevision
from bot.incidents.rollouts import Lineup
from bot.model.deaths import Cause, Death
from bot.model.incidents import Circumstances, Evidence, Incident, IncidentId, Scope
from bot.model.messages import spoken
from bot.model.pods import Owner, OwnerReference, PodUid
from bot.model.revisions import Image, KnownRevision, RevisionChange, change_between
from tests.support.deaths import a_death
from tests.support.incidents import Told
from tests.support.pods import at
from tests.support.surroundings import a_revision

B = KnownRevision(number=42, replica_set="web-b", replica_set_uid="b")


def pods(**of: str) -> Lineup:
    """`a="12"`: the ReplicaSet a has the pods 1 and 2."""
    return {name: frozenset(PodUid(each) for each in uids) for name, uids in of.items()}


@pytest.mark.parametrize(
    ("before", "now", "shows"),
    [
        pytest.param(pods(a="1", b="23"), pods(a="1", b="23"), False, id="nothing"),
        pytest.param(pods(b="23"), pods(b="24"), False, id="a-pod-of-the-newest-replaced"),
        pytest.param(pods(a="12"), pods(a="12", b="3"), False, id="the-newest-comes-up"),
        pytest.param(pods(a="12", b="3"), pods(a="1", b="34"), False, id="the-newest-goes-on"),
        pytest.param(pods(b="23"), pods(b="23", c="4"), True, id="another"),
        pytest.param(pods(a="12", b="34"), pods(a="125", b="34"), True, id="an-older-one-grows"),
        pytest.param(pods(a="12", b="34"), pods(a="12"), True, id="the-newest-has-none-left"),
        pytest.param(pods(b="3"), pods(), False, id="scaled-to-nothing"),
        pytest.param(pods(), pods(a="1"), True, id="back-from-nothing-as-another"),
    ],
)
def test_what_pods_tell_of_a_rollout(before: Lineup, now: Lineup, shows: bool) -> None:
    """Those of another ReplicaSet come up, or the newest one's are all gone: then the API is asked."""
    assert rollouts.shows_in(now, before, B) is shows


def test_where_no_revision_is_known_a_new_replica_set_is_a_sign() -> None:
    """Pods that come and go within one are not."""
    assert rollouts.shows_in(pods(a="1", b="2"), pods(a="1"), None)
    assert not rollouts.shows_in(pods(a="2"), pods(a="1"), None)


def known_by(change: RevisionChange | None, newest: KnownRevision | None = B) -> Incident:
    """An incident whose evidence tells of a revision."""
    around = Circumstances(read_at=at(12), change=change, newest=newest)
    opened = engine.opened(IncidentId("1F3K"), a_death())
    return engine.with_evidence(opened, Evidence(death=a_death(), circumstances=around))


def test_what_an_incident_knows_of_is_no_news() -> None:
    """By its evidence, by its chapters, and by what an earlier podbot wrote of it."""
    kept = (a_revision(42, "1.5.0"), a_revision(43, "1.5.1"))
    (change,) = rollouts.news(known_by(None), kept)
    assert change.number == 43
    assert rollouts.news(replace(known_by(None), chapters=(change,)), kept) == ()
    assert rollouts.news(known_by(change, None), kept) == ()


def test_what_began_since_is_news_where_no_revision_was_known() -> None:
    """One that is older than the first death was there before."""
    new = (a_revision(42, "1.5.0", seconds=-60), a_revision(43, "1.5.1", seconds=60))
    old = (a_revision(41, "1.4.1", seconds=-60), a_revision(42, "1.5.0", seconds=0))
    assert [each.number for each in rollouts.news(known_by(None, None), new)] == [43]
    assert rollouts.news(known_by(None, None), old) == ()


def test_only_incidents_of_a_deployment_are_looked_after() -> None:
    """A node is not mended by a rollout; a StatefulSet has no revisions that could be told."""
    incident = known_by(None)
    assert rollouts.followed(incident) is not None
    node = replace(incident.key, scope=Scope.NODE, owner=Owner(kind="Node", name="node-1"))
    assert rollouts.followed(replace(incident, key=node)) is None
    other = replace(incident.key, owner=Owner(kind="StatefulSet", name="db"))
    assert rollouts.followed(replace(incident, key=other)) is None
    assert rollouts.followed(replace(incident, evidence=None)) is None


def dead(seconds: float, replica_set: str = "web-42") -> Death:
    reference = OwnerReference(kind="ReplicaSet", name=replica_set, controller=True)
    return a_death(Cause.ERROR, restart=int(seconds), seconds=seconds, controller=reference)


def test_a_new_pod_of_a_replica_set_that_is_made_anew_is_a_sign() -> None:
    """It has the name of the one before, where the template is the same."""
    before, now = pods(b="23"), pods(anew="4")
    assert rollouts.shows_in(now, before, B)


def test_of_several_incidents_the_least_knowing_is_the_measure() -> None:
    """By the Deployment's own age before the number; one that knows nothing is none."""
    anew = replace(B, number=1, deployment_at=at(50))
    knows_old = known_by(None, replace(B, deployment_at=at(-900)))
    knows_new, knows_none = known_by(None, anew), known_by(None, None)
    for some in ([knows_old, knows_new, knows_none], [knows_none, knows_new, knows_old]):
        assert rollouts.least_knowing(some) is knows_old
    chapter = RevisionChange(number=1, replica_set="web-b", at=at(51), deployment_at=at(50))
    newest = rollouts.known(replace(knows_old, chapters=(chapter,)))
    assert newest is not None
    assert (newest.number, newest.deployment_at) == (1, at(50))


def test_a_pod_of_the_replica_set_before_it_was_made_anew_is_not_one_of_it() -> None:
    """They have the same name; what mended it is what none has died of."""
    reference = OwnerReference(kind="ReplicaSet", name="web-42", uid="old", controller=True)
    told = Told(a_death(seconds=90, controller=reference))
    change = RevisionChange(number=1, replica_set="web-42", replica_set_uid="new", at=at(60), made_anew=True)
    told.give(NewRevision(change=change), 100)
    assert rollouts.mended_by(told.incident) == change
    same = Told(a_death(seconds=90, controller=replace_struct(reference, uid="new")))
    same.give(NewRevision(change=change), 100)
    assert rollouts.mended_by(same.incident) is None


@pytest.mark.parametrize(
    ("last", "mended"),
    [
        pytest.param(dead(50), True, id="nothing-since"),
        pytest.param(dead(90), True, id="a-pod-of-the-one-before-since"),
        pytest.param(dead(90, "web-43"), False, id="a-pod-of-it-since"),
        pytest.param(dead(50, "web-43"), True, id="a-pod-of-what-was-rolled-back-to-before"),
    ],
)
def test_what_mended_it_is_what_none_died_of(last: Death, mended: bool) -> None:
    """The last revision that was rolled out meanwhile, unless its own pods have died since."""
    told = Told(last)
    told.give(NewRevision(change=RevisionChange(number=43, replica_set="web-43", at=at(60))), 100)
    assert (rollouts.mended_by(told.incident) is not None) is mended


CHANGE = change_between((a_revision(42, "1.5.0"), a_revision(43, "1.4.1")))
assert CHANGE is not None


@pytest.mark.parametrize(
    ("changes", "line", "ending"),
    [
        pytest.param(
            {},
            "Revision 43 rolled out: image web:1.5.0 → web:1.4.1",
            ", after revision 43 (image web:1.4.1)",
            id="rollout",
        ),
        pytest.param(
            {"rollback": True, "same_as": 41},
            "Revision 43 rolled out, a rollback to revision 41: image web:1.5.0 → web:1.4.1",
            ", after revision 43 (rollback to image web:1.4.1)",
            id="rollback",
        ),
        pytest.param(
            {"rollback": True, "same_as": 41, "images": (), "env": ("app/LIMIT",)},
            "Revision 43 rolled out, a rollback to revision 41: environment of app: LIMIT changed",
            ", after revision 43 (rollback to revision 41)",
            id="rollback-of-something-else",
        ),
        pytest.param(
            {"rollback": True},
            "Revision 43 rolled out, a rollback: image web:1.5.0 → web:1.4.1",
            ", after revision 43 (rollback to image web:1.4.1)",
            id="rollback-to-nobody-knows-what",
        ),
        pytest.param(
            {"rollback": True, "images": (), "compared": False},
            "Revision 43 rolled out, a rollback",
            ", after revision 43 (rollback)",
            id="rollback-of-which-nothing-is-known",
        ),
        pytest.param(
            {"number": 1, "images": (), "compared": False, "made_anew": True},
            "Revision 1 rolled out, of the Deployment made anew",
            ", after revision 1 (of the Deployment made anew)",
            id="made-anew",
        ),
        pytest.param(
            {"images": (), "compared": False},
            "Revision 43 rolled out",
            ", after revision 43",
            id="nothing-to-compare-with",
        ),
        pytest.param(
            {"images": ((Image(container="a", image="x:1"), Image(container="a", image="x:2")),) * 2},
            "Revision 43 rolled out: image x:1 → x:2; image x:1 → x:2",
            ", after revision 43 (image x:2 and 1 more)",
            id="two-images",
        ),
    ],
)
def test_how_it_is_told(changes: dict[str, object], line: str, ending: str) -> None:
    """In the thread when it is seen, and in short where it is over."""
    assert CHANGE is not None
    change = replace(CHANGE, **changes)  # type: ignore[arg-type]  # fields of RevisionChange
    assert spoken(background.chapter(change)) == line
    assert spoken(background.after(change)) == ending


def test_nothing_is_said_of_no_revision() -> None:
    """Most incidents end by themselves."""
    assert background.after(None) == ()
