"""The form with which a client's recaps are scheduled."""

from __future__ import annotations

from collections.abc import Mapping

from chalicelib.errors import BadInput
from chalicelib.recap.forms.troubles import FIXES
from chalicelib.recap.schedule import FORMS, RECIPIENTS, Form, Recipient, read_schedule
from chalicelib.recap.schedules import save_schedule
from wa_session_host.page.window import NOT_DONE, Refused, Visit

RECIPIENT_NAMES: Mapping[Recipient, str] = {
    "group": "grup satker",
    "operator": "operator satker (client_operator)",
    "super": "pimpinan (client_super)",
}
FORM_NAMES: Mapping[Form, str] = {"text": "teks", "png": "gambar", "xlsx": "Excel"}

_BAD_INPUT: dict[str, str] = {
    "client_id": "Satker ini tidak ada atau tidak aktif.",
    **{str(trouble): fix for trouble, fix in FIXES.items()},
}


def set_schedule(visit: Visit) -> str:
    """Replaces the client's schedule by what the form says."""
    try:
        schedule = read_schedule(
            active=visit.field("active") == "ya",
            hours=visit.field("hours"),
            recipients=[one for one in RECIPIENTS if visit.field(f"to_{one}")],
            chats=visit.field("chats"),
            forms=[one for one in FORMS if visit.field(f"as_{one}")],
        )
        with visit.acting() as runtime:
            saved = save_schedule(runtime, visit.path("client_id"), schedule)
    except BadInput as error:
        raise Refused(_BAD_INPUT.get(error.field, NOT_DONE)) from None
    if not saved.active:
        return "Jadwal absensi dimatikan; tidak ada absensi yang dikirim."
    hours = ", ".join(f"{hour:%H.%M}" for hour in saved.hours)
    return f"Jadwal absensi berlaku mulai sekarang: pukul {hours} WIB."
