"""The ranking of a directorate's units as WhatsApp text and as JSON. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from chalicelib.recap.forms import words
from chalicelib.recap.ranking import (
    ACTIVE,
    LONG_TREND,
    MIDDLING,
    SHORT_TREND,
    Ranking,
    UnitScore,
)
from chalicelib.texts.parts import LONGEST, Item, Part, Section, split
from chalicelib.texts.words import format_number, sanitise

TITLE = "PERINGKAT SATUAN"
_BARS = "▁▂▃▄▅▆▇█"


def ranking_text(ranking: Ranking, longest: int = LONGEST) -> tuple[Part, ...]:
    """The ranking in parts of at most `longest` characters, best unit first, executives apart."""
    basis = ranking.basis
    head = [f"*{words.name_of(basis)}*", words.period(basis), words.age(basis)]
    return split(TITLE, head, list(_sections(ranking)), longest)


def _sections(ranking: Ranking) -> Iterator[Section]:
    notes = [
        f"Capaian = konten yang dilaksanakan per personel; aktif ≥ {ACTIVE:.0%}, sedang "
        f"{MIDDLING:.0%} ke atas, rendah di bawahnya",
        *words.cautions(ranking.recap),
    ]
    yield Section(f"*{words.contents(ranking.recap)}*", [Item(f"_{note}._") for note in notes])
    if ranking.executives:
        yield Section("*Personel direktorat*", [Item(_unit("•", ranking.executives))])
    ranked = [_unit(f"{n}.", unit) for n, unit in enumerate(ranking.units, 1)]
    yield Section("*Satuan*", [Item(text) for text in ranked or ["Tidak ada."]])


def _unit(mark: str, unit: UnitScore) -> str:
    said = [words.percent(unit.share), unit.rating or "belum dapat dinilai"]
    people = f"{format_number(unit.people)} personel"
    if unit.unknown:
        people += f", {format_number(unit.unknown)} tanpa username"
    if unit.excused:
        people += f", {format_number(unit.excused)} dikecualikan"
    lines = [f"{mark} {sanitise(unit.name)}: {' '.join(said)}", f"   {people}"]
    if unit.average is not None:
        lines[1] += f", rata-rata {unit.average:.1f} konten".replace(".", ",")
    if any(share is not None for share in unit.trend):
        lines.append(
            f"   {spark(unit.trend[-SHORT_TREND:])} {SHORT_TREND} hari {_mean(unit, SHORT_TREND)}, "
            f"{LONG_TREND} hari {_mean(unit, LONG_TREND)}"
        )
    return "\n".join(lines)


def spark(shares: Sequence[float | None]) -> str:
    """A bar for each day, `·` for a day without posts."""
    top = len(_BARS) - 1
    return "".join("·" if share is None else _BARS[round(share * top)] for share in shares)


def _mean(unit: UnitScore, days: int) -> str:
    return words.mean(unit.mean(days))


def ranking_json(ranking: Ranking) -> dict[str, Any]:
    """The ranking as JSON values; shares from 0 to 1."""
    basis = ranking.basis
    executives = ranking.executives
    return {
        "client_id": basis.client_id,
        "day": basis.last.isoformat(),
        "at": str(basis.at) if basis.at else None,
        "data_at": basis.data_at.isoformat() if basis.data_at else None,
        "cautions": list(words.cautions(ranking.recap)),
        "executives": _unit_json(executives) if executives else None,
        "units": [_unit_json(unit) | {"place": n} for n, unit in enumerate(ranking.units, 1)],
    }


def _unit_json(unit: UnitScore) -> dict[str, Any]:
    return {
        "unit_id": unit.unit_id,
        "name": unit.name,
        "people": unit.people,
        "without_username": unit.unknown,
        "excused": unit.excused,
        "share": unit.share.low if unit.share else None,
        "share_at_most": unit.share.high if unit.share else None,
        "rating": unit.rating,
        "average": unit.average,
        "trend": list(unit.trend),
        "mean_7_days": unit.mean(SHORT_TREND),
        "mean_30_days": unit.mean(LONG_TREND),
    }
