"""Hostile text, made harmless."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.slack.defang import cleaned, code_span, escaped, one_line, shortened, unformatted


@pytest.mark.parametrize(
    ("hostile", "harmless"),
    [
        pytest.param("\x1b[31mred\x1b[0m", "red", id="colour"),
        pytest.param("\x1b]8;;https://evil.example\x1b\\click\x1b]8;;\x07", "click", id="terminal link"),
        pytest.param("\x9b31mred", "red", id="one-byte CSI"),
        pytest.param("a\x1b[2K\x1b[1Gb", "ab", id="erased line"),
        pytest.param("50%\r100%\r\n", "50%\n100%\n", id="carriage returns"),
        pytest.param("a\x00b\x08c\x7f", "abc", id="control characters"),
        pytest.param("safe\u202egpj.exe", "safegpj.exe", id="right-to-left override"),
        pytest.param("pay\u200bments\ufeff", "payments", id="zero width"),
        pytest.param("\U000e0069\U000e0067nore", "nore", id="tag characters"),
        pytest.param("half \ud83d", "half \ufffd", id="lone surrogate"),
        pytest.param("a\tb\nc", "a\tb\nc", id="tabs and line ends stay"),
        pytest.param("🔴 Grüße 東京", "🔴 Grüße 東京", id="people's own signs stay"),
    ],
)
def test_what_nobody_can_see_goes(hostile: str, harmless: str) -> None:
    """Terminal sequences, control characters and invisible trickery leave no trace."""
    assert cleaned(hostile) == harmless


@given(st.text())
def test_cleaned_text_holds_nothing_invisible(text: str) -> None:
    """After cleaning, no character is a control, a format or a surrogate, but tab and line feed."""
    left = cleaned(text)
    assert not [sign for sign in left if unicodedata.category(sign) in {"Cc", "Cs"} and sign not in "\t\n"]
    assert not {"\u202e", "\u2066", "\u200b", "\ufeff"} & {*left}
    left.encode()


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        pytest.param("<!channel> & <@U01> a<b", "&lt;!channel&gt; &amp; &lt;@U01&gt; a&lt;b", id="mark-up"),
        pytest.param("@here @Channel @everyone", "\uff20here \uff20Channel \uff20everyone", id="broadcasts"),
        pytest.param("alice@hereford.example", "alice@hereford.example", id="an address is none"),
    ],
)
def test_mark_up_is_escaped(text: str, safe: str) -> None:
    """Nothing that Slack would act on survives in text that it parses."""
    assert escaped(text) == safe


def test_formatting_signs_become_look_alikes() -> None:
    """Bold, italic, struck and code signs of others are shown, not obeyed."""
    assert not {"*", "_", "~", "`"} & {*unformatted("*a* _b_ ~c~ `d`")}


def test_a_back_tick_cannot_end_a_code_span() -> None:
    """A code span holds its text, whatever is in it."""
    assert code_span("a`b\n<@U1>").count("`") == 2


def test_labels_are_one_line() -> None:
    """White space of any kind is one space in a label."""
    assert one_line("  a\r\n\tb  ") == "a b"


def test_what_is_cut_says_so() -> None:
    """An ellipsis stands for what is missing and counts as part of the length."""
    assert shortened("abcdef", 4) == "abc…"
    assert shortened("abcd", 4) == "abcd"
