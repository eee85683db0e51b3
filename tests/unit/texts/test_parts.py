"""Long messages: every item in exactly one part, every part within its limit, numbered."""

from __future__ import annotations

import re
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.texts.parts import Item, Part, Section, split
from tests.unit.builders import always

LIMIT = 1000

sizes = st.lists(st.integers(10, 700), max_size=12)


def sections(lists: list[list[int]]) -> list[Section]:
    """Sections with items of these lengths, each beginning with a number of its own."""
    made, number = [], 0
    for title, lengths in enumerate(lists):
        items = []
        for length in lengths:
            items.append(Item(f"<{number}>".ljust(length, "x"), change_id=number))
            number += 1
        made.append(Section(f"*Section {title}*", items))
    return made


def numbers(part: Part) -> list[int]:
    return [int(n) for n in re.findall(r"^<(\d+)>", part.text, re.MULTILINE)]


@always
@given(st.lists(sizes, max_size=4))
def test_every_item_is_in_exactly_one_part_in_order(lists: list[list[int]]) -> None:
    parts = split("TITLE", ["head"], sections(lists), LIMIT)
    total = sum(map(len, lists))
    assert [n for part in parts for n in numbers(part)] == list(range(total))
    assert [list(part.changes) for part in parts] == [numbers(part) for part in parts]


@always
@given(st.lists(sizes, max_size=4), st.integers(1000, 3000))
def test_every_part_keeps_to_the_limit_and_says_which_it_is(
    lists: list[list[int]], limit: int
) -> None:
    parts = split("TITLE", ["head"], sections(lists), limit)
    for number, part in enumerate(parts, 1):
        assert len(part.text) <= limit
        numbering = f" ({number}/{len(parts)})" if len(parts) > 1 else ""
        assert part.text.startswith(f"*TITLE*{numbering}\nhead")


@always
@given(st.lists(sizes, min_size=1, max_size=4))
def test_no_part_is_opened_for_what_still_fits(lists: list[list[int]]) -> None:
    parts = split("TITLE", ["head"], sections(lists), LIMIT)
    for part, following in pairwise(parts):
        first = following.text.split("\n\n", 1)[1]
        opening = first.split("\n", 2)[:2]
        assert len(part.text) + len("\n".join(["", "", *opening])) > LIMIT - len(" (lanjutan)") - 10


@always
@given(st.lists(st.integers(5, 40), min_size=1, max_size=80))
def test_a_section_that_goes_on_repeats_its_title(lengths: list[int]) -> None:
    first, *others = split("T", [], sections([lengths]), LIMIT)
    assert "*Section 0*\n" in first.text
    assert all("\n\n*Section 0* (lanjutan)\n" in part.text for part in others)


@always
@given(st.integers(990, 5000), st.integers(0, 3))
def test_an_item_longer_than_a_part_is_cut_and_not_lost(length: int, before: int) -> None:
    parts = split("TITLE", ["head"], sections([[50] * before + [length, 50]]), LIMIT)
    assert [n for part in parts for n in numbers(part)] == list(range(before + 2))
    assert all(len(part.text) <= LIMIT for part in parts)
    assert sum(part.text.count("…") for part in parts) == 1


def test_a_message_that_fits_is_one_part_without_a_number() -> None:
    [part] = split("TITLE", ["head"], [Section("*A*", [Item("one", 7)]), Section("Bye.")], LIMIT)
    assert part == Part("*TITLE*\nhead\n\n*A*\none\n\nBye.", (7,))


def test_without_sections_there_is_the_heading() -> None:
    assert split("TITLE", ["head"], [], LIMIT) == (Part("*TITLE*\nhead"),)
