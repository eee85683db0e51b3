"""Message texts, in Indonesian with WhatsApp markup: pure functions of typed data."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from chalicelib.clients import Client, Platform
from chalicelib.slots import to_wib

_NAMES: dict[Platform, str] = {"instagram": "Instagram", "tiktok": "TikTok"}
_CAPTION_LENGTH = 90
_MARKUP = re.compile(r"[*~`]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")


@dataclass(frozen=True)
class TaskPost:
    """A post of the day as the task list shows it. Hidden counts are None."""

    platform: Platform
    content_id: str
    caption: str
    posted_at: datetime
    like_count: int | None
    comment_count: int | None
    manual: bool = False


@dataclass(frozen=True)
class Change:
    """A ledger row as messages tell it. `late`: made yesterday, found today."""

    platform: Platform
    content_id: str
    kind: Literal["new", "late", "removed"]
    caption: str
    posted_at: datetime | None


def task_list(
    client: Client,
    at: datetime,
    posts: Mapping[Platform, Sequence[TaskPost]],
    changes: Sequence[Change],
) -> str:
    """The hour's list of a client's posts of the day, with the changes since the last message."""
    lines = [
        "*DAFTAR TUGAS LIKES & KOMENTAR*",
        f"*{plain(client.name)}*",
        f"Data per {clock(at)}",
    ]
    if changes:
        lines += ["", "*Perubahan:*", *(_change_line(client, change) for change in changes)]
    for platform in client.platforms:
        lines += ["", *_platform_lines(client, platform, posts.get(platform, ()))]
    if not any(posts.values()):
        lines += ["", "Belum ada tugas hari ini. Terima kasih atas kesiapan rekan-rekan."]
    return "\n".join(lines)


def changes(client: Client, at: datetime, told: Sequence[Change]) -> str:
    """What changed for a client since the last message, between two lists."""
    lines = ["*PERUBAHAN KONTEN*", f"*{plain(client.name)}*", f"Data per {clock(at)}", ""]
    return "\n".join(lines + [_change_line(client, change) for change in told])


@dataclass(frozen=True)
class SlotReport:
    """A closed slot in numbers; `errors` maps an error kind to the clients it hit."""

    at: datetime
    clients: int
    done: int
    failed: int
    posts_new: int
    posts_removed: int
    api_requests: int
    seconds: float
    messages: int
    errors: Mapping[str, Sequence[str]]
    held: Sequence[str] = ()


_KINDS = {
    "api": "kesalahan API",
    "api_configuration": "kunci atau langganan API bermasalah",
    "budget": "anggaran permintaan API hari ini habis",
    "business": "API menolak (akun privat atau dibatasi)",
    "dead_letter": "gagal berulang kali, dihentikan",
    "expired": "terlambat, diambil alih slot berikutnya",
    "malformed": "jawaban API tidak dapat dibaca",
    "not_found": "akun atau konten tidak ditemukan",
    "overdue": "belum selesai saat slot ditutup",
    "quota": "kuota API habis",
    "rate_limit": "API membatasi kecepatan",
    "upstream": "API sedang terganggu",
}


def slot_report(report: SlotReport) -> str:
    """The operators' report of one closed slot, errors grouped by kind."""
    lines = [
        f"*LAPORAN SLOT {clock(report.at)}*",
        f"Klien: {number(report.done)} selesai, {number(report.failed)} bermasalah, "
        f"dari {number(report.clients)}",
        f"Konten: {number(report.posts_new)} baru, {number(report.posts_removed)} hilang",
        f"Pesan: {number(report.messages)} | Permintaan API: {number(report.api_requests)} | "
        f"{number(round(report.seconds))} detik",
    ]
    if report.errors:
        lines += ["", "*Bermasalah:*"]
        lines += [f"• {_KINDS.get(k, k)}: {', '.join(v)}" for k, v in report.errors.items()]
    if report.held:
        lines += ["", f"*Anomali sinkronisasi, tidak dihapus:* {', '.join(report.held)}"]
    return "\n".join(lines)


def api_alert(platform: str, kind: str, at: datetime) -> str:
    """An API error that only an operator can mend."""
    name = {"instagram": "Instagram", "tiktok": "TikTok"}.get(platform, platform)
    return (
        f"*API {name.upper()} BERHENTI*\n{clock(at)}\n{_KINDS.get(kind, kind)}.\n"
        "Panggilan dihentikan sementara dan dicoba lagi otomatis; platform lain tetap berjalan."
    )


def missed_slots(slots: Sequence[datetime]) -> str:
    """Slots that never opened and are too old to catch up."""
    return "*SLOT TERLEWAT*\n" + "\n".join(f"• {clock(at)}" for at in slots)


def clock(at: datetime) -> str:
    """`17:00 WIB, 20-02-2026`."""
    return f"{to_wib(at):%H:%M} WIB, {to_wib(at):%d-%m-%Y}"


def number(value: int | None) -> str:
    """A count in id-ID form (12.345), `-` where it is hidden."""
    return "-" if value is None else f"{value:,}".replace(",", ".")


def plain(text: str) -> str:
    """Text on one line that can neither break the markup nor tag anyone."""
    flat = " ".join(_MARKUP.sub("", text).split())
    return flat.replace("@", "@\u2060")


def link(client: Client, platform: Platform, content_id: str) -> str:
    """Where a post is found; valid without a handle as well."""
    if platform == "instagram":
        return f"https://www.instagram.com/p/{content_id}/"
    return f"https://www.tiktok.com/@{client.tiktok or 'i'}/video/{content_id}"


def _platform_lines(client: Client, platform: Platform, posts: Sequence[TaskPost]) -> list[str]:
    lines = [f"*{_NAMES[platform]}* ({number(len(posts))} konten)"]
    for index, post in enumerate(posts, 1):
        manual = " (input manual)" if post.manual else ""
        counts = f"{number(post.like_count)} suka, {number(post.comment_count)} komentar"
        lines += [
            f"{index}. {link(client, platform, post.content_id)}{manual}",
            f"   {_cut(post.caption)}",
            f"   {to_wib(post.posted_at):%H:%M} WIB | {counts}",
        ]
    if not posts:
        lines.append("Tidak ada konten hari ini.")
    return lines


def _change_line(client: Client, change: Change) -> str:
    words = {"new": "Baru", "late": "Terlambat masuk (kemarin)", "removed": "Dihapus"}
    where = link(client, change.platform, change.content_id)
    return f"• {words[change.kind]} [{_NAMES[change.platform]}] {where} {_cut(change.caption, 50)}"


def _cut(caption: str, length: int = _CAPTION_LENGTH) -> str:
    flat = plain(caption)
    return flat if len(flat) <= length else flat[: length - 1].rstrip() + "…"


def errors_by_kind(results: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
    """The clients of a slot's results under each error kind they met; those that have not
    finished are `overdue`."""
    grouped: dict[str, list[str]] = {}
    for row in results:
        if row["outcome"] != "done":
            grouped.setdefault(row["error_kind"] or "overdue", []).append(row["client_id"])
    return dict(sorted(grouped.items()))
