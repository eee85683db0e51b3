"""A recap as XLSX: an overview, a sheet for each unit in which people serve, and, for several days,
people by day. Numbers and dates are real ones."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from chalicelib.platforms import DESCRIPTIONS
from chalicelib.recap.count import STATUSES, Line, Recap, Status, Tally, counts_of
from chalicelib.recap.forms import words
from chalicelib.recap.forms.table import columns, row
from chalicelib.recap.forms.words import COLOURS
from chalicelib.recap.ranking import share_of, share_of_lines
from chalicelib.slots import to_wib
from chalicelib.texts.words import post_link

_LONGEST_NAME = 31
_FIRST_ROW = 5
_WIDTHS = {"Nama": 30, "Satuan": 24, "Satfung": 20, "Jabatan": 20, "Status": 22}
_BEFORE_DAYS = ("No", "Satuan", "Pangkat", "Nama", "Satfung")
_AFTER_DAYS = ("Dilaksanakan", "Konten", "Capaian")

ByDay = Mapping[date, Sequence[Tally]]


def workbook(recap: Recap, days: ByDay | None = None) -> bytes:
    """The recap as XLSX. `days`: everybody's tallies of each day, in the order of the lines; with
    them it has the sheet `Per hari`."""
    import xlsxwriter

    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "constant_memory": True})
    book.set_properties({"title": f"{words.TITLE} {words.name_of(recap.basis)}"})
    pages = _Pages(book, recap)
    groups = words.units(recap.lines)
    pages.overview(groups)
    for name, lines in groups:
        pages.unit(name, lines)
    if days is not None:
        pages.by_day(days)
    book.close()
    return out.getvalue()


class _Pages:
    """The sheets of one workbook."""

    def __init__(self, book: Any, recap: Recap) -> None:
        self._book = book
        self._recap = recap
        self._names: set[str] = set()
        self._bold = book.add_format({"bold": True, "font_size": 14})
        head = {"bold": True, "bg_color": "#DBEAFE", "text_wrap": True, "valign": "top"}
        self._head = book.add_format(head)
        self._day_head = book.add_format(head | {"num_format": "dd/mm"})
        self._percent = book.add_format({"num_format": "0.0%"})
        self._moment = book.add_format({"num_format": "dd/mm/yyyy hh:mm"})
        self._unsure = book.add_format({"italic": True, "font_color": COLOURS[_UNSURE]})
        self._sum = book.add_format({"bold": True, "top": 1})
        self._statuses = {
            status: book.add_format({"font_color": colour}) for status, colour in COLOURS.items()
        }

    def overview(self, groups: words.Groups) -> None:
        sheet = self._sheet("Rekap", (30, *[13] * len(STATUSES), 13, 13))
        at = _FIRST_ROW - 1
        heads = ["Satuan", "Personel", *(status.capitalize() for status in STATUSES)]
        heads.append("Capaian (min.)" if self._recap.uncertain else "Capaian")
        at = self._row(sheet, at, heads, self._head)
        for name, lines in groups:
            at = self._group(sheet, at, name, lines)
        at = self._group(sheet, at, "Jumlah", self._recap.lines) + 1
        heads = ["Konten", "Platform", "Dibuat", "Nama terbaca", "Lengkap", "Keterangan"]
        at = self._row(sheet, at, heads, self._head)
        for post in self._recap.posts:
            sheet.write_string(at, 0, post_link(post.platform, post.content_id))
            sheet.write_string(at, 1, DESCRIPTIONS[post.platform].label)
            made = to_wib(post.posted_at).replace(tzinfo=None)
            sheet.write_datetime(at, 2, made, self._moment)
            if post.read:
                sheet.write_number(at, 3, post.read.names)
            sheet.write_string(at, 4, "ya" if post.certain else "belum")
            sheet.write_string(at, 5, words.coverage(post))
            at += 1

    def unit(self, name: str, lines: Sequence[Line]) -> None:
        """One line a person, and the sums below."""
        heads = ["No", *columns(self._recap)]
        widths = [6] + [_WIDTHS.get(head, 15) for head in heads[1:]]
        sheet = self._sheet(name, widths)
        self._row(sheet, _FIRST_ROW - 1, heads, self._head)
        sheet.freeze_panes(_FIRST_ROW, 4)
        sheet.autofilter(_FIRST_ROW - 1, 0, _FIRST_ROW - 1 + len(lines), len(heads) - 1)
        rows = [[n, *row(self._recap, line)] for n, line in enumerate(lines, 1)]
        for at, (line, cells) in enumerate(zip(lines, rows, strict=True), _FIRST_ROW):
            self._row(sheet, at, cells[:-1])
            sheet.write_string(at, len(cells) - 1, line.status, self._statuses[line.status])
        bottom = _FIRST_ROW + len(rows)
        sheet.write_string(bottom, 3, "Jumlah", self._sum)
        for place, head in enumerate(heads):
            numbers = [cells[place] for cells in rows]
            if head.split()[-1].lower() in _SUMMED or head == "Belum pasti":
                total = sum(number for number in numbers if isinstance(number, int))
                sheet.write_number(bottom, place, total, self._sum)

    def by_day(self, days: ByDay) -> None:
        """What everybody did on each day; what is not certain yet is in italics."""
        basis = self._recap.basis
        shown = [basis.first + timedelta(n) for n in range((basis.last - basis.first).days + 1)]
        before, after = len(_BEFORE_DAYS), len(_BEFORE_DAYS) + len(shown)
        sheet = self._sheet("Per hari", (5, 24, 14, 30, 20, *[7] * len(shown), 14, 9, 10))
        self._row(sheet, _FIRST_ROW - 1, [*_BEFORE_DAYS], self._head)
        for place, day in enumerate(shown, before):
            sheet.write_datetime(_FIRST_ROW - 1, place, _midnight(day), self._day_head)
        for place, head in enumerate(_AFTER_DAYS, after):
            sheet.write_string(_FIRST_ROW - 1, place, head, self._head)
        sheet.freeze_panes(_FIRST_ROW, 4)
        sheet.write_string(_FIRST_ROW, 3, "Jumlah konten", self._sum)
        posts = [sum(post.day == day for post in self._recap.posts) for day in shown]
        for place, number in enumerate(posts, before):
            sheet.write_number(_FIRST_ROW, place, number, self._sum)
        sheet.write_number(_FIRST_ROW, after + 1, sum(posts), self._sum)
        for n, line in enumerate(self._recap.lines):
            mine = [days[day][n] if day in days else None for day in shown]
            self._person(sheet, _FIRST_ROW + 1 + n, (n + 1, line), mine)

    def _person(
        self, sheet: Any, at: int, who: tuple[int, Line], mine: Sequence[Tally | None]
    ) -> None:
        number, line = who
        person = line.person
        names = (person.unit or person.unit_id, person.title, person.name, person.division)
        self._row(sheet, at, [number, *names])
        for place, tally in enumerate(mine, len(_BEFORE_DAYS)):
            if tally and tally.total > tally.unmatched:
                shade = self._unsure if tally.unsure else None
                sheet.write_number(at, place, tally.done, shade)
        whole = sum((tally for tally in mine if tally), Tally())
        after = len(_BEFORE_DAYS) + len(mine)
        sheet.write_number(at, after, whole.done)
        sheet.write_number(at, after + 1, whole.total)
        if share := share_of([whole]):
            sheet.write_number(at, after + 2, share.low, self._percent)

    def _group(self, sheet: Any, at: int, name: str, lines: Sequence[Line]) -> int:
        counts = counts_of(line.status for line in lines)
        self._row(sheet, at, [name, len(lines), *counts.values()])
        if share := share_of_lines(lines):
            sheet.write_number(at, 2 + len(counts), share.low, self._percent)
        return at + 1

    def _sheet(self, name: str, widths: Sequence[int]) -> Any:
        """A new sheet with the heading of all."""
        sheet = self._book.add_worksheet(self._free(name))
        for place, width in enumerate(widths):
            sheet.set_column(place, place, width)
        basis = self._recap.basis
        sheet.write_string(0, 0, f"{words.TITLE}: {words.name_of(basis)}", self._bold)
        notes = [words.contents(self._recap), words.rule(basis), *words.cautions(self._recap)]
        for at, text in enumerate([words.period(basis), words.age(basis), "; ".join(notes)], 1):
            sheet.write_string(at, 0, text)
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(_FIRST_ROW - 1)
        return sheet

    def _free(self, name: str) -> str:
        """A name for a sheet that no other has, as Excel allows it."""
        plain = " ".join(re.sub(r"[\[\]:*?/\\]", " ", name).split()).strip("' ") or "Satuan"
        found, number = plain[:_LONGEST_NAME].rstrip("' "), 2
        while found.lower() in self._names or found.lower() == "history":
            ending = f" ({number})"
            found = plain[: _LONGEST_NAME - len(ending)].rstrip("' ") + ending
            number += 1
        self._names.add(found.lower())
        return found

    def _row(self, sheet: Any, at: int, cells: Sequence[Any], style: Any = None) -> int:
        """Writes numbers as numbers and text as text, never as a formula; returns the next row."""
        for place, cell in enumerate(cells):
            if isinstance(cell, int):
                sheet.write_number(at, place, cell, style)
            elif cell:
                sheet.write_string(at, place, cell, style)
        return at + 1


_UNSURE: Status = "belum dapat dipastikan"
_SUMMED = ("dilaksanakan", "belum", "konten")


def _midnight(day: date) -> Any:
    from datetime import datetime

    return datetime(day.year, day.month, day.day)  # noqa: DTZ001  Excel has no zones
