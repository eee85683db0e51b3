"""What pictures are drawn on: a page of fixed width, with text that fits its place.

The font is Noto Sans (SIL Open Font License, fonts/OFL.txt), cut down to Latin letters and signs.
"""

from __future__ import annotations

import io
import unicodedata
from functools import lru_cache
from pathlib import Path
from typing import Literal

from PIL import Image, ImageDraw, ImageFont

WIDTH = 1080
MARGIN = 40
INK, FAINT, PAPER, LINE, BAND = "#14213d", "#6b7280", "#ffffff", "#e5e7eb", "#f3f4f6"

Align = Literal["left", "right", "centre"]

_FONTS = Path(__file__).parent / "fonts"
_COLOURS = 96
_LATIN = range(0x20, 0x180)
_SIGNS = frozenset("–—‘’“”•…●−")


@lru_cache(maxsize=32)
def font(size: int, bold: bool = False) -> ImageFont.FreeTypeFont:
    name = "NotoSans-Bold.ttf" if bold else "NotoSans-Regular.ttf"
    return ImageFont.truetype(str(_FONTS / name), size)


def drawable(text: str) -> str:
    """The text without what the font has no letter for, in its plainest characters."""
    plain = unicodedata.normalize("NFKC", text)
    return " ".join("".join(c for c in plain if ord(c) in _LATIN or c in _SIGNS).split())


class Canvas:
    """A white page, `height` pixels high."""

    def __init__(self, height: int) -> None:
        self._image = Image.new("RGB", (WIDTH, height), PAPER)
        self._draw = ImageDraw.Draw(self._image)

    def box(self, left: int, top: int, right: int, bottom: int, colour: str) -> None:
        self._draw.rectangle((left, top, right - 1, bottom - 1), fill=colour)

    def pill(self, left: int, top: int, right: int, bottom: int, colour: str) -> None:
        """A box with round ends."""
        self._draw.rounded_rectangle((left, top, right, bottom), (bottom - top) // 2, fill=colour)

    def text(
        self,
        at: tuple[int, int],
        text: str,
        style: ImageFont.FreeTypeFont,
        colour: str = INK,
        *,
        align: Align = "left",
        room: int = WIDTH,
    ) -> None:
        """One line, cut to `room` pixels; `at` is the middle of its height at its left, right or
        centre."""
        anchor = {"left": "lm", "right": "rm", "centre": "mm"}[align]
        fitting = fit(drawable(text), style, room)
        self._draw.text(at, fitting, fill=colour, font=style, anchor=anchor)

    def png(self) -> bytes:
        small = self._image.quantize(_COLOURS, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
        out = io.BytesIO()
        small.save(out, "PNG", compress_level=6)
        return out.getvalue()


def fit(text: str, style: ImageFont.FreeTypeFont, room: int) -> str:
    """The text, ending in `…` if it would be wider than `room` pixels."""
    if style.getlength(text) <= room:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if style.getlength(text[:middle].rstrip() + "…") <= room:
            low = middle
        else:
            high = middle - 1
    return text[:low].rstrip() + "…"


def wrapped(text: str, style: ImageFont.FreeTypeFont, room: int) -> list[str]:
    """The text in lines of at most `room` pixels, broken between words."""
    lines: list[str] = []
    for word in drawable(text).split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and style.getlength(longer) <= room:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines
