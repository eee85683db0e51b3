"""What operators are told about the WhatsApp account itself. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from chalicelib.texts.words import clock, plain

AccountEventKind = Literal[
    "up", "disconnected", "logged_out", "banned", "replaced", "outdated", "undecryptable"
]

_TITLES: dict[AccountEventKind, str] = {
    "up": "SESI WHATSAPP PULIH",
    "disconnected": "SESI WHATSAPP TERPUTUS",
    "logged_out": "SESI WHATSAPP KELUAR",
    "banned": "SESI WHATSAPP DIBLOKIR SEMENTARA",
    "replaced": "SESI WHATSAPP DIAMBIL ALIH",
    "outdated": "VERSI WHATSAPP KEDALUWARSA",
    "undecryptable": "BANYAK PESAN MASUK TIDAK TERBACA",
}
_ADVICE: dict[AccountEventKind, str] = {
    "up": "Pesan yang masih berlaku dikirim sekarang.",
    "disconnected": "Sambungan dicoba lagi otomatis. Pesan menunggu sampai masa berlakunya habis.",
    "logged_out": "Perangkat dikeluarkan dari akun. Pindai kode QR lagi di halaman host.",
    "banned": "Pengiriman berhenti sampai waktu itu lewat. Jangan menyambung dari tempat lain.",
    "replaced": "Akun tersambung dari tempat lain. Pastikan hanya satu host yang berjalan.",
    "outdated": "WhatsApp menolak versi pustaka ini. Tim teknis perlu memperbaruinya.",
    "undecryptable": "Biasanya pulih sendiri. Sesi tidak dihapus; pengiriman tetap berjalan.",
}


@dataclass(frozen=True)
class AccountEvent:
    """Something that happened to an account. `since`: when it went down; `until`: when a ban
    ends; where they are known."""

    kind: AccountEventKind
    session: str
    at: datetime
    since: datetime | None = None
    until: datetime | None = None


def account_event(event: AccountEvent) -> str:
    """The event, and what to do about it."""
    lines = [f"*{_TITLES[event.kind]}*", f"Akun: {plain(event.session)}", clock(event.at)]
    if event.since:
        lines.append(f"Terputus sejak {clock(event.since)}")
    if event.until:
        lines.append(f"Sampai {clock(event.until)}")
    return "\n".join([*lines, _ADVICE[event.kind]])
