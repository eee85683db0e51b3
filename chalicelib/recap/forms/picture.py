"""A recap as one PNG, 1080 pixels wide: readable on a phone, with all that a superior asks for.

Up to `MOST_PEOPLE` everybody has a line, by satfung. Of more people it shows the totals by the unit
in which they serve, or by satfung if that is one unit, of `MOST_GROUPS` at most, and of the rest
together: the names are in the workbook and the text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from chalicelib.platforms import DESCRIPTIONS
from chalicelib.recap.count import Line, Recap, Status, counts_of
from chalicelib.recap.forms import words
from chalicelib.recap.forms.canvas import (
    BAND,
    FAINT,
    INK,
    LINE,
    MARGIN,
    PAPER,
    WIDTH,
    Canvas,
    font,
    wrapped,
)
from chalicelib.recap.forms.words import COLOURS
from chalicelib.recap.ranking import share_of_lines
from chalicelib.texts.words import format_number

MOST_PEOPLE, MOST_GROUPS = 120, 150
_SHORT: Mapping[Status, str] = {"belum dapat dipastikan": "belum pasti"}
_RIGHT = WIDTH - MARGIN
_ROW, _TITLE_ROW, _NOTE_ROW, _FOOT = 62, 56, 32, 36
_HEADING, _TILES = 240, 130


@dataclass(frozen=True)
class _Block:
    """Something `height` pixels high, and how it is drawn from `top` on."""

    height: int
    draw: Callable[[Canvas, int], None]


def picture(recap: Recap) -> bytes:
    """The recap as PNG."""
    blocks = list(_blocks(recap))
    canvas = Canvas(sum(block.height for block in blocks) + _FOOT)
    top = 0
    for block in blocks:
        block.draw(canvas, top)
        top += block.height
    return canvas.png()


def _blocks(recap: Recap) -> Iterator[_Block]:
    yield _Block(_HEADING, lambda canvas, top: _heading(canvas, top, recap))
    yield _Block(_TILES, lambda canvas, top: _tiles(canvas, top, recap.counts()))
    notes = [words.rule(recap.basis), *words.cautions(recap)]
    for note in notes:
        for text in wrapped(f"{note}.", font(24), _RIGHT - MARGIN):
            yield _note(text)
    yield _Block(20, lambda canvas, top: None)
    if len(recap.lines) <= MOST_PEOPLE:
        yield from _people(recap)
    else:
        yield from _totals(recap)


def _heading(canvas: Canvas, top: int, recap: Recap) -> None:
    canvas.box(0, top, WIDTH, top + _HEADING - 30, INK)
    room = _RIGHT - MARGIN
    basis = recap.basis
    canvas.text((MARGIN, top + 46), words.TITLE, font(32, True), "#fbbf24", room=room)
    canvas.text((MARGIN, top + 96), words.name_of(basis), font(40, True), PAPER, room=room)
    dated = f"{words.period(basis)}  •  {words.contents(recap)}"
    canvas.text((MARGIN, top + 142), dated, font(26), PAPER, room=room)
    canvas.text((MARGIN, top + 176), words.age(basis), font(26), "#d1d5db", room=room)


def _tiles(canvas: Canvas, top: int, counts: Mapping[Status, int]) -> None:
    """A tile with the number of people for each status."""
    shown = [s for s in COLOURS if s != "tanpa konten" or counts[s]]
    width = (_RIGHT - MARGIN + 12) // len(shown)
    for place, status in enumerate(shown):
        left = MARGIN + place * width
        canvas.box(left, top, left + width - 12, top + 106, BAND)
        canvas.box(left, top, left + width - 12, top + 8, COLOURS[status])
        middle = left + (width - 12) // 2
        number = format_number(counts[status])
        canvas.text((middle, top + 46), number, font(38, True), COLOURS[status], align="centre")
        label = _SHORT.get(status, status)
        canvas.text((middle, top + 84), label, font(19), align="centre", room=width - 16)


def _note(text: str) -> _Block:
    return _Block(
        _NOTE_ROW, lambda canvas, top: canvas.text((MARGIN, top + 14), text, font(24), FAINT)
    )


def _people(recap: Recap) -> Iterator[_Block]:
    number = 0
    for division, lines in words.divisions(recap.lines):
        yield _title(division, f"{format_number(len(lines))} orang", recap)
        for line in lines:
            number += 1
            yield _person(recap, number, line)


def _columns(recap: Recap) -> list[int]:
    """The centres of the platforms' columns."""
    platforms = len(recap.basis.platforms)
    return [690 + 100 * place - 100 * (platforms - 1) for place in range(platforms)]


def _title(text: str, right: str, recap: Recap) -> _Block:
    def draw(canvas: Canvas, top: int) -> None:
        canvas.box(MARGIN, top + 6, _RIGHT, top + _TITLE_ROW - 4, "#dbeafe")
        middle = top + _TITLE_ROW // 2 + 1
        columns = _columns(recap)
        room = columns[0] - MARGIN - 70 if columns else 600
        canvas.text((MARGIN + 16, middle), text, font(26, True), room=room)
        for centre, platform in zip(columns, recap.basis.platforms, strict=True):
            label = DESCRIPTIONS[platform].short_label
            canvas.text((centre, middle), label, font(24, True), align="centre")
        canvas.text((_RIGHT - 16, middle), right, font(24), FAINT, align="right")

    return _Block(_TITLE_ROW, draw)


def _person(recap: Recap, number: int, line: Line) -> _Block:
    def draw(canvas: Canvas, top: int) -> None:
        middle = top + _ROW // 2
        columns = _columns(recap)
        room = (columns[0] if columns else 700) - MARGIN - 110
        canvas.text((MARGIN + 50, middle), f"{number}", font(24), FAINT, align="right")
        left = MARGIN + 66
        canvas.text((left, middle - 13), line.person.full_name, font(26), room=room)
        names = ", ".join(f"@{name}" for name in words.accounts(line, recap.basis.platforms))
        canvas.text((left, middle + 16), names or "-", font(20), FAINT, room=room)
        for centre, platform in zip(columns, recap.basis.platforms, strict=True):
            tally = line.tallies[platform]
            colour = COLOURS[line.statuses[platform]]
            canvas.text(
                (centre, middle), words.reached(tally), font(28, True), colour, align="centre"
            )
        canvas.pill(_RIGHT - 270, middle - 19, _RIGHT - 2, middle + 19, COLOURS[line.status])
        place = (_RIGHT - 135, middle - 1)
        canvas.text(place, line.status, font(21, True), PAPER, align="centre", room=256)
        canvas.box(MARGIN, top + _ROW - 1, _RIGHT, top + _ROW, LINE)

    return _Block(_ROW, draw)


_SHOWN: tuple[Status, ...] = (
    "lengkap", "kurang", "belum", "belum dapat dipastikan", "tanpa username", "dikecualikan",
)  # fmt: skip
_HEADS = ("orang", "lengkap", "kurang", "belum", "blm pasti", "tnp akun", "kecuali", "capaian")


def _totals(recap: Recap) -> Iterator[_Block]:
    """A line for each unit or satfung instead of one for each person."""
    groups = words.units(recap.lines)
    title = "SATUAN"
    if len(groups) == 1:
        groups, title = words.divisions(recap.lines), "SATFUNG"
    yield _cells(title, _HEADS, bold=True)
    for name, lines in groups[:MOST_GROUPS]:
        yield _cells(name, _numbers(lines))
    if left := groups[MOST_GROUPS:]:
        rest = [line for _, lines in left for line in lines]
        yield _cells(f"{format_number(len(left))} lainnya", _numbers(rest))
    yield _cells("JUMLAH", _numbers(recap.lines), bold=True)
    yield _note("Nama per orang ada pada teks dan berkas XLSX.")


def _numbers(lines: Sequence[Line]) -> Sequence[str]:
    counts = counts_of(line.status for line in lines)
    shown = (counts[status] for status in _SHOWN)
    return [*map(format_number, (len(lines), *shown)), words.percent(share_of_lines(lines))]


def _cells(name: str, cells: Sequence[str], *, bold: bool = False) -> _Block:
    height = 48

    def draw(canvas: Canvas, top: int) -> None:
        middle = top + height // 2
        if bold:
            canvas.box(MARGIN, top, _RIGHT, top + height, "#dbeafe")
        canvas.text((MARGIN + 12, middle), name, font(24, bold), room=215)
        for place, cell in enumerate(cells):
            right = _RIGHT - 10 if place == len(cells) - 1 else 350 + place * 88
            size = 17 if cell in _HEADS else 24
            colour = INK if place in (0, 7) else COLOURS[_SHOWN[place - 1]]
            canvas.text((right, middle), cell, font(size, bold), colour, align="right", room=150)
        canvas.box(MARGIN, top + height - 1, _RIGHT, top + height, LINE)

    return _Block(height, draw)
