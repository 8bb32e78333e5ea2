"""Foreign text in Markdown cannot become structure, whatever it is; a renderer of another's making judges."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from bot.incidents import markdown, postmortem
from bot.model.incidents import Evidence, IncidentState
from bot.model.stories import StoryEntry, StoryKind
from tests.support.accounts import ALICE, an_account, an_incident
from tests.support.incidents import an_ending
from tests.support.pods import at

RENDERER = MarkdownIt("commonmark", {"html": True}).enable("table").enable("strikethrough")

BITES = (
    "```",
    "`",
    "~~~",
    "|",
    "\\",
    "\n",
    "\r\n\r\n",
    "# ",
    "- ",
    "1. ",
    "> ",
    "<img src=x onerror=alert(1)>",
    "<script>",
    "![x](https://evil.example/x.png)",
    "[x](javascript:alert(1))",
    "<https://evil.example>",
    "https://evil.example",
    "www.evil.example",
    "mallory@evil.example",
    "@everyone",
    "#123",
    "GH-123",
    "deadbeef1234567",
    "&lt;",
    "**",
    "_",
    "---",
    "\u202e",
    "\u2028",
    "\x1b[31m",
    "\x00",
    "\ud800",
    ":smile:",
    "[^1]",
    "    ",
)
hostile = st.lists(st.one_of(st.sampled_from(BITES), st.text(max_size=6)), max_size=12).map("".join)

WORDS_ONLY = re.compile(r"[\w\s·\u2013\u2014→…%,;:.()/'+\-]*")
_MADE_OF_WORDS = {"text", "code_inline", "softbreak"}


def inlines(text: str) -> list[Token]:
    """All that stands in the lines of a text, as a renderer reads it."""
    return [child for token in RENDERER.parse(text) for child in token.children or ()]


@given(hostile)
def test_code_is_one_span_and_nothing_else(text: str) -> None:
    """In a line, and in a cell of a table."""
    span = markdown.code(text)
    assert "\n" not in span
    found = inlines(f"before {span} after")
    assert [each.type for each in found] in (["text"], ["text", "code_inline", "text"])
    rows = [each.type for each in RENDERER.parse(markdown.table(("a", "b"), [(span, "x")]))]
    assert (rows.count("tr_open"), rows.count("td_open")) == (2, 2)


@given(hostile)
def test_words_are_words_and_code(text: str) -> None:
    """No link, picture, mention or mark-up; outside of code only letters and what belongs to a sentence."""
    for each in inlines(f"x {markdown.words(text)}"):
        assert each.type in _MADE_OF_WORDS, each
        if each.type == "text":
            assert WORDS_ONLY.fullmatch(each.content), each.content
            assert "://" not in each.content
            assert not re.search(r"www\.|\w\.\w|@|#\d", each.content)


@given(st.lists(hostile, max_size=5))
def test_a_fence_holds_all_it_is_given(lines: list[str]) -> None:
    """What stands in it cannot end it."""
    tokens = RENDERER.parse(f"{markdown.fenced(lines)}\n\nafter")
    assert [each.type for each in tokens] == ["fence", "paragraph_open", "inline", "paragraph_close"]
    assert len(tokens[0].content.splitlines()) <= max(1, len(lines))


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("Recovered: 5 of 5 Ready", "Recovered: 5 of 5 Ready"),
        ("exit 137, killed (SIGKILL)", "exit 137, killed (SIGKILL)"),
        ("see https://x.example now", "see `https://x.example` now"),
        ("ask @alice, then @bob", "ask `@alice`, then `@bob`"),
        ("at 14:02 on web-7d4b9c", "at `14:02` on `web-7d4b9c`"),
        ("1,204 deaths", "1,204 deaths"),
        ("**bold** _words_ here", "`**bold** _words_` here"),
    ],
)
def test_what_is_harmless_stays_readable(said: str, written: str) -> None:
    """A post-mortem is read by people."""
    assert markdown.words(said) == written


def shape(text: str) -> list[str]:
    """The structure of a document, whatever its words are."""
    return [each.type for each in RENDERER.parse(text)]


@given(hostile, hostile)
def test_no_text_changes_the_shape_of_a_post_mortem(name: str, words: str) -> None:
    """A pod's name, a log, a reason, the cluster's own message: the document has the parts it always has."""
    told = an_account()
    plain_story = (
        StoryEntry(number=1, at=at(5), kind=StoryKind.SILENCED, by=ALICE, words="reason", until=at(60)),
    )
    evil_story = (replace(plain_story[0], words=words),)
    incident = replace(
        an_incident(), state=IncidentState.CLOSED, ending=replace(an_ending(1_150, "words"), by=ALICE)
    )
    latest = replace(incident.latest, message="message")
    incident = replace(incident, latest=latest, evidence=Evidence(death=latest, log_tail=("log",)))
    evil = replace(
        incident,
        latest=replace(latest, pod=name, message=words or "-", image=name or "-"),
        ending=replace(an_ending(1_150, words), by=ALICE),
        nodes=(name, words),
        evidence=Evidence(death=replace(latest, pod=name), log_tail=(words, name)),
    )
    lines = tuple(replace(each, pod=name, container=words) for each in told.deaths)
    expected = postmortem.document(replace(told, incident=incident, story=plain_story))
    written = postmortem.document(replace(told, incident=evil, story=evil_story, deaths=lines))
    assert shape(written) == shape(expected)
    kinds = {each.type for each in inlines(written)}
    assert kinds <= {"text", "code_inline", "softbreak", "em_open", "em_close"}
