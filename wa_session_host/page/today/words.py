"""What a case that needs a person is about, in words. Pure."""

from __future__ import annotations

from chalicelib.overview import words
from chalicelib.overview.concerns import Case, Kind
from chalicelib.platforms import DESCRIPTIONS
from chalicelib.texts import format_number
from wa_session_host.page.words import hour


def case_text(kind: Kind, case: Case) -> str:
    """All of a case but its client, post, message or slot, which the page links to."""
    share = None if case.share is None else int(case.share * 100)
    parts = (
        DESCRIPTIONS[case.platform].label if case.platform else "",
        "" if share is None else f"terbaca {format_number(share)} %",
        words.detail(kind, case.detail),
        _since(kind, case),
        f"sampai {hour(case.until)}" if case.until else "",
    )
    return ", ".join(filter(None, parts))


def _since(kind: Kind, case: Case) -> str:
    if case.since is None or kind == "never_fetched":
        return ""
    return f"data {hour(case.since)}" if kind == "behind" else f"sejak {hour(case.since)}"
