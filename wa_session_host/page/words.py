"""The page's words for states, and how it writes times. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from chalicelib.slots import WIB
from wa_session_host.states import State

STATES: Mapping[State, str] = {
    "starting": "memulai",
    "pairing": "menunggu pemasangan",
    "connected": "tersambung",
    "reconnecting": "menyambung ulang",
    "replaced": "dipakai program lain",
    "logged_out": "dikeluarkan dari akun",
    "banned": "diblokir sementara",
    "outdated": "versi ditolak",
    "stopped": "tidak berjalan di host ini",
}
STATUSES: Mapping[str, str] = {
    "pending": "menunggu",
    "processing": "sedang dikirim",
    "sent": "terkirim",
    "retrying": "akan dicoba lagi",
    "dead_letter": "gagal",
    "expired": "kedaluwarsa",
    "superseded": "digantikan",
    "uncertain": "tidak pasti",
}


def clock(moment: datetime | None) -> str:
    """`17:00:05` today-style WIB time, with its date; a dash for none."""
    return "–" if moment is None else f"{moment.astimezone(WIB):%d-%m-%Y %H:%M:%S} WIB"


FILTERS: dict[str, Callable[..., str]] = {
    "clock": clock,
    "state": lambda state: STATES[state],
    "status": lambda status: STATUSES.get(status, status),
}
