"""People with their accounts, and the order in which they are listed."""

from __future__ import annotations

from random import Random
from typing import Any

from chalicelib.recap.order import in_order
from chalicelib.recap.people import Person
from tests.unit.recap.builders import person

ROW = {
    "user_id": "1",
    "name": " Budi  Santoso ",
    "title": "BRIPKA",
    "division": None,
    "position": None,
    "unit_id": "X",
    "unit": None,
    "excused": False,
}


def of(*accounts: Any) -> Person:
    return Person.from_row({**ROW, "accounts": [list(account) for account in accounts]})


def test_every_form_of_a_name_is_one_account() -> None:
    found = of(
        ("instagram", "@Budi"), ("instagram", "budi "), ("instagram", "https://instagram.com/BUDI/"),
        ("tiktok", "https://www.tiktok.com/@budi?lang=id"), ("instagram", "budi.dua"),
    )  # fmt: skip
    assert found.accounts == {"instagram": ["budi", "budi.dua"], "tiktok": ["budi"]}
    assert found.full_name == "BRIPKA Budi Santoso"


def test_what_names_no_account_is_none_and_is_kept_to_explain() -> None:
    found = of(("instagram", "-"), ("instagram", ""), ("tiktok", "NULL"), ("elsewhere", "budi"))
    assert found.accounts == {}
    assert found.unusable == {"instagram": ["-"], "tiktok": ["NULL"]}


IN_ORDER = [
    ("DIRBINMAS", "KOMBES POL."), ("Wadir", "AKBP"), ("KASUBDIT 1", "AKBP"),
    ("KABAG OPS", "KOMPOL"),
    ("KASUBBAG REN", "PENATA"), ("Ps. KASAT LANTAS", "Ajun Komisaris Polisi"), ("KASAT", "IPTU"),
    ("KANIT 2", "IPDA"), ("", "IPTU"), ("BA", "AIPTU"), ("BA", "AIPDA"), ("BA", "BRIPKA"),
    ("BA", "BRIGPOL"), ("BA", "BRIPTU"), ("BA", "Bripda"), ("STAF", "PENATA TK. I"),
    ("STAF", "PENATA"), ("STAF", "PENATA MUDA TK I"), ("STAF", "PENGATUR"), ("STAF", "PPPK"),
    ("STAF", "PHL"), ("STAF", "BHARAKA"), ("STAF", ""),
]  # fmt: skip


def test_people_are_listed_by_position_rank_and_name() -> None:
    people = [
        person(f"{place:02}", position=position, title=title)
        for place, (position, title) in enumerate(IN_ORDER)
    ]
    mixed = Random(1).sample(people, len(people))
    assert sorted(mixed, key=in_order) == people
    assert [one.name for one in sorted([person("Budi"), person("ani")], key=in_order)] == [
        "ani",
        "Budi",
    ]
