"""Units ranked by what each person did."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.recap.count import Tally, recap_of
from chalicelib.recap.evidence import Evidence
from chalicelib.recap.people import Person
from chalicelib.recap.ranking import LONG_TREND, Rating, Share, UnitScore, rank, share_of
from tests.unit.builders import DAY
from tests.unit.recap.builders import evidence, person, post


def of(unit: str, *names: str) -> list[Person]:
    return [person(f"{unit}{n}", name, unit_id=unit, unit=f"Polres {unit}")
            for n, name in enumerate(names)]  # fmt: skip


def units(found: Evidence, history: Evidence | None = None) -> dict[str, UnitScore]:
    ranking = rank(recap_of(found), {"EMPTY": "Polres Empty"}, history)
    return {unit.unit_id: unit for unit in ranking.units}


PEOPLE = [*of("BIG", *(f"b{n}" for n in range(10))), *of("SMALL", "s0"), *of("POLRES_X", "own")]
POSTS = [post("A", "b0 b1 b2 b3 b4 b5 b6 b7 b8 s0"), post("B", "b0 b1 b2 b3 b4 b5 b6 b7 b8")]
DAY_OF = evidence(PEOPLE, POSTS, platforms=("instagram",))


def test_what_each_person_did_decides_not_how_many_they_are() -> None:
    found = units(DAY_OF)
    assert list(found) == ["BIG", "SMALL", "EMPTY"]
    assert (found["BIG"].share, found["BIG"].rating) == (Share(0.9, 0.9), "aktif")
    assert (found["SMALL"].average, found["SMALL"].rating) == (1.0, "sedang")


def test_the_directorate_s_own_people_are_apart() -> None:
    ranking = rank(recap_of(DAY_OF), {})
    assert ranking.executives is not None
    assert (ranking.executives.people, ranking.executives.rating) == (1, "rendah")
    assert "POLRES_X" not in {unit.unit_id for unit in ranking.units}


def test_a_unit_of_which_nobody_is_known_is_in_the_ranking_without_a_rating() -> None:
    empty = units(DAY_OF)["EMPTY"]
    assert (empty.name, empty.people, empty.share, empty.rating) == ("Polres Empty", 0, None, None)


def test_excused_people_and_those_without_an_account_do_not_count_for_or_against() -> None:
    people = [*of("BIG", "b0", ""), replace(of("BIG", "", "", "b9")[2], excused=True)]
    big = units(evidence(people, POSTS, platforms=("instagram",)))["BIG"]
    assert (big.people, big.unknown, big.excused) == (2, 1, 1)
    assert (big.share, big.average) == (Share(1, 1), 2.0)


@pytest.mark.parametrize(
    ("tally", "rating"),
    [
        (Tally(done=9, missing=1), "aktif"),
        (Tally(done=89, missing=11), "sedang"),
        (Tally(done=5, missing=5), "sedang"),
        (Tally(done=49, missing=51), "rendah"),
        (Tally(done=9, unsure=1), "aktif"),
        (Tally(done=5, unsure=5), "belum dapat dipastikan"),
        (Tally(done=5, missing=2, unsure=3), "sedang"),
        (Tally(done=9, missing=1, unmatched=90), "aktif"),
    ],
)
def test_a_rating_holds_whatever_the_lists_that_were_cut_contain(
    tally: Tally, rating: Rating
) -> None:
    share = share_of([tally])
    assert share is not None
    assert share.rating == rating


def test_the_trends_are_of_days_that_had_posts() -> None:
    history = evidence(
        PEOPLE,
        [replace(POSTS[0], day=DAY - timedelta(ago)) for ago in (0, 3, 8)],
        platforms=("instagram",),
    )
    big = units(DAY_OF, history)["BIG"]
    assert len(big.trend) == LONG_TREND
    assert [n for n, share in enumerate(reversed(big.trend)) if share is not None] == [0, 3, 8]
    assert big.mean(7) == pytest.approx(0.9)
    assert big.mean(2) == pytest.approx(0.9)
    assert units(DAY_OF)["BIG"].mean(7) is None
