"""The first page, the page of a slot, and their actions."""

from __future__ import annotations

from pathlib import Path

from starlette.exceptions import HTTPException

from chalicelib.errors import BadInput
from chalicelib.manual.runs import run_slot
from chalicelib.ordering import natural
from chalicelib.overview import words
from chalicelib.overview.slots import slots_of_day
from chalicelib.overview.today import status
from chalicelib.slots import Slot
from wa_session_host.page.context import PageContext
from wa_session_host.page.listing import Listing
from wa_session_host.page.today import view
from wa_session_host.page.today.words import case_text
from wa_session_host.page.window import Refused, Section, Shown, Visit, Window

_ROWS = 100
_COLUMNS = {
    "satker": lambda row: natural(row["client_id"]),
    "hasil": lambda row: row["text"],
    "konten": lambda row: row["posts"],
    "api": lambda row: row["api_requests"],
    "detik": lambda row: row["seconds"],
}


class Pages:
    """The handlers."""

    def __init__(self, context: PageContext) -> None:
        self._context = context

    def today(self, visit: Visit) -> Shown:
        with visit.reading() as runtime:
            found = status(runtime, visit.services.lines.read)
        accounts = [session.snapshot for session in self._context.sessions.values()]
        values = {"status": found, "idle": view.idle_accounts(accounts)}
        values["drawn"] = found.today.read_at
        return Shown("today/index.html", values | _HELPERS)

    def slot(self, visit: Visit) -> Shown:
        slot = _slot(visit.path("slot"))
        with visit.reading() as runtime:
            day = slots_of_day(runtime, slot.day)
            with runtime.db.transaction() as tx:
                [results] = tx.run("overview_slots.results", slot=slot.at)
                reports = tx.run("operators.reports", slot=slot.at)
        rows = [view.result_row(row) for row in results["clients"]]
        listing = Listing.of(visit.request.query_params, _ROWS, "satker")
        shown, listing = listing.cut([row for row in rows if _fits(row, listing)], _COLUMNS)
        around = [one.slot for one in day.slots]
        here = around.index(slot.at)
        values = {
            "slot": day.slots[here],
            "rows": shown,
            "clients": len(rows),
            "listing": listing,
            "reports": [row["text"] for row in reports],
            "earlier": around[here - 1] if here else None,
            "later": around[here + 1] if here + 1 < len(around) else None,
        }
        return Shown("today/slot.html", values | _HELPERS)


_HELPERS = {
    "view": view,
    "words": words,
    "case_text": case_text,
    "current": "/",
}


def _fits(row: dict[str, object], listing: Listing) -> bool:
    """Whether the search and the filter let a client through."""
    sought = listing.search.casefold()
    found = sought in f"{row['client_id']} {row['nama'] or ''}".casefold()
    wanted = listing.filters.get("hasil")
    return found and (not wanted or row["level"] == wanted)


def _slot(text: str) -> Slot:
    try:
        return Slot.parse(text)
    except BadInput:
        raise HTTPException(404) from None


def _run_slot(visit: Visit) -> str:
    with visit.acting() as runtime:
        try:
            opened = run_slot(runtime, visit.path("slot"))
        except BadInput:
            raise Refused("Slot itu tidak ada, atau belum waktunya.") from None
    if opened.result == "already_open" and not opened.dispatched:
        return "Slot itu sudah pernah dibuka; tidak ada satker yang menunggu."
    return f"Slot dijalankan: {opened.dispatched} satker masuk antrean."


def _add(window: Window) -> None:
    pages = Pages(window.context)
    window.page("/", pages.today)
    window.page("/slot/{slot}", pages.slot)
    window.action("/slot/{slot}/jalankan", "run_slot", _run_slot)


SECTION = Section("Hari ini", "/", Path(__file__).parent, _add)
