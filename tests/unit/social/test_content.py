"""How an odd value of an API becomes a plain one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.social.content import (
    count,
    mapping,
    moment,
    plain_names,
    read_all,
    read_names,
    text,
    url,
    username,
)
from tests.unit.builders import always
from tests.unit.social.answers import FAR_OFF, json_values


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (119, 119),
        ("1502", 1502),
        (0, 0),
        ("0", 0),
        (3.0, 3),
        (None, None),
        ("", None),
        ("12.3K", None),
        ("many", None),
        (-1, None),
        ("-1", None),
        (2**31 - 1, 2**31 - 1),
        (2**31, None),
        ([], None),
        ({}, None),
        (float("nan"), None),
        (float("inf"), None),
    ],
)
def test_a_count_is_a_number_or_hidden(value: Any, plain: int | None) -> None:
    assert count(value) == plain


@pytest.mark.parametrize("value", [1718914883, "1718914883"])
def test_a_moment_is_epoch_seconds_in_either_type(value: Any) -> None:
    assert moment(value) == datetime(2024, 6, 20, 20, 21, 23, tzinfo=UTC)


@pytest.mark.parametrize("value", ["", "soon", 10**15, FAR_OFF, "2024-06-20T20:21:23"])
def test_what_is_no_epoch_is_no_moment(value: Any) -> None:
    with pytest.raises(ValueError):
        moment(value)


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        ("Siaga 🚔", "Siaga 🚔"),
        ("a\x00b", "ab"),
        ("a\ud83db", "ab"),
        ("two\nlines", "two\nlines"),
        (None, ""),
        (123, "123"),
        (True, "True"),
    ],
)
def test_text_is_what_postgresql_can_hold(value: Any, plain: str) -> None:
    assert text(value) == plain


@always
@given(json_values)
def test_any_value_becomes_text_that_postgresql_can_hold(value: Any) -> None:
    plain = text(value)
    assert "\x00" not in plain
    assert plain.encode("utf-8").decode("utf-8") == plain


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        ("user_1", "user_1"),
        (" @User_1 ", "user_1"),
        ("@@USER", "user"),
        ("", None),
        ("@", None),
        ("  ", None),
        (None, None),
        (7, None),
        ({}, None),
    ],
)
def test_a_user_name_is_lower_case_without_at(value: Any, plain: str | None) -> None:
    assert username(value) == plain


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        ("https://cdn.example/1", "https://cdn.example/1"),
        ("http://cdn.example/1", "http://cdn.example/1"),
        ("", None),
        ("obj/35ad82b7", None),
        (None, None),
        (["https://cdn.example/1"], None),
    ],
)
def test_a_url_is_one_or_none(value: Any, plain: str | None) -> None:
    assert url(value) == plain


def test_what_is_no_object_is_an_empty_one() -> None:
    assert mapping({"a": 1}) == {"a": 1}
    odd: list[Any] = [None, [], "text", 7]
    assert [mapping(value) for value in odd] == [{}, {}, {}, {}]


@pytest.mark.parametrize(
    "error",
    [ValueError(), TypeError(), KeyError(), IndexError(), AttributeError(), OverflowError()],
)
def test_one_bad_item_never_hides_the_others(error: Exception) -> None:
    def parse(item: int) -> int:
        if item == 1:
            raise error
        return item

    assert read_all(parse, [0, 1, 2, 1]) == ([0, 2], 2)


def test_a_mistake_of_another_kind_is_not_counted_as_a_bad_item() -> None:
    def parse(item: Any) -> Any:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        read_all(parse, [0])


ODD_NAMES = st.text(alphabet="abcXYZ019._@ \n\x00é", max_size=6) | st.none() | st.integers()


@always
@given(st.lists(ODD_NAMES, max_size=6))
def test_names_read_in_one_go_are_those_that_are_read_one_by_one(names: list[Any]) -> None:
    found = plain_names(names)
    if found is not None:
        assert (found, 0) == read_names(username, names)


@pytest.mark.parametrize("odd", ["", " a", "@a", "a\nb", "a\x00", "é", None, 7])
def test_an_odd_name_is_not_read_in_one_go(odd: Any) -> None:
    assert plain_names(["biasa", odd]) is None
    assert plain_names(["Biasa", "b"]) == ("biasa", "b")


def test_no_names_are_none() -> None:
    assert plain_names([]) in (None, ())
