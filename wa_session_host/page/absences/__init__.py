"""Who has engaged ("absensi"): units, each one's satfung and people, why somebody is not recorded,
the ranking, and the recap's other forms."""

from __future__ import annotations

from pathlib import Path

from chalicelib.clients import Client
from chalicelib.ordering import natural
from chalicelib.recap.ask import ask_why
from chalicelib.recap.forms.reasons import read_in_words, reason
from chalicelib.recap.load import load_ranking, load_recap
from wa_session_host.page.absences.asked import day_asked, question_of, slot_asked, slots_until
from wa_session_host.page.absences.downloads import (
    csv_file,
    one_text,
    png_file,
    text_parts,
    xlsx_file,
)
from wa_session_host.page.absences.view import COLUMNS, PEOPLE_LEVELS, ROWS, groups_of, selected
from wa_session_host.page.listing import Listing
from wa_session_host.page.overview import found, shown
from wa_session_host.page.window import Section, Shown, Visit, Window

_UNITS = 100


def _units(visit: Visit) -> Shown:
    listing = Listing.of(visit.request.query_params, _UNITS, "nama")
    with visit.reading() as runtime, runtime.db.transaction() as tx:
        clients = [Client.from_row(row) for row in tx.run("recap.units")]
    term = listing.search.casefold()
    matching = [one for one in clients if term in f"{one.name} {one.client_id}".casefold()]
    columns = {"nama": lambda one: natural(one.name), "jenis": lambda one: one.client_type or ""}
    lines, listing = listing.cut(matching, columns)
    return shown("absences/index.html", lines=lines, listing=listing)


def _recap(visit: Visit) -> Shown:
    listing = Listing.of(visit.request.query_params, ROWS)
    with found("Satker"), visit.acting() as runtime:
        recap = load_recap(runtime, question_of(visit))
    lines, listing = listing.cut(selected(recap.lines, visit), COLUMNS)
    return shown(
        "absences/recap.html",
        recap=recap,
        lines=lines,
        listing=listing,
        units=groups_of(recap, "unit"),
        divisions=groups_of(recap, "division"),
        people_levels=PEOPLE_LEVELS,
        text=one_text(recap),
        slots=slots_until(recap.basis.first, visit.now),
        is_today=recap.basis.first == visit.now.date() and recap.basis.at is None,
    )


def _text(visit: Visit) -> Shown:
    with found("Satker"), visit.acting() as runtime:
        recap = load_recap(runtime, question_of(visit))
    return shown("absences/text.html", recap=recap, texts=text_parts(recap))


def _why(visit: Visit) -> Shown:
    client_id, user_id = visit.path("client_id"), visit.path("user_id")
    with found("Personel"), visit.acting() as runtime:
        why = ask_why(runtime, user_id, day_asked(visit), client_id=client_id)
    return shown("absences/why.html", why=why, reason=reason, read_in_words=read_in_words)


def _ranking(visit: Visit) -> Shown:
    day = day_asked(visit)
    with found("Satker"), visit.acting() as runtime:
        ranking = load_ranking(runtime, visit.path("client_id"), day, slot_asked(visit, day))
    return shown("absences/ranking.html", ranking=ranking, day=day)


def _add(window: Window) -> None:
    one = "/absensi/{client_id:path}"
    window.page("/absensi", _units)
    window.page(f"{one}/unduh.png", png_file)
    window.page(f"{one}/unduh.xlsx", xlsx_file)
    window.page(f"{one}/unduh.csv", csv_file)
    window.page(f"{one}/teks", _text)
    window.page(f"{one}/peringkat", _ranking)
    window.page(f"{one}/mengapa/{{user_id:path}}", _why)
    window.page(one, _recap)


SECTION = Section("Absensi", "/absensi", Path(__file__).parent, _add)
