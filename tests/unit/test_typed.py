"""What is typed and pasted, without what nobody sees."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.typed import is_unseen, one_line, trimmed
from tests.unit.builders import always

UNSEEN = ["\ufeff", "\u200b", "\u200d", "\u200e", "\u200f", "\u202a", "\u202c", "\u2060", "\u00ad",
          "\x00", "\x1b", "\ufe0f", "\u3164", "\u2028"]  # fmt: skip
BLANK = [" ", "\t", "\n", "\r\n", "\u00a0", "\u3000", "\u2003"]


@pytest.mark.parametrize("sign", UNSEEN + BLANK)
def test_what_is_unseen_or_blank_is_taken_from_both_ends(sign: str) -> None:
    assert trimmed(f"{sign}a b{sign}") == "a b"
    assert trimmed(f"{sign} {sign}") == ""


@pytest.mark.parametrize("sign", UNSEEN)
def test_what_is_unseen_within_is_known(sign: str) -> None:
    assert is_unseen(sign)
    assert trimmed(f"a{sign}b") == f"a{sign}b"


@pytest.mark.parametrize(
    ("typed", "left"),
    [
        ('"a"', "a"),
        ("'a'", "a"),
        ("\u201ca\u201d", "a"),
        (' " a " ', "a"),
        ('"a', '"a'),
        ("a'b", "a'b"),
        ('""', ""),
        ('"', '"'),
    ],
)
def test_a_pair_of_quotes_around_all_is_taken_off(typed: str, left: str) -> None:
    assert trimmed(typed) == left


@pytest.mark.parametrize(
    ("typed", "plain"),
    [
        ("\uff30\uff4f\uff4c\uff52\uff45\uff53\uff3f\uff38", "Polres_X"),
        ("\U0001d5e3olres", "Polres"),
        ("a\u2011b\u2013c", "a-b-c"),
        ("a \t\u00a0 b\u200e", "a b"),
        ("pol\u200bres", "polres"),
    ],
)
def test_one_line_is_the_text_as_it_looks(typed: str, plain: str) -> None:
    assert one_line(typed) == plain


@always
@given(st.text())
def test_what_is_plain_stays_as_it_is(text: str) -> None:
    plain = one_line(text)
    assert not any(map(is_unseen, plain))
    assert trimmed(trimmed(text).replace('"', "").replace("'", "")) == trimmed(
        trimmed(text).replace('"', "").replace("'", "")
    )
    assert one_line(f"\u200e {plain} \u200f".replace('"', "")) == one_line(plain.replace('"', ""))
