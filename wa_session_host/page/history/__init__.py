"""The history: days and months, each day's slots, and files of them."""

from __future__ import annotations

import csv
import io
from dataclasses import fields
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException

from chalicelib.overview.history import DAYS, DayFigures, History, history
from chalicelib.overview.slots import slots_of_day
from wa_session_host.page.history import exports
from wa_session_host.page.overview import day_of, file_to_save, read_day, shown
from wa_session_host.page.today.view import STANDING_LEVELS
from wa_session_host.page.window import Section, Shown, Visit, Window

if TYPE_CHECKING:
    from starlette.responses import Response

_LONGEST = timedelta(days=400)
_HEADINGS = {
    "day": "hari",
    "slots": "slot_tercatat",
    "closed": "slot_selesai",
    "skipped": "slot_dilewati",
    "missed": "slot_terlewat",
    "clients": "satker",
    "done": "run_selesai",
    "failed": "run_gagal",
    "unfinished": "run_tidak_selesai",
    "api_requests": "panggilan_api",
    "median": "detik_per_slot_median",
    "longest": "detik_per_slot_terlama",
    "posts_new": "konten_baru",
    "posts_removed": "konten_dihapus",
    "messages": "pesan",
    "lists": "daftar_dibaca",
    "lists_incomplete": "daftar_tidak_lengkap",
    "summed_at": "dihitung_pada",
}
"""The columns of the file, by the field that each holds."""


def _span(visit: Visit) -> tuple[date, date]:
    """The days that the address names; by default the last 31. Raises a 400."""
    until = day_of(visit, "sampai") or visit.now.date()
    since = day_of(visit, "dari") or until - timedelta(days=DAYS - 1)
    if since > until or until - since > _LONGEST:
        raise HTTPException(400, "Pilih hari awal sebelum hari akhir, paling lama 400 hari.")
    return since, until


def _read(visit: Visit) -> History:
    with visit.reading() as runtime:
        return history(runtime, *_span(visit))


def _days(visit: Visit) -> Shown:
    found = _read(visit)
    oldest_first = list(reversed(found.days))
    return shown(
        "history/index.html",
        history=found,
        tables=exports.TABLES,
        longest=exports.LONGEST_DAYS,
        calls=[(f"{one.day:%d-%m}", one.api_requests, "busy") for one in oldest_first],
        failures=[
            (f"{one.day:%d-%m}", one.failed, STANDING_LEVELS[one.standing]) for one in oldest_first
        ],
    )


def _day(visit: Visit) -> Shown:
    with visit.reading() as runtime:
        found = slots_of_day(runtime, read_day(visit.path("day")))
    return shown("history/day.html", day=found, is_today=found.day == visit.now.date())


def _download(visit: Visit) -> Response:
    found = _read(visit)
    name = f"riwayat-{found.since}-{found.until}.csv"
    return file_to_save(name, as_csv(found))


def as_csv(found: History) -> str:
    """The days, oldest first, as CSV with a heading. Pure."""
    text = io.StringIO()
    writer = csv.writer(text)
    names = [one.name for one in fields(DayFigures)]
    writer.writerow([_HEADINGS[name] for name in names])
    for day in reversed(found.days):
        writer.writerow([getattr(day, name) for name in names])
    return text.getvalue()


def _export(visit: Visit) -> Response:
    return exports.export(visit, *_span(visit))


def _add(window: Window) -> None:
    window.page("/riwayat", _days)
    window.page("/riwayat/unduh.csv", _download)
    window.page("/riwayat/ekspor", _export)
    window.page("/riwayat/{day}", _day)


SECTION = Section("Riwayat", "/riwayat", Path(__file__).parent, _add)
