"""Slack's letters and pages go their own ways, and neither waits for the other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field

import pytest

from bot.model.letters import LetterKey, Posted
from bot.model.pages import to_webhook
from bot.model.people import MessageTs
from bot.model.pods import ClusterName
from bot.outbox.branches import Branches
from bot.outbox.dispatcher import Dispatcher
from bot.outbox.ports import Fallback, Undeliverable
from bot.outbox.wording import OWN
from tests.support.clock import HeldClock, settle
from tests.support.outbox import ALERTS, OTHERS, PROD, FakeSlack, MemoryStore, a_letter

ON_CALL = to_webhook("on-call")


@dataclass(slots=True)
class Office:
    clock: HeldClock
    slack: FakeSlack
    webhooks: FakeSlack
    slacks_own: Dispatcher
    outbox: Branches
    store: MemoryStore = field(default_factory=MemoryStore)
    trouble: dict[str, str] = field(default_factory=dict)


@pytest.fixture
async def office() -> AsyncIterator[Office]:
    clock = HeldClock()
    slack, webhooks = FakeSlack(clock), FakeSlack(clock)
    trouble: dict[str, str] = {}

    def told() -> Mapping[str, str]:
        return trouble

    slacks_own = Dispatcher(slack, clock, fallback=Fallback(channel=OTHERS))
    outbox = Branches(slacks_own, Dispatcher(webhooks, clock), told)
    task = asyncio.create_task(outbox.run(), name="branches under test")
    place = Office(clock, slack, webhooks, slacks_own, outbox, trouble=trouble)
    await outbox.open(PROD, place.store)
    yield place
    assert not task.done()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_each_letter_goes_its_own_way(office: Office) -> None:
    """By its channel; flushing waits for both."""
    await office.outbox.put([a_letter("message"), a_letter("page", channel=ON_CALL)])
    await settle()
    assert [each.text for each in office.slack.calls] == ["message"]
    assert [each.text for each in office.webhooks.calls] == ["page"]
    await office.outbox.flush(1)
    assert office.store.posted.keys() == {"message", "page"}


async def test_a_page_goes_out_while_slack_takes_nothing(office: Office) -> None:
    """That is when it matters most."""
    office.slack.closed[ALERTS] = Undeliverable("token_revoked")
    await office.outbox.put([a_letter("message")])
    await office.clock.advance(5)
    await office.outbox.put([a_letter("page", channel=ON_CALL)])
    await settle()
    assert [each.text for each in office.webhooks.calls] == ["page"]
    assert "token_revoked" in office.outbox.trouble()["slack"]


async def test_what_the_store_keeps_goes_to_its_branch_only(office: Office) -> None:
    """After a restart, and after another replica has led."""
    office.store.save(a_letter("message", revision=2), a_letter("page", revision=2, channel=ON_CALL))
    for key, channel in (("message", ALERTS), ("page", ON_CALL)):
        office.store.posted[LetterKey(key)] = Posted(revision=1, channel=channel, ts=MessageTs("1"))
    await office.outbox.close(PROD)
    await office.outbox.open(PROD, office.store)
    await office.clock.advance(5)
    assert office.slack.said == [("1", "message")]
    assert office.webhooks.said == [("1", "page")]
    await office.outbox.close(PROD)
    await office.outbox.put([a_letter("late", channel=ON_CALL)])
    assert len(office.webhooks.calls) == 1


async def test_the_store_is_read_once_for_both_branches(office: Office) -> None:
    """A backlog of tens of thousands is a second's work each time."""
    store = MemoryStore()
    store.save(a_letter("message"), a_letter("page", channel=ON_CALL))
    store.reads_when = asyncio.Event()
    await office.outbox.open(PROD, store)
    await settle()
    store.reads_when.set()
    await office.clock.advance(5)
    assert store.reads == 1
    assert [each.text for each in office.slack.calls] == ["message"]
    assert [each.text for each in office.webhooks.calls] == ["page"]


async def test_a_page_of_a_new_incident_goes_out_while_the_store_is_being_read(office: Office) -> None:
    """And what an earlier leader may have said waits, in both branches."""
    store = MemoryStore()
    store.reads_when = asyncio.Event()
    await office.outbox.open(PROD, store)
    await office.outbox.put([a_letter("new"), a_letter("old", revision=2)])
    await office.outbox.put(
        [a_letter("page", channel=ON_CALL), a_letter("old page", revision=2, channel=ON_CALL)]
    )
    await settle()
    assert [each.text for each in office.slack.calls] == ["new"]
    assert [each.text for each in office.webhooks.calls] == ["page"]
    await office.clock.advance(60)
    assert office.outbox.trouble().keys() == office.outbox.untold().keys() == {"backlog of prod"}


async def test_where_a_message_stands_can_be_asked(office: Office) -> None:
    """So that a page links to it."""
    await office.outbox.put([a_letter("message")])
    await settle()
    posted = office.slacks_own.posted(PROD, LetterKey("message"))
    assert posted is not None
    assert (posted.channel, posted.ts) == (ALERTS, "ts1")
    assert office.slacks_own.posted(PROD, LetterKey("unheard of")) is None
    assert office.slacks_own.posted(ClusterName("elsewhere"), LetterKey("message")) is None


async def test_trouble_of_both_is_told_together(office: Office) -> None:
    """And what a letter to the operator tells already is left out on demand."""
    office.slack.closed[ALERTS] = Undeliverable("is_archived")
    office.trouble["webhook on-call"] = "it answered 500"
    await office.outbox.put([a_letter("message")])
    await office.clock.advance(5)
    assert office.outbox.trouble().keys() == {f"channel {ALERTS}", "webhook on-call"}
    assert office.outbox.untold().keys() == {"webhook on-call"}
    assert any(str(key).startswith("podbot/channel") for key in office.slack.letters.values())


async def test_what_podbot_says_of_itself_needs_no_cluster(office: Office) -> None:
    """Nobody has to lead for it."""
    await office.outbox.put([a_letter("podbot/store", cluster=OWN)])
    await settle()
    assert [each.text for each in office.slack.calls] == ["podbot/store"]
