"""What the pages about clients, posts, messages and history share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.responses import Response, StreamingResponse

from chalicelib.errors import BadInput
from chalicelib.overview import words
from chalicelib.overview.rows import NEWEST
from chalicelib.platforms import DESCRIPTIONS
from chalicelib.recap.files import MIME_TYPES
from chalicelib.slots import FIRST_DAY, LAST_DAY
from wa_session_host.page.today import view as slots
from wa_session_host.page.today.view import STANDING_LEVELS
from wa_session_host.page.window import Shown, Visit

_MEDIA_TYPES: Mapping[str, str] = {"csv": "text/csv; charset=utf-8", **MIME_TYPES}
_LONGEST_ID = 18


def shown(template: str, **values: object) -> Shown:
    """A page with what templates/overview.html needs."""
    common = {"w": words, "levels": STANDING_LEVELS, "platforms": DESCRIPTIONS, "slots": slots}
    return Shown(template, {**common, **values})


def file_to_save(name: str, content: bytes | str | Iterator[bytes]) -> Response:
    """A response that a browser saves under this name, whose ending says what it is."""
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}"}
    media_type = _MEDIA_TYPES[name.rpartition(".")[2]]
    if isinstance(content, bytes | str):
        return Response(content, media_type=media_type, headers=headers)
    return StreamingResponse(content, media_type=media_type, headers=headers)


def day_of(visit: Visit, name: str = "hari") -> date | None:
    """The day that the address names as `YYYY-MM-DD`; None if it names none. Raises a 400."""
    text = visit.query(name)
    if not text:
        return None
    return read_day(text)


def before_of(visit: Visit) -> int:
    """The id that the address names as `sebelum`, before which a page begins; NEWEST if none."""
    text = visit.query("sebelum").strip()
    known = text.isascii() and text.isdecimal() and len(text) <= _LONGEST_ID
    return int(text) if known else NEWEST


def read_day(text: str) -> date:
    """The day, written as `YYYY-MM-DD`, in this century. Raises a 400."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise HTTPException(400, "Tulis tanggal seperti 2026-02-20.") from None
    if not FIRST_DAY <= day <= LAST_DAY:
        raise HTTPException(400, "Dari hari itu tidak mungkin ada data. Periksa tahunnya.")
    return day


@contextmanager
def found(what: str) -> Iterator[None]:
    """Raises a 404 that says what does not exist, instead of a BadInput."""
    try:
        yield
    except BadInput:
        raise HTTPException(404, f"{what} itu tidak ada.") from None
