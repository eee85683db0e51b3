"""The first page's figures in the form that its templates show. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalicelib.overview import words
from chalicelib.overview.calls import PlatformCalls
from chalicelib.overview.slots import SlotView
from chalicelib.overview.standing import Standing
from chalicelib.slots import to_wib
from wa_session_host.page.words import duration, hour
from wa_session_host.session.snapshot import Snapshot

ICONS: Mapping[str, str] = {
    "ok": "✓", "unsure": "◐", "never": "○", "bad": "✕", "todo": "•", "busy": "…",
}  # fmt: skip

STANDING_LEVELS: Mapping[Standing, str] = {
    Standing.VERIFIED: "ok",
    Standing.UNVERIFIED: "unsure",
    Standing.NEVER: "never",
}
"""The badges of the standings."""

_LEVELS: Mapping[str, str] = {
    "failed": "bad",
    "missed": "bad",
    "unrecorded": "bad",
    "running": "busy",
    "due": "busy",
    "skipped": "never",
    "before_start": "never",
    "to_come": "todo",
}
_UNVERIFIED: Mapping[Standing, str] = {
    Standing.VERIFIED: "terverifikasi",
    Standing.UNVERIFIED: "belum pasti",
    Standing.NEVER: "belum pasti",
}


@dataclass(frozen=True)
class Cell:
    """A slot in the strip."""

    label: str
    level: str
    icon: str
    text: str
    address: str


def slot_address(slot: datetime) -> str:
    """The page of a slot."""
    return f"/slot/{to_wib(slot):%Y-%m-%dT%H:%M}"


def slot_badge(slot: SlotView) -> tuple[str, str]:
    """Level and words of a slot: done is green only where it is verified."""
    text = words.SLOT_STATES[slot.state]
    if slot.state in ("done", "late"):
        verified = slot.standing is Standing.VERIFIED and slot.state == "done"
        return ("ok", text) if verified else ("unsure", f"{text}, {_UNVERIFIED[slot.standing]}")
    return _LEVELS[slot.state], text


def strip(slots: Iterable[SlotView]) -> list[Cell]:
    return [_cell(slot) for slot in slots]


def _cell(slot: SlotView) -> Cell:
    level, text = slot_badge(slot)
    if slot.seconds is not None:
        text += f", {duration(slot.seconds)}"
    if slot.totals and slot.totals.failed:
        text += f", {slot.totals.failed} satker bermasalah"
    to_come = slot.state in ("to_come", "before_start")
    address = "" if to_come else slot_address(slot.slot)
    return Cell(hour(slot.slot), level, ICONS[level], text, address)


def seconds_of(slots: Iterable[SlotView]) -> list[tuple[str, int | None, str]]:
    """How long each slot took, as bars; none as long as no slot has ended."""
    bars = [(hour(slot.slot), _rounded(slot.seconds), slot_badge(slot)[0]) for slot in slots]
    return bars if any(seconds is not None for _, seconds, _ in bars) else []


def _rounded(seconds: float | None) -> int | None:
    return None if seconds is None else round(seconds)


@dataclass(frozen=True)
class Gauge:
    """Calls so far, and where they are heading, against a limit."""

    label: str
    made: int
    forecast: int | None
    limit: int | None
    limit_label: str

    @property
    def over(self) -> bool:
        """Whether the limit is, or will be, exceeded."""
        return self.limit is not None and max(self.made, self.forecast or 0) > self.limit

    @property
    def scale(self) -> int:
        """What the whole width stands for."""
        return max(self.made, self.forecast or 0, self.limit or 0, 1)


def gauges(platform: PlatformCalls) -> Sequence[Gauge]:
    made_today = platform.today if platform.spent_today is None else platform.spent_today
    return (
        Gauge(
            "Hari ini",
            max(made_today, platform.today),
            platform.today_forecast,
            platform.budget,
            "anggaran harian",
        ),
        Gauge(
            "Bulan ini",
            platform.month,
            platform.month_forecast,
            platform.plan,
            "paket bulanan",
        ),
    )


def idle_accounts(snapshots: Iterable[Snapshot]) -> list[Snapshot]:
    """The WhatsApp accounts that cannot send."""
    return [shot for shot in snapshots if shot.state != "connected"]


def result_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """A client's run of a slot: `kinds` are the errors it met, `level` and `text` its badge."""
    fetched, engaged = row["fetch_result"] or {}, row["engagement_result"] or {}
    met = [one["error_kind"] for one in (*fetched.values(), *engaged.values())]
    kinds = list(dict.fromkeys(kind for kind in (row["error_kind"], *met) if kind))
    posts = sum(one["posts"] for one in fetched.values())
    users = sum(one["users"] for one in engaged.values())
    level, text = {"done": ("ok", "selesai"), None: ("busy", "belum selesai")}.get(
        row["outcome"], ("bad", "bermasalah")
    )
    if level == "ok" and any(one["verdict"] != "complete" for one in fetched.values()):
        level, text = "unsure", "terbaca sebagian"
    shown = {"level": level, "text": text, "kinds": kinds, "users": users}
    return {**row, **shown, "posts": posts if fetched else None}
