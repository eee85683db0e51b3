"""English that an operator must not have to read: words and state names on a page, as it is seen
without opening a technical detail."""

from __future__ import annotations

import re
from html.parser import HTMLParser

_WORDS = """
    the and not with from was were has been could cannot might only account group page server
    done failed failure error errors pending processing retrying sent dead letter dead_letter
    uncertain expired superseded cancelled complete partial empty verified unverified never
    skipped missed running due unrecorded closed open late before_start to_come schedule catch_up
    inactive active unknown upstream not_found rate_limit malformed business account_refused
    api_configuration unforeseen no_time task_list admin_report admin_alert changes correction
    held removed new link fetch engagement change message waiting timed out waiting response
    send_again drop run_slot run_client add_post restore_post recap_schedule enter leave refused
    logged_out connected pairing true false none null outcome outcomes word no_profile other_site
    capped looped unreadable short end comments posts unavailable invalid missing must
    because bad_input search show sort next previous
"""
_ENGLISH = frozenset(_WORDS.split())
_UNSEEN = {"script", "style", "code", "title"}
_OWN = {"technical", "message"}  # classes: of the software, of a chat
_VOID = {"br", "img", "input", "link", "meta", "line", "rect", "path", "polyline", "circle"}


class _Visible(HTMLParser):
    """Collects the text that is seen."""

    def __init__(self) -> None:
        super().__init__()
        self.text: list[str] = []
        self._open: list[bool] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _VOID:
            return
        classes = set((dict(attrs).get("class") or "").split())
        self._open.append(tag in _UNSEEN or bool(classes & _OWN))

    def handle_endtag(self, tag: str) -> None:
        if tag not in _VOID and self._open:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        if not any(self._open):
            self.text.append(data)


def visible(page: str) -> str:
    """The text of a page that is seen, without the service's name."""
    parser = _Visible()
    parser.feed(page)
    return " ".join(" ".join(parser.text).split()).replace("Cicero Fetch", "")


def english_in(text: str) -> set[str]:
    """The English words and state names in it."""
    return set(re.findall(r"[a-z_]+", text.lower())) & _ENGLISH
