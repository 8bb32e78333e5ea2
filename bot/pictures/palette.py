"""Colours that can be told apart on the picture's own ground, by those who see few colours, too."""

from __future__ import annotations

from typing import TypeAlias

Colour: TypeAlias = tuple[int, int, int]

GROUND: Colour = (0xF7, 0xF7, 0xF5)
"""Nearly white. The picture brings its own ground along: what it is shown on may be light or dark."""

FRAME: Colour = (0x84, 0x88, 0x8E)
"""Its edge, to be seen against white as well as against Slack's dark theme."""

INK: Colour = (0x1D, 0x20, 0x25)
QUIET: Colour = (0x55, 0x5B, 0x64)
GRID: Colour = (0xDD, 0xDE, 0xDE)

SERIES: tuple[Colour, ...] = (
    (0xB8, 0x2E, 0x1F),  # brick
    (0x1F, 0x5F, 0xA8),  # blue
    (0xB0, 0x72, 0x00),  # ochre
    (0x2B, 0x7A, 0x5B),  # pine
    (0x80, 0x3A, 0xA6),  # violet
)
"""By rank; neighbours in a stack differ in lightness as well."""

REST: Colour = (0x74, 0x79, 0x80)
"""All other causes together."""

BAR: Colour = (0x3D, 0x5A, 0x80)

SLACK_LIGHT: Colour = (0xFF, 0xFF, 0xFF)
SLACK_DARK: Colour = (0x1A, 0x1D, 0x21)


def contrast(one: Colour, other: Colour) -> float:
    """The contrast ratio of WCAG 2: 1 for the same colour, 21 for black on white."""
    bright, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def _luminance(colour: Colour) -> float:
    red, green, blue = (_linear(channel / 255) for channel in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else float(((channel + 0.055) / 1.055) ** 2.4)
