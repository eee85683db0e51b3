"""What is exported is what is stored, in each format, with real days, moments and numbers."""

from __future__ import annotations

import csv
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from chalicelib.errors import BadInput
from chalicelib.exports.files import Columns
from chalicelib.exports.tables import TABLES, Value, Wanted, batches, from_page, page
from chalicelib.runtime import Runtime
from chalicelib.slots import WIB
from local.cicero.files import writer_for
from tests.conftest import DAY, RuntimeAt
from tests.integration.runs import whole_run
from tests.integration.tables import Tables

Table = list[list[Any]]


@pytest.fixture
def runtime(runtime_at: RuntimeAt, tables: Tables) -> Runtime:
    runtime = runtime_at("17:00")
    whole_run(runtime, "CONTOH")
    tables.run("UPDATE insta_post SET caption = '=HYPERLINK(\"x\")' WHERE client_id = 'CONTOH'")
    return runtime


def rows_of(runtime: Runtime, table: str, size: int = 7) -> list[list[Value]]:
    wanted = Wanted(table, DAY, DAY)
    return [list(row) for rows in batches(runtime, wanted, size) for row in rows]


def test_every_post_person_and_run_of_the_days_is_there(runtime: Runtime, tables: Tables) -> None:
    people = tables.value(
        "SELECT sum(stored) FROM cicero_posts() JOIN cicero_links() USING (platform, content_id)"
    )
    posts = tables.value("SELECT count(*) FROM cicero_links()")
    assert len(rows_of(runtime, "engagement")) == people > 100
    assert len(rows_of(runtime, "posts")) == posts
    [run] = rows_of(runtime, "runs")
    named = dict(zip(TABLES["runs"], run, strict=True))
    assert named["slot"] == datetime(2026, 2, 20, 17, tzinfo=WIB)
    assert (named["client_id"], named["outcome"], named["posts_new"]) == ("CONTOH", "done", posts)
    before = Wanted("runs", DAY - timedelta(days=9), DAY - timedelta(days=1))
    assert list(batches(runtime, before)) == []


def test_pages_add_up_to_the_same_rows(runtime: Runtime) -> None:
    wanted, size = Wanted("engagement", DAY, DAY), 50
    rows: Table = []
    while True:
        answer = page(runtime, wanted, skip=len(rows), size=size)
        rows += [list(row) for row in from_page(wanted, answer["rows"])]
        if not answer["more"]:
            break
    assert rows == rows_of(runtime, "engagement")


@pytest.mark.parametrize("ending", [".csv", ".xlsx", ".parquet"])
@pytest.mark.parametrize("table", list(TABLES))
def test_what_is_written_is_read_again(
    runtime: Runtime, tmp_path: Path, table: str, ending: str
) -> None:
    wanted, file = Wanted(table, DAY, DAY), tmp_path / f"x{ending}"
    written = writer_for(file)(file, wanted.columns, batches(runtime, wanted, 20))
    head, *rows = READERS[ending](file)
    assert head == list(wanted.columns)
    assert written == len(rows) > 0
    expected = rows_of(runtime, table)
    assert rows == [AS_READ[ending](row, wanted.columns) for row in expected]


@pytest.mark.parametrize("ending", [".csv", ".xlsx", ".parquet"])
def test_without_rows_there_is_a_head(tmp_path: Path, ending: str) -> None:
    file = tmp_path / f"x{ending}"
    assert writer_for(file)(file, TABLES["runs"], []) == 0
    assert READERS[ending](file) == [list(TABLES["runs"])]


def test_wrong_wishes_are_refused() -> None:
    with pytest.raises(BadInput, match=r"FILE: x\.ods has no known ending\. Use one of \.csv"):
        writer_for(Path("x.ods"))
    with pytest.raises(BadInput, match=r"table: 'all' is unknown\. Use posts, engagement, runs"):
        Wanted("all", DAY, DAY)
    with pytest.raises(BadInput, match="from: 2026-02-20 is after 2026-02-19"):
        Wanted("runs", DAY, DAY - timedelta(days=1))


def read_csv(file: Path) -> Table:
    with file.open(encoding="utf-8-sig", newline="") as opened:
        return [list(row) for row in csv.reader(opened)]


def read_xlsx(file: Path) -> Table:
    from openpyxl import load_workbook

    book = load_workbook(file, read_only=True)
    rows = [list(row) for row in book.worksheets[0].iter_rows(values_only=True)]
    book.close()
    return rows


def read_parquet(file: Path) -> Table:
    from arro3.io import read_parquet as read

    table = read(file).read_all()
    columns = [table.column(number).to_pylist() for number in range(table.num_columns)]
    return [list(table.column_names), *map(list, zip(*columns, strict=True))]


def as_csv(row: list[Value], columns: Columns) -> list[Any]:
    texts = ["" if v is None else v.isoformat() if isinstance(v, date) else str(v) for v in row]
    return [f"'{text}" if text.startswith("=") else text for text in texts]


def as_xlsx(row: list[Value], columns: Columns) -> list[Any]:
    """Without zones; a day is a moment at midnight."""
    return [
        v.replace(tzinfo=None, microsecond=v.microsecond // 1000 * 1000)
        if isinstance(v, datetime)
        else datetime(v.year, v.month, v.day)  # noqa: DTZ001
        if isinstance(v, date)
        else v
        for v in row
    ]


def as_parquet(row: list[Value], columns: Columns) -> list[Any]:
    return row


READERS = {".csv": read_csv, ".xlsx": read_xlsx, ".parquet": read_parquet}
AS_READ = {".csv": as_csv, ".xlsx": as_xlsx, ".parquet": as_parquet}
