"""What revisions of a Deployment changed, one beside the other, a rollback among them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.model.revisions import (
    Revision,
    RevisionChange,
    change_between,
    changes_after,
    changes_since,
    is_later,
    newest_of,
)
from tests.support.pods import at
from tests.support.surroundings import a_revision

FIRST, SECOND = a_revision(41, "1.4.1", seconds=0), a_revision(42, "1.5.0", seconds=60)
THIRD = a_revision(43, "1.5.1", seconds=120)
AGAIN = replace(FIRST, number=43, earlier=(41,))
"""The first one, rolled back to."""


def tags(kept: tuple[Revision, ...], since: int) -> list[tuple[int, str]]:
    """Number, and the last image before and after, of each change."""
    return [
        (each.number, " ".join(f"{old.image[-5:]} {new.image[-5:]}" for old, new in each.images))
        for each in changes_since(kept, since)
    ]


@pytest.mark.parametrize(
    ("kept", "since", "told"),
    [
        pytest.param((FIRST, SECOND), 42, [], id="nothing-new"),
        pytest.param((THIRD, FIRST, SECOND), 42, [(43, "1.5.0 1.5.1")], id="one"),
        pytest.param((THIRD, FIRST, SECOND), 41, [(42, "1.4.1 1.5.0"), (43, "1.5.0 1.5.1")], id="two"),
        pytest.param((AGAIN, SECOND), 41, [(42, "1.4.1 1.5.0"), (43, "1.5.0 1.4.1")], id="and-back-again"),
        pytest.param((THIRD,), 42, [(43, "")], id="nothing-to-compare-with"),
    ],
)
def test_each_revision_is_held_against_the_one_before(
    kept: tuple[Revision, ...], since: int, told: list[tuple[int, str]]
) -> None:
    """Oldest first, by the numbers that a ReplicaSet has and had."""
    assert tags(kept, since) == told


def test_a_rollback_says_what_it_is_once_more() -> None:
    """By the numbers that its ReplicaSet had; the last of them is what people know it by."""
    (change,) = changes_since((replace(AGAIN, earlier=(39, 41)), SECOND), 42)
    assert (change.rollback, change.same_as, change.replica_set) == (True, 41, "web-41")


def test_a_rollback_whose_numbers_are_not_kept() -> None:
    """A ReplicaSet that is older than the revision before it was there already."""
    (change,) = changes_since((replace(FIRST, number=43), SECOND), 42)
    assert (change.rollback, change.same_as) == (True, None)


def test_what_was_rolled_out_is_no_rollback() -> None:
    """Nor is one that cannot be compared, which is no change that anything can be put down to."""
    (change,) = changes_since((THIRD, SECOND), 42)
    assert not change.rollback
    (alone,) = changes_since((THIRD,), 42)
    assert (alone.compared, alone.rollback) == (False, False)
    assert change_between((THIRD,)) is None


def test_the_newest_has_the_greatest_number() -> None:
    """In whatever order they come; of none there is none."""
    newest = newest_of((AGAIN, SECOND))
    assert newest is not None
    assert (newest.number, newest.replica_set) == (43, "web-41")
    assert newest_of(()) is None


def of_one_made_at(seconds: float, *kept: Revision) -> tuple[Revision, ...]:
    return tuple(replace(each, deployment_at=at(seconds)) for each in kept)


def test_those_of_a_deployment_that_is_made_anew_are_all_news() -> None:
    """Its numbers begin at 1 again, and are not held against those of the one before."""
    (known,) = map(newest_of, [of_one_made_at(-900, FIRST, SECOND)])
    assert known is not None
    anew = of_one_made_at(90, a_revision(1, "1.5.1", seconds=91), a_revision(2, "1.5.2", seconds=120))
    told = changes_after(anew, known)
    assert [(each.number, each.made_anew, each.compared) for each in told] == [
        (1, True, False),
        (2, False, True),
    ]
    for each in told:
        assert is_later(each, known)
        assert not is_later(known, each)
    newest = newest_of(anew)
    assert newest is not None
    assert changes_after(anew, newest) == ()
    assert changes_after(of_one_made_at(-900, THIRD), newest) == (), "read before it was made anew"
    assert [each.number for each in changes_after(of_one_made_at(-900, SECOND, THIRD), known)] == [43]


def test_what_was_written_down_without_a_time_is_held_against_others_by_its_number() -> None:
    """Nobody knows which Deployment it was of."""
    old, new = RevisionChange(number=42, at=at(0)), RevisionChange(number=1, at=at(60), deployment_at=at(50))
    assert is_later(old, new)
    assert not is_later(new, old)
