"""YAML is read as people mean it, or refused with the line that is wrong."""

from __future__ import annotations

import pytest

from bot.files.strict_yaml import FileMistakes, line_of, read


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param("18:00", "18:00", id="time"),
        pytest.param("9:30", "9:30", id="time-of-one-digit"),
        pytest.param("1080", 1080, id="number"),
        pytest.param("-4", -4, id="negative"),
        pytest.param("0", 0, id="nothing"),
        pytest.param("1_000", 1000, id="grouped"),
        pytest.param("0x1f", 31, id="hexadecimal"),
        pytest.param("yes", True, id="word"),
        pytest.param("2.5", 2.5, id="fraction"),
    ],
)
def test_a_time_is_no_number(text: str, value: object) -> None:
    """YAML 1.1 takes 18:00 for 1080, to the base of 60; everything else is as YAML has it."""
    assert read(f"a: {text}")[1] == {"a": value}


def test_a_path_leads_to_its_line() -> None:
    """As deep as the text goes."""
    tree, _ = read("version: 1\nroutes:\n  - name: a\n    match:\n      owners: web\n")
    assert line_of(tree, ("routes", 0, "match", "owners", 0)) == 5
    assert line_of(tree, ("routes", 0, "channel")) == 3


def test_what_is_twice_is_told_once_each() -> None:
    """The last one would win in silence."""
    with pytest.raises(FileMistakes) as caught:
        read("a: 1\nb: {c: 1, c: 2}\na: 2\n")
    assert caught.value.mistakes == (
        "line 2: c is there twice, first in line 2",
        "line 3: a is there twice, first in line 1",
    )
