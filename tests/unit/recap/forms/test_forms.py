"""The forms of a recap say the same numbers, and can be opened."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import openpyxl
import pytest
from PIL import Image

from chalicelib.recap.count import Recap, by_day, recap_of
from chalicelib.recap.evidence import Evidence
from chalicelib.recap.forms import words
from chalicelib.recap.forms.canvas import WIDTH, drawable, fit, font
from chalicelib.recap.forms.picture import MOST_PEOPLE, picture
from chalicelib.recap.forms.table import as_json, columns, recap_csv, row
from chalicelib.recap.forms.text import recap_text
from chalicelib.recap.forms.workbook import workbook
from chalicelib.recap.ranking import Share
from local.samples.recaps import sample_evidence
from tests.unit.builders import DAY
from tests.unit.recap.builders import evidence, person, post


@pytest.fixture(scope="module")
def recap() -> Recap:
    return recap_of(sample_evidence())


def opened(book: bytes) -> Any:
    return openpyxl.load_workbook(io.BytesIO(book))


def several_units(days: int = 1) -> Evidence:
    """Two units whose names are no names of sheets, over some days."""
    people = [
        person(f"P{n}", f"p{n}", unit="Polres [X]/: of a name that is long", unit_id=f"U{n % 2}")
        for n in range(5)
    ]
    posts = [
        replace(post("A", "p0 p1 p2", complete=ago != 1), day=DAY - timedelta(ago))
        for ago in range(0, days, 2 if days > 2 else 1)
    ]
    first = DAY - timedelta(days - 1)
    return evidence(people, posts, first=first, platforms=("instagram",))


def test_a_workbook_reads_back_with_the_same_numbers(recap: Recap) -> None:
    sheet = opened(workbook(recap))["Polres X"]
    assert [cell.value for cell in sheet[5]] == ["No", *columns(recap)]
    for at, line in enumerate(recap.lines, 6):
        wanted = [None if cell == "" else cell for cell in row(recap, line)]
        assert [cell.value for cell in sheet[at]] == [at - 5, *wanted]
    assert sheet.freeze_panes == "E6"
    sums = [cell.value for cell in sheet[6 + len(recap.lines)]]
    done = sum(line.together.done for line in recap.lines)
    assert sums[1 + columns(recap).index("Dilaksanakan")] == done


def test_a_workbook_has_a_sheet_for_each_unit_and_an_overview(recap: Recap) -> None:
    book = opened(workbook(recap_of(several_units())))
    assert book.sheetnames == [
        "Rekap", "Polres X of a name that is long", "Polres X of a name that is (2)",
    ]  # fmt: skip
    overview = opened(workbook(recap))["Rekap"]
    texts = [cell.value for cell in overview["A"] if cell.value]
    assert texts[:3] == [
        "ABSENSI LIKES & KOMENTAR: Polres X",
        "Jumat, 20-02-2026",
        "Data per 17:00 WIB, 20-02-2026",
    ]
    for sheet in opened(workbook(recap)).worksheets:
        assert "1 dari 3 konten belum terbaca lengkap" in sheet["A4"].value
    [total] = [row for row in overview.iter_rows(values_only=True) if row[0] == "Jumlah"]
    assert total[1:8] == (7, 2, 2, 0, 0, 2, 1)
    [made] = [row[2] for row in overview.iter_rows(values_only=True) if "C4gHi" in str(row[0])]
    assert made.isoformat() == "2026-02-20T09:00:00"


def test_a_month_is_people_by_day_with_real_dates_and_totals() -> None:
    month = several_units(days=7)
    found = recap_of(month)
    sheet = opened(workbook(found, by_day(month)))["Per hari"]
    head = [cell.value for cell in sheet[5]]
    assert [day.date() for day in head[5:12]] == [DAY - timedelta(6 - n) for n in range(7)]
    assert [cell.value for cell in sheet[6]][5:] == [1, 0, 1, 0, 1, 0, 1, None, 4, None]
    first = [cell.value for cell in sheet[7]]
    assert first[3:] == ["P0", None, 1, None, 1, None, 1, None, 1, 4, 4, 1]
    assert sheet.freeze_panes == "E6"


def test_a_name_that_looks_like_a_formula_stays_text() -> None:
    odd = recap_of(evidence([person("=1+1", "x")], [post("A")], platforms=("instagram",)))
    cells = [cell for line in opened(workbook(odd)).worksheets[1].iter_rows() for cell in line]
    assert [cell.data_type for cell in cells if cell.value == "=1+1"] == ["s"]
    assert "'=1+1" in recap_csv(odd).decode("utf-8-sig")


def test_a_csv_file_has_a_line_for_each_person_and_says_what_it_is_based_on(recap: Recap) -> None:
    text = recap_csv(recap).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [r["Nama"] for r in rows] == [line.person.name for line in recap.lines]
    assert [r["Status"] for r in rows] == [line.status for line in recap.lines]
    assert {r["Dasar"] for r in rows} == {"Data per 17:00 WIB, 20-02-2026"}
    assert {r["Konten belum terbaca lengkap"] for r in rows} == {"1"}


def test_json_says_what_the_recap_says(recap: Recap) -> None:
    said = json.loads(json.dumps(as_json(recap)))
    assert said["data_at"] == "2026-02-20T17:00:00+07:00"
    assert [p["complete"] for p in said["posts"]] == [True, False, True]
    assert [p["status"] for p in said["people"]] == [line.status for line in recap.lines]
    assert said["totals"]["together"]["belum dapat dipastikan"] == 0
    assert said["people"][0]["platforms"]["instagram"]["done"] == 2


def test_a_picture_is_as_wide_as_a_phone_shows_and_grows_with_the_people(recap: Recap) -> None:
    small = Image.open(io.BytesIO(picture(recap)))
    assert (small.format, small.width) == ("PNG", WIDTH)
    many = [person(f"P{n}", f"p{n}", division="SAT") for n in range(MOST_PEOPLE + 1)]
    totals = Image.open(io.BytesIO(picture(recap_of(evidence(many, [post("A", "p1")])))))
    assert totals.height < 1000
    listed = Image.open(io.BytesIO(picture(recap_of(evidence(many[1:], [post("A")])))))
    assert listed.height > 60 * MOST_PEOPLE


def test_text_fits_its_place_and_has_no_letters_without_a_shape() -> None:
    assert drawable("Ｂudi 👮‍♀️ \u200b Ünal — ≥ 5") == "Budi Ünal — 5"
    style = font(26)
    short = fit("Muhammad Rizky Hidayatullah Santoso", style, 200)
    assert short.endswith("…")
    assert style.getlength(short) <= 200
    assert fit("Budi", style, 200) == "Budi"


def test_a_long_recap_goes_out_in_parts_and_names_everybody_once() -> None:
    people = [person(f"Orang {n:04}", f"p{n}", division=f"SAT {n % 7}") for n in range(400)]
    parts = recap_text(recap_of(evidence(people, [post("A", "p1")])))
    assert len(parts) > 5
    assert all(len(part.text) <= 4000 for part in parts)
    whole = "\n".join(part.text for part in parts)
    assert all(whole.count(f"Orang {n:04}") == 1 for n in range(400))
    assert all("Data per 17:00 WIB, 20-02-2026" in part.text for part in parts)


@pytest.mark.parametrize(
    ("share", "said"),
    [
        (None, "-"),
        (Share(0.8999, 0.8999), "89,9%"),
        (Share(0.5, 0.7), "min. 50,0%"),
        (Share(0.29, 0.29), "29,0%"),
        (Share(1, 1), "100,0%"),
    ],
)
def test_a_share_is_never_rounded_up_and_says_where_it_may_be_more(
    share: Share | None, said: str
) -> None:
    assert words.percent(share) == said
