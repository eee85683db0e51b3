"""What the pages about clients, posts, messages and history share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

from starlette.exceptions import HTTPException

from chalicelib.errors import BadInput
from chalicelib.overview import words
from chalicelib.platforms import DESCRIPTIONS
from wa_session_host.page.today import view as slots
from wa_session_host.page.today.view import STANDING_LEVELS
from wa_session_host.page.window import Shown, Visit


def shown(template: str, **values: object) -> Shown:
    """A page with what templates/overview.html needs."""
    common = {"w": words, "levels": STANDING_LEVELS, "platforms": DESCRIPTIONS, "slots": slots}
    return Shown(template, {**common, **values})


def day_of(visit: Visit, name: str = "hari") -> date | None:
    """The day that the address names as `YYYY-MM-DD`; None if it names none. Raises a 400."""
    text = visit.query(name)
    if not text:
        return None
    return read_day(text)


def read_day(text: str) -> date:
    """The day, written as `YYYY-MM-DD`. Raises a 400."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise HTTPException(400, "Tulis tanggal seperti 2026-02-20.") from None


@contextmanager
def found(what: str) -> Iterator[None]:
    """Raises a 404 that says what does not exist, instead of a BadInput."""
    try:
        yield
    except BadInput:
        raise HTTPException(404, f"{what} itu tidak ada.") from None
