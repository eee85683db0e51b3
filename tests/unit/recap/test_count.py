"""What is said of each person, and what never is."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.recap.count import Line, Status, Tally, by_day, recap_of, status_of
from chalicelib.recap_rule import complete_percent, read_rule
from tests.unit.builders import DAY, always
from tests.unit.recap.builders import evidence, person, post


def line(posts: Any, who: Any, **basis: Any) -> Line:
    [found] = recap_of(evidence([who], posts, **basis)).lines
    return found


A, B = post("A", "ani"), post("B", "budi")
CUT = post("C", "budi", complete=False)
VIDEO = post("V", "ani.tt", platform="tiktok")

CASES: list[tuple[str, Any, Any, Status]] = [
    ("all", [A], person("Ani", "ani"), "lengkap"),
    ("some", [A, B], person("Ani", "ani"), "kurang"),
    ("none", [A, B], person("Cici", "cici"), "belum"),
    ("none, one list cut", [A, CUT], person("Cici", "cici"), "belum dapat dipastikan"),
    ("one, one list cut", [A, CUT], person("Ani", "ani"), "belum dapat dipastikan"),
    ("one of three, one list cut", [A, B, CUT], person("Ani", "ani"), "kurang"),
    ("found in the cut list", [CUT], person("Budi", "budi"), "lengkap"),
    ("by a second account", [A, B], person("Ani", "ani budi"), "lengkap"),
    ("no account", [A], person("Dodi"), "tanpa username"),
    ("excused", [A], person("Ani", "ani", excused=True), "dikecualikan"),
    ("excused without an account", [A], person("Dodi", excused=True), "dikecualikan"),
    ("no posts", [], person("Ani", "ani"), "tanpa konten"),
    ("no posts, no account", [], person("Dodi"), "tanpa username"),
    ("all there, no account here", [A, VIDEO], person("Ani", "ani"), "tanpa username"),
    ("none there, no account here", [B, VIDEO], person("Ani", "ani"), "tanpa username"),
    ("an account elsewhere only", [A], person("Ani", tiktok="ani.tt"), "tanpa username"),
    ("both", [A, VIDEO], person("Ani", "ani", "ani.tt"), "lengkap"),
    ("one of both", [A, VIDEO], person("Ani", "ani", "ani"), "kurang"),
]


@pytest.mark.parametrize(("posts", "who", "status"), [case[1:] for case in CASES],
                         ids=[case[0] for case in CASES])  # fmt: skip
def test_a_status_is_what_is_certain(posts: Any, who: Any, status: Status) -> None:
    assert line(posts, who).status == status


def test_a_post_that_was_never_read_accuses_nobody() -> None:
    found = line([replace(A, read=None)], person("Cici", "cici"))
    assert (found.status, found.together) == ("belum dapat dipastikan", Tally(unsure=1))


def test_each_platform_has_a_status_of_its_own() -> None:
    found = line([A, B, VIDEO], person("Ani", "ani"))
    assert found.statuses == {"instagram": "kurang", "tiktok": "tanpa username"}
    assert found.tallies["instagram"] == Tally(done=1, missing=1)
    assert (found.together.done, found.together.total) == (1, 3)


def test_an_account_that_two_have_entered_counts_for_both() -> None:
    people = [person("Ani", "ani"), person("Ana", "ani")]
    assert {one.status for one in recap_of(evidence(people, [A])).lines} == {"lengkap"}


def test_half_of_the_posts_is_enough_where_the_rule_says_so() -> None:
    posts = [A, B, post("D")]
    assert line([A, B], person("Ani", "ani"), percent=50).status == "lengkap"
    assert line(posts, person("Ani", "ani"), percent=50).status == "kurang"


def test_a_unit_without_a_platform_has_nothing_to_do() -> None:
    found = line([A], person("Ani"), platforms=())
    assert (found.status, found.together) == ("tanpa konten", Tally())


def test_only_the_platforms_of_the_recap_count() -> None:
    found = recap_of(evidence([person("Ani", "ani")], [A, VIDEO], platforms=("instagram",)))
    assert [one.content_id for one in found.posts] == ["A"]
    assert found.lines[0].status == "lengkap"


def test_everybody_has_one_status_in_the_totals() -> None:
    people = [person("Ani", "ani"), person("Cici", "cici"), person("Dodi")]
    found = recap_of(evidence(people, [A]))
    assert {s: n for s, n in found.counts().items() if n} == {
        "lengkap": 1,
        "belum": 1,
        "tanpa username": 1,
    }
    assert sum(found.counts("tiktok").values()) == 3


def test_each_day_is_counted_by_itself() -> None:
    later = replace(B, day=DAY + timedelta(days=1))
    days = dict(by_day(evidence([person("Ani", "ani")], [later, A])))
    assert days == {DAY: [Tally(done=1)], DAY + timedelta(days=1): [Tally(missing=1)]}


tallies = st.builds(Tally, *[st.integers(0, 5)] * 4)


@always
@given(tally=tallies, percent=st.integers(1, 100))
def test_a_status_holds_whatever_the_open_posts_turn_out_to_be(tally: Tally, percent: int) -> None:
    who = person("Ani", "ani", "ani")
    said = status_of(who, tally, percent, ["instagram", "tiktok"])

    def worlds(unmatched: int) -> set[Status]:
        """What would be said if it were known of each open post."""
        open_posts = product(range(tally.unsure + 1), range(unmatched + 1))
        done = {tally.done + more + others for more, others in open_posts}
        return {
            status_of(who, Tally(n, tally.total - n), percent, ["instagram", "tiktok"])
            for n in done
        }

    if said == "belum dapat dipastikan":
        assert len(worlds(0)) > 1
    elif said == "tanpa username":
        assert len(worlds(0)) == 1 < len(worlds(tally.unmatched))
    else:
        assert worlds(tally.unmatched) == {said}


def test_the_rule_is_a_percentage_by_type_of_client() -> None:
    text = "org=90, Direktorat = 50"
    assert complete_percent("100", "org") == 100
    assert complete_percent("80", None) == 80
    assert [complete_percent(text, kind) for kind in (" ORG", "direktorat", "polda", None)] == [
        90, 50, 100, 100,
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["0", "101", "half", "org=", "org=5.5", "²"])
def test_a_rule_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"percentage|has to be like"):
        read_rule(text)
