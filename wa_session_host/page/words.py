"""The window's words for states and results, and how it writes times and numbers. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from http import HTTPStatus
from typing import Any

from chalicelib.outbox.redrive import Redriven, Why
from chalicelib.overview.words import MESSAGE_KINDS, MESSAGE_STATES
from chalicelib.platforms import DESCRIPTIONS
from chalicelib.recap.forms import words as recap_words
from chalicelib.slots import WIB, to_wib
from chalicelib.texts import format_number, kind_in_words
from chalicelib.whatsapp_settings import Role
from wa_session_host.page import failures
from wa_session_host.page.markup import as_seen
from wa_session_host.session.states import Event, State

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
EVENTS: Mapping[Event, str] = {
    "child_started": "proses dimulai",
    "qr": "kode QR ditampilkan",
    "paired": "perangkat dipasangkan",
    "pair_failed": "pemasangan gagal",
    "qr_expired": "kode QR kedaluwarsa",
    "connected": "tersambung",
    "disconnected": "sambungan terputus",
    "keep_alive_timeout": "WhatsApp tidak menjawab",
    "keep_alive_restored": "WhatsApp menjawab lagi",
    "offline_too_long": "terlalu lama terputus",
    "start_too_long": "terlalu lama memulai",
    "stream_replaced": "sesi dibuka di tempat lain",
    "replaced_again": "sesi berulang kali dibuka di tempat lain",
    "logged_out": "perangkat dikeluarkan dari akun",
    "unlinked": "perangkat dikeluarkan dari halaman ini",
    "temporary_ban": "dibatasi WhatsApp untuk sementara",
    "client_outdated": "versi program ditolak",
    "connect_failure": "WhatsApp menolak sambungan",
    "stream_error": "kesalahan pada sambungan",
    "undecryptable": "pesan masuk tidak terbaca",
    "undecryptable_rate": "terlalu banyak pesan masuk tidak terbaca",
    "send_timed_out": "pengiriman tidak dijawab",
    "connect_ended": "percobaan menyambung berakhir",
    "child_died": "proses berhenti",
    "child_silent": "proses tidak menjawab",
    "restart_asked": "diminta menyambung ulang",
    "lease_lost": "host ini kehilangan akun",
    "lease_held": "host ini memegang akun",
}
STATE_LEVELS: Mapping[State, str] = {
    "starting": "busy",
    "pairing": "unsure",
    "connected": "ok",
    "reconnecting": "busy",
    "replaced": "bad",
    "logged_out": "bad",
    "banned": "bad",
    "outdated": "bad",
    "stopped": "never",
}
"""The badges of the states (see templates/parts.html)."""

STATUS_LEVELS: Mapping[str, str] = {
    "pending": "busy",
    "processing": "busy",
    "sent": "ok",
    "retrying": "unsure",
    "dead_letter": "bad",
    "expired": "never",
    "superseded": "never",
    "uncertain": "unsure",
    "cancelled": "never",
}
"""The badges of messages' states."""

_DAYS = ("Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu", "Minggu")
_MONTHS = (
    *("Januari", "Februari", "Maret", "April", "Mei", "Juni", "Juli", "Agustus", "September"),
    *("Oktober", "November", "Desember"),
)
_UNITS = (("hari", 86400), ("jam", 3600), ("menit", 60))
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


ACTIONS: Mapping[str, str] = {
    "enter": "masuk",
    "leave": "keluar",
    "pair_phone": "minta kode pemasangan",
    "reconnect": "sambungkan ulang",
    "unlink": "keluarkan perangkat",
    "send_again": "kirim lagi",
    "drop": "buang pesan",
    "run_slot": "jalankan slot",
    "run_client": "jalankan satker",
    "add_post": "tambah konten",
    "restore_post": "pulihkan konten",
    "recap_schedule": "ubah jadwal absensi",
}
"""The names of actions in the audit log."""

RESULTS: Mapping[str, str] = {"done": "berhasil", "refused": "ditolak", "failed": "gagal"}

ROLES: Mapping[Role, str] = {"operator": "operator", "pemantau": "pemantau (hanya melihat)"}

_PROBLEMS: Mapping[int, str] = {
    403: "Anda tidak boleh melakukan ini.",
    404: "Halaman ini tidak ada, atau sudah tidak ada.",
    405: "Halaman ini tidak dibuka dengan cara itu.",
    429: "Terlalu banyak percobaan. Coba lagi beberapa menit lagi.",
    503: "Layanan sedang tidak menjawab. Coba lagi sebentar.",
}


def problem(status: int, said: str) -> str:
    """What went wrong, in Indonesian: `said` by this service, or words for the status."""
    standard = said in {phrase.phrase for phrase in HTTPStatus}
    return _PROBLEMS.get(status, "Terjadi kesalahan.") if standard or not said else said


def format_time(moment: datetime | None) -> str:
    """`20-02-2026 17:00:05 WIB`; a dash for None."""
    return "–" if moment is None else f"{moment.astimezone(WIB):%d-%m-%Y %H:%M:%S} WIB"


def hour(moment: datetime | None) -> str:
    """`17.00`; a dash for None."""
    return "–" if moment is None else f"{to_wib(moment):%H.%M}"


def day(moment: datetime | date | None) -> str:
    """`Jumat, 20 Februari 2026`, in WIB; a dash for None."""
    if moment is None:
        return "–"
    local = to_wib(moment) if isinstance(moment, datetime) else moment
    return f"{_DAYS[local.weekday()]}, {local.day} {_MONTHS[local.month - 1]} {local.year}"


def month(first: date) -> str:
    """`Februari 2026`."""
    return f"{_MONTHS[first.month - 1]} {first.year}"


def ago(moment: datetime | None, now: datetime) -> str:
    """How long ago, or ahead: `baru saja`, `3 menit lalu`, `2 jam lagi`; `belum pernah` for
    None."""
    if moment is None:
        return "belum pernah"
    seconds = (now - moment).total_seconds()
    if abs(seconds) < 60:
        return "baru saja" if seconds >= 0 else "sebentar lagi"
    return f"{duration(abs(seconds))} {'lalu' if seconds > 0 else 'lagi'}"


def duration(seconds: float | None) -> str:
    """`12 detik`, `3 menit`, `2 jam`, `4 hari`; a dash for None."""
    if seconds is None:
        return "–"
    for unit, size in _UNITS:
        if seconds >= size:
            return f"{int(seconds // size)} {unit}"
    return f"{seconds:.0f} detik"


FILTERS: dict[str, Callable[..., Any]] = {
    "clock": format_time,
    "hour": hour,
    "day": day,
    "month": month,
    "ago": ago,
    "duration": duration,
    "number": format_number,
    "error_kind": kind_in_words,
    "platform": lambda platform: DESCRIPTIONS[platform].label,
    "kind": lambda kind: MESSAGE_KINDS.get(kind or "", kind or "–"),
    "action": lambda action: ACTIONS.get(action, action),
    "result": lambda result: RESULTS.get(result, result),
    "role": lambda role: ROLES[role],
    "state": lambda state: STATES[state],
    "event": lambda event: EVENTS[event] if event else "–",
    "level": lambda state: STATE_LEVELS[state],
    "status_level": lambda status: STATUS_LEVELS.get(status, "never"),
    "status": lambda status: MESSAGE_STATES.get(status, status),
    "failure": failures.in_words,
    "whatsapp": as_seen,
    "recap_age": lambda recap: recap_words.age(recap.basis),
    "recap_period": lambda recap: recap_words.period(recap.basis),
    "recap_rule": lambda recap: recap_words.rule(recap.basis),
    "recap_contents": recap_words.contents,
    "recap_cautions": recap_words.cautions,
    "recap_coverage": recap_words.coverage,
    "recap_reached": recap_words.reached,
    "recap_percent": recap_words.percent,
    "recap_mean": recap_words.mean,
}
