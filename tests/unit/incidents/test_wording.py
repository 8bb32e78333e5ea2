"""What is said of incidents, as letters: which, where, in whose thread, and how urgent."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.incidents import announce, engine
from bot.incidents.effects import CallRoute, Mention, SecondChannel, Show, Tell
from bot.incidents.held import Held
from bot.incidents.wording import call_at_opening, key_of, letters_of, own_letters
from bot.model.incidents import Attention, Incident, IncidentId, IncidentState
from bot.model.letters import Urgency
from bot.model.messages import Message
from bot.model.people import ChannelId, UsergroupId
from bot.model.routes import Route
from bot.model.stories import StoryEntry, StoryKind
from tests.support.deaths import a_death
from tests.support.incidents import an_ending
from tests.support.pods import at
from tests.support.reading import as_read

ON_CALL = UsergroupId("S01")
FIRST, SECOND = ChannelId("C1"), ChannelId("C2")


def a_held(route: Route | None = None, **changes: object) -> Held:
    incident = replace(engine.opened(IncidentId("1F3K"), a_death()), **changes)  # type: ignore[arg-type]
    return Held(incident=incident, route=route or Route(channels=(FIRST,)))


def test_each_channel_of_the_route_has_a_message_of_its_own() -> None:
    """The first is the one whose thread tells the story."""
    held = a_held(Route(channels=(FIRST, SECOND)))
    letters = own_letters(held, at(0), unsaved=False)
    assert [(each.key, each.channel) for each in letters] == [
        ("incident/1F3K", FIRST),
        ("incident/1F3K/in/C2", SECOND),
    ]
    assert {each.urgency for each in letters} == {Urgency.CRITICAL}


def test_what_is_not_shown_is_not_said() -> None:
    """It is silent, or a storm's digest tells of it; and what goes nowhere is muted."""
    assert own_letters(a_held(shown=False), at(0), unsaved=False) == ()
    assert own_letters(a_held(Route(channels=())), at(0), unsaved=False) == ()


def test_what_another_incident_tells_of_is_only_edited() -> None:
    """A message that was never posted need not be posted to say that it is part of another."""
    held = a_held()
    held.incident = engine.merged(held.incident, IncidentId("OTHER"), at(5))
    assert [each.edit_only for each in own_letters(held, at(5), unsaved=False)] == [True]


def test_a_letter_is_as_old_as_its_incident_and_says_whether_somebody_waits_for_it() -> None:
    """Whatever its wording: a post of it whose outcome is unknown is looked for since then."""
    held = a_held()
    (letter,) = own_letters(held, at(500), unsaved=False)
    assert (letter.created_at, letter.awaited) == (held.incident.first_at, False)
    held.pressed_at = at(499)
    (letter,) = own_letters(held, at(500), unsaved=False)
    assert letter.awaited


def test_an_entry_of_the_story_is_a_quiet_reply() -> None:
    """Unless it is not meant for the thread at all."""
    held = a_held()
    aloud = StoryEntry(number=2, at=at(1), kind=StoryKind.DIED, aloud=True, deaths=3)
    (letter,) = letters_of(held, Tell(entry=aloud), at(1))
    assert (letter.key, letter.thread) == ("incident/1F3K/story/2", key_of(held.incident))
    assert (letter.urgency, letter.final) == (Urgency.QUIET, True)
    silent = StoryEntry(number=3, at=at(1), kind=StoryKind.DIED, aloud=False, deaths=3)
    assert list(letters_of(held, Tell(entry=silent), at(1))) == []
    assert list(letters_of(held, Show(urgency=Urgency.NORMAL), at(1))) == []


def test_who_is_called_is_called_at_once_and_once() -> None:
    """The step names the letter, so that a repeated write calls nobody twice."""
    held = a_held()
    (mention,) = letters_of(held, Mention(step="page/0", groups=(ON_CALL,)), at(1))
    assert (mention.key, mention.urgency) == ("incident/1F3K/call/page/0", Urgency.CRITICAL)
    (again,) = letters_of(held, SecondChannel(step="2/page/1", channel=SECOND, again=True), at(1))
    assert (again.channel, again.thread, again.broadcast) == (SECOND, "incident/1F3K/second/C2", True)
    assert again.key != mention.key


def test_a_second_channel_has_a_message_that_is_kept_up_to_date() -> None:
    """A letter of the incident's revision: what one has to know, the way to its message, and the button."""
    held = a_held(attention=Attention(unattended_since=at(10), channels=(SECOND,)))
    own, second = own_letters(held, at(1), unsaved=False, link=lambda key: f"https://slack.example/{key}")
    assert (second.key, second.channel, second.thread) == ("incident/1F3K/second/C2", SECOND, None)
    assert (second.revision, second.urgency, second.final) == (own.revision, Urgency.CRITICAL, False)
    assert (own.incident, second.incident) == ("1F3K", None), "the deaths are announced by its own message"
    said = as_read(second.message)
    assert "https://slack.example/incident/1F3K" in repr(second.message)
    assert "app: exit 1" in said
    assert "[ Acknowledge ]" in said
    held.incident = replace(held.incident, revision=9, state=IncidentState.RECOVERED, ending=an_ending(60))
    own, second = own_letters(held, at(61), unsaved=False)
    assert second.revision == 9
    assert "🟢" in as_read(second.message)
    assert "[ Acknowledge ]" not in as_read(second.message)


def test_a_channel_that_has_the_incident_anyway_is_called_in_its_thread() -> None:
    """Two messages of one incident in one channel would each be half of it."""
    held = a_held(Route(channels=(FIRST, SECOND)), attention=Attention(channels=(SECOND,)))
    assert [each.channel for each in own_letters(held, at(1), unsaved=False)] == [FIRST, SECOND]
    (call,) = letters_of(held, SecondChannel(step="page/1", channel=SECOND), at(1))
    assert (call.channel, call.thread, call.broadcast) == (SECOND, "incident/1F3K/in/C2", True)


def test_the_route_calls_once_more_what_is_back() -> None:
    """A letter of its own for each spell: one of the same key would be taken for the same call."""
    held = a_held(Route(channels=(FIRST,), groups=(ON_CALL,)))
    (call,) = letters_of(held, CallRoute(spell=2), at(1))
    assert (call.key, call.thread) == ("incident/1F3K/call/route/2", "incident/1F3K")
    assert "It is back: Error · web" in call.message.text
    assert list(letters_of(a_held(), CallRoute(spell=2), at(1))) == []


def test_the_route_calls_what_was_silent_as_if_it_opened() -> None:
    """It is not back: nobody has heard of it."""
    held = a_held(Route(channels=(FIRST,), groups=(ON_CALL,)))
    (call,) = letters_of(held, CallRoute(spell=1, again=False), at(1))
    assert call.key == "incident/1F3K/call/route/1"
    assert "Error · web" in call.message.text
    assert "back" not in call.message.text


def test_the_route_calls_when_the_incident_is_shown() -> None:
    """Nobody is called for what is silent."""
    route = Route(channels=(FIRST,), groups=(ON_CALL,))
    assert [each.key for each in call_at_opening(a_held(route), at(0))] == ["incident/1F3K/call/route"]
    assert list(call_at_opening(a_held(route, shown=False), at(0))) == []
    assert list(call_at_opening(a_held(), at(0))) == []


def test_what_cannot_be_worded_is_said_barely(monkeypatch: pytest.MonkeyPatch) -> None:
    """A mistake of ours about one death must not silence it."""

    def stumble(incident: Incident, **_: object) -> Message:
        raise KeyError(incident.id)

    monkeypatch.setattr(announce, "message", stumble)
    (letter,) = own_letters(a_held(), at(0), unsaved=False)
    assert "could not word it" in letter.message.text
