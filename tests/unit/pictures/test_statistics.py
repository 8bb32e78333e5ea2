"""The picture of the statistics: that it can be read on any ground, and that its bars are right."""

from __future__ import annotations

import io
import itertools
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from bot.model.deaths import Cause
from bot.model.statistics import Statistics
from bot.pictures import canvas, palette
from bot.pictures.palette import contrast
from bot.pictures.statistics import WIDTH, draw, stacked
from tests.support import statistics as made
from tests.support.statistics import UNTIL, statistics

READABLE = 4.5
"""WCAG 2, AA: text."""
DISCERNIBLE = 3.0
"""WCAG 2, AA: parts of a picture."""

CASES = {"none": made.NONE, "few": made.FEW, "many": made.MANY, "long": made.LONG_NAMES}


def opened(picture: bytes) -> Image.Image:
    return Image.open(io.BytesIO(picture)).convert("RGB")


@pytest.mark.parametrize("name", CASES)
def test_it_is_a_small_picture_of_double_density(name: str) -> None:
    """Sharp on a phone, and quickly there."""
    picture = draw(CASES[name])
    drawn = opened(picture)
    assert drawn.width == 2 * WIDTH
    assert drawn.height < 1.5 * drawn.width
    assert len(picture) < 120_000
    assert drawn.getpixel((drawn.width // 2, drawn.height - 10)) == pytest.approx(palette.GROUND, abs=4)


@pytest.mark.parametrize("colour", [palette.INK, palette.QUIET], ids=["ink", "quiet"])
def test_words_can_be_read_on_the_pictures_own_ground(colour: palette.Colour) -> None:
    """Also the quiet ones."""
    assert contrast(colour, palette.GROUND) >= READABLE


@pytest.mark.parametrize("colour", [*palette.SERIES, palette.REST, palette.BAR])
def test_bars_stand_out_from_the_ground(colour: palette.Colour) -> None:
    """For those who see few colours, too."""
    assert contrast(colour, palette.GROUND) >= DISCERNIBLE


@pytest.mark.parametrize(
    "theme", [palette.SLACK_LIGHT, palette.SLACK_DARK], ids=["light theme", "dark theme"]
)
def test_the_frame_is_seen_in_both_themes(theme: palette.Colour) -> None:
    """On white the ground alone would not show where the picture ends."""
    assert contrast(palette.FRAME, theme) >= DISCERNIBLE
    assert max(contrast(palette.GROUND, theme), contrast(palette.FRAME, theme)) >= DISCERNIBLE


def test_no_two_causes_have_one_colour() -> None:
    """Six at most are told apart."""
    for one, other in itertools.combinations((*palette.SERIES, palette.REST), 2):
        assert sum(abs(a - b) for a, b in zip(one, other, strict=True)) > 90


def test_every_death_is_in_a_bar_of_its_cause() -> None:
    """The rest is one colour; nothing is lost on the way."""
    bars = stacked(made.MANY)
    assert sum(map(sum, bars.stacks)) == made.MANY.deaths
    assert sum(count for _, count, _ in bars.series) == made.MANY.deaths
    assert [name for name, _, _ in bars.series][-1] == "3 others"
    assert bars.highest == 57


@pytest.mark.parametrize(
    ("days", "hours"), [(0.1, 1), (1, 1), (7, 1), (14, 2), (30, 6), (90, 24)], ids=lambda each: f"{each}"
)
def test_a_longer_time_has_wider_bars(days: float, hours: int) -> None:
    """Bars that can still be told apart on a phone; a week is shown by the hour."""
    bars = stacked(statistics((1, Cause.ERROR, 1), days=days))
    assert bars.span == timedelta(hours=hours)
    assert len(bars.stacks) <= 170


@given(
    st.lists(
        st.tuples(st.integers(1, 700), st.sampled_from([None, *Cause]), st.integers(1, 5_000)),
        max_size=60,
    ),
    st.floats(0.05, 40),
)
def test_bars_hold_whatever_there_is(by_hour: list[tuple[int, Cause | None, int]], days: float) -> None:
    """Also deaths at the very edges of the time."""
    told = statistics(*by_hour, days=days)
    bars = stacked(told)
    assert sum(map(sum, bars.stacks)) == told.deaths
    assert bars.begin <= told.since
    assert bars.begin + bars.span * len(bars.stacks) >= UNTIL


@given(st.text(max_size=400), st.floats(20, 400))
def test_a_name_is_cut_to_its_room(name: str, room: float) -> None:
    """Hostile ones are letters or question marks; nothing is drawn outside."""
    cut = canvas.fitting(name, room)
    assert canvas.width_of(cut) <= room or len(cut) <= 1
    assert all(" " <= each <= "~" or each in "…·" for each in cut)


def test_hostile_names_are_drawn_and_do_no_harm() -> None:
    """Nothing in a picture is a mention or a link; the marks of direction do not turn its words around."""
    assert "\u202e" not in canvas.drawable(made.HOSTILE)
    assert opened(draw(made.LONG_NAMES)).width == 2 * WIDTH


def nothing_died(told: Statistics) -> bool:
    """Whether there is no colour of a series in its picture."""
    colours = opened(draw(told)).getcolors(maxcolors=1_000_000) or []
    return not any(
        sum(abs(a - b) for a, b in zip(colour, palette.SERIES[0], strict=True)) < 12
        for _, colour in colours
        if isinstance(colour, tuple)
    )


def test_a_picture_shows_that_something_died() -> None:
    """Its first colour is there exactly where there are deaths."""
    assert nothing_died(made.NONE)
    assert not nothing_died(made.FEW)
