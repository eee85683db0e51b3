"""The recap as files, and as texts to copy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from chalicelib.recap.count import Recap, by_day, recap_of
from chalicelib.recap.evidence import Basis, Evidence
from chalicelib.recap.forms.picture import picture
from chalicelib.recap.forms.table import recap_csv
from chalicelib.recap.forms.text import recap_text
from chalicelib.recap.forms.workbook import workbook
from chalicelib.recap.load import load_evidence
from chalicelib.texts.parts import LONGEST
from wa_session_host.page.absences.asked import question_of
from wa_session_host.page.overview import file_to_save, found
from wa_session_host.page.window import Visit

if TYPE_CHECKING:
    from starlette.responses import Response

_SHORTEST_LINE = 20
"""No person takes fewer characters."""


def png_file(visit: Visit) -> Response:
    recap = recap_of(_evidence(visit))
    return _file(recap.basis, picture(recap), "png")


def xlsx_file(visit: Visit) -> Response:
    """With people by day, if more than one day is asked for."""
    evidence = _evidence(visit)
    recap = recap_of(evidence)
    several = recap.basis.first != recap.basis.last
    book = workbook(recap, by_day(evidence) if several else None)
    return _file(recap.basis, book, "xlsx")


def csv_file(visit: Visit) -> Response:
    recap = recap_of(_evidence(visit))
    return _file(recap.basis, recap_csv(recap), "csv")


def text_parts(recap: Recap) -> Sequence[str]:
    """The recap as WhatsApp messages."""
    return [part.text for part in recap_text(recap)]


def one_text(recap: Recap) -> str | None:
    """The recap as a WhatsApp message; None if it takes several."""
    if len(recap.lines) > LONGEST // _SHORTEST_LINE:
        return None
    texts = text_parts(recap)
    return texts[0] if len(texts) == 1 else None


def _evidence(visit: Visit) -> Evidence:
    with found("Satker"), visit.acting() as runtime:
        return load_evidence(runtime, question_of(visit))


def _file(basis: Basis, content: bytes, ending: str) -> Response:
    days = f"{basis.first}" if basis.first == basis.last else f"{basis.first}-{basis.last}"
    at = f"-{basis.at.at:%H%M}" if basis.at else ""
    return file_to_save(f"absensi-{basis.client_id}-{days}{at}.{ending}", content)
