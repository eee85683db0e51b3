"""Today: how the day goes, and what needs a person now."""

from __future__ import annotations

from pathlib import Path

from wa_session_host.page.window import Section, Shown, Visit, Window


def _add(window: Window) -> None:
    window.page("/", _today)


def _today(_: Visit) -> Shown:
    return Shown("today/index.html")


SECTION = Section("Hari ini", "/", Path(__file__).parent, _add)
