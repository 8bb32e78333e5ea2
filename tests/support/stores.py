"""Stores of both kinds for tests, and what incidents, the outbox and the watch have to keep."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from bot.incidents import engine
from bot.incidents.records import Batch, KeptIncident, RecordedDeath
from bot.incidents.recovery import followed
from bot.model.deaths import Death
from bot.model.incidents import Incident, IncidentId
from bot.model.leadership import Term
from bot.model.letters import Letter, LetterKey, Posted
from bot.model.messages import Message, Paragraph, bold
from bot.model.people import ChannelId, MessageTs
from bot.model.pods import ClusterName
from bot.pods.audit import Entry
from bot.store.leader import LeaderStore
from bot.store.store import Store, open_store
from tests.support.clock import HeldClock
from tests.support.deaths import CLUSTER
from tests.support.pods import at

DATABASES = (
    pytest.param("sqlite"),
    pytest.param("postgresql", marks=pytest.mark.postgres),
)


class Entries:
    """The log's part of the audit."""

    def __init__(self) -> None:
        self.seen: list[Entry] = []

    def record(self, entry: Entry) -> None:
        self.seen.append(entry)


@pytest.fixture(params=DATABASES)
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'podbot.db'}"
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture
def held_clock() -> HeldClock:
    """The store's clock."""
    return HeldClock()


@pytest.fixture
async def store(store_url: str, held_clock: HeldClock) -> AsyncIterator[Store]:
    """An open store; `run` is not running."""
    async with open_store(store_url, clock=held_clock, audit_log=Entries()) as opened:
        yield opened


@pytest.fixture
def kept(store: Store) -> LeaderStore:
    """What the first leader of a cluster keeps."""
    return store.term(CLUSTER, Term(1))


def an_incident(identity: str, first: Death, *more: Death) -> Incident:
    """An incident of these deaths."""
    incident = engine.opened(IncidentId(identity), first)
    for death in more:
        incident = engine.with_death(incident, death)
    return incident


def a_letter(
    incident: Incident | None = None,
    *,
    key: str = "",
    revision: int = 1,
    cluster: ClusterName = CLUSTER,
    **changes: Any,  # fields of `Letter`, whose own types check them where they are read
) -> Letter:
    """An incident's letter as it stands, or another."""
    letter = Letter(
        key=LetterKey(key or (f"incident/{incident.id}" if incident else "word")),
        cluster=cluster,
        channel=ChannelId("C01INCIDENTS"),
        message=Message(text="web died", blocks=(Paragraph(((bold("web"),),)),)),
        revision=incident.revision if incident else revision,
        incident=incident.id if incident else None,
        created_at=at(0),
    )
    return replace(letter, **changes)


def a_batch(incident: Incident, *deaths: Death, **changes: Any) -> Batch:  # fields of `Batch`, likewise
    """What one look brings to be written: deaths, their incident as it then stands, and its letter."""
    batch = Batch(
        deaths=tuple(
            RecordedDeath(death=each, incident=incident.id, told_by=incident.id, revision=incident.revision)
            for each in deaths
        ),
        incidents=(KeptIncident(incident=incident, followings=(followed(None, incident.latest),)),),
        letters=(a_letter(incident),),
    )
    return replace(batch, **changes)


def posted(revision: int, *, tried_at: datetime | None = None) -> Posted:
    """How far a letter has come that Slack has."""
    return Posted(
        revision=revision,
        channel=ChannelId("C01INCIDENTS"),
        ts=MessageTs("1795356000.000100"),
        tried_at=tried_at,
    )
