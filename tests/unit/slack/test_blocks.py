"""Messages as Block Kit: by golden files, and by Slack's limits for whatever they may hold."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.model.commands import DeletePod, GetLogs, ListPods, OpenPod
from bot.model.messages import (
    CHOICE_LABEL,
    MOST_CHOICES,
    Actions,
    Attachment,
    Audience,
    Block,
    Button,
    ChannelMention,
    Choice,
    Context,
    Divider,
    GroupMention,
    Inline,
    Line,
    Link,
    Mention,
    Menu,
    Message,
    Metadata,
    Moment,
    Paragraph,
    Preformatted,
    Style,
    Table,
    Text,
    bold,
    code,
    plain,
)
from bot.model.people import ChannelId, UsergroupId, UserId
from bot.playground.workspace.rules.messages import checked_content
from bot.slack import limits
from bot.slack.blocks import RenderedMessage, as_plain, render
from tests.support.examples import examples
from tests.support.golden import assert_golden

AT = datetime(2026, 11, 22, 14, 2, 12, tzinfo=UTC)
HOSTILE = (
    "<!channel> `rm` <@U01ALICE> *b* \x1b[31m\u202e @here & https://evil.example <https://a|b> :tada: 👩‍👩‍👧"
)

INCIDENT = Message(
    text="🔴 OOMKilled · web · shop · prod-eu\n3 of 5 pods died 7 times in 4 min",
    blocks=(
        Paragraph(
            (
                (Text("🔴 "), bold("OOMKilled"), Text(" · web · shop · prod-eu")),
                (
                    Text("3 of 5 pods died 7 times in 4 min · first "),
                    Moment(AT),
                    Text(", last "),
                    Moment(AT, True),
                ),
                (Text("image "), code("web:1.4.1"), Text(" → "), code("web:1.5.0")),
            )
        ),
        Preformatted("14:06:12 loading catalogue (3.1M rows)\n14:06:14 warn: heap at 96 %"),
        Divider(),
        Actions(
            (
                Button("Logs", GetLogs(namespace="shop", pod="web-1", previous=True)),
                Button("Share", ListPods(namespace="shop"), audience=Audience.CHANNEL),
                Button("Delete", DeletePod(namespace="shop", pod="web-1"), dangerous=True),
                Menu(
                    "Pod",
                    tuple(Choice(f"web-{n}", OpenPod(namespace="shop", pod=f"web-{n}")) for n in (1, 2)),
                ),
            )
        ),
        Context(
            (
                Text("incident "),
                code("1F3K"),
                Text(" · "),
                Mention(UserId("U01ALICE")),
                Text(" has it since "),
                Moment(AT),
                Text(" · "),
                Link("https://runbooks.example/oom?a=1&b=2", "runbook"),
            )
        ),
    ),
    metadata=Metadata(event_type="podbot_incident", payload={"incident": "1F3K", "deaths": 7}),
)
LIST = Message(
    text="shop · 2 pods",
    blocks=(
        Paragraph(((bold("shop"), Text(" · 2 pods · 1 failing")),)),
        Table(
            columns=("NAME", "READY", "RESTARTS"),
            rows=(("web-1", "0/1", "7 (40s ago)"), ("web-2", "1/1", "")),
            right_aligned=frozenset({2}),
        ),
    ),
)
HOSTILE_MESSAGE = Message(
    text=HOSTILE,
    blocks=(
        Paragraph(
            ((Text(HOSTILE), code(HOSTILE), Mention(UserId("U01> <!here")), Link("javascript:x", HOSTILE)),)
        ),
        Preformatted(f"```{HOSTILE}"),
        Table((HOSTILE,), ((HOSTILE,),)),
        Actions((Button(HOSTILE, GetLogs(namespace="shop", pod=HOSTILE)),)),
        Context((Text(HOSTILE), code(HOSTILE), Link("https://a.example/|<!channel>", HOSTILE))),
    ),
)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        pytest.param("incident", INCIDENT, id="an incident"),
        pytest.param("list", LIST, id="a list"),
        pytest.param("hostile", HOSTILE_MESSAGE, id="hostile text everywhere"),
        pytest.param("words", Message(text="Nothing & no one <here>"), id="text alone"),
    ],
)
def test_a_message_is_drawn_as_before(name: str, message: Message) -> None:
    """What goes to Slack changes only when somebody looked at the change."""
    rendered = render(message)
    assert_taken(rendered)
    sent = {"text": rendered.text, "blocks": rendered.blocks, "metadata": rendered.metadata}
    assert_golden(f"slack/{name}.json", json.dumps(sent, ensure_ascii=False, indent=1) + "\n")


def test_a_long_log_shows_its_tail_and_comes_as_a_file() -> None:
    """The last lines are the useful ones; the file has them all."""
    log = "\n".join(f"line {number}" for number in range(5_000))
    rendered = render(Message(text="logs", blocks=(Preformatted(log),)))
    assert_taken(rendered)
    drawn = json.dumps(rendered.blocks)
    assert "line 4999" in drawn
    assert "line 17\\n" not in drawn
    assert "of 5,000 lines; all are in the file log.txt" in drawn
    assert [(each.filename, each.content.decode()) for each in rendered.attachments] == [("log.txt", log)]


def test_a_single_endless_line_shows_its_end() -> None:
    """A line longer than a message is cut at its beginning, and whole in the file."""
    rendered = render(Message(text="logs", blocks=(Preformatted("x" * 1_000_000 + "the end"),)))
    assert_taken(rendered)
    assert "the end" in json.dumps(rendered.blocks)
    assert len(rendered.attachments[0].content) == 1_000_007


def test_a_long_table_keeps_its_first_rows_and_comes_as_a_file() -> None:
    """No row is cut in silence: the first ones are shown, how many is said, all are in the file."""
    table = Table(("NAME", "STATUS"), tuple((f"web-{n}", "Running") for n in range(1_000)))
    rendered = render(Message(text="list", blocks=(table,)))
    assert_taken(rendered)
    assert len(rendered.blocks[0]["rows"]) == 100
    assert "The first 99 of 1,000 rows; all are in the file table.txt." in json.dumps(rendered.blocks)
    assert rendered.attachments[0].content.decode().splitlines()[1000] == "web-999   Running"


def test_menus_are_worded_for_slacks_own_limits() -> None:
    """What a part leaves away by these is not left away a second time, nor cut, where it is drawn."""
    assert (MOST_CHOICES, CHOICE_LABEL) == (limits.OPTIONS, limits.OPTION_TEXT)


def test_a_thousand_pods_of_the_longest_names() -> None:
    """The worst listing that Kubernetes allows is taken by Slack, and nothing of it is lost."""
    names = [f"{n:04}{'x' * 249}" for n in range(1_000)]
    choices = tuple(Choice(name, OpenPod(namespace="n" * 63, pod=name)) for name in names)
    rendered = render(
        Message(
            text="list",
            blocks=(
                Paragraph((plain("1,000 pods"),)),
                Table(("NAME", *"ABCDEFG"), tuple((name, *"1234567") for name in names)),
                Actions(
                    (Menu("Pod", choices), Button("Share", ListPods(namespace=""), audience=Audience.CHANNEL))
                ),
            ),
        )
    )
    assert_taken(rendered)
    assert all(name in rendered.attachments[0].content.decode() for name in names)
    assert "Share" in json.dumps(rendered.blocks)


def test_only_one_table_is_a_table() -> None:
    """Slack takes one table a message; a second one is aligned text."""
    rendered = render(Message(text="two", blocks=(LIST.blocks[1], LIST.blocks[1])))
    assert_taken(rendered)
    assert [block["type"] for block in rendered.blocks] == ["table", "rich_text"]


def test_too_many_blocks_become_a_file_and_keep_their_buttons() -> None:
    """Beyond Slack's number of blocks, the head and the buttons stay, and everything is in a file."""
    buttons = Actions((Button("Logs", GetLogs(namespace="shop", pod="web-1")),))
    blocks: tuple[Block, ...] = (*(Paragraph((plain(f"block {n}"),)) for n in range(200)), buttons)
    rendered = render(Message(text="much", blocks=blocks))
    assert_taken(rendered)
    assert rendered.blocks[-1]["type"] == "actions"
    assert rendered.attachments[0].filename == "message.txt"
    assert "block 199" in rendered.attachments[0].content.decode()


def test_a_menu_with_more_choices_than_slack_takes_says_so() -> None:
    """A menu shows its first hundred, and that there are more."""
    choices = tuple(Choice(str(n), OpenPod(namespace="s", pod=f"p{n}")) for n in range(240))
    [block] = render(Message(text="menu", blocks=(Actions((Menu("Pod", choices),)),))).blocks
    [menu] = block["elements"]
    assert len(menu["options"]) == 100
    assert menu["placeholder"]["text"] == "Pod (100 of 240)"


def test_what_is_seldom_needed_is_behind_the_dots() -> None:
    """Dots keep no choice, unlike a select; they hold five entries at most, so more than that is a select."""
    choices = tuple(Choice(str(n), OpenPod(namespace="s", pod=f"p{n}")) for n in range(6))
    row = Actions((Menu("⋯", choices[:5], folded=True), Menu("⋯", choices, folded=True)))
    rendered = render(Message(text="menu", blocks=(row,)))
    assert_taken(rendered)
    [block] = rendered.blocks
    assert [each["type"] for each in block["elements"]] == ["overflow", "static_select"]


def test_the_row_of_each_wording_has_an_id_of_its_own() -> None:
    """By which Slack knows that what was chosen in the one before is not chosen in this one."""
    row = (Menu("Pod", (Choice("web-1", OpenPod(namespace="s", pod="web-1")),)),)
    blocks = tuple(Actions(row, edition=edition) for edition in (1, 2, None))
    first, second, other = render(Message(text="menu", blocks=blocks)).blocks
    assert first["block_id"] != second["block_id"]
    assert "block_id" not in other


def test_files_get_harmless_names_and_clean_content() -> None:
    """A file's name is fit for any disk; its text can be sent to a terminal; bytes stay as they are."""
    files = (
        Attachment(filename="../a b\u202e.log", title="\x1b[1mtitle\n", content=b"\x1b[31mred\x1b[0m\r\n"),
        Attachment(filename="", title="", content=b"\xff\xfe"),
        Attachment(filename="empty.txt", title="empty", content=b""),
    )
    rendered = render(Message(text="files", attachments=files))
    assert [(each.filename, each.title, each.content) for each in rendered.attachments] == [
        ("a-b-.log", "title", b"red\n"),
        ("podbot.txt", "podbot.txt", b"\xff\xfe"),
    ]


def test_the_text_alone_tells_the_first_lines() -> None:
    """A message without `text` still says something to notifications, even one without anything."""
    assert render(Message(text="", blocks=(Paragraph((plain("first"),)),))).text == "first"
    assert render(Message(text=" \x00")).text == "podbot"


def test_a_line_can_be_added_at_the_end() -> None:
    """Links to files come last; where there is no block more, in the text."""
    line = (Text("In full: "), Link("https://files.example/F1", "log.txt"))
    assert render(INCIDENT).ending_with(line).blocks[-1]["type"] == "rich_text"
    full = RenderedMessage(text="a", blocks=({"type": "divider"},) * 50)
    assert full.ending_with(line).text == "a\nIn full: log.txt (https://files.example/F1)"


def test_a_message_is_said_in_words_where_blocks_are_refused() -> None:
    """Without blocks, everything that fits is in the text, escaped."""
    plainly = as_plain(HOSTILE_MESSAGE)
    assert plainly.blocks == ()
    assert "<" not in plainly.text
    assert as_plain(Message(text="hello")).text == "hello"


def test_who_is_called_is_called_in_words_too() -> None:
    """What is said without blocks names people as their mark-up does; nobody else's words do."""
    called: Line = (
        GroupMention(UsergroupId("S01ONCALL")),
        Text(" <!channel> "),
        Mention(UserId("U01ALICE")),
        Text(" in "),
        ChannelMention(ChannelId("C01ALERTS")),
        GroupMention(UsergroupId("<!channel>")),
    )
    said = "<!subteam^S01ONCALL> &lt;!channel&gt; <@U01ALICE> in <#C01ALERTS>@&lt;!channel&gt;"
    assert as_plain(Message(text="", blocks=(Paragraph((called,)),))).text == said
    assert as_plain(Message(text="", blocks=(Context(called),))).text == said
    many = as_plain(Message(text="", blocks=(Paragraph((called * 100,)),))).text
    assert len(many) <= 3_000
    assert many.count("<") == many.count(">")


@pytest.mark.parametrize("said", [render, as_plain], ids=["beside blocks", "alone"])
@pytest.mark.parametrize("start", range(5), ids=lambda start: f"cut {start} later")
def test_the_text_is_short_enough_for_an_update(
    said: Callable[[Message], RenderedMessage], start: int
) -> None:
    """As Slack gets it, each sign that begins mark-up is up to five characters: none of them is torn."""
    text = said(Message(text="x" * start + "&<" * 2_000)).text
    assert len(text) <= 3_000
    whole = text[start:].removesuffix("…")
    assert not whole.replace("&amp;", "").replace("&lt;", "")


HOSTILE_TEXT = st.one_of(
    st.text(max_size=200),
    st.sampled_from(
        [HOSTILE, "", " ", "\n", "\x00", "\ud83d", "`" * 50, "<" * 300, "a" * 3_500, "&" * 2_500]
    ),
)
STYLES = st.sampled_from(Style)
MOMENTS = st.datetimes(timezones=st.just(UTC))
INLINES: st.SearchStrategy[Inline] = st.one_of(
    st.builds(Text, HOSTILE_TEXT, STYLES),
    st.builds(Moment, MOMENTS, st.booleans()),
    st.builds(Mention, HOSTILE_TEXT.map(UserId)),
    st.builds(GroupMention, st.sampled_from([UsergroupId("S01ONCALL"), UsergroupId("<!channel>")])),
    st.builds(GroupMention, HOSTILE_TEXT.map(UsergroupId)),
    st.builds(ChannelMention, st.just(ChannelId("C01ALERTS")) | HOSTILE_TEXT.map(ChannelId)),
    st.builds(Link, st.one_of(HOSTILE_TEXT, st.just("https://a.example/?a=1&b=<2>")), HOSTILE_TEXT),
)
LINES = st.lists(INLINES, max_size=14).map(tuple)
PRESSES = st.builds(OpenPod, namespace=HOSTILE_TEXT, pod=HOSTILE_TEXT)
BUTTONS = st.builds(Button, HOSTILE_TEXT, PRESSES, st.booleans())
MENUS = st.builds(
    Menu,
    HOSTILE_TEXT,
    st.lists(st.builds(Choice, HOSTILE_TEXT, PRESSES), max_size=7).map(tuple),
    folded=st.booleans(),
)


@st.composite
def tables(draw: st.DrawFn) -> Table:
    """A table whose rows all have its number of columns."""
    width = draw(st.integers(0, 23))
    cells = st.lists(HOSTILE_TEXT, min_size=width, max_size=width).map(tuple)
    row = draw(cells)
    rows = (row,) * draw(st.sampled_from([0, 1, 120]))
    return Table(draw(cells), rows, frozenset({0}))


BLOCKS: st.SearchStrategy[Block] = st.one_of(
    st.builds(Paragraph, st.lists(LINES, max_size=5).map(tuple)),
    st.builds(Preformatted, st.builds(lambda text, times: text * times, HOSTILE_TEXT, st.integers(0, 50))),
    st.builds(Context, LINES),
    tables(),
    st.builds(Actions, st.lists(st.one_of(BUTTONS, MENUS), max_size=30).map(tuple)),
    st.just(Divider()),
)
MESSAGES = st.builds(
    Message,
    text=HOSTILE_TEXT,
    blocks=st.one_of(
        st.lists(BLOCKS, max_size=6).map(tuple),
        st.builds(lambda block, times: (block,) * times, BLOCKS, st.sampled_from([1, 49, 60])),
    ),
)


@settings(max_examples=examples(60))
@given(MESSAGES)
def test_slack_takes_whatever_a_message_holds(message: Message) -> None:
    """Any message, however hostile or large, is within Slack's limits and holds no active mark-up."""
    assert_taken(render(message))
    assert_taken(as_plain(message))


def assert_taken(rendered: RenderedMessage) -> None:
    """The strict workspace, which shares no code with the renderer, takes the message; nothing in it acts."""
    said: dict[str, Any] = {
        "text": rendered.text,
        "blocks": list(rendered.blocks),
        "metadata": rendered.metadata,
    }
    checked_content(json.loads(json.dumps(said)))
    assert "<" not in (_NAMED.sub("", rendered.text) if not rendered.blocks else rendered.text)
    for block in rendered.blocks:
        _assert_inert(block)


_NAMED = re.compile(r"<(?:@[UW][A-Z0-9]+|!subteam\^S[A-Z0-9]+|#[CGD][A-Z0-9]+)>")
"""Only ever ids: what text alone may hold."""
_MARKS = re.compile(
    r"`[^`<>]*`|<!date\^[^<>]*>|<@[UW][A-Z0-9]+>|<!subteam\^S[A-Z0-9]+>|<#[CGD][A-Z0-9]+>|<https?://[^<>|]*\|[^<>]*>"
)
"""What podbot itself marks up in a quiet line; between such marks nothing may mean anything to Slack."""


def _assert_inert(value: object) -> None:
    if isinstance(value, list):
        for each in value:
            _assert_inert(each)
    if not isinstance(value, dict):
        return
    for each in value.values():
        _assert_inert(each)
    assert value.get("type") not in {"broadcast", "markdown"}
    if value.get("type") == "channel":
        assert re.fullmatch(r"[CGD][A-Z0-9]+", value["channel_id"]), "a link, which calls nobody"
    if value.get("type") == "usergroup":
        assert re.fullmatch(r"S[A-Z0-9]+", value["usergroup_id"]), "only ever an id of podbot's settings"
    if value.get("type") == "mrkdwn":
        said = value["text"]
        assert "<!channel" not in said
        assert "<!here" not in said
        assert set(_MARKS.sub("", said)).isdisjoint("<>&`*_~@#:")
