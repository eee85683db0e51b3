"""What operators are told besides reports: APIs, slots, clients, messages. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from chalicelib.clients import UnusableHandles
from chalicelib.handles import Problem
from chalicelib.platforms import DESCRIPTIONS, Platform
from chalicelib.texts.parts import LONGEST, Item, Part, Section, split
from chalicelib.texts.reports import kind_in_words
from chalicelib.texts.words import format_number, format_time, sanitise


def api_closed(platform: Platform, kind: str, at: datetime) -> str:
    """An API's breaker is open, for a reason that only an operator can fix."""
    return (
        f"*API {DESCRIPTIONS[platform].label.upper()} BERHENTI*\n"
        f"{format_time(at)}\n{kind_in_words(kind)}.\n"
        "Panggilan ke API ini dihentikan sementara dan dicoba lagi otomatis."
    )


def fallback_in_use(platform: Platform, kind: str, at: datetime) -> str:
    """The first host's breaker is open, and the fallback host does its work."""
    return (
        f"*HOST CADANGAN {DESCRIPTIONS[platform].label.upper()} DIPAKAI*\n{format_time(at)}\n"
        f"Host utama tertutup: {kind_in_words(kind)}.\n"
        "Permintaan dialihkan ke host cadangan. Periksa langganan host utama."
    )


def missed_slots(slots: Sequence[datetime]) -> str:
    """Slots that never opened and are too old to catch up."""
    return "*SLOT TERLEWAT*\n" + "\n".join(f"• {format_time(at)}" for at in slots)


@dataclass(frozen=True)
class ClosedChats:
    """A client that no message can reach. `refused`: how many entries of client_group are not group
    ids; 0: the column is empty."""

    client_id: str
    refused: int


def no_chats(
    clients: Sequence[ClosedChats], at: datetime, longest: int = LONGEST
) -> tuple[Part, ...]:
    """The clients without a valid group; told once a day."""
    items = [
        Item(
            f"• {sanitise(client.client_id)}: "
            + (
                f"{format_number(client.refused)} isian bukan id grup"
                if client.refused
                else "kosong"
            )
        )
        for client in clients
    ]
    section = Section("Data tetap diambil, tetapi pesan tidak dikirim. Isi client_group:", items)
    return split("KLIEN TANPA GRUP YANG SAH", [format_time(at)], [section], longest)


_HANDLE_PROBLEMS: Mapping[Problem, str] = {
    "word": "isinya bukan akun",
    "no_profile": "tautan tanpa nama akun (kiriman, tautan pendek atau halaman lain)",
    "other_site": "tautan ke situs lain",
    "form": "bukan nama akun yang sah",
}


def unusable_handles(
    clients: Sequence[UnusableHandles], at: datetime, longest: int = LONGEST
) -> tuple[Part, ...]:
    """The clients with a handle that is set and does not name an account; told once a day."""
    items = [Item("\n".join(_handle_lines(client))) for client in clients]
    columns = " atau ".join(one.handle_column for one in DESCRIPTIONS.values())
    advice = (
        f"Isi {columns} dengan nama akun saja, misalnya polres_x. "
        "Bila satker tidak punya akun, kosongkan kolomnya."
    )
    sections = [Section("Platform berikut tidak diproses:", items), Section(advice)]
    return split("AKUN TIDAK DAPAT DIPAKAI", [format_time(at)], sections, longest)


def _handle_lines(client: UnusableHandles) -> list[str]:
    """A line for each platform; one more if the client does not take part at all."""
    name = sanitise(client.client_id)
    lines = [
        f"• {name} ({DESCRIPTIONS[platform].label}): {_HANDLE_PROBLEMS[problem]}"
        for platform, problem in client.problems.items()
    ]
    return [*lines, f"  {name} tidak ikut diproses sama sekali"] if client.left_out else lines


@dataclass(frozen=True)
class Undelivered:
    """A message to a group that was given up, or may or may not have gone out."""

    outbox_id: int
    client_id: str | None
    status: Literal["dead_letter", "uncertain"]


_STATES = {"dead_letter": "gagal terkirim", "uncertain": "tidak pasti terkirim"}


def undelivered(
    messages: Sequence[Undelivered], at: datetime, longest: int = LONGEST
) -> tuple[Part, ...]:
    """Dead letters and uncertain messages, for an operator to decide on."""
    items = [
        Item(f"• nomor {m.outbox_id}, {sanitise(m.client_id or '-')}: {_STATES[m.status]}")
        for m in messages
    ]
    advice = "Pesan ini tidak dikirim ulang sendiri. Lihat panduan operator, bagian outbox."
    sections = [Section("*Pesan:*", items), Section(advice)]
    return split("PESAN TIDAK TERKIRIM", [format_time(at)], sections, longest)
