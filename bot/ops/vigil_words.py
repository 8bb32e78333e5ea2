"""What podbot says of its own troubles, by subject (`condition.troubles` has them). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.model import durations
from bot.model.letters import KeptLetter, Letter, LetterKey, Urgency
from bot.model.messages import Inline, Line, Message, Moment, Paragraph, Text, spoken
from bot.model.people import ChannelId
from bot.ops.episodes import RECALLED_OVER_AFTER, Announcement, Episode, Instant
from bot.outbox.wording import OWN

LONGEST_PROBLEM = 300

_ABOUT = "podbot/"
_STAMP = "%Y%m%dT%H%M%S"
"""How a letter's key names its episode: by subject and first moment."""


def letter(said: Announcement, channel: ChannelId) -> Letter:
    """The letter to the operator: one message an episode, kept true. `recalled` reads it."""
    episode = said.episode
    line = words(said)
    return Letter(
        key=key(episode),
        cluster=OWN,
        channel=channel,
        message=Message(text=spoken(line), blocks=(Paragraph(lines=(line,)),)),
        revision=episode.revision,
        urgency=Urgency.NORMAL,
        created_at=episode.since.at,
        final=said.over,
    )


def recalled(kept: Iterable[KeptLetter], now: Instant) -> Mapping[str, Episode]:
    """The episodes, by subject, of which letters of a process that has ended say that they last.

    What letters do not tell, such as how often one came, begins anew.
    """
    found: dict[str, Episode] = {}
    for each in (one.letter for one in kept if not one.letter.final):
        subject, first = _parsed(each.key)
        if first is None:
            continue  # a key of another version of podbot, whose message stays as it is
        since = min(each.created_at, now.at)
        found[subject] = Episode(
            subject=subject,
            first=Instant(at=first, tick=now.tick),
            since=Instant(at=since, tick=now.tick - (now.at - since).total_seconds()),
            problem="",
            told=True,
            revision=each.revision,
            over_after=RECALLED_OVER_AFTER,
        )
    return found


def key(episode: Episode) -> LetterKey:
    """Which message tells of it."""
    return LetterKey(f"{_ABOUT}{episode.subject}/{episode.first.at.astimezone(UTC):{_STAMP}}")


def subject_of(letter: LetterKey) -> str:
    """The subject that a key names; empty where another version of podbot has named it."""
    subject, first = _parsed(letter)
    return subject if first is not None else ""


def words(said: Announcement) -> Line:
    """A sentence or two, with moments that each reader sees in their own zone."""
    episode = said.episode
    subject, name = _parts(episode.subject)
    of = _SUBJECTS.get(subject, _OTHER)
    if said.over and episode.well_since is not None:
        span = _span(episode.since.at, episode.well_since.at)
        return (Text(f"podbot itself: {of.was.format(name)} "), *span, Text(f"; {of.now}."), *_again(episode))
    problem = " ".join(episode.problem.split()).rstrip(".")
    shown = problem if len(problem) <= LONGEST_PROBLEM else problem[:LONGEST_PROBLEM] + "…"
    consequence = f" {of.meanwhile}" if of.meanwhile else ""
    return (
        Text(f"podbot itself: {of.has_been.format(name)} since "),
        Moment(episode.since.at),
        Text(f": {shown}.{consequence}"),
        *_again(episode),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Words:
    """What is said of one kind of subject; `{}` is its name."""

    has_been: str
    meanwhile: str = ""
    was: str
    now: str


_ANNOUNCED = "what died meanwhile has been announced"

_SUBJECTS = {
    "start": _Words(
        has_been="it has been waiting for its store, and has watched nothing,",
        meanwhile="What dies meanwhile is announced once the store answers.",
        was="it waited for its store, and watched nothing,",
        now=_ANNOUNCED,
    ),
    "watch": _Words(
        has_been="{} has not been watched",
        meanwhile="What dies there is announced once it is watched again.",
        was="{} was not watched",
        now=_ANNOUNCED,
    ),
    "name": _Words(
        has_been="{} has been neither watched nor announced",
        meanwhile="What dies there is not told.",
        was="{} was neither watched nor announced",
        now="it is watched now",
    ),
    "lease": _Words(
        has_been="it cannot be told who leads {}",
        meanwhile="What dies there may be announced late.",
        was="it could not be told who leads {}",
        now=_ANNOUNCED,
    ),
    "store": _Words(
        has_been="nothing can be saved",
        meanwhile="Alerts go out from memory, which a restart would lose.",
        was="nothing could be saved",
        now="what was in memory is being saved",
    ),
    "backlog": _Words(
        has_been="what was left unsaid of {} is not known yet",
        meanwhile="New incidents are told; what changed in older ones waits.",
        was="what was left unsaid of {} was not known",
        now="it is being said",
    ),
    "slack": _Words(
        has_been="Slack takes nothing",
        meanwhile="What is to be said waits.",
        was="Slack took nothing",
        now="what waited is being said",
    ),
    "connection": _Words(
        has_been="nothing comes in from Slack",
        meanwhile="Commands and buttons are not heard; alerts go out.",
        was="nothing came in from Slack",
        now="commands and buttons are heard again",
    ),
    "channel": _Words(
        has_been="nothing gets through to the channel {}",
        meanwhile="What is to be said there waits.",
        was="nothing got through to the channel {}",
        now="what waited is being said",
    ),
    "webhook": _Words(
        has_been="the webhook {} takes no pages",
        meanwhile="They are tried without end.",
        was="the webhook {} took no pages",
        now="what waited is being sent",
    ),
    "fallback": _Words(
        has_been="the fallback webhook takes nothing",
        was="the fallback webhook took nothing",
        now="it does again",
    ),
    "heartbeat": _Words(
        has_been="the heartbeat's address cannot be reached",
        was="the heartbeat's address could not be reached",
        now="it is being called again",
    ),
}
_OTHER = _Words(has_been="trouble with {}", was="there was trouble with {}", now="it is over")


def _parsed(letter: LetterKey) -> tuple[str, datetime | None]:
    subject, _, stamp = letter.removeprefix(_ABOUT).rpartition("/")
    try:
        return subject, datetime.strptime(stamp, _STAMP).replace(tzinfo=UTC)
    except ValueError:
        return subject, None


def _parts(subject: str) -> tuple[str, str]:
    """A subject's kind and its name: `watch of prod-eu`, `channel C0123ABCD`; what is unknown is all name."""
    kind, _, name = subject.partition(" ")
    return (kind, name.removeprefix("of ")) if kind in _SUBJECTS else ("", subject)


def _span(since: datetime, until: datetime) -> Line:
    dated = since.date() != until.date()
    lasted = durations.in_words(until - since)
    moments: tuple[Inline, ...] = (
        Moment(since, with_date=dated),
        Text(" to "),
        Moment(until, with_date=dated),
    )
    return (Text("from "), *moments, Text(f" ({lasted})"))


def _again(episode: Episode) -> Line:
    if episode.times == 1:
        return ()
    # A clock that was put back has the episode begin later than it came last.
    first = min(episode.first.at, episode.since.at)
    return (Text(f" It came {episode.times} times since "), Moment(first), Text("."))
