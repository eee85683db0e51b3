"""What texts are made of: text from outside made harmless, cuts, numbers, links."""

from __future__ import annotations

import re
import unicodedata

import grapheme
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib import texts
from chalicelib.texts.words import name_of, no_formula, quoted
from tests.unit.builders import always, make_client, wib

CLIENT = make_client()

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466"
FLAG = "\U0001f1ee\U0001f1e9"
HEART = "\u2764\ufe0f"
INDIC = "\u0928\u093f"
ACCENTED = "e\u0301\u0323"
HANGUL = "\u1112\u1161\u11ab"
RTL_OVERRIDE, ZERO_WIDTH, WORD_JOINER = "\u202e", "\u200b", "\u2060"

pieces = st.sampled_from(
    ["*", "_", "~", "`", "```", "@", "@62812", "\n", "\r", "\u2028", "\u0085", "\t", " ", "> ",
     "- ", "1. ", "a_b", ZERO_WIDTH, "\u200d", RTL_OVERRIDE, "\u2066", "\x00", "\ud83d", FAMILY,
     FLAG, HEART, INDIC, ACCENTED, HANGUL, "kata", "1", "”", "“"]
)  # fmt: skip
hostile = st.lists(pieces | st.text(st.characters(), max_size=3), max_size=30).map("".join)


# --- plain ----------------------------------------------------------------------------------


@always
@given(hostile)
def test_plain_text_has_no_markup_no_tag_and_one_line(text: str) -> None:
    safe = texts.sanitise(text)
    assert not re.search(r"[*~`]", safe)
    assert not re.search(r"(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])", safe)
    assert not re.search(r"@(?!\u2060)", safe)
    assert len(safe.splitlines()) <= 1
    safe.encode("utf-8")


@always
@given(hostile)
def test_plain_text_hides_nothing(text: str) -> None:
    left = texts.sanitise(text).replace("@" + WORD_JOINER, "")
    assert not set(left) & {"\u200b", "\u2060", "\ufeff", *"\u200e\u200f\u202a\u202d\u202e\u2066"}
    assert {unicodedata.category(character) for character in left} & {"Cc", "Cs"} == set()


@always
@given(hostile)
def test_plain_text_stays_as_it_is(text: str) -> None:
    safe = texts.sanitise(text)
    assert texts.sanitise(safe) == safe


def test_what_is_left_of_a_caption_stays_readable() -> None:
    assert texts.sanitise("*Siaga* _1_\n\n~x~ `y`\tSALAM  @kapolri") == (
        "Siaga 1 x y SALAM @\u2060kapolri"
    )


@pytest.mark.parametrize("text", [FAMILY, FLAG, HEART, INDIC, ACCENTED, HANGUL, "السلام عليكم"])
def test_emojis_and_scripts_stay_whole(text: str) -> None:
    assert texts.sanitise(text) == text


def test_handles_keep_their_underscores() -> None:
    assert texts.sanitise("bersama @polres_teladan _hari ini_") == (
        "bersama @\u2060polres_teladan hari ini"
    )


def test_directions_cannot_be_turned_round() -> None:
    assert texts.sanitise(f"a{RTL_OVERRIDE}b\u2067c{ZERO_WIDTH}d") == "abcd"


# --- cut ------------------------------------------------------------------------------------


@always
@given(hostile, st.integers(1, 40))
def test_a_cut_splits_no_grapheme_and_says_that_something_is_missing(
    text: str, length: int
) -> None:
    short = texts.truncate(text, length)
    assert grapheme.length(short) <= max(length, 1)
    assert len(short) <= length * 4 or short == "…"
    if short != text:
        assert short.endswith("…")
        kept = short.removesuffix("…")
        borders = [0]
        for cluster in grapheme.graphemes(text):
            borders.append(borders[-1] + len(cluster))
        assert any(text[:border].rstrip() == kept for border in borders)


@pytest.mark.parametrize("unit", [FAMILY, FLAG, INDIC, ACCENTED, HANGUL, "x"])
def test_what_a_person_sees_as_one_character_counts_as_one(unit: str) -> None:
    assert texts.truncate(unit * 3, 3, room=100) == unit * 3
    assert texts.truncate(unit * 4, 3, room=100) == unit * 2 + "…"


@pytest.mark.parametrize("length", [1, 90])
def test_a_short_text_is_whole(length: int) -> None:
    assert texts.truncate("x" * length, length) == "x" * length


def test_accents_without_end_do_not_make_a_text_longer() -> None:
    assert texts.truncate("a" + "\u0301" * 5000, 90) == "…"
    assert len(texts.truncate(("a" + "\u0301" * 20) * 90, 90)) <= 360


def test_a_caption_is_quoted_so_that_it_begins_no_line() -> None:
    assert quoted("1. > - siap") == "“1. > - siap”"
    assert quoted(" \u200b\n") == "(tanpa keterangan)"
    assert quoted("kata " * 500).endswith("kata…”")


# --- names, numbers, times ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "shown"), [("Polres *X*", "Polres X"), ("", "POLRES_X"), (" *_* ", "POLRES_X")]
)
def test_a_client_without_a_name_is_called_by_its_id(name: str, shown: str) -> None:
    assert name_of(make_client(name=name)) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "-"),
        (0, "0"),
        (999, "999"),
        (1000, "1.000"),
        (12345, "12.345"),
        (1234567, "1.234.567"),
    ],
)
def test_a_count_is_written_the_indonesian_way(value: int | None, shown: str) -> None:
    assert texts.format_number(value) == shown


@always
@given(st.integers(0, 10**15))
def test_a_written_number_is_in_groups_of_three_and_says_the_same(value: int) -> None:
    shown = texts.format_number(value)
    assert int(shown.replace(".", "")) == value
    assert re.fullmatch(r"\d{1,3}(\.\d{3})*", shown)


def test_a_moment_is_written_in_wib() -> None:
    assert texts.format_time(wib("17:00")) == "17:00 WIB, 20-02-2026"


# --- links ----------------------------------------------------------------------------------


def test_a_link_works_with_and_without_a_handle() -> None:
    nameless = make_client(handles={"instagram": "polresx"})
    assert texts.link(CLIENT, "instagram", "C1_-") == "https://www.instagram.com/p/C1_-/"
    assert texts.link(CLIENT, "tiktok", "7") == "https://www.tiktok.com/@polresx/video/7"
    assert texts.link(nameless, "tiktok", "7") == "https://www.tiktok.com/@i/video/7"


def test_an_id_cannot_leave_its_link() -> None:
    assert texts.link(CLIENT, "instagram", "C1 *x*/\n@y") == (
        "https://www.instagram.com/p/C1%20%2Ax%2A%2F%0A%40y/"
    )


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("https://www.facebook.com/polres_x/posts/1", "https://www.facebook.com/polres_x/posts/1"),
        (" http://x.com/a/status/2?s=20 ", "https://x.com/a/status/2?s=20"),
        ("instagram.com/p/C1/", "https://instagram.com/p/C1/"),
        ("https://www.tiktok.com/@polres/video/7", "https://www.tiktok.com/%40polres/video/7"),
        ("https://x.com/_a_/*b*", "https://x.com/%5Fa%5F/%2Ab%2A"),
        ("https://x.com/" + "a" * 20 + "?" + "b" * 400, "https://x.com/" + "a" * 20),
        ("https://x.com/" + "a" * 400, None),
        ("javascript:alert(1)", None),
        ("https://user@evil.example/", None),
        ("sudah saya bagikan", None),
        ("https://x.com/a https://x.com/b", None),
        ("", None),
    ],
)
def test_a_reported_link_is_shown_safely_or_not_at_all(typed: str, shown: str | None) -> None:
    assert texts.reported_link(typed) == shown


@always
@given(hostile)
def test_no_reported_link_brings_markup_or_a_tag(text: str) -> None:
    for typed in (text, f"https://x.com/{text}", f"x.com/?{text}"):
        shown = texts.reported_link(typed)
        if shown is not None:
            assert re.fullmatch(r"https://[!-~]+", shown)
            assert not re.search(r"[*~`@]", shown)
            assert not re.search(r"(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])", shown)
            assert len(shown) <= 300


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_no_cell_of_a_table_becomes_a_formula(sign: str) -> None:
    assert no_formula(f"{sign}1+1") == f"'{sign}1+1"
    assert no_formula(f"a{sign}") == f"a{sign}"
