"""Names of people and user groups, and messages that name them without calling them."""

from __future__ import annotations

from bot.clock import SystemClock
from bot.incidents.ports import Directory
from bot.model.messages import Context, GroupMention, Mention, Message, Paragraph, Text, plain
from bot.model.people import NAMELESS, Names, UsergroupId, UserId
from bot.slack.directory import SlackDirectory
from bot.slack.uncalled import mentioned, uncalled
from tests.unit.slack.conftest import Bench

ALICE, NOBODY = UserId("U01ALICE"), UserId("U99NOBODY")
ONCALL, GONE = UsergroupId("S01ONCALL"), UsergroupId("S99GONE")


async def test_names_are_what_slack_says(bench: Bench) -> None:
    """Whoever is not there has no name; the id stands for them."""
    directory: Directory = SlackDirectory(bench.client, SystemClock())
    names = await directory.names({ALICE, NOBODY}, {ONCALL, GONE})
    assert names == Names(people={ALICE: names.people[ALICE]}, groups={ONCALL: "oncall"})
    assert names.of_person(ALICE).lower() == "@alice"
    assert (names.of_person(NOBODY), names.of_group(GONE)) == ("@U99NOBODY", "@S99GONE")


async def test_without_an_answer_nobody_has_a_name(bench: Bench) -> None:
    """A file is told with ids rather than not at all."""
    bench.client.base_url = "http://127.0.0.1:9/"
    assert await SlackDirectory(bench.client, SystemClock()).names({ALICE}, {ONCALL}) == NAMELESS


def test_what_is_shared_calls_nobody() -> None:
    """Names stand where mentions stood, in the notification, too."""
    message = Message(
        text="@U01ALICE has it",
        blocks=(
            Paragraph(((Mention(ALICE), Text(" has it")), (Text("Called "), GroupMention(ONCALL)))),
            Context(plain("incident 1F3K")),
        ),
    )
    assert mentioned(message) == (frozenset({ALICE}), frozenset({ONCALL}))
    record = uncalled(message, Names(people={ALICE: "alice"}, groups={ONCALL: "oncall"}))
    assert mentioned(record) == (frozenset(), frozenset())
    assert record.text == "@alice has it"
    assert record.blocks[0] == Paragraph(
        ((Text("@alice"), Text(" has it")), (Text("Called "), Text("@oncall")))
    )
    assert record.blocks[1:] == message.blocks[1:]
