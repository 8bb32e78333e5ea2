"""Lists, stories, figures and digests of incidents, as people read them.

The files are tests/golden/incidents/read-*; `UPDATE_GOLDEN=1` writes them anew: read the difference as the
person on call would.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest

from bot.incidents import account, at_home, digest, export, figures, listing, postmortem
from bot.incidents.timeline import timeline
from bot.model.incident_commands import Among, ListIncidents, ShowStats
from bot.model.incidents import Acknowledgement, Ending, Incident, IncidentId, IncidentState, SilenceId
from bot.model.messages import Message, spoken
from bot.model.past import IncidentsListed
from bot.model.people import Names, UsergroupId
from bot.model.silences import Silence, SilenceScope
from bot.model.stories import StoryEntry, StoryKind
from bot.playground.workspace.rules.messages import checked_content
from bot.slack.blocks import render
from tests.support import statistics
from tests.support.accounts import ALICE, an_account, an_incident, flapping
from tests.support.deaths import CLUSTER, a_death
from tests.support.golden import assert_golden
from tests.support.incidents import an_ending
from tests.support.pods import at
from tests.support.reading import as_read
from tests.support.statistics import UNTIL
from tests.support.stores import an_incident as of_deaths

NAMES = Names(people={ALICE: "Alice"}, groups={UsergroupId("S01ONCALL"): "oncall"})


def several() -> tuple[Incident, ...]:
    """One of each kind."""
    held = replace(
        of_deaths("2222", a_death(uid="u2")),
        acknowledged=Acknowledgement(by=ALICE, at=at(60), until=at(9_000)),
    )
    over = replace(
        of_deaths("3333", a_death(uid="u3")), state=IncidentState.RECOVERED, ending=an_ending(1_150)
    )
    return an_incident(), held, over


def listed(*incidents: Incident, page: int = 0, pages: int = 1, total: int | None = None) -> IncidentsListed:
    return IncidentsListed(
        incidents=incidents, page=page, pages=pages, total=len(incidents) if total is None else total
    )


def home() -> Message:
    silence = Silence(
        id=SilenceId("7QTT"),
        scope=SilenceScope(namespace="shop", owner="deployment/cart"),
        author=ALICE,
        reason="load test",
        created_at=at(0),
        until=at(3_600),
        deaths=12,
    )
    alerts = at_home.at_home(listed(*several()[:2], total=9), [silence], CLUSTER)
    assert alerts is not None
    return Message(text=alerts.title, blocks=alerts.blocks)


CASES: dict[str, Callable[[], Message]] = {
    "list-open": lambda: listing.listing(ListIncidents(), listed(*several()[:2]), CLUSTER, partly=False),
    "list-recent-page": lambda: listing.listing(
        ListIncidents(among=Among.RECENT, namespace="shop", owner="web", since=timedelta(hours=24), page=1),
        listed(*several(), page=1, pages=3, total=23),
        CLUSTER,
        partly=True,
    ),
    "list-empty": lambda: listing.listing(ListIncidents(), listed(pages=0), CLUSTER, partly=False),
    "account-open": lambda: account.account(an_account(over=False), route="shop-critical"),
    "account-over": lambda: account.account(an_account()),
    "account-flapping": lambda: account.account(flapping(60)),
    "account-of-a-week": lambda: account.account(flapping(7 * 24 * 60)),
    "stats-none": lambda: figures.figures(statistics.NONE, ShowStats()),
    "stats-few": lambda: figures.figures(statistics.FEW, ShowStats(), picture=b"png"),
    "stats-many": lambda: figures.figures(statistics.MANY, ShowStats(), picture=b"png", partly=True),
    "digest": lambda: digest.digest_message(
        statistics.FEW, UNTIL - timedelta(days=7), UNTIL, before=statistics.MANY, picture=b"png"
    ),
    "digest-of-a-quiet-week": lambda: digest.digest_message(
        statistics.NONE, UNTIL - timedelta(days=7), UNTIL, before=statistics.NONE
    ),
    "home": home,
}

FILES: dict[str, Callable[[], str]] = {
    "postmortem.md": lambda: postmortem.document(an_account(), names=NAMES),
    "postmortem-open.md": lambda: postmortem.document(an_account(over=False), with_log=False),
    "export.json": lambda: export.document(an_account(), NAMES),
}


def as_told(message: Message) -> str:
    files = [f"file {each.filename} ({each.title}): {each.alt}\n" for each in message.attachments]
    return as_read(message) + "".join(files)


@pytest.mark.parametrize("name", CASES)
def test_it_reads_as_it_was_found_right(name: str) -> None:
    """Each answer, as a person reads it."""
    assert_golden(f"incidents/read-{name}.txt", as_told(CASES[name]()))


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_as_it_was_found_right(name: str) -> None:
    """Each export, whole."""
    assert_golden(f"incidents/read-{name}", FILES[name]())


@pytest.mark.parametrize("name", CASES)
def test_slack_takes_it(name: str) -> None:
    """Within every limit of Slack's, and without a file for what was too long."""
    message = CASES[name]()
    drawn = render(message)
    checked_content({"text": drawn.text, "blocks": list(drawn.blocks)})
    assert len(drawn.attachments) == len(message.attachments)


def test_of_what_is_not_watched_any_more_nobody_knows_how_long_it_lasted() -> None:
    """Neither a list nor an export says more than that."""
    ending = Ending(since=at(900), words="not watched", unwatched=True)
    over = replace(of_deaths("3333", a_death(uid="u3")), state=IncidentState.GONE, ending=ending)
    listed_so = as_read(listing.listing(ListIncidents(), listed(over), CLUSTER, partly=False))
    assert "Not watched any more · web" in listed_so
    told = replace(an_account(), incident=over)
    document = postmortem.document(told, names=NAMES)
    assert "not watched any more" in document
    assert "lasted" not in f"{listed_so}{document}".lower()


def extreme() -> Incident:
    long = "n" * 253
    first, *more = [a_death(uid=f"{number}", namespace=long, pod=long) for number in range(40)]
    incident = replace(of_deaths("1F3K", first, *more), nodes=(long,) * 20)
    owner = msgspec.structs.replace(incident.key.owner, name=long)
    return replace(
        incident,
        id=IncidentId("ZZZZZZZ"),
        key=replace(incident.key, namespace=long, owner=owner, cluster=CLUSTER.__class__("c" * 200)),
    )


EXTREMES: dict[str, Callable[[], Message]] = {
    "list": lambda: listing.listing(
        ListIncidents(namespace="n" * 253, owner="o" * 253),
        listed(*[extreme()] * 10, pages=9_999_999, total=99_999_999),
        CLUSTER,
        partly=True,
    ),
    "account": lambda: account.account(replace(flapping(7 * 24 * 60), incident=extreme())),
    "figures": lambda: figures.figures(statistics.LONG_NAMES, ShowStats(namespace="n" * 253), picture=b"png"),
    "digest": lambda: digest.digest_message(
        statistics.LONG_NAMES, UNTIL - timedelta(days=7), UNTIL, picture=b"png"
    ),
}


def test_a_timeline_counts_each_death_once() -> None:
    """With what opened it, with what came back and with what it took in, or in lines of their own."""
    told = an_account()
    again = StoryEntry(number=7, at=at(200), kind=StoryKind.REOPENED, deaths=2)
    took_in = StoryEntry(number=8, at=at(205), kind=StoryKind.TOOK_IN, deaths=3, other=IncidentId("9Q2F"))
    lines = [spoken(each.line) for each in timeline(replace(told, story=(*told.story, again, took_in)))]
    counted = [int(found[1]) for line in lines if (found := re.search(r"(\d+) (?:further )?death", line))]
    assert sum(counted) == len(told.deaths)
    assert "Opened with 1 death, OOMKilled: web-7d4b9c-uid-0, exit 137" in lines
    assert {"It is back", "Incident 9Q2F is part of it"} <= set(lines)


@pytest.mark.parametrize("name", EXTREMES)
def test_slack_takes_extremes(name: str) -> None:
    """The longest names that there can be, and a page full of them."""
    drawn = render(EXTREMES[name]())
    checked_content({"text": drawn.text, "blocks": list(drawn.blocks)})
    for each in drawn.attachments:
        assert len(each.alt) <= 1_000


def test_nothing_at_home_is_no_section() -> None:
    """A quiet day has no heading for it."""
    assert at_home.at_home(listed(pages=0), [], CLUSTER) is None


def test_a_silence_elsewhere_is_not_at_home() -> None:
    """Its own cluster shows it."""
    silence = Silence(
        id=SilenceId("1"),
        scope=SilenceScope(cluster="prod-*"),
        author=ALICE,
        created_at=at(0),
        until=at(60),
    )
    other = replace(silence, scope=SilenceScope(cluster="staging"))
    assert at_home.at_home(listed(pages=0), [silence], CLUSTER) is not None
    assert at_home.at_home(listed(pages=0), [other], CLUSTER) is None
