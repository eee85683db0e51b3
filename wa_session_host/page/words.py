"""The page's words for states and results, and how it writes times. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from chalicelib.outbox.redrive import Redriven, Why
from chalicelib.slots import WIB
from wa_session_host.session.states import State

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
    "cancelled": "dibatalkan",
}
_DECIDED = "Pesan itu sudah tidak menunggu keputusan."
NOT_POSSIBLE: Mapping[Why, str] = {
    "unknown": "Pesan itu tidak ada.",
    "old_service": "Pesan itu peninggalan layanan lama dan tidak pernah dikirim.",
    "status": _DECIDED,
    "newer_list": "Tidak dikirim: percakapan itu sudah punya daftar yang lebih baru. Buang saja.",
    "told_elsewhere": "Tidak dikirim: isinya sudah disampaikan pesan lain. Buang saja.",
    "over": "Tidak dikirim: masa berlakunya sudah habis.",
    "not_uncertain": _DECIDED,
}


def sent_again(done: Redriven) -> str:
    """What became of *Kirim lagi*."""
    if done.published:
        return "Pesan masuk antrean lagi."
    return (
        "Antrean tidak menjawab. Pesan disimpan dan masuk antrean sendiri dalam satu atau dua "
        "menit; jangan tekan apa-apa lagi."
    )


def dropped(done: Redriven) -> str:
    """What became of *Buang*."""
    back = done.changes_given_back
    told = f" {back} perubahan disampaikan pesan berikutnya pada hari yang sama." if back else ""
    return f"Pesan dibuang.{told}"


def format_time(moment: datetime | None) -> str:
    """`20-02-2026 17:00:05 WIB`; a dash for None."""
    return "–" if moment is None else f"{moment.astimezone(WIB):%d-%m-%Y %H:%M:%S} WIB"


FILTERS: dict[str, Callable[..., str]] = {
    "clock": format_time,
    "state": lambda state: STATES[state],
    "status": lambda status: STATUSES.get(status, status),
}
