"""What every form of a recap says in words, in Indonesian. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from chalicelib.platforms import DESCRIPTIONS, Platform
from chalicelib.recap.count import Line, Recap, Status, Tally
from chalicelib.recap.evidence import Basis, CountedPost
from chalicelib.recap.ranking import Share
from chalicelib.slots import to_wib
from chalicelib.texts.words import (
    CUT_OFF,
    NAME_LENGTH,
    format_number,
    format_time,
    sanitise,
    truncate,
)

TITLE = "ABSENSI LIKES & KOMENTAR"

_DAYS = ("Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu", "Minggu")

COLOURS: Mapping[Status, str] = {
    "lengkap": "#15803d",
    "kurang": "#b45309",
    "belum": "#b91c1c",
    "belum dapat dipastikan": "#475569",
    "tanpa username": "#6d28d9",
    "dikecualikan": "#0369a1",
    "tanpa konten": "#6b7280",
}

ENDINGS: Mapping[str, str] = {**CUT_OFF, "end": "jumlahnya tidak dapat dicocokkan"}
"""Why a read that is not complete is not."""


def name_of(basis: Basis) -> str:
    """The unit's name, or its id if the name is blank."""
    return truncate(sanitise(basis.name) or sanitise(basis.client_id) or "-", NAME_LENGTH)


def format_day(day: date) -> str:
    """`Jumat, 20-02-2026`."""
    return f"{_DAYS[day.weekday()]}, {day:%d-%m-%Y}"


def period(basis: Basis) -> str:
    """The day, or the days, that the recap is about."""
    if basis.first == basis.last:
        return format_day(basis.first)
    return f"{basis.first:%d-%m-%Y} s.d. {basis.last:%d-%m-%Y}"


def age(basis: Basis) -> str:
    """From when the data is: `Data per 17:00 WIB, 20-02-2026`."""
    read = (
        f"Data per {format_time(basis.data_at)}" if basis.data_at else "Data belum pernah terbaca"
    )
    return f"{read} (seperti pada {basis.at.at:%H:%M})" if basis.at else read


def contents(recap: Recap) -> str:
    """How many posts there are: `Konten: Instagram 5, TikTok 2`."""
    counts = [
        f"{DESCRIPTIONS[platform].label} {format_number(len(recap.posts_on(platform)))}"
        for platform in recap.basis.platforms
    ]
    return f"Konten: {', '.join(counts)}" if counts else "Konten: -"


def rule(basis: Basis) -> str:
    """What counts as lengkap."""
    if basis.percent == 100:
        return "Lengkap = semua konten"
    return f"Lengkap = sedikitnya {basis.percent}% konten"


def cautions(recap: Recap) -> Iterator[str]:
    """What limits this recap: lists that were not read completely, and feeds that are older than
    the rest or were never read completely that day."""
    uncertain = len(recap.uncertain)
    if uncertain:
        yield (
            f"{format_number(uncertain)} dari {format_number(len(recap.posts))} konten belum "
            "terbaca lengkap; yang tidak tercatat di dalamnya belum tentu belum melaksanakan"
        )
    basis = recap.basis
    if basis.first != basis.last:
        return
    for platform in basis.platforms:
        read = basis.feeds.get(platform)
        label = DESCRIPTIONS[platform].label
        if read is None:
            yield f"Daftar konten {label} hari itu belum pernah terbaca lengkap"
        elif basis.data_at and to_wib(read).date() == basis.first and read < basis.data_at:
            yield f"Daftar konten {label} per {to_wib(read):%H:%M} WIB"


def statuses(counts: Mapping[Status, int]) -> str:
    """`lengkap 30, kurang 5, belum 3`; statuses that nobody has are left out."""
    return ", ".join(f"{status} {format_number(n)}" for status, n in counts.items() if n) or "-"


def coverage(post: CountedPost) -> str:
    """How much of a post's list was read, and when."""
    if post.read is None:
        return "belum pernah terbaca"
    when = f"{to_wib(post.read.slot):%H:%M} WIB"
    if to_wib(post.read.slot).date() != post.day:
        when += f" ({to_wib(post.read.slot):%d-%m})"
    if post.read.complete:
        return f"terbaca lengkap {when}"
    return f"terbaca {format_number(post.read.names)} nama {when}, {ENDINGS[post.read.ended]}"


Groups = Sequence[tuple[str, Sequence[Line]]]
"""Lines in groups, each with its name."""


def divisions(lines: Sequence[Line]) -> Groups:
    """Lines by satfung, in the order of their first person."""
    found: dict[str, list[Line]] = {}
    for line in lines:
        found.setdefault(division_of(line), []).append(line)
    return list(found.items())


def division_of(line: Line) -> str:
    """The satfung that a person is listed under."""
    return line.person.division.upper() or "TANPA SATFUNG"


def units(lines: Sequence[Line]) -> Groups:
    """Lines by the unit in which people serve, by its name."""
    found: dict[str, list[Line]] = {}
    for line in lines:
        found.setdefault(line.person.unit_id, []).append(line)
    named = [(of[0].person.unit or unit_id or "-", of) for unit_id, of in found.items()]
    return sorted(named, key=lambda group: group[0])


def percent(share: Share | None) -> str:
    """`78,3%`, rounded down; `min. 78,3%` if lists were not read completely; `-` if None."""
    if share is None:
        return "-"
    number = f"{int(1000 * share.low + 1e-6) / 10:.1f}%".replace(".", ",")
    return number if share.low == share.high else f"min. {number}"


def mean(share: float | None) -> str:
    """A trend's mean as `percent` writes it."""
    return percent(None if share is None else Share(share, share))


def reached(tally: Tally) -> str:
    """`3/5`, or `-` where no account of the person is known that it could be counted by."""
    return "-" if tally.total == tally.unmatched else f"{tally.done}/{tally.total}"


def accounts(line: Line, platforms: Sequence[Platform]) -> list[str]:
    """A person's accounts on these platforms, each once."""
    names = [name for p in platforms for name in line.person.accounts.get(p, ())]
    return list(dict.fromkeys(names))
