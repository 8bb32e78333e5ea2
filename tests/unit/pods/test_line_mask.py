"""Secrets in lines that come one by one are masked as in a text that is there."""

from __future__ import annotations

import pytest

from bot.pods.redact import LineMask, mask_lines

BODY = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQDC7"
KEY = ["-----BEGIN RSA PRIVATE KEY-----", BODY, BODY, "-----END RSA PRIVATE KEY-----"]


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param(["fine", "password=hunter2", "fine"], id="a word"),
        pytest.param(["before", *KEY, "after"], id="a key"),
        pytest.param(["before", *KEY, *KEY, "after"], id="two keys"),
        pytest.param([*KEY[:-1], "no key any more", "after"], id="a key that is cut off"),
        pytest.param([" ".join(KEY), "after"], id="a key in one line"),
    ],
)
def test_one_by_one_is_as_all_at_once(lines: list[str]) -> None:
    """What is masked, and how often, does not depend on when the lines come."""
    mask = LineMask()
    found = [mask.mask(line) for line in lines]
    shown = [line for line, _ in found if line is not None]
    assert (shown, sum(count for _, count in found)) == mask_lines(lines)


def test_a_key_without_an_end_does_not_swallow_everything() -> None:
    """What looks no more like a key is shown again."""
    mask = LineMask()
    assert mask.mask(KEY[0]) == ("[masked]", 1)
    assert mask.mask(BODY) == (None, 0)
    assert mask.mask("ready to serve") == ("ready to serve", 0)
    assert mask.mask(BODY) == (BODY, 0)
