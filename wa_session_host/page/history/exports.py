"""Posts, who engaged, and runs of some days as a file, as `cicero export` writes them."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path
from threading import BoundedSemaphore
from typing import IO, TYPE_CHECKING

from starlette.exceptions import HTTPException

from chalicelib.exports.files import WRITERS
from chalicelib.exports.tables import Wanted, batches
from wa_session_host.page.overview import file_to_save
from wa_session_host.page.window import Visit

if TYPE_CHECKING:
    from starlette.responses import Response

TABLES: Mapping[str, str] = {
    "posts": "konten",
    "engagement": "penyuka dan pemberi komentar",
    "runs": "run satker",
}
"""What can be downloaded, and what it is called."""

LONGEST_DAYS = 31
_TOO_LONG = f"Pilih paling lama {LONGEST_DAYS} hari untuk berkas ini."
_BUSY = "Berkas lain sedang dibuat. Coba lagi sebentar."
_PIECE = 256 * 1024
_one_at_a_time = BoundedSemaphore(1)


def export(visit: Visit, first: date, last: date) -> Response:
    """The file of the days that the address asks for by `tabel` and `bentuk`. It is written to disk
    first, so that memory does not grow with it, and one at a time. Raises a 400, 429."""
    table, ending = visit.query("tabel"), f".{visit.query('bentuk', 'csv')}"
    if table not in TABLES or ending not in WRITERS:
        raise HTTPException(400, "Pilih isi dan bentuk berkasnya.")
    if last - first >= timedelta(days=LONGEST_DAYS):
        raise HTTPException(400, _TOO_LONG)
    if not _one_at_a_time.acquire(blocking=False):
        raise HTTPException(429, _BUSY)
    try:
        file = _written(visit, Wanted(table, first, last), ending)
    finally:
        _one_at_a_time.release()
    name = f"{TABLES[table].replace(' ', '-')}-{first}-{last}{ending}"
    return file_to_save(name, _pieces(file))


def _written(visit: Visit, wanted: Wanted, ending: str) -> IO[bytes]:
    """The file, open; its name is gone, so that nothing of it stays."""
    with tempfile.TemporaryDirectory() as folder, visit.acting() as runtime:
        path = Path(folder) / f"export{ending}"
        WRITERS[ending](path, wanted.columns, batches(runtime, wanted))
        return path.open("rb")


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while piece := file.read(_PIECE):
            yield piece
