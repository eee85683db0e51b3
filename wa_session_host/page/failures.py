"""What operators read of why a message did not go out; the technical text is a detail. Pure."""

from __future__ import annotations

from collections.abc import Sequence

_WORDS: Sequence[tuple[str, str]] = (
    ("may not write to this chat", "akun tidak boleh menulis ke percakapan ini"),
    ("is in the group, but may not write", "akun anggota grup, tetapi tidak boleh menulis di sana"),
    ("is not in the group", "akun bukan anggota grup, atau grupnya sudah tidak ada"),
    ("refused the group", "WhatsApp menolak grup ini"),
    ("asks to slow down", "WhatsApp meminta pengiriman diperlambat"),
    ("not on WhatsApp", "nomor ini tidak terdaftar di WhatsApp"),
    ("answered with error", "WhatsApp menjawab dengan kesalahan"),
    ("the file cannot be made", "berkasnya tidak dapat dibuat"),
    ("the file is not to be had", "berkasnya belum dapat diambil"),
    ("failed to upload", "berkasnya tidak dapat diunggah ke WhatsApp"),
    ("before it went out", "terputus sebelum terkirim"),
    ("before it began to send", "terputus sebelum mulai mengirim"),
    ("while it was sending", "terputus saat mengirim"),
    ("no outcome after", "WhatsApp tidak memberi kepastian pada waktunya"),
    ("timed out", "WhatsApp tidak memberi kepastian pada waktunya"),
    ("device JID", "akun belum dipasangkan"),
    ("not connected", "akun sedang tidak tersambung"),
    ("client not found", "akun sedang tidak tersambung"),
    ("group members", "anggota grup tidak dapat dibaca"),
    ("device list", "perangkat penerima tidak dapat dibaca"),
)
"""Parts of the texts that the host writes (`sending/`, `session/`), the more telling one first."""

UNKNOWN = "kesalahan yang tidak dikenal"


def in_words(text: str) -> str:
    """The words for an error text of the outbox."""
    return next((words for part, words in _WORDS if part in text), UNKNOWN)
