"""The host's alerts in the operators' words. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from chalicelib.texts import format_time
from wa_session_host.sending.attempt import Attempt
from wa_session_host.sending.transport import TransportError
from wa_session_host.session.snapshot import Snapshot
from wa_session_host.session.states import AlertKind

_SESSION: Mapping[AlertKind, tuple[str, str]] = {
    "replaced": (
        "Sesi dipakai program lain.",
        "Hentikan program lain yang memakai akun ini, lalu tekan *Sambungkan ulang* di halaman "
        "host.",
    ),
    "logged_out": (
        "Perangkat dikeluarkan dari akun.",
        "Buka halaman host dan pasangkan ulang dengan QR atau kode telepon.",
    ),
    "banned": (
        "Akun diblokir sementara oleh WhatsApp.",
        "Tidak perlu tindakan: pengiriman berlanjut sendiri setelah blokir berakhir. Jangan "
        "memakai akun ini untuk pesan lain.",
    ),
    "outdated": (
        "WhatsApp menolak versi program ini.",
        "Minta tim teknis memperbarui pustaka WhatsApp; sampai itu selesai tidak ada pesan keluar.",
    ),
    "connection": (
        "Sambungan ke WhatsApp terganggu.",
        "Host mencoba terus. Periksa jaringan bila tidak pulih dalam setengah jam.",
    ),
    "undecryptable": (
        "Banyak pesan masuk tidak terbaca.",
        "Biasanya pulih sendiri. Jangan menghapus sesi.",
    ),
    "send_limit": (
        "Satu pengiriman tidak selesai dalam 120 detik.",
        "Periksa pesan berstatus *uncertain* di halaman host.",
    ),
}
_MESSAGE = {"dead_letter": "PESAN GAGAL", "uncertain": "PESAN TIDAK PASTI"}
Cause = Literal["group", "reach", "uncertain", "other"]
_ADVICE: Mapping[Cause, str] = {
    "group": "Masukkan kembali akun ke grup, atau perbaiki client_group.",
    "reach": "Akun belum boleh menulis ke percakapan ini. Minta anggota menyapa akun lebih dulu.",
    "uncertain": "Lihat grupnya: bila pesan belum ada, tekan *Kirim lagi* di halaman host.",
    "other": "Perbaiki sebabnya, lalu tekan *Kirim lagi* di halaman host.",
}


def session(account: str, kind: AlertKind, shot: Snapshot, now: datetime) -> str:
    """An account is in trouble: what it is, until when, what to do."""
    happened, advice = _SESSION[kind]
    lines = [f"*SESI WHATSAPP {account}*", format_time(now), "", happened]
    if kind == "banned" and shot.banned_until is not None:
        lines.append(f"Sampai {format_time(shot.banned_until)}.")
    return "\n".join([*lines, advice])


def cause(status: str, error: TransportError | None) -> Cause:
    """The cause that failed messages share, and with it what to do about them."""
    if status == "uncertain":
        return "uncertain"
    return error.alert if error is not None and error.alert else "other"


def message(attempt: Attempt, status: str, error: TransportError | None, now: datetime) -> str:
    """A message of the outbox failed for good, or nobody knows whether it went out. It stands
    for every message of its hour that failed for the same cause."""
    reason = "" if error is None else str(error)
    lines = [
        f"*{_MESSAGE[status]}*",
        format_time(now),
        "",
        f"Pertama: outbox {attempt.outbox_id}, klien {attempt.client_id or '-'}",
        f"Sebab: {reason or '-'}",
        _ADVICE[cause(status, error)],
        "",
        "Pesan lain pada jam ini dengan sebab sejenis tidak diberitahukan satu per satu: lihat "
        f"halaman host, atau outbox dengan status {status}.",
    ]
    return "\n".join(lines)
