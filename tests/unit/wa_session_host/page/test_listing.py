"""Tables that are searched, sorted and paged by their address."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import parse_qsl

from hypothesis import given
from hypothesis import strategies as st

from wa_session_host.page.listing import Listing

COLUMNS = {"name": lambda row: row[0], "count": lambda row: row[1]}
ROWS: Sequence[tuple[str, int | None]] = [("b", 2), ("c", None), ("a", 3)]


def cut(rows: int = 10, **query: str) -> list[str]:
    shown, _ = Listing.of(query, rows).cut(ROWS, COLUMNS)
    return [name for name, _ in shown]


def test_rows_come_in_the_order_that_the_address_names() -> None:
    assert cut() == ["b", "c", "a"]
    assert cut(urut="name") == ["a", "b", "c"]
    assert cut(urut="-name") == ["c", "b", "a"]
    assert cut(urut="colour") == ["b", "c", "a"]


def test_unknown_values_come_last_either_way() -> None:
    assert cut(urut="count") == ["b", "a", "c"]
    assert cut(urut="-count") == ["a", "b", "c"]


def test_a_page_holds_so_many_rows() -> None:
    assert (cut(2), cut(2, hal="2"), cut(2, hal="3")) == (["b", "c"], ["a"], [])
    assert cut(2, hal="-1") == cut(2, hal="x") == cut(2, hal="٣") == ["b", "c"]
    assert [Listing.of({}, 2).counted(n).pages for n in (0, 1, 2, 3)] == [1, 1, 1, 2]


def test_a_heading_turns_the_order_and_begins_at_the_first_page() -> None:
    listing = Listing.of({"urut": "name", "hal": "3", "cari": "x"}, 2)
    assert listing.sorted_by("name") == "?cari=x&urut=-name"
    assert listing.sorted_by("count") == "?cari=x&urut=count"


WORDS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=8)


@given(st.dictionaries(WORDS, WORDS, max_size=4), st.integers(1, 99))
def test_a_link_keeps_whatever_the_address_says(query: dict[str, str], page: int) -> None:
    listing = Listing.of(query, 10)
    again = Listing.of(dict(parse_qsl(listing.link(hal=str(page))[1:])), 10)
    assert (again.search, again.order, again.filters, again.page) == (
        *(listing.search, listing.order, listing.filters),
        page,
    )
