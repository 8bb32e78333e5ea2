"""What Slack does to text on its way in and out."""

from __future__ import annotations

import pytest

from bot.playground.workspace import mrkdwn

STORED = {
    "escapes the three characters": ("a < b & c > d", "a &lt; b &amp; c &gt; d"),
    "leaves escapes alone": ("a &lt; b &amp; c", "a &lt; b &amp; c"),
    "keeps mentions": ("<@U01ALICE> see <#C1|general> <!here>", "<@U01ALICE> see <#C1|general> <!here>"),
    "keeps links": ("<https://example.com|here>", "<https://example.com|here>"),
    "keeps dates": ("<!date^1^{time}|then>", "<!date^1^{time}|then>"),
    "links bare addresses": (
        "see https://example.com/a?b=1&c=2.",
        "see <https://example.com/a?b=1&amp;c=2>.",
    ),
    "links nothing in code": ("`curl https://x.example` <", "`curl https://x.example` &lt;"),
    "escapes in code": ("```a<b```", "```a&lt;b```"),
}


@pytest.mark.parametrize(("text", "becomes"), STORED.values(), ids=STORED.keys())
def test_text_is_stored_as_slack_stores_it(text: str, becomes: str) -> None:
    """An app reads back not what it wrote but what Slack made of it."""
    assert mrkdwn.stored(text) == becomes


def test_storing_twice_changes_nothing() -> None:
    """What was stored once is already in Slack's form."""
    once = mrkdwn.stored("a < b & <@U1> https://example.com")
    assert mrkdwn.stored(once) == once


TYPED = {
    "mention of a person": ("ask @alice now", "ask <@U01ALICE> now"),
    "mention of everybody": ("@here look", "<!here> look"),
    "unknown name": ("@nobody", "@nobody"),
    "an address is no mention": ("me@alice", "me@alice"),
    "channel": ("see #general", "see <#C1|general>"),
    "markup cannot be typed": ("<@U01ALICE>", "&lt;@U01ALICE&gt;"),
}


@pytest.mark.parametrize(("text", "becomes"), TYPED.values(), ids=TYPED.keys())
def test_typed_names_become_mentions(text: str, becomes: str) -> None:
    """People type names; apps get ids."""
    assert mrkdwn.typed(text, {"@alice": "<@U01ALICE>", "#general": "<#C1|general>"}) == becomes
