"""The audit log: who did what in the window."""

from __future__ import annotations

from pathlib import Path

from wa_session_host.page.listing import Listing
from wa_session_host.page.window import Section, Shown, Visit, Window

_ROWS = 50


def _add(window: Window) -> None:
    def log(visit: Visit) -> Shown:
        listing = Listing.of(visit.request.query_params, _ROWS)
        rows, total = window.audit.page(listing.search, listing.rows, listing.skipped)
        return Shown("actions/index.html", {"rows": rows, "listing": listing.counted(total)})

    window.page("/catatan", log)


SECTION = Section("Catatan", "/catatan", Path(__file__).parent, _add)
