"""A correction names those, and only those, who were said to lack something and have done more."""

from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.recap.correction import Said, correction, correction_text, of_what_is_left
from chalicelib.recap.count import Recap, recap_of
from tests.unit.builders import always, wib
from tests.unit.recap.builders import evidence, person, post

PEOPLE = [person("A", "a"), person("B", "b"), person("C", "c")]


def said(recap: Recap) -> Said:
    lacking = {
        line.person.user_id: (line.status, line.together.done)
        for line in recap.lines
        if line.status in ("belum", "kurang")
    }
    posts = frozenset((one.platform, one.content_id) for one in recap.posts)
    return Said(wib("20:20"), wib("20:00"), posts, lacking)


def test_whoever_did_it_after_all_is_named_over_the_posts_of_that_recap() -> None:
    then = recap_of(evidence(PEOPLE, [post("P1", "a"), post("P2", "a b")]))
    late = [post("P1", "a b"), post("P2", "a b"), post("P3", complete=True)]
    found = correction(said(then), evidence(PEOPLE, late, data_at=wib("21:58")))
    assert [(line.person.user_id, before) for line, before in found.lines] == [("B", "kurang")]
    [part] = correction_text(found)
    assert "1. B, @\u2060b: 2/2 lengkap (semula kurang)" in part.text
    assert "Koreksi atas rekap pukul 20:20 WIB (data per 20:00)" in part.text
    assert "Data per 21:58 WIB" in part.text


def test_nothing_is_corrected_where_nothing_changed_or_a_post_is_merely_gone() -> None:
    posts = [post("P1", "a"), post("P2", "a b")]
    then = said(recap_of(evidence(PEOPLE, posts)))
    assert not correction(then, evidence(PEOPLE, posts)).lines
    assert not correction(then, evidence(PEOPLE, posts[1:])).lines


def test_a_post_that_is_gone_hides_nobody_who_did_another_one_after_all() -> None:
    then = evidence(PEOPLE, [post("P1", "a b"), post("P2", "a")])
    told, left = said(recap_of(then)), evidence(PEOPLE, [post("P2", "a b")])
    assert not correction(told, left).lines, "B had done one of two, and has done one of one"
    found = correction(of_what_is_left(told, evidence(PEOPLE, then.posts[1:])), left)
    assert [(line.person.user_id, before) for line, before in found.lines] == [("B", "kurang")]


def test_a_read_that_failed_later_takes_nothing_back() -> None:
    then = said(recap_of(evidence(PEOPLE, [post("P1", "a")])))
    assert not correction(then, evidence(PEOPLE, [post("P1", "a", complete=False)])).lines


@always
@given(seed=st.integers(min_value=0))
def test_whoever_is_named_was_accused_and_is_recorded_for_more(seed: int) -> None:
    random = Random(seed)
    people = [person(str(n), f"p{n}") for n in range(6)]
    before = [{f"p{n}" for n in range(6) if random.random() < 0.4} for _ in range(3)]
    after = [names | {f"p{n}" for n in range(6) if random.random() < 0.3} for names in before]
    complete = [random.random() < 0.7 for _ in before]

    def posts(of: list[set[str]]) -> list[object]:
        return [post(f"P{n}", " ".join(names), complete=complete[n]) for n, names in enumerate(of)]

    then = recap_of(evidence(people, posts(before)))  # type: ignore[arg-type]
    found = correction(said(then), evidence(people, posts(after)))  # type: ignore[arg-type]
    named = {line.person.user_id for line, _ in found.lines}
    now = recap_of(evidence(people, posts(after)))  # type: ignore[arg-type]
    for line, later in zip(then.lines, now.lines, strict=True):
        accused = line.status in ("belum", "kurang")
        more = later.together.done > line.together.done
        expected = accused and more and later.status != line.status
        assert (line.person.user_id in named) == expected
        assert not (expected and later.status == "belum")
