"""The pages of the recap: who has engaged, why somebody is not recorded, the ranking, files."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import timedelta

import openpyxl
import pytest
from PIL import Image

from chalicelib.slots import Slot
from tests.conftest import DAY, RuntimeAt
from tests.integration.runs import whole_run
from tests.integration.service import SharedService
from tests.integration.tables import Tables
from tests.integration.wa_session_host.windows import Visitor, serving

NOW = Slot.parse(f"{DAY}T17:00").at + timedelta(minutes=7)
NASTY = "<img src=x> \"Budi\" & 'Co'"
INVITE = """
INSERT INTO "user" (user_id, nama, title, divisi, client_id, insta)
SELECT 'U' || row_number() OVER (ORDER BY name), 'Anggota ' || name, 'BRIPKA',
  CASE WHEN row_number() OVER (ORDER BY name) % 2 = 0 THEN 'SAT LANTAS' ELSE 'SAT BINMAS' END,
  'CONTOH', name
FROM (SELECT DISTINCT jsonb_array_elements_text(likes) AS name FROM insta_like
  WHERE shortcode IN (SELECT shortcode FROM insta_post_clients WHERE client_id = 'CONTOH')) AS n
"""


@pytest.fixture
def watcher(service: SharedService, runtime_at: RuntimeAt, tables: Tables) -> Iterator[Visitor]:
    """Somebody who may look, on a day whose 17:00 slot one unit has played."""
    whole_run(runtime_at("17:00"), "CONTOH")
    tables.run(INVITE)
    tables.run(
        "INSERT INTO \"user\" (user_id, nama, client_id) VALUES (:id, :name, 'CONTOH')",
        id="X/1",
        name=NASTY,
    )
    with serving(service, service.settings, lambda: NOW) as url:
        visitor = Visitor(url).enter("sari")
        yield visitor
        visitor.close()


def test_a_recap_is_found_searched_explained_and_taken_away(watcher: Visitor) -> None:
    assert "/absensi/CONTOH" in watcher.text("/absensi?cari=contoh")
    page = watcher.text("/absensi/CONTOH")
    assert "Data per 17:00 WIB, 20-02-2026" in page
    assert "<img src" not in page
    assert "SAT LANTAS" in page
    assert "Salin rekap" in page
    only = watcher.text("/absensi/CONTOH?cari=Co%27&satfung=TANPA+SATFUNG&tampil=tanpa+username")
    assert "&lt;img src=x&gt;" in only
    assert "1 personel" in only
    assert "Tidak ada personel yang cocok" in watcher.text("/absensi/CONTOH?cari=zzzz")
    sorted_pages = {watcher.text(f"/absensi/CONTOH?urut={way}nama")[:99999] for way in ("", "-")}
    assert len(sorted_pages) == 2
    assert "Belum ada akun Instagram" in watcher.text(f"/absensi/CONTOH/mengapa/X/1?hari={DAY}")
    assert "Bagian 1 dari" in watcher.text("/absensi/CONTOH/teks")
    assert "Belum ada akun" in watcher.text("/absensi/CONTOH/mengapa/X%2F1")
    assert "belum dapat dinilai" in watcher.text("/absensi/DITBINMAS/peringkat")


def test_the_files_hold_the_recap_of_the_page(watcher: Visitor, tables: Tables) -> None:
    people = tables.count('"user"')
    image = watcher.get("/absensi/CONTOH/unduh.png")
    assert Image.open(io.BytesIO(image.content)).format == "PNG"
    rows = watcher.get("/absensi/CONTOH/unduh.csv?platform=instagram").content.decode("utf-8-sig")
    assert len(list(csv.DictReader(io.StringIO(rows)))) == people
    month = watcher.get(f"/absensi/CONTOH/unduh.xlsx?bulan={DAY:%Y-%m}")
    assert "Per hari" in openpyxl.load_workbook(io.BytesIO(month.content)).sheetnames
    assert month.headers["Content-Disposition"].endswith(
        "absensi-CONTOH-2026-02-01-2026-02-20.xlsx"
    )


def test_what_cannot_be_shown_is_said_and_a_slot_is_shown_as_such(watcher: Visitor) -> None:
    for path, status, said in (
        ("/absensi/NIHIL", 404, "Satker itu tidak ada."),
        ("/absensi/CONTOH?hari=2026-02-21", 400, "Hari itu belum tiba."),
        ("/absensi/CONTOH/unduh.xlsx?bulan=2026-03", 400, "Hari itu belum tiba."),
        ("/absensi/CONTOH?hari=kapan", 400, "Tulis tanggal seperti 2026-02-20."),
        ("/absensi/CONTOH?hari=9999-12-31", 400, "tidak mungkin ada data"),
        ("/absensi/CONTOH?hari=0001-01-01", 400, "tidak mungkin ada data"),
        ("/absensi/CONTOH?hari=2012-02-29", 200, "Tidak ada konten"),
        ("/absensi/CONTOH?bulan=2025-12", 200, "01-12-2025 s.d. 31-12-2025"),
        ("/absensi/CONTOH/unduh.csv?bulan=0001-01", 400, "tidak mungkin ada data"),
        ("/absensi/CONTOH?slot=17:30", 400, "bukan slot yang sudah lewat"),
        ("/absensi/CONTOH/mengapa/NIHIL", 404, "Personel itu tidak ada."),
    ):
        answer = watcher.get(path)
        assert (answer.status_code, said in answer.text) == (status, True), path
    assert "(seperti pada 17:00)" in watcher.text("/absensi/CONTOH?slot=17:00")
    assert "Data belum pernah terbaca" in watcher.text("/absensi/CONTOH?slot=16:30")
