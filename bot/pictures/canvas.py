"""A sheet to draw on, in points of which each is two pixels wide: sharp on a phone. For `statistics`."""

from __future__ import annotations

import io
from functools import lru_cache

from PIL import Image, ImageDraw, ImageFont

from bot.pictures.palette import FRAME, GROUND, INK, Colour

DENSITY = 2
"""Pixels a point."""

_RADIUS = 10


class Canvas:
    """So many points wide and high."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self._image = Image.new("RGB", (width * DENSITY, height * DENSITY), GROUND)
        self._draw = ImageDraw.Draw(self._image)

    def box(self, left: float, top: float, right: float, bottom: float, colour: Colour) -> None:
        """A filled box; one too thin to be seen is a pixel wide."""
        corners = [round(each * DENSITY) for each in (left, top, right, bottom)]
        x0, y0, x1, y1 = corners
        self._draw.rectangle((x0, y0, max(x0, x1 - 1), max(y0, y1 - 1)), fill=colour)

    def text(
        self, x: float, y: float, words: str, *, size: int = 13, colour: Colour = INK, anchor: str = "ls"
    ) -> None:
        """One line of words; `anchor` as Pillow has it: `ls` is the left end of the base line."""
        self._draw.text(
            (x * DENSITY, y * DENSITY), drawable(words), font=_font(size), fill=colour, anchor=anchor
        )

    def png(self) -> bytes:
        """The picture, with a frame around it."""
        self._draw.rounded_rectangle(
            (0, 0, self.width * DENSITY - 1, self.height * DENSITY - 1),
            radius=_RADIUS * DENSITY,
            outline=FRAME,
            width=DENSITY,
        )
        written = io.BytesIO()
        self._image.convert("P", palette=Image.Palette.ADAPTIVE, colors=128).save(
            written, format="PNG", optimize=True, dpi=(72 * DENSITY, 72 * DENSITY)
        )
        return written.getvalue()


def width_of(words: str, size: int = 13) -> float:
    """How many points wide a line of words is."""
    return _font(size).getlength(drawable(words)) / DENSITY


def fitting(words: str, room: float, size: int = 13) -> str:
    """Words of at most `room` points, cut in their middle: names differ at the end."""
    said = drawable(words)
    if width_of(said, size) <= room:
        return said
    low, high = 0, len(said)
    while low < high:
        kept = (low + high + 1) // 2
        low, high = (kept, high) if width_of(_cut(said, kept), size) <= room else (low, kept - 1)
    return _cut(said, low)


def drawable(words: str) -> str:
    """What the font has signs for and people can see, on one line, and not more than fits any picture."""
    said = " ".join(words[:_MOST].split())
    return "".join(each if _has_a_sign(each) else "?" for each in said)


_MOST = 300
"""Characters of one line; a name of Kubernetes has 253 at most."""

_MORE_SIGNS = "…·"


def _has_a_sign(character: str) -> bool:
    """Whether Pillow's own font has it: of all beyond ASCII, it has little."""
    return " " <= character <= "~" or character in _MORE_SIGNS


def _cut(words: str, kept: int) -> str:
    head = (kept + 1) // 2
    return f"{words[:head]}…{words[len(words) - (kept - head) :]}"


@lru_cache(maxsize=8)
def _font(size: int) -> ImageFont.FreeTypeFont:
    font = ImageFont.load_default(size * DENSITY)
    assert isinstance(font, ImageFont.FreeTypeFont)  # noqa: S101 - Pillow is built with FreeType, as its wheels are
    return font
