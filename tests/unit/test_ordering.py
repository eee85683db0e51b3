"""Names are listed as people expect."""

from __future__ import annotations

from chalicelib.ordering import natural


def test_numbers_count_by_their_value_and_case_does_not() -> None:
    names = ["Polres 10", "polres 2", "Polres 1", "polda", "POLRES 2 B", "Satker"]
    assert sorted(names, key=natural) == [
        "polda", "Polres 1", "polres 2", "POLRES 2 B", "Polres 10", "Satker",
    ]  # fmt: skip
