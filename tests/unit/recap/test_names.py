"""The names in stored lists, in every form that was ever written."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.recap.names import names_in

HANDLES = st.text("abz09._", min_size=1, max_size=8)
FORMS = st.sampled_from(
    [
        lambda name: name,
        lambda name: f"@{name}",
        lambda name: f" {name.upper()} ",
        lambda name: f" @@{name}",
        lambda name: {"username": name.title()},
        lambda name: {"username": None, "unique_id": f"@{name}"},
        lambda name: {"user": {"unique_id": name}},
        lambda name: {"user": {"unique_id": None, "username": name}},
    ]
)


@given(st.lists(st.tuples(HANDLES, FORMS)), st.sets(HANDLES))
def test_a_name_is_found_in_whatever_form_it_is_stored(
    stored: list[tuple[str, Any]], others: set[str]
) -> None:
    entries = [form(name) for name, form in stored]
    every = {name for name, _ in stored}
    assert names_in(entries) == every
    known = others | set(sorted(every)[:2])
    assert names_in(entries, known) == every & known


@pytest.mark.parametrize("people", [None, [], "budi", {"username": "budi"}, 7])
def test_what_is_no_list_names_nobody(people: Any) -> None:
    assert names_in(people) == frozenset()


def test_entries_without_a_name_and_words_beside_one_name_nobody() -> None:
    entries = [None, {}, {"user": "budi"}, {"user": None}, "", "@", ["budi"], "budi santoso"]
    assert names_in(entries, {"budi", "santoso"}) == frozenset()
