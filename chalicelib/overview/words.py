"""The Indonesian words for what is shown, and what to do about it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chalicelib.handles import Problem
from chalicelib.overview.client_day import EventKind
from chalicelib.overview.concerns import Action, Kind
from chalicelib.overview.slots import State
from chalicelib.overview.standing import Standing
from chalicelib.recap.forms import troubles
from chalicelib.recap.forms.troubles import TROUBLES
from chalicelib.texts import kind_in_words
from chalicelib.texts.words import CUT_OFF

STANDINGS: Mapping[Standing, str] = {
    Standing.VERIFIED: "terverifikasi",
    Standing.UNVERIFIED: "berjalan, belum pasti",
    Standing.NEVER: "belum berjalan",
}

SLOT_STATES: Mapping[State, str] = {
    "done": "selesai",
    "late": "terlambat",
    "failed": "gagal",
    "skipped": "dilewati",
    "missed": "terlewat",
    "running": "sedang berjalan",
    "due": "menunggu mulai",
    "unrecorded": "tidak tercatat",
    "to_come": "belum waktunya",
    "before_start": "layanan belum dimulai",
}

REASONS: Mapping[str, str] = {
    "cron_job_config is inactive": "dimatikan lewat cron_job_config",
    "cron_job_config could not be read": "cron_job_config tidak dapat dibaca",
}
"""Why a slot was skipped."""

OUTCOMES: Mapping[str, str] = {
    "done": "selesai",
    "failed": "ada kesalahan",
    "expired": "terlambat, diambil alih slot berikutnya",
    "dead_letter": "gagal berulang kali, dihentikan",
}

VERDICTS: Mapping[str, str] = {
    "complete": "terbaca lengkap",
    "partial": "terbaca sebagian",
    "empty": "akun tampak kosong",
    "error": "tidak dapat dibaca",
}

ENDINGS: Mapping[str, str] = {"end": "terbaca sampai akhir", **CUT_OFF}

TRIGGERS: Mapping[str, str] = {
    "schedule": "jadwal",
    "catch_up": "susulan",
    "manual": "dijalankan orang",
}

CHANGES: Mapping[str, str] = {
    "new": "konten baru",
    "late": "konten kemarin, baru ditemukan",
    "removed": "konten dihapus",
    "held": "tampak hilang, ditahan",
    "link": "laporan tautan",
}

MESSAGE_KINDS: Mapping[str, str] = {
    "task_list": "daftar tugas",
    "changes": "perubahan",
    "admin_report": "laporan operator",
    "admin_alert": "peringatan operator",
    "recap": "absensi",
    "correction": "koreksi absensi",
}

MESSAGE_STATES: Mapping[str, str] = {
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

EVENTS: Mapping[EventKind, str] = {
    "fetch": "konten diambil",
    "engagement": "suka dan komentar dibaca",
    "change": "perubahan",
    "message": "pesan",
    "waiting": "menunggu giliran",
}

HANDLE_PROBLEMS: Mapping[Problem, str] = {
    "word": "isinya bukan akun",
    "no_profile": "tautan tanpa nama akun (kiriman, tautan pendek atau halaman lain)",
    "other_site": "tautan ke situs lain",
    "form": "bukan nama akun yang sah",
}

NOTHING_TOLD: Mapping[str, str] = {
    "client_status is off": "satker ini tidak aktif",
    "client_group names no valid group": "satker ini tidak punya grup yang sah",
    "no platform got through; the next run sends the list": "tidak ada platform yang terbaca; run "
    "berikutnya mengirim daftarnya",
    "no list is due and nothing changed": "daftar jam ini sudah ditulis, dan tidak ada perubahan",
}
"""Why a preview tells nothing (`notify.plan`)."""

CONCERNS: Mapping[Kind, str] = {
    "slot_unrecorded": "Slot tidak tercatat sama sekali",
    "slot_missed": "Slot terlewat",
    "slot_failed": "Slot gagal",
    "api_closed": "Jalur API tertutup",
    "api_errors": "Kunci, kuota atau anggaran API bermasalah",
    "messages_waiting": "Pesan menumpuk, tidak ada yang terkirim",
    "dead_letter": "Pesan gagal terkirim",
    "uncertain": "Pesan tidak pasti terkirim",
    "held": "Konten tampak hilang, ditahan",
    "handle": "Isian akun tidak dapat dipakai",
    "no_group": "Satker tanpa grup yang sah",
    "group_entry": "Isian grup yang bukan id grup",
    "recaps": "Absensi terjadwal tidak sampai",
    "account": "Akun satker ditolak atau tidak ditemukan",
    "never_fetched": "Belum pernah terbaca lengkap dalam dua hari",
    "behind": "Data tertinggal dari slot terakhir",
    "coverage": "Daftar yang terbaca kurang dari 95 %",
}

ADVICE: Mapping[Kind, str] = {
    "slot_unrecorded": "Jadwal atau sweep tidak berjalan: hubungi tim teknis. "
    "Sementara itu jalankan slot dengan tangan.",
    "slot_missed": "Slot berikutnya mengambil datanya. Jalankan slot ini hanya bila perlu.",
    "slot_failed": "Lihat kesalahannya. Slot berikutnya mencoba lagi sendiri.",
    "api_closed": "Terbuka sendiri pada waktu yang tertulis. Bila kunci atau langganan ditolak, "
    "periksa langganan di RapidAPI.",
    "api_errors": "Periksa kuota dan langganan di RapidAPI, atau anggaran harian.",
    "messages_waiting": "Periksa akun WhatsApp pada halaman WhatsApp.",
    "dead_letter": "Kirim lagi bila isinya masih berguna, atau buang.",
    "uncertain": "Lihat dulu di grupnya: bila pesan tidak ada, kirim lagi; bila ada, buang.",
    "held": "Buka kontennya. Bila memang sudah dihapus, biarkan; bila masih ada, tidak perlu "
    "tindakan.",
    "handle": "Isi kolom akun dengan nama akun saja, misalnya polres_x, atau kosongkan.",
    "no_group": "Isi client_group dengan id grup dari halaman WhatsApp, Daftar grup.",
    "group_entry": "Perbaiki isian client_group yang bukan id grup.",
    "recaps": troubles.ADVICE,
    "account": "Periksa apakah akunnya masih ada, tidak privat, dan namanya benar.",
    "never_fetched": "Buka satkernya, lihat kesalahannya, lalu jalankan sekarang.",
    "behind": "Slot berikutnya mencoba lagi. Bila tetap tertinggal, buka satkernya.",
    "coverage": "Yang tidak ada di daftar mungkin saja sudah menyukai. Dibaca ulang sendiri; bila "
    "API hanya memberi sebagian, tidak ada yang dapat dilakukan.",
}

ACTIONS: Mapping[Action, str] = {
    "look": "Lihat",
    "send_again": "Kirim lagi",
    "drop": "Buang",
    "run_client": "Jalankan sekarang",
    "run_slot": "Jalankan slot",
    "fix_client": "Perbaiki isian",
    "wait": "Tunggu",
}


_DETAILS: Mapping[Kind, Mapping[Any, str]] = {
    "handle": HANDLE_PROBLEMS,
    "coverage": ENDINGS,
    "recaps": TROUBLES,
}


def detail(kind: Kind, text: str | None) -> str:
    """The `detail` of a case of this kind in words; an empty one for None."""
    if not text:
        return ""
    if kind in _DETAILS:
        return _DETAILS[kind].get(text, text)
    if kind == "group_entry":
        return f"{text} isian bukan id grup"
    error, _, path = text.partition(" ")
    return f"{kind_in_words(error)} ({path})" if path.startswith("/") else kind_in_words(text)
