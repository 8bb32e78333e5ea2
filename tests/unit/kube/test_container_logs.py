"""Lines out of chunks that are cut anywhere, none of them longer than wanted."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot.kube.container_logs import CutLines


@given(st.lists(st.text(st.characters(exclude_characters="\n"), max_size=30), max_size=20), st.data())
def test_lines_are_the_same_wherever_chunks_are_cut(lines: list[str], data: st.DataObject) -> None:
    """Network packets know nothing of lines or characters."""
    body = "".join(f"{line}\n" for line in lines).encode("utf-8", "surrogatepass")
    cuts = sorted(data.draw(st.lists(st.integers(0, len(body)), max_size=8)))
    splitter = CutLines(10_000)
    found = [
        line
        for start, end in zip([0, *cuts], [*cuts, len(body)], strict=True)
        for line in splitter.feed(body[start:end])
    ]
    expected = [line.encode("utf-8", "surrogatepass").decode(errors="replace") for line in lines]
    assert found == expected
    assert splitter.rest() == ""


def test_a_long_line_is_cut_and_the_next_is_whole() -> None:
    """However many chunks the long one takes, no more of it is held than its beginning."""
    splitter = CutLines(5)
    found = [line for _ in range(1000) for line in splitter.feed(b"x" * 1000)]
    found += splitter.feed(b"x\nnext\nand th")
    assert found == ["xxxxx…", "next"]
    assert splitter.rest() == "and t…"


def test_a_cut_inside_a_character_leaves_it_out() -> None:
    """Half a character is nothing to show."""
    splitter = CutLines(4)
    assert splitter.feed("a€€\n".encode()) == ["a€…"]
