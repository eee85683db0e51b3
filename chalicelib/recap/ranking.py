"""The units below a directorate, ranked by what each person did, whatever their number. Pure.

A unit's share is the part of the posts that its people have done, over all people who can be found:
excused people are left out, and so are posts on platforms on which a person has no account. As long
as lists were not read completely a share lies between two bounds, and a rating is given only where
both bounds have the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from chalicelib.recap.count import Line, Recap, Tally, by_day, in_usual_order
from chalicelib.recap.evidence import Basis, Evidence
from chalicelib.recap.people import Person

Rating = Literal["aktif", "sedang", "rendah", "belum dapat dipastikan"]

ACTIVE, MIDDLING = 0.9, 0.5
"""From which share on a unit is rated aktif, and sedang."""

SHORT_TREND, LONG_TREND = 7, 30
"""Days of the two trends, the ranking's last day included."""


@dataclass(frozen=True)
class Share:
    """A part of the posts, 0 to 1: `low` is certain, `high` is what it may be at most."""

    low: float
    high: float

    @property
    def rating(self) -> Rating:
        at_least, at_most = _rated(self.low), _rated(self.high)
        return at_least if at_least == at_most else "belum dapat dipastikan"


@dataclass(frozen=True)
class UnitScore:
    """A unit in the ranking. `people` are its active people without the excused, `unknown` those of
    them without any account; `average`: posts done per person that can be found. `share` and
    `average` are None if there was nothing to do, or nobody to be found.

    `trend`: the certain share on each of the days before and the last one, None on days without
    posts; the last SHORT_TREND of them are the short trend.
    """

    unit_id: str
    name: str
    people: int
    unknown: int
    excused: int
    share: Share | None
    average: float | None
    trend: Sequence[float | None] = ()

    @property
    def rating(self) -> Rating | None:
        return self.share.rating if self.share else None

    def mean(self, days: int) -> float | None:
        """The mean of the trend over the last days that had posts; None if none had."""
        known = [share for share in self.trend[-days:] if share is not None]
        return sum(known) / len(known) if known else None


@dataclass(frozen=True)
class Ranking:
    """A directorate's units, best first; units without a share come last. `executives`: the people
    of the directorate itself, who are not ranked; None if it has none."""

    recap: Recap
    units: Sequence[UnitScore]
    executives: UnitScore | None

    @property
    def basis(self) -> Basis:
        return self.recap.basis


def share_of(tallies: Iterable[Tally]) -> Share | None:
    """The share that these tallies come to; None if nothing in them can be told."""
    done = missing = unsure = 0
    for tally in tallies:
        done += tally.done
        missing += tally.missing
        unsure += tally.unsure
    known = done + missing + unsure
    return Share(done / known, (done + unsure) / known) if known else None


def share_of_lines(lines: Iterable[Line]) -> Share | None:
    """The share of these people without the excused."""
    return share_of(line.together for line in lines if not line.person.excused)


def rank(recap: Recap, subordinates: Mapping[str, str], history: Evidence | None = None) -> Ranking:
    """The ranking of a recap's units. `subordinates`: id and name of units that are in it even if
    none of their people are; `history`: evidence of the days for the trends, the recap's own day
    included."""
    names = dict(subordinates)
    for line in recap.lines:
        names.setdefault(line.person.unit_id, line.person.unit or line.person.unit_id)
    trends = _trends(history, recap.basis.last) if history else {}
    lines: dict[str, list[Line]] = {unit_id: [] for unit_id in names}
    for line in recap.lines:
        lines[line.person.unit_id].append(line)
    own = recap.basis.client_id
    scores = {
        unit_id: _score(unit_id, names[unit_id], of, trends.get(unit_id, ()))
        for unit_id, of in lines.items()
    }
    executives = scores.pop(own, None)
    return Ranking(recap, sorted(scores.values(), key=_best_first), executives)


def _score(
    unit_id: str, name: str, lines: Sequence[Line], trend: Sequence[float | None]
) -> UnitScore:
    counted = [line for line in lines if not line.person.excused]
    found = [line for line in counted if line.together.total > line.together.unmatched]
    done = sum(line.together.done for line in found)
    return UnitScore(
        unit_id=unit_id,
        name=name,
        people=len(counted),
        unknown=sum(not any(line.person.accounts.values()) for line in counted),
        excused=len(lines) - len(counted),
        share=share_of_lines(lines),
        average=done / len(found) if found else None,
        trend=trend,
    )


def _best_first(score: UnitScore) -> tuple[bool, float, float, str]:
    share = score.share
    return (
        share is None,
        -(share.low if share else 0),
        -(share.high if share else 0),
        score.name,
    )


def _rated(share: float) -> Rating:
    if share >= ACTIVE:
        return "aktif"
    return "sedang" if share >= MIDDLING else "rendah"


def _trends(history: Evidence, last: date) -> dict[str, list[float | None]]:
    """{unit: the certain share on each of the last LONG_TREND days}."""
    people = in_usual_order(history.people)
    days = by_day(history)
    trends: dict[str, list[float | None]] = {person.unit_id: [] for person in people}
    for ago in range(LONG_TREND - 1, -1, -1):
        shares = _shares(people, days.get(last - timedelta(days=ago), ()))
        for unit_id, trend in trends.items():
            share = shares.get(unit_id)
            trend.append(share.low if share else None)
    return trends


def _shares(people: Sequence[Person], tallies: Sequence[Tally]) -> dict[str, Share | None]:
    of_unit: dict[str, list[Tally]] = {}
    for person, tally in zip(people, tallies, strict=False):
        if not person.excused:
            of_unit.setdefault(person.unit_id, []).append(tally)
    return {unit_id: share_of(found) for unit_id, found in of_unit.items()}
