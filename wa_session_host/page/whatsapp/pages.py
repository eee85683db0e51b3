"""The pages and actions of the WhatsApp accounts."""

from __future__ import annotations

import io
from pathlib import Path

import segno
from starlette.exceptions import HTTPException
from starlette.responses import Response

from wa_session_host.page import words
from wa_session_host.page.whatsapp.operations import Operations
from wa_session_host.page.window import Refused, Section, Shown, Visit, Window
from wa_session_host.session.session import Session


class Pages:
    """The handlers."""

    def __init__(self, operations: Operations) -> None:
        self._operations = operations

    def overview(self, _: Visit) -> Shown:
        return Shown("whatsapp/index.html", {"view": self._operations.overview()})

    def qr(self, visit: Visit) -> Response:
        code = self._session(visit).snapshot.code
        if code is None:
            raise HTTPException(404)
        image = io.BytesIO()
        segno.make(code, error="l", micro=False).save(
            image, kind="svg", scale=5, border=4, light="white"
        )
        return Response(image.getvalue(), media_type="image/svg+xml")

    def groups(self, visit: Visit) -> Shown:
        session = self._session(visit)
        try:
            groups, problem = self._operations.groups(session), ""
        except Refused as error:
            groups, problem = [], str(error)
        values = {"account": session.account, "groups": groups, "problem": problem}
        values["current"] = SECTION.path
        return Shown("whatsapp/groups.html", values)

    def pair_phone(self, visit: Visit) -> str:
        code, until = self._operations.pair_phone(self._session(visit), visit.field("phone"))
        return f"Kode untuk diketik di ponsel: {code}, berlaku sampai {words.format_time(until)}."

    def reconnect(self, visit: Visit) -> str:
        self._operations.reconnect(self._session(visit))
        return "Sambungan dimulai ulang."

    def unlink(self, visit: Visit) -> str:
        self._operations.unlink(self._session(visit))
        return "Perangkat dikeluarkan dari akun. Pasangkan ulang dengan QR."

    def send_again(self, visit: Visit) -> str:
        return words.sent_again(self._operations.send_again(visit.request.path_params["outbox_id"]))

    def drop(self, visit: Visit) -> str:
        not_sent = visit.field("not_sent") == "yes"
        dropped = self._operations.drop(visit.request.path_params["outbox_id"], not_sent)
        return words.dropped(dropped)

    def _session(self, visit: Visit) -> Session:
        session = self._operations.session(visit.path("account"))
        if session is None:
            raise HTTPException(404)
        return session


def _add(window: Window) -> None:
    pages = Pages(Operations(window.context, window.services))
    one, case = "/accounts/{account}", "/messages/{outbox_id:int}"
    window.page("/whatsapp", pages.overview)
    window.page(f"{one}/groups", pages.groups)
    window.page(f"{one}/qr.svg", pages.qr, operators=True)  # who scans it links a device
    window.action(f"{one}/pair-phone", "pair_phone", pages.pair_phone)
    window.action(f"{one}/reconnect", "reconnect", pages.reconnect)
    window.action(f"{one}/unlink", "unlink", pages.unlink)
    window.action(f"{case}/send-again", "send_again", pages.send_again)
    window.action(f"{case}/drop", "drop", pages.drop)


SECTION = Section("WhatsApp", "/whatsapp", Path(__file__).parent, _add)
