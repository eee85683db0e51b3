"""The clients: the list, and each one's day with what can be done."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import get_args

from chalicelib.overview.client_day import client_day
from chalicelib.overview.clients import Order, Show, Wanted, clients
from chalicelib.recap.schedule import USUAL_HOURS
from chalicelib.recap.schedules import load_schedule
from wa_session_host.page.clients.actions import add_post, run_client
from wa_session_host.page.clients.recaps import FORM_NAMES, RECIPIENT_NAMES, set_schedule
from wa_session_host.page.listing import Listing
from wa_session_host.page.overview import day_of, found, shown
from wa_session_host.page.window import Section, Shown, Visit, Window

_ROWS = 50
_COLUMNS: Mapping[str, Order] = {
    "nama": "name",
    "id": "id",
    "umur": "age",
    "daftar": "coverage",
    "galat": "errors",
    "pesan": "message",
}
SHOWS: Mapping[Show, str] = {
    "all": "Semua yang aktif",
    "trouble": "Perlu dilihat",
    "verified": "Terverifikasi",
    "unverified": "Berjalan, belum pasti",
    "never": "Belum berjalan",
    "inactive": "Tidak aktif",
}
"""The filters, in the order in which they are offered."""


def _list(visit: Visit) -> Shown:
    listing = Listing.of(visit.request.query_params, _ROWS, "nama")
    show: Show = next((one for one in get_args(Show) if one == visit.query("tampil")), "all")
    wanted = Wanted(
        search=listing.search,
        show=show,
        order=_COLUMNS.get(listing.column, "name"),
        descending=listing.descending,
        page=listing.page,
        per_page=_ROWS,
    )
    with visit.reading() as runtime:
        listed = clients(runtime, wanted, visit.services.lines.read)
    choices = [("" if one == "all" else one, text) for one, text in SHOWS.items()]
    return shown(
        "clients/index.html",
        clients=listed,
        drawn=listed.read_at,
        listing=listing.counted(listed.matching),
        choices=[(value, f"{text} ({listed.counts[value or 'all']})") for value, text in choices],
    )


def _one(visit: Visit) -> Shown:
    with found("Satker"), visit.reading() as runtime:
        day = client_day(runtime, visit.path("client_id"), day_of(visit))
        schedule = load_schedule(runtime, day.line.client_id)
    return shown(
        "clients/client.html",
        day=day,
        names=visit.services.group_names.known(),
        is_today=day.day == visit.now.date(),
        schedule=schedule,
        recipients=RECIPIENT_NAMES,
        forms=FORM_NAMES,
        usual_hours=USUAL_HOURS,
    )


def _add(window: Window) -> None:
    one = "/satker/{client_id:path}"
    window.page("/satker", _list)
    window.action(f"{one}/jalankan", "run_client", run_client)
    window.action(f"{one}/tambah", "add_post", add_post)
    window.action(f"{one}/jadwal-absensi", "recap_schedule", set_schedule)
    window.page(one, _one)


SECTION = Section("Satker", "/satker", Path(__file__).parent, _add)
