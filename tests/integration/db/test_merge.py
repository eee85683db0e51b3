"""Merging of user names in SQL: a union, in the form that readers join on."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.db import Database
from tests.unit.builders import always

NAMES = st.text(alphabet="abcXYZ019._@ éß", max_size=8)
OBJECTS = st.fixed_dictionaries({"username": NAMES}) | st.fixed_dictionaries({"unique_id": NAMES})
ENTRIES = NAMES | OBJECTS | st.none() | st.integers() | st.lists(NAMES, max_size=2)
STORED = st.lists(ENTRIES, max_size=12) | st.none() | NAMES | st.integers()
"""Whatever was ever stored: arrays of names and objects, null, a scalar."""

MERGE = "SELECT cicero_merge_usernames(CAST(:a AS jsonb), CAST(:b AS jsonb), :prefix) AS merged"


class Merge:
    def __init__(self, database: Database, prefix: str) -> None:
        self._database, self.prefix = database, prefix

    def __call__(self, stored: Any, added: Any) -> list[str]:
        with self._database.transaction():
            [row] = self._database.execute(
                MERGE, a=json.dumps(stored), b=json.dumps(added), prefix=self.prefix
            )
        merged: list[str] = row["merged"]
        return merged


@pytest.fixture(params=["", "@"], ids=["likers", "commenters"])
def merge(request: pytest.FixtureRequest, database: Database) -> Merge:
    return Merge(database, request.param)


def test_merging_is_commutative_idempotent_and_never_shrinks(merge: Merge) -> None:
    @always
    @given(STORED, STORED, STORED)
    def holds(a: Any, b: Any, c: Any) -> None:
        ab = merge(a, b)
        assert ab == merge(b, a)
        assert merge(ab, b) == merge(ab, a) == merge(ab, ab) == ab
        assert set(merge(a, [])) <= set(ab)
        assert merge(ab, c) == merge(a, merge(b, c))

    holds()


def test_what_is_merged_is_in_the_readers_form(merge: Merge) -> None:
    @always
    @given(STORED, STORED)
    def holds(a: Any, b: Any) -> None:
        for name in (merged := merge(a, b)):
            bare = name.removeprefix(merge.prefix)
            assert name.startswith(merge.prefix)
            assert bare == bare.strip().lower() != ""
            assert not bare.startswith("@")
        assert merged == sorted(set(merged))

    holds()
