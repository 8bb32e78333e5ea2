"""Lines of logs, one by one: split, searched, merged by their stamps, and told apart."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.pods import log_lines
from bot.pods.log_lines import MOST_LINES, Search, found, grouped, merged, prefixes, split, stamped

LINES = ["one", "Two ERROR", "three", "four", "five error", "six", "seven"]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        pytest.param("", [], id="nothing"),
        pytest.param("\n", [""], id="one empty line"),
        pytest.param("a\nb\n", ["a", "b"], id="ended"),
        pytest.param("a\nb", ["a", "b"], id="cut off"),
        pytest.param("a\r\n\n", ["a\r", ""], id="the container's own line ends"),
    ],
)
def test_a_log_is_split_where_the_container_ended_lines(text: str, lines: list[str]) -> None:
    """At line feeds and nowhere else."""
    assert split(text) == (lines, False)


def test_of_very_many_lines_the_newest_are_kept() -> None:
    """Ten million empty lines fit into ten megabytes; no more of them than can be looked at in time."""
    lines, cut = split("\n" * (MOST_LINES + 5) + "last\n")
    assert (len(lines), lines[-1], cut) == (MOST_LINES, "last", True)
    assert not split("\n" * MOST_LINES)[1]


@pytest.mark.parametrize(
    ("search", "kept", "matches"),
    [
        pytest.param(Search(text="error"), (1, 4), 2, id="small letters find both"),
        pytest.param(Search(text="ERROR"), (1,), 1, id="capitals count"),
        pytest.param(Search(text=".*"), (), 0, id="a text and no pattern"),
        pytest.param(Search(text="error", context=1), (0, 1, 2, 3, 4, 5), 2, id="neighbours join"),
        pytest.param(Search(text="one", context=2), (0, 1, 2), 1, id="at the beginning"),
        pytest.param(Search(text="seven", context=99), tuple(range(7)), 1, id="at the end"),
        pytest.param(Search(text="e", invert=True), (3, 5), 2, id="without"),
    ],
)
def test_a_search(search: Search, kept: tuple[int, ...], matches: int) -> None:
    """The places of the lines that are wanted, and how many of them were found rather than beside."""
    hits = found(LINES, search)
    assert (hits.kept, hits.matches) == (kept, matches)


def test_groups_are_set_apart_as_grep_does() -> None:
    """Two dashes stand where lines are missing in between."""
    hits = found(LINES, Search(text="error", context=0))
    assert list(grouped(LINES, hits)) == ["Two ERROR", "--", "five error"]
    assert list(grouped(LINES, found(LINES, Search(text="t")))) == ["Two ERROR", "three"]


@pytest.mark.parametrize(
    ("line", "stamp", "text"),
    [
        ("2026-11-22T14:06:12.123456789Z hello", "2026-11-22T14:06:12.123456789Z", "hello"),
        ("2026-11-22T15:06:12.123456789+01:00 a b", "2026-11-22T15:06:12.123456789+01:00", "a b"),
        ("2026-11-22T14:06:12Z ", "2026-11-22T14:06:12Z", ""),
        ("[masked]", "", "[masked]"),
        ("2026-11-22 said the container", "", "2026-11-22 said the container"),
        ("", "", ""),
    ],
)
def test_stamps(line: str, stamp: str, text: str) -> None:
    """What the runtime put before a line is told from what the container wrote."""
    moment, as_written, rest = stamped(line)
    assert (as_written, rest) == (stamp, text)
    assert (moment is not None) is bool(stamp)


def test_a_stamp_is_a_moment_whatever_its_zone() -> None:
    """Nodes may write theirs."""
    moment, _, _ = stamped("2026-11-22T15:06:12.5+01:00 x")
    assert moment == datetime(2026, 11, 22, 14, 6, 12, 500_000, tzinfo=UTC)


def test_lines_are_merged_by_time() -> None:
    """Each container's own order stands, whatever its stamps; a line without one stays where it was."""

    def at(second: int, text: str) -> str:
        return f"2026-11-22T14:00:{second:02}.000000000Z {text}"

    first = [at(1, "a1"), at(4, "a4"), "unstamped", at(3, "a3, late")]
    second = [at(2, "b2"), at(4, "b4"), at(5, "b5")]
    assert [(number, text) for number, _, text in merged([first, second])] == [
        (0, "a1"),
        (1, "b2"),
        (0, "a4"),
        (0, "unstamped"),
        (0, "a3, late"),
        (1, "b4"),
        (1, "b5"),
    ]


@pytest.mark.parametrize(
    ("sources", "expected"),
    [
        pytest.param([("web-1", "app")], ("",), id="one needs none"),
        pytest.param([("web-1", "app"), ("web-1", "proxy")], ("app  ", "proxy"), id="one pod"),
        pytest.param(
            [("web-7d4b9c-x2x9q", "app"), ("web-7d4b9c-9k2mm", "app")], ("x2x9q", "9k2mm"), id="one workload"
        ),
        pytest.param(
            [("web-7d4b9c-x2x9q", "app"), ("web-5cbd4b-x2x9q", "app")],
            ("7d4b9c-x2x9q", "5cbd4b-x2x9q"),
            id="two revisions",
        ),
        pytest.param([("db-0", "pg"), ("db-1", "app")], ("0 pg ", "1 app"), id="both differ"),
        pytest.param([("web", "app"), ("web-1", "app")], ("web  ", "web-1"), id="one name begins another"),
        pytest.param(
            [("a" * 99 + "1", "x"), ("b-2", "x")], ("…" + "a" * 38 + "1", "b-2".ljust(40)), id="long"
        ),
    ],
)
def test_prefixes_are_short_and_tell_apart(sources: list[tuple[str, str]], expected: tuple[str, ...]) -> None:
    """What all have alike is left out; what is left has one width."""
    assert prefixes(sources) == expected


def test_none_need_no_prefix() -> None:
    """No containers, no prefixes."""
    assert log_lines.prefixes([]) == ()
