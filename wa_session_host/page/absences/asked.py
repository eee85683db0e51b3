"""What of a recap an address asks for."""

from __future__ import annotations

from datetime import date, datetime

from starlette.exceptions import HTTPException

from chalicelib.platforms import PLATFORMS
from chalicelib.recap.load import Question
from chalicelib.slots import Slot, slots_of
from wa_session_host.page.overview import day_of, read_day
from wa_session_host.page.window import Visit


def question_of(visit: Visit) -> Question:
    """The day `hari`, at the slot `slot`, or the month `bulan` so far; on `platform`, or all.
    Raises a 400."""
    client_id, platform = visit.path("client_id"), visit.query("platform")
    platforms = tuple(one for one in PLATFORMS if one == platform) or None
    if month := visit.query("bulan"):
        first = _not_to_come(read_day(f"{month}-01"), visit)
        return Question.of_month(client_id, first, visit.now.date(), platforms)
    day = day_asked(visit)
    return Question(client_id, day, day, platforms, slot_asked(visit, day))


def day_asked(visit: Visit) -> date:
    """The day `hari`, or today. Raises a 400."""
    return _not_to_come(day_of(visit) or visit.now.date(), visit)


def _not_to_come(day: date, visit: Visit) -> date:
    if day > visit.now.date():
        raise HTTPException(400, "Hari itu belum tiba.")
    return day


def slot_asked(visit: Visit, day: date) -> Slot | None:
    """The slot `slot`, as `15:00`, if one is named. Raises a 400."""
    text = visit.query("slot")
    if not text:
        return None
    for slot in slots_until(day, visit.now):
        if f"{slot.at:%H:%M}" == text:
            return slot
    raise HTTPException(400, "Pukul itu bukan slot yang sudah lewat pada hari itu.")


def slots_until(day: date, now: datetime) -> list[Slot]:
    """The day's slots that are past, the newest first."""
    return [slot for slot in reversed(slots_of(day)) if slot.at <= now]
