"""What is told of two views of a day: every planted difference, and nothing that was not read."""

from __future__ import annotations

from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.manual.shadow import Comparison, Difference, Held, Key, Open, Seen, compare
from tests.unit.builders import always

POST: Key = ("instagram", "A")
NAMES = st.frozensets(st.sampled_from("abcdef"))
KEYS = st.tuples(st.sampled_from(["instagram", "tiktok"]), st.sampled_from("ABCD"))


def names(*given: str) -> frozenset[str]:
    return frozenset(given)


def compared(held: Mapping[Key, Held], seen: Mapping[Key, Seen]) -> Comparison:
    return compare("POLRES_X", held, seen, {})


def test_two_equal_views_differ_in_nothing() -> None:
    found = compared({POST: Held(False, names("a", "b"))}, {POST: Seen(names("a", "b"), True)})
    assert found == Comparison("POLRES_X", 1, 2, (), ())


def test_names_that_one_side_lacks_are_told_with_the_side() -> None:
    found = compared({POST: Held(False, names("a", "z", "y"))}, {POST: Seen(names("a", "c"), True)})
    assert found.differences == (
        Difference(*POST, "here", ("c",)),
        Difference(*POST, "there", ("y", "z")),
    )


def test_of_a_list_that_was_cut_nothing_is_concluded_from_silence() -> None:
    found = compared({POST: Held(False, names("a", "z"))}, {POST: Seen(names("a", "c"), False)})
    assert found.differences == (Difference(*POST, "here", ("c",)),)
    assert found.open == (Open(*POST, "its list was not read to its end"),)


def test_a_list_that_could_not_be_read_is_left_open() -> None:
    found = compared({POST: Held(False, names("a"))}, {POST: Seen(None, False)})
    assert (found.differences, found.open) == ((), (Open(*POST, "its list was not read"),))


def test_of_a_feed_that_was_cut_no_post_is_missed() -> None:
    unread = {"instagram": "its feed was cut"}
    held = {POST: Held(False, names()), ("tiktok", "B"): Held(False, names())}
    found = compare("POLRES_X", held, {}, unread)  # type: ignore[arg-type]
    assert found.differences == (Difference("tiktok", "B", "there"),)
    assert found.open == (Open("instagram", None, "its feed was cut"),)


def test_a_post_that_was_put_there_by_hand_need_not_be_in_a_feed() -> None:
    found = compared({POST: Held(True, names("a"))}, {})
    assert found.differences == ()
    assert [one.content_id for one in found.open] == ["A"]


@always
@given(
    st.dictionaries(KEYS, st.builds(Held, st.just(False), NAMES)),
    st.dictionaries(KEYS, st.builds(Seen, NAMES, st.just(True))),
)
def test_the_differences_turn_one_view_into_the_other(
    held: dict[Key, Held], seen: dict[Key, Seen]
) -> None:
    view = {key: one.names for key, one in held.items()}
    for one in compared(held, seen).differences:
        key: Key = (one.platform, one.content_id)
        if not one.names and one.only == "there":
            del view[key]
        elif not one.names:
            view[key] = seen[key].names or frozenset()
        elif one.only == "here":
            view[key] |= frozenset(one.names)
        else:
            view[key] -= frozenset(one.names)
    assert view == {key: one.names or frozenset() for key, one in seen.items()}
