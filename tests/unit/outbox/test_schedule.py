"""When to say what, and what first."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model.letters import KeptLetter, LetterKey, Posted, Urgency
from bot.outbox.schedule import (
    CALM_AFTER,
    LONGEST_BACKOFF,
    LONGEST_ORDER,
    SLOWEST_UPDATES,
    UPDATE_EVERY,
    Allowance,
    Holds,
    Waiting,
    backoff,
    first_turn,
    in_order,
    ordered_pause,
    pause_after,
)
from tests.support.outbox import a_letter

NOW = 100.0
TIMES = st.floats(min_value=0, max_value=200)
LETTERS = st.lists(
    st.builds(
        Waiting,
        urgency=st.sampled_from(Urgency),
        stands=st.booleans(),
        thread=st.none() | st.sampled_from([LetterKey("a"), LetterKey("b")]),
        blocked=st.booleans(),
        not_before=st.just(0.0) | TIMES,
        sent_at=st.none() | TIMES,
        pause=st.sampled_from([UPDATE_EVERY, 4.0, SLOWEST_UPDATES]),
        awaited=st.booleans(),
    ),
    max_size=12,
)
HOLDS = st.builds(Holds, posts=TIMES, updates=TIMES, awaited=TIMES)


@pytest.mark.parametrize(
    ("failures", "retry_after", "pause"),
    [
        (1, None, 1.0),
        (2, None, 2.0),
        (5, None, 16.0),
        (7, None, LONGEST_BACKOFF),
        (10_000, None, LONGEST_BACKOFF),
        (1, 30.0, 30.0),
        (9, 0.0, 0.0),
        (1, -1.0, 0.0),
        (1, 86_400.0, LONGEST_BACKOFF),
        (1, float("inf"), LONGEST_BACKOFF),
    ],
)
def test_pauses_double_up_to_a_minute_and_slacks_word_wins(
    failures: int, retry_after: float | None, pause: float
) -> None:
    """A word of how long Slack will be away is believed, up to the same minute."""
    assert backoff(failures, retry_after) == pause


@pytest.mark.parametrize(
    ("retry_after", "pause"),
    [(17.0, 17.0), (-1.0, 0.0), (86_400.0, LONGEST_ORDER), (float("inf"), LONGEST_ORDER)],
)
def test_too_many_requests_is_an_order_for_some_minutes(retry_after: float, pause: float) -> None:
    """It is obeyed to the second; what nobody can have meant does not silence podbot."""
    assert ordered_pause(retry_after) == pause


@given(LETTERS, HOLDS)
def test_whoever_has_the_turn_may_go_now(letters: list[Waiting], holds: Holds) -> None:
    """Neither pace nor Retry-After nor a backoff is ever overridden, however urgent a letter is."""
    index, at = first_turn(letters, NOW, holds)
    if index is None:
        assert at > NOW
        return
    letter = letters[index]
    assert not letter.blocked
    assert letter.not_before <= NOW
    updates = holds.awaited if letter.awaited else holds.updates
    assert (updates if letter.stands else holds.posts) <= NOW
    if letter.stands and letter.sent_at is not None:
        assert letter.sent_at + (UPDATE_EVERY if letter.awaited else letter.pause) <= NOW


def test_what_changes_all_the_time_is_updated_five_times_in_its_first_half_minute() -> None:
    """Posted at 0, with something new at every moment: soon at first, then at a steady pace."""
    at, pause, updates = 0.0, pause_after(UPDATE_EVERY, None), []
    while (at := at + pause) < 60:
        updates.append(at)
        pause = pause_after(pause, pause)
    assert updates == [2, 6, 14, 22, 30, 38, 46, 54]


@pytest.mark.parametrize(
    ("pause", "quiet_for", "next_pause"),
    [
        pytest.param(UPDATE_EVERY, None, UPDATE_EVERY, id="just posted"),
        pytest.param(UPDATE_EVERY, UPDATE_EVERY, 4.0, id="changes again at once"),
        pytest.param(SLOWEST_UPDATES, SLOWEST_UPDATES, SLOWEST_UPDATES, id="goes on changing"),
        pytest.param(SLOWEST_UPDATES, CALM_AFTER, UPDATE_EVERY, id="was quiet for a while"),
    ],
)
def test_the_pause_between_updates_grows_while_there_is_no_quiet(
    pause: float, quiet_for: float | None, next_pause: float
) -> None:
    """Nobody reads a message that changes under their eyes; what was quiet is up to date at once."""
    assert pause_after(pause, quiet_for) == next_pause


@given(LETTERS, HOLDS)
def test_a_reply_never_overtakes_an_earlier_one_of_its_thread(letters: list[Waiting], holds: Holds) -> None:
    """Not even where the earlier one has to wait and the later one is more urgent."""
    index, _ = first_turn(letters, NOW, holds)
    if index is not None and not letters[index].stands and letters[index].thread is not None:
        assert all(each.stands or each.thread != letters[index].thread for each in letters[:index])


def test_what_somebody_waits_for_goes_before_all_that_changes_by_itself() -> None:
    """Not before its own two seconds are over, and not before Slack takes it."""
    page = Waiting(urgency=Urgency.CRITICAL, stands=False)
    changed = Waiting(urgency=Urgency.CRITICAL, stands=True)
    pressed = Waiting(
        urgency=Urgency.NORMAL, stands=True, sent_at=NOW - UPDATE_EVERY, pause=SLOWEST_UPDATES, awaited=True
    )
    free = Holds(posts=0.0, updates=0.0, awaited=0.0)
    assert first_turn([page, changed, pressed], NOW, free) == (2, NOW)
    just_now = replace(pressed, sent_at=NOW - 0.5)
    assert first_turn([just_now], NOW, free) == (None, NOW + 1.5)
    spent = Holds(posts=NOW + 9, updates=NOW + 9, awaited=NOW + 1)
    assert first_turn([page, changed, pressed], NOW, spent) == (None, NOW + 1)


@given(LETTERS)
def test_nothing_more_urgent_could_have_gone(letters: list[Waiting]) -> None:
    """Where all may go at once, the most urgent goes, and among equals a new message before an update."""
    free = [
        Waiting(urgency=each.urgency, stands=each.stands, thread=None if each.stands else each.thread)
        for each in letters
    ]
    index, _ = first_turn(free, NOW, Holds(posts=0.0, updates=0.0, awaited=0.0))
    if index is None:
        assert not free
        return
    heads = [
        each
        for at, each in enumerate(free)
        if each.thread is None or all(other.thread != each.thread for other in free[:at])
    ]
    assert (free[index].urgency, free[index].stands) == min((each.urgency, each.stands) for each in heads)


@given(LETTERS, HOLDS)
def test_looking_again_at_the_time_named_is_neither_late_nor_in_vain(
    letters: list[Waiting], holds: Holds
) -> None:
    """At that time somebody may go, and nobody could have gone before."""
    index, at = first_turn(letters, NOW, holds)
    if index is None and at < float("inf"):
        assert first_turn(letters, at, holds)[0] is not None
        assert first_turn(letters, (NOW + at) / 2, holds)[0] is None or (NOW + at) / 2 >= at


@given(st.lists(st.floats(min_value=0, max_value=30), max_size=200))
def test_updates_keep_to_fifty_in_any_minute(pauses: list[float]) -> None:
    """Whenever somebody wants to update, they wait until they may."""
    now, allowance, times = 0.0, Allowance(), []
    for pause in pauses:
        now = allowance.free_at(now + pause)
        allowance = allowance.spent(now)
        times.append(now)
    assert all(sum(start <= at < start + 60 for at in times) <= 50 for start in times)


def test_kept_letters_go_oldest_thread_first_and_replies_by_their_numbers() -> None:
    """A reply that was worded anew is not said after a later one."""
    later = timedelta(minutes=1)
    ages = {
        "b": later * 2,
        "b/2": later * 3,
        "b/10": later * 4,
        "a": later,
        "a/2": later * 9,
        "a/9": later * 5,
    }
    letters = [a_letter(key, thread=key[0] if "/" in key else None) for key in ages]
    kept = [
        KeptLetter(letter=replace(letter, created_at=letter.created_at + ages[letter.key]), posted=Posted())
        for letter in reversed(letters)
    ]
    assert [each.letter.key for each in in_order(kept)] == ["a", "a/2", "a/9", "b", "b/2", "b/10"]
