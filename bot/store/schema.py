"""The tables as they are now. How a database gets there is in `migrations`; a test compares the two.

What is asked for by a column has a column of its own; the value itself is in `body`, as `codec` writes it.
What belongs to a cluster begins its key with it, so that the leaders of several clusters share a database.
"""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Index,
    Integer,
    MetaData,
    Table,
    and_,
    false,
    or_,
)

from bot.store.columns import Moment, Number, Words

metadata = MetaData(
    naming_convention={"ix": "%(table_name)s_by_%(column_0_N_name)s", "pk": "%(table_name)s_key"}
)

deaths = Table(
    "deaths",
    metadata,
    Column("cluster", Words, primary_key=True),
    Column("uid", Words, primary_key=True),
    Column("container", Words, primary_key=True),
    Column("restart", Integer, primary_key=True, autoincrement=False),
    # Empty for the end of a run, of which there is one. A pod may be stuck again and again under one
    # identity, so there it is `cause/incident`.
    Column("occasion", Words, primary_key=True, server_default=""),
    Column("namespace", Words, nullable=False),
    Column("pod", Words, nullable=False),
    # NULL for a death that nobody saw: the restart count had gone up by more than one.
    Column("cause", Words),
    Column("exit_code", Integer),
    Column("signal", Integer),
    Column("started_at", Moment),
    Column("finished_at", Moment),
    Column("seen_at", Moment, nullable=False),
    Column("announced_at", Moment),
    Column("incident", Words, nullable=False),
    # The incident whose message tells it, and the first revision of that one which does.
    Column("told_by", Words, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("body", Words),
    Index(None, "cluster", "incident"),
    Index(None, "cluster", "told_by", "revision"),
    Index(None, "seen_at"),
)

incidents = Table(
    "incidents",
    metadata,
    Column("cluster", Words, primary_key=True),
    Column("id", Words, primary_key=True),
    Column("namespace", Words, nullable=False),
    Column("owner_kind", Words, nullable=False),
    Column("owner_name", Words, nullable=False),
    Column("cause", Words, nullable=False),
    Column("state", Words, nullable=False),
    Column("severity", Words, nullable=False),
    Column("first_at", Moment, nullable=False),
    Column("last_at", Moment, nullable=False),
    Column("ended_at", Moment),
    Column("deaths", Integer, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("is_open", Boolean, nullable=False),
    Column("body", Words, nullable=False),
    Index(None, "id"),
    Index(None, "cluster", "is_open", "ended_at"),
    Index(None, "is_open", "last_at"),
    Index(None, "last_at"),
    Index(None, "ended_at"),
)

letters = Table(
    "letters",
    metadata,
    # Of what podbot says about itself: the replica that says it, if there are several; else empty.
    Column("cluster", Words, primary_key=True),
    Column("key", Words, primary_key=True),
    # The letter. NULL while only its delivery is known: it was said from memory, the store being away.
    Column("body", Words),
    Column("revision", Integer, nullable=False, server_default="0"),
    Column("incident", Words),
    Column("thread", Words),
    Column("final", Boolean, nullable=False, server_default=false()),
    # How far it has come.
    Column("posted_revision", Integer, nullable=False, server_default="0"),
    Column("posted_channel", Words),
    Column("posted_ts", Words),
    Column("posted_at", Moment),
    Column("tried_at", Moment),
    Column("plain", Boolean, nullable=False, server_default=false()),
    Column("given_up_at", Moment),
    Column("problem", Words),
    Column("changed_at", Moment, nullable=False),
    Index(None, "cluster", "incident"),
    Index(None, "changed_at"),
)

waits = and_(
    letters.c.body.is_not(None),
    letters.c.given_up_at.is_(None),
    letters.c.revision > letters.c.posted_revision,
)
"""Of a letter: there is something to be said still."""

goes_on = and_(
    letters.c.body.is_not(None),
    letters.c.given_up_at.is_(None),
    or_(letters.c.revision > letters.c.posted_revision, letters.c.final.is_(false())),
)
"""Of a letter: it waits, or may get another wording."""

Index("letters_that_go_on", letters.c.cluster, sqlite_where=goes_on, postgresql_where=goes_on)

watch_memory = Table(
    "watch_memory",
    metadata,
    Column("cluster", Words, primary_key=True),
    Column("uid", Words, primary_key=True),
    Column("body", Words, nullable=False),
)

checkpoints = Table(
    "checkpoints",
    metadata,
    Column("cluster", Words, primary_key=True),
    Column("namespace", Words, primary_key=True),
    Column("version", Words, nullable=False),
    Column("at", Moment, nullable=False),
)

identities = Table(
    "identities",
    metadata,
    Column("cluster", Words, primary_key=True),
    # Of the cluster that the name stands for.
    Column("uid", Words, nullable=False),
    Column("since", Moment, nullable=False),
)

leaders = Table(
    "leaders",
    metadata,
    Column("cluster", Words, primary_key=True),
    Column("term", Number, nullable=False),
)

errands = Table(
    "errands",
    metadata,
    Column("id", Words, primary_key=True),
    Column("cluster", Words, nullable=False),
    Column("at", Moment, nullable=False),
    Column("body", Words, nullable=False),
    # By whoever does it, or withdraws it.
    Column("taken_at", Moment),
    Column("answer", Words),
    Column("answered_at", Moment),
    Index(None, "cluster", "taken_at"),
    Index(None, "at"),
)

former_pods = Table(
    "former_pods",
    metadata,
    Column("cluster", Words, primary_key=True),
    Column("uid", Words, primary_key=True),
    Column("gone", Moment, nullable=False),
    Column("body", Words, nullable=False),
    Index(None, "cluster", "gone"),
    Index(None, "gone"),
)

audit = Table(
    "audit",
    metadata,
    Column("id", Number, primary_key=True),
    Column("at", Moment, nullable=False),
    Column("request", Words, nullable=False),
    Column("person", Words, nullable=False),
    Column("person_name", Words, nullable=False),
    Column("channel", Words, nullable=False),
    Column("verb", Words, nullable=False),
    Column("cluster", Words, nullable=False),
    Column("namespace", Words, nullable=False),
    Column("object", Words, nullable=False),
    Column("allowed", Boolean, nullable=False),
    Column("rule", Words, nullable=False),
    Column("outcome", Words, nullable=False),
    Column("detail", Words, nullable=False),
    Index(None, "at"),
)

claims = Table(
    "claims",
    metadata,
    Column("key", Words, primary_key=True),
    Column("at", Moment, nullable=False),
    Index(None, "at"),
)

spent = Table(
    "spent",
    metadata,
    Column("id", Number, primary_key=True),
    Column("person", Words, nullable=False),
    Column("at", Moment, nullable=False),
    Column("pods", Integer, nullable=False),
    Index(None, "person", "at"),
    Index(None, "at"),
)

silences = Table(
    "silences",
    metadata,
    Column("id", Words, primary_key=True),
    # Empty: it takes in every cluster.
    Column("cluster", Words, nullable=False),
    Column("author", Words, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("until", Moment, nullable=False),
    Column("ended_at", Moment),
    Column("body", Words, nullable=False),
    Index(None, "ended_at"),
)

stories = Table(
    "stories",
    metadata,
    Column("cluster", Words, primary_key=True),
    Column("incident", Words, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at", Moment, nullable=False),
    Column("kind", Words, nullable=False),
    Column("person", Words),
    Column("body", Words, nullable=False),
    Index(None, "at"),
)
