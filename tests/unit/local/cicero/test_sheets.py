"""Sheets as people save them: separators, blank rows, numbers, and what is no sheet at all."""

from __future__ import annotations

from pathlib import Path

import pytest
import xlsxwriter

from chalicelib.errors import BadInput
from local.cicero.clients import read_sheet


@pytest.mark.parametrize("separator", [",", ";"])
def test_csv_with_either_separator(tmp_path: Path, separator: str) -> None:
    file = tmp_path / "satker.CSV"
    lines = (separator.join(row) for row in [("Client_ID ", "nama"), ("A", "Polres A"), ("", "")])
    file.write_text("\n".join(lines), encoding="utf-8-sig")
    assert read_sheet(file) == [{"client_id": "A", "nama": "Polres A"}]


def test_xlsx_with_numbers_and_a_blank_row(tmp_path: Path) -> None:
    file = tmp_path / "satker.xlsx"
    with xlsxwriter.Workbook(str(file)) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate([["client_id", "regional_id"], ["A", 12], [], ["B", None]]):
            sheet.write_row(number, 0, row)
    assert read_sheet(file) == [
        {"client_id": "A", "regional_id": "12"}, {"client_id": "B", "regional_id": ""},
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("a.ods", b"x", "is neither CSV nor XLSX"),
        ("a.csv", b"nama\nA\n", "names no column client_id"),
        ("a.csv", b"", "names no column client_id"),
        ("a.csv", "client_id,nama\nA,Ä".encode("latin-1"), "is not UTF-8 text"),
        ("a.xlsx", b"no zip", "is no readable XLSX"),
    ],
)
def test_what_is_no_sheet_is_refused(
    tmp_path: Path, name: str, content: bytes, problem: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(BadInput, match=problem):
        read_sheet(tmp_path / name)
