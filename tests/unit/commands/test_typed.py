"""Text is read as it was typed, whatever Slack or a phone made of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.commands.misunderstood import Misunderstood
from bot.commands.typed import LONGEST, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("logs <http://web.shop|web.shop>", ["logs", "web.shop"], id="auto-linked-name"),
        pytest.param("logs <https://web.shop>", ["logs", "https://web.shop"], id="bare-link"),
        pytest.param("help <mailto:a@b.io|a@b.io>", ["help", "a@b.io"], id="mail-link"),
        pytest.param("<@U0B07|podbot> list", ["@podbot", "list"], id="mention"),
        pytest.param("list &lt;a&gt; &amp;amp;", ["list", "<a>", "&amp;"], id="entities-once"),
        pytest.param("list -l “app in (a, b)”", ["list", "-l", "app in (a, b)"], id="smart-double-quotes"),
        pytest.param(
            "list -l \u2018app in (a, b)\u2019", ["list", "-l", "app in (a, b)"], id="smart-single-quotes"
        ),
        pytest.param("list —namespace shop", ["list", "--namespace", "shop"], id="em-dash"),
        pytest.param("list \u2013all-namespaces", ["list", "--all-namespaces"], id="en-dash"),
        pytest.param("list —n shop", ["list", "-n", "shop"], id="dash-before-one-letter"),
        pytest.param("list \u2013n=shop", ["list", "-n=shop"], id="dash-before-one-letter-and-value"),
        pytest.param(
            "logs web\u20111 --tail=\u22121", ["logs", "web-1", "--tail=-1"], id="odd-hyphens-inside"
        ),
        pytest.param("list\u00a0-n\u2003shop\n", ["list", "-n", "shop"], id="odd-spaces"),
        pytest.param("li\u200bst\ufeff -A\u202e", ["list", "-A"], id="invisible-signs"),
        pytest.param("`list -n shop`", ["list", "-n", "shop"], id="code"),
        pytest.param("```list\n-n shop```", ["list", "-n", "shop"], id="code-block"),
        pytest.param("list -n `shop`", ["list", "-n", "shop"], id="code-inside"),
        pytest.param("list -l 'a=b' \"\"", ["list", "-l", "a=b", ""], id="empty-quotes"),
    ],
)
def test_the_typed_words_come_back(text: str, expected: list[str]) -> None:
    """Links, entities, typographic signs and code marks leave no trace."""
    assert words(text) == expected


@pytest.mark.parametrize(
    ("text", "why"),
    [
        pytest.param("logs 'web", "quotation mark is never closed", id="unbalanced"),
        pytest.param("logs “web", "quotation mark is never closed", id="unbalanced-smart"),
        pytest.param("logs web\\", "ends in a backslash", id="dangling-escape"),
        pytest.param("logs \x00web", r"control character \(U\+0000\)", id="nul"),
        pytest.param("logs \x1b[31mweb", r"control character \(U\+001B\)", id="escape-sequence"),
        pytest.param("logs \ud800", r"control character \(U\+D800\)", id="lone-surrogate"),
        pytest.param("x" * 10_000, "10,000 characters", id="too-long"),
    ],
)
def test_what_cannot_be_read_is_refused_clearly(text: str, why: str) -> None:
    """The answer names what is wrong with the text as a whole."""
    with pytest.raises(Misunderstood, match=why):
        words(text)


def test_the_longest_text_is_read() -> None:
    """The bound itself is still allowed, and white space around does not count."""
    assert words("  " + "x" * LONGEST + "  ") == ["x" * LONGEST]


@given(st.text(max_size=200))
def test_any_text_is_split_or_refused(text: str) -> None:
    """No text brings anything but words or a refusal."""
    try:
        assert all(isinstance(word, str) for word in words(text))
    except Misunderstood:
        return
