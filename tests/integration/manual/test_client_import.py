"""A sheet of clients: what it would change, all that is wrong with it, and all or nothing."""

from __future__ import annotations

import pytest

from chalicelib.errors import BadInput
from chalicelib.manual.client_import import Imported, Wrong, compare, import_clients
from tests.conftest import RuntimeAt
from tests.integration.tables import Tables

SHEET = [
    {"client_id": "contoh ", "client_insta": "https://instagram.com/polres.baru", "nama": ""},
    {"client_id": "TELADAN", "client_status": "ya"},
    {"client_id": "BARU", "nama": "Polres Baru", "client_tiktok": "@polres_baru",
     "client_group": "120363000000000099@g.us", "client_amplify_status": "tidak"},
]  # fmt: skip


def test_a_dry_run_says_what_the_import_then_does(runtime_at: RuntimeAt, tables: Tables) -> None:
    runtime, before = runtime_at("09:00"), tables.dump()
    foreseen = import_clients(runtime, SHEET, dry_run=True)
    assert tables.dump() == before
    insta = tables.value("SELECT client_insta FROM clients WHERE client_id = 'CONTOH'")
    changed = {"CONTOH": {"client_insta": [insta, "https://instagram.com/polres.baru"]}}
    assert foreseen == Imported(False, ["BARU"], changed, same=1, wrong=[])
    done = import_clients(runtime, SHEET, dry_run=False)
    assert (done.written, done.new, done.changed) == (True, foreseen.new, foreseen.changed)
    [new] = tables.run("SELECT * FROM clients WHERE client_id = 'BARU'")
    assert (new["nama"], new["client_status"], new["client_amplify_status"]) == (
        "Polres Baru", True, False,
    )  # fmt: skip
    others = [row for row in tables.dump()["clients"] if row["client_id"] not in ("BARU", "CONTOH")]
    assert others == [row for row in before["clients"] if row["client_id"] != "CONTOH"]
    again = import_clients(runtime, SHEET, dry_run=False)
    assert (again.new, again.changed, again.same) == ([], {}, 3)


def test_one_wrong_cell_keeps_all_of_it_out(runtime_at: RuntimeAt, tables: Tables) -> None:
    runtime, before = runtime_at("09:00"), tables.dump()
    wrong = [*SHEET, {"client_id": "LAIN", "nama": "x", "client_group": "grup kami"}]
    with pytest.raises(BadInput, match="row 4, client_group: holds an entry that is no group id"):
        import_clients(runtime, wrong, dry_run=False)
    with pytest.raises(BadInput, match="sandi: is no column of clients"):
        import_clients(runtime, [{"client_id": "A", "sandi": "x"}], dry_run=True)
    assert tables.dump() == before


def test_all_that_is_wrong_is_listed() -> None:
    rows = [
        {"client_id": "", "nama": "x"},
        {"client_id": "A", "nama": "x", "client_status": "mungkin", "client_insta": "tidak ada"},
        {"client_id": "a", "nama": "x"},
        {"client_id": "B"},
    ]
    found, due = compare(rows, {})
    assert due == []
    assert found.wrong == [
        Wrong(1, "client_id", "is empty"),
        Wrong(2, "client_status", "is neither ya nor tidak"),
        Wrong(2, "client_insta", "names no Instagram account"),
        Wrong(3, "client_id", "stands in an earlier row too"),
        Wrong(4, "nama", "is empty, and the client is new"),
    ]
