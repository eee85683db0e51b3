"""The messages: the outbox with its states, and each message as its chat sees it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlencode

from chalicelib.errors import BadInput
from chalicelib.overview.messages import Wanted, message, messages
from wa_session_host.page.overview import before_of, shown
from wa_session_host.page.window import Section, Shown, Visit, Window

_ROWS = 50
_STATES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "": ("Semua", ()),
    "keputusan": ("Menunggu keputusan", ("dead_letter", "uncertain")),
    "antre": ("Menunggu dikirim", ("pending", "processing", "retrying")),
    "terkirim": ("Terkirim", ("sent",)),
    "batal": ("Tidak dikirim", ("expired", "superseded", "cancelled")),
}
"""The filters: what each is called, and the states that it shows."""

DECIDED_BY_PEOPLE = frozenset({"dead_letter", "uncertain"})
SENT_AGAIN = DECIDED_BY_PEOPLE | {"expired"}
"""States in which a person may send a message again; whether this one may be is checked then."""


def _list(visit: Visit) -> Shown:
    asked = {name: visit.query(name).strip() for name in ("cari", "keadaan", "satker", "sebelum")}
    state = asked["keadaan"] if asked["keadaan"] in _STATES else ""
    wanted = Wanted(
        statuses=_STATES[state][1],
        search=asked["cari"],
        client_id=asked["satker"] or None,
        before=before_of(visit),
        most=_ROWS,
    )
    with visit.reading() as runtime:
        found = messages(runtime, wanted)
    older = {**asked, "sebelum": str(found.next_before)} if found.next_before else {}
    return shown(
        "messages/index.html",
        messages=found,
        asked=asked,
        narrowed=bool(asked["cari"] or state or asked["satker"]),
        choices=[(name, text) for name, (text, _) in _STATES.items()],
        older=f"?{urlencode({name: value for name, value in older.items() if value})}",
        has_older=bool(older),
    )


def _one(visit: Visit) -> Shown:
    try:
        with visit.reading() as runtime:
            found = message(runtime, visit.request.path_params["outbox_id"])
    except BadInput:
        return shown("messages/unknown.html")
    status = found.line.status
    return shown(
        "messages/message.html",
        message=found,
        names=visit.services.group_names.known(),
        sends=found.session is not None and status in SENT_AGAIN,
        drops=status in DECIDED_BY_PEOPLE,
    )


def _add(window: Window) -> None:
    window.page("/pesan", _list)
    window.page("/pesan/{outbox_id:int}", _one)


SECTION = Section("Pesan", "/pesan", Path(__file__).parent, _add)
