"""A scripted WIB day of twenty units, and what their groups saw of it.

The script is written to be read beside `expected/played_day.txt`: who posts when, what goes when,
which answers of the APIs fail. Captions name the posts there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from chalicelib.slots import SLOT_TIMES, WIB, Slot
from local.sandbox import Scenario
from local.sandbox.demo_clients import client_row
from local.sandbox.world import Account, Post, World
from wa_session_host.sending.transport import Outgoing

DAY = date(2026, 2, 20)
YESTERDAY, TOMORROW = DAY - timedelta(days=1), DAY + timedelta(days=1)

# Two of them are no plain `org` unit; DITBINMAS is of segment A all the same.
UNITS = (
    "TENANG", "PAGI", "SETENGAH", "PENUH", "VIDEO", "DUA", "SORE", "DITLANTAS", "DITBINMAS",
    "HAPUS", "HAPUSMALAM", "DITHAPUS", "KEMARIN", "LALU", "KOLAB", "KOLABDUA", "ANOMALI",
    "TAUTAN", "DUAGRUP", "GAGAL",
)  # fmt: skip
SECOND_GROUPS = {"DUAGRUP": 99}

# unit, platform, when it is posted, its caption, and when it is deleted
POSTS = (
    ("PAGI", "instagram", "05:10", "Subuh", None),
    ("SETENGAH", "instagram", "07:10", "Apel", None),
    ("PENUH", "instagram", "08:45", "Patroli", None),
    ("VIDEO", "tiktok", "10:20", "Yel-yel", None),
    ("DUA", "instagram", "13:05", "Foto", None),
    ("DUA", "tiktok", "13:10", "Video", None),
    ("SORE", "instagram", "17:40", "Senja", None),
    ("SORE", "instagram", "20:50", "Malam", None),
    ("SORE", "instagram", "20:59", "Setelah jam terakhir", None),
    ("DITLANTAS", "instagram", "21:10", "Razia", None),
    ("DITLANTAS", "tiktok", "21:50", "Penutup", None),
    ("DITBINMAS", "instagram", "21:10", "Sambang", None),
    ("HAPUS", "instagram", "09:10", "Salah unggah", "11:05"),
    ("HAPUS", "instagram", "14:10", "Salah lagi", "15:35"),
    ("HAPUS", "tiktok", "15:40", "Tetap", None),
    ("HAPUSMALAM", "instagram", "12:05", "Siang", "18:10"),
    ("HAPUSMALAM", "instagram", "19:10", "Larut", "20:35"),
    ("DITHAPUS", "tiktok", "16:10", "Sore", "21:05"),
    ("DITHAPUS", "tiktok", "19:10", "Petang", "21:40"),
    ("KEMARIN", "instagram", "-22:15", "Ronda", None),
    ("LALU", "instagram", "-18:00", "Lewat", "-23:00"),
    ("ANOMALI", "instagram", "06:05", "Satu", "10:05"),
    ("ANOMALI", "instagram", "06:10", "Dua", "10:05"),
    ("ANOMALI", "instagram", "06:15", "Tiga", "10:05"),
    ("TAUTAN", "instagram", "07:10", "Viral", None),
    ("DUAGRUP", "instagram", "12:10", "Berdua", None),
    ("GAGAL", "instagram", "06:10", "Sempat", None),
)  # fmt: skip
SHARED = ("KOLAB", "KOLABDUA", "10:10", "Bersama", "14:10")

REPORTS = (("09:15", "Bripka Satu"), ("09:20", "Bripka Dua"), ("19:40", "Bripka Tiga"))
"""Who reports an amplification link for TAUTAN's post, and when."""

FAILING = ("08:00", "10:00", "10:30")
"""Slots in which both APIs fail for GAGAL."""

FLICKERING = "10:00"
"""The slot whose answer alone lacks PAGI's post."""


def moment(clock: str, day: date = DAY) -> datetime:
    """`17:00` of the day in WIB; of the day before with a minus."""
    day -= timedelta(days=clock.startswith("-"))
    return datetime.combine(day, time.fromisoformat(clock.lstrip("-")), WIB)


def played_day() -> Scenario:
    """The day; each unit has both platforms, and on each a post of the morning before."""
    accounts = [Account(p, unit.lower(), unit) for unit in UNITS for p in ("instagram", "tiktok")]
    posts = [_post(a.username, a.platform, moment("-09:00")) for a in accounts]
    for unit, platform, at, caption, gone in POSTS:
        posts += [_post(unit.lower(), platform, moment(at), caption, gone)]
    unit, other, at, caption, gone = SHARED
    coauthors = {"coauthors": (other.lower(),)}
    posts += [_post(unit.lower(), "instagram", moment(at), caption, gone, **coauthors)]
    return Scenario(
        DAY, tuple(_row(n, unit) for n, unit in enumerate(UNITS)), World(accounts, posts)
    )


def code(caption: str) -> str:
    """The shortcode or video id of a post of the day."""
    unit, platform, at = next(row[:3] for row in POSTS if row[3] == caption)
    return _post(unit.lower(), platform, moment(at)).code


def faults(slot: Slot) -> list[dict[str, Any]]:
    """What is wrong with the APIs in this slot, as the sandbox takes it."""
    clock = f"{slot.at:%H:%M}"
    if slot.day != DAY:
        return []
    failing = {"kind": "server_error", "account": "gagal", "times": None}
    flicker = {"kind": "posts_missing", "account": "pagi", "codes": [code("Subuh")]}
    return [failing] * (clock in FAILING) + [flicker] * (clock == FLICKERING)


def _post(
    owner: str,
    platform: Any,
    at: datetime,
    caption: str = "Dahulu",
    gone: str | None = None,
    **more: Any,
) -> Post:
    return Post(
        platform, owner, at, caption, f"{owner}_", likes=4, comments=2,
        settles=timedelta(minutes=2), deleted_at=moment(gone) if gone else None, **more,
    )  # fmt: skip


def _row(number: int, unit: str) -> dict[str, Any]:
    groups = [group(number)] + [group(n) for u, n in SECOND_GROUPS.items() if u == unit]
    kind = "direktorat" if unit.startswith("DIT") else "org"
    return client_row(
        unit, unit, kind, insta=unit.lower(), tiktok=unit.lower(), group=", ".join(groups)
    )


def group(number: int) -> str:
    return f"1203630000000{number:05}@g.us"


NAMES = {group(n): unit for n, unit in enumerate(UNITS)}
NAMES |= {group(n): f"{unit}/2" for unit, n in SECOND_GROUPS.items()}


# --- what the groups saw --------------------------------------------------------------------


@dataclass(frozen=True)
class Seen:
    """A message as it left, and the slot in which it did."""

    slot: Slot
    message: Outgoing


_LINE = re.compile(
    r"• (?P<what>.+) \[(?P<platform>\w+)\] \S+\n +(?:“(?P<caption>.+)”|(?P<link>\S+))"
)


def described(seen: Iterable[Seen]) -> str:
    """The day as `expected/played_day.txt` writes it down; admin messages are left out."""
    groups = [one for one in seen if one.message.chat in NAMES]
    grid = [_grid_line(chat, name, groups) for chat, name in NAMES.items()]
    return "\n".join([*grid, "", *_told(groups), ""])


def _grid_line(chat: str, name: str, seen: Iterable[Seen]) -> str:
    marks: dict[Slot, str] = {}
    for one in seen:
        if one.message.chat == chat:
            marks[one.slot] = marks.get(one.slot, "") + _mark(one.message.text)
    slots = [Slot(datetime.combine(DAY, t, WIB)) for t in SLOT_TIMES]
    hours: dict[str, str] = {}
    for slot in slots:
        hours[slot.hour_key] = hours.get(slot.hour_key, "") + marks.get(slot, ".")
    tomorrow = marks.get(Slot(moment("06:00", TOMORROW)), ".")
    return f"{name:<11} {' '.join(hours.values())}  {tomorrow}"


def _mark(text: str) -> str:
    if "DAFTAR TUGAS" in text.splitlines()[0]:
        return "+" if "*Perubahan:*" in text else "L"
    return "c"


def _told(seen: Iterable[Seen]) -> Iterator[str]:
    for name in NAMES.values():
        for one in seen:
            if NAMES[one.message.chat] == name:
                day = "besok " if one.slot.day == TOMORROW else ""
                for found in _LINE.finditer(one.message.text):
                    about = found["caption"] or found["link"]
                    line = f"{found['what']} [{found['platform']}] {about}"
                    yield f"{name:<11} {day}{one.slot.at:%H:%M}  {line}"
