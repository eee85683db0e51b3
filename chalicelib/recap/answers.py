"""What people ask of the recap from a terminal, as JSON, each with its words for WhatsApp."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from chalicelib.errors import BadInput
from chalicelib.recap.ask import ask_why
from chalicelib.recap.count import recap_of
from chalicelib.recap.forms.rankings import ranking_json, ranking_text
from chalicelib.recap.forms.reasons import why_json, why_text
from chalicelib.recap.forms.table import as_json
from chalicelib.recap.forms.text import recap_text
from chalicelib.recap.load import Question, load_evidence, load_ranking
from chalicelib.recap.schedules import load_schedule, troubles_of
from chalicelib.requests import LookRequest
from chalicelib.runtime import Runtime
from chalicelib.slots import Slot, parse_day
from chalicelib.texts import Part


def recap(runtime: Runtime, request: LookRequest) -> dict[str, Any]:
    """Who has engaged, and the WhatsApp messages that say so (`texts`). Raises BadInput."""
    question = question_of(request, runtime.now().date())
    found = recap_of(load_evidence(runtime, question))
    return as_json(found) | {"texts": _texts(recap_text(found))}


def why(runtime: Runtime, request: LookRequest) -> dict[str, Any]:
    """Why a person is or is not recorded. Raises BadInput."""
    if not request.person:
        raise BadInput("person", "is missing", "Name an id, a name or an account.")
    day = request.day or runtime.now().date()
    found = ask_why(runtime, request.person, day, request.post, request.client_id)
    return why_json(found) | {"texts": _texts(why_text(found))}


def ranking(runtime: Runtime, request: LookRequest) -> dict[str, Any]:
    """A directorate's units. Raises BadInput."""
    day = request.day or runtime.now().date()
    found = load_ranking(runtime, _client(request), day, _slot(request.at, day))
    return ranking_json(found) | {"texts": _texts(ranking_text(found))}


def schedule(runtime: Runtime, request: LookRequest) -> dict[str, Any]:
    """A client's schedule; of other recipients only their number. `troubles`: what keeps a schedule
    that is on from reaching somebody. Raises BadInput."""
    client_id = _client(request)
    found = load_schedule(runtime, client_id)
    with runtime.db.transaction() as tx:
        troubles = troubles_of(tx, client_id, found) if found.active else ()
    return {
        "client_id": client_id,
        "read_at": runtime.now().isoformat(),
        "active": found.active,
        "hours": [f"{hour:%H:%M}" for hour in found.hours],
        "recipients": list(found.recipients),
        "more_chats": len([one for one in found.chats.split(",") if one.strip()]),
        "forms": list(found.forms),
        "troubles": list(troubles),
    }


def question_of(request: LookRequest, today: date) -> Question:
    """The days, or the month so far, and the slot that a recap is asked for. Raises BadInput."""
    client_id = _client(request)
    platforms = (request.platform,) if request.platform else None
    if request.month is None:
        first = request.day or today
        last = request.until or first
        return Question(client_id, first, last, platforms, _slot(request.at, first))
    if request.day or request.until or request.at:
        raise BadInput("month", "takes no day beside it", "Leave out the days and the slot.")
    first = parse_day(f"{request.month}-01", "month")
    return Question.of_month(client_id, first, today, platforms)


def _client(request: LookRequest) -> str:
    if request.client_id is None:
        raise BadInput("client_id", "is missing", "Name the client.")
    return request.client_id


def _slot(text: str | None, day: date) -> Slot | None:
    """The slot that `15:00`, or a whole moment, names on this day."""
    if text is None:
        return None
    return Slot.parse(text if "T" in text else f"{day}T{text}", "at")


def _texts(parts: Iterable[Part]) -> list[str]:
    return [part.text for part in parts]
