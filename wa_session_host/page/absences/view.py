"""What the page of a recap shows of it: groups, and the people that are looked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from chalicelib.ordering import natural
from chalicelib.recap.count import Line, Recap, Status, counts_of
from chalicelib.recap.forms import words
from chalicelib.recap.ranking import share_of_lines
from wa_session_host.page.window import Visit

ROWS = 100
PEOPLE_LEVELS: Mapping[Status, str] = {
    "lengkap": "ok",
    "kurang": "unsure",
    "belum": "bad",
    "belum dapat dipastikan": "busy",
    "tanpa username": "never",
    "dikecualikan": "never",
    "tanpa konten": "never",
}
"""The badges of the statuses (see templates/parts.html)."""

COLUMNS: Mapping[str, Callable[[Line], Any]] = {
    "nama": lambda line: line.person.name.casefold(),
    "satuan": lambda line: natural(line.person.unit),
    "satfung": lambda line: line.person.division.casefold(),
    "dilaksanakan": lambda line: line.together.done,
    "status": lambda line: line.status,
}
"""The columns that can be sorted; without one, people stand in the usual order."""


@dataclass(frozen=True)
class Group:
    """A unit or a satfung: how many people have each status, and the share of the posts that is
    done, in words. `value`: how the address names it."""

    value: str
    name: str
    people: int
    counts: Mapping[Status, int]
    share: str


def groups_of(recap: Recap, kind: Literal["unit", "division"]) -> Sequence[Group]:
    groups = words.units(recap.lines) if kind == "unit" else words.divisions(recap.lines)
    return [
        Group(
            value=lines[0].person.unit_id if kind == "unit" else name,
            name=name,
            people=len(lines),
            counts=counts_of(line.status for line in lines),
            share=words.percent(share_of_lines(lines)),
        )
        for name, lines in groups
    ]


def selected(lines: Sequence[Line], visit: Visit) -> list[Line]:
    """The people of the unit, the satfung and the status that the address names, whose name, id or
    account contains what is looked for."""
    term = visit.query("cari").strip().lstrip("@").casefold()
    unit, division, status = (visit.query(name) for name in ("satuan", "satfung", "tampil"))
    return [
        line
        for line in lines
        if (not unit or line.person.unit_id == unit)
        and (not division or words.division_of(line) == division)
        and (not status or line.status == status)
        and (not term or term in _searched(line))
    ]


def _searched(line: Line) -> str:
    person = line.person
    accounts = (name for names in person.accounts.values() for name in names)
    return "\n".join([person.user_id, person.full_name, *accounts]).casefold()
