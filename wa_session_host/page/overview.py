"""What the pages about clients, posts, messages and history share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date

from starlette.exceptions import HTTPException

from chalicelib.errors import BadInput
from chalicelib.overview import words
from chalicelib.overview.standing import Standing
from chalicelib.platforms import DESCRIPTIONS
from wa_session_host.page.window import Shown, Visit

LEVELS: Mapping[str, str] = {
    Standing.VERIFIED: "ok",
    Standing.UNVERIFIED: "unsure",
    Standing.NEVER: "never",
}
"""The badges of the standings (see templates/parts.html)."""

MESSAGE_LEVELS: Mapping[str, str] = {
    "pending": "busy",
    "processing": "busy",
    "retrying": "unsure",
    "sent": "ok",
    "dead_letter": "bad",
    "uncertain": "unsure",
}
"""The badges of the states of messages; `never` for those that are over without being sent."""

SLOT_LEVELS: Mapping[str, str] = {
    "failed": "bad",
    "missed": "bad",
    "unrecorded": "bad",
    "running": "busy",
    "due": "busy",
    "to_come": "todo",
    "skipped": "never",
    "before_start": "never",
}
"""The badges of the states of slots; those that are done or late have that of their standing."""


def shown(template: str, **values: object) -> Shown:
    """A page with what templates/overview.html needs."""
    common = {
        "w": words,
        "levels": LEVELS,
        "message_levels": MESSAGE_LEVELS,
        "slot_levels": SLOT_LEVELS,
        "platforms": DESCRIPTIONS,
    }
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
