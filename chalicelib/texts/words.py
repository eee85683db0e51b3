"""What every text is built from: sanitised outside text, numbers, times, links. Pure.

Markup that WhatsApp reads: `*bold*`, `_italic_`, `~struck~`, backticks, and at the start of a line
`> `, `- `, `* ` and `1. `. So outside text loses the first four kinds of character, and is put in
quotation marks if it would begin a line.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from itertools import accumulate, islice, takewhile

from chalicelib.clients import Client
from chalicelib.platforms import DESCRIPTIONS, Platform
from chalicelib.slots import to_wib

CUT_OFF: Mapping[str, str] = {
    "capped": "API hanya memberi sebagian",
    "short": "daftar berakhir terlalu awal",
    "looped": "daftar berulang",
    "unreadable": "sebagian isi tidak terbaca",
    "error": "terhenti karena kesalahan API",
    "no_time": "waktu habis",
    "known": "dibaca sampai nama yang sudah tercatat",
}
"""How the read of a list ended that did not come to its end (`tasks.Ending`)."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
CAPTION_LENGTH = 90
NAME_LENGTH = 80

_CODE_POINTS_PER_GRAPHEME = 4
_MARKUP = re.compile(r"[*~`]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")
_UNSEEN = re.compile(
    "[\u0000-\u0008\u000e-\u001f\u007f-\u0084\u0086-\u009f"  # control characters but white space
    "\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff]"  # surrogates, which cannot be encoded
)
_JOINER = "\u2060"
_URL = re.compile(r"(?:https?://)?((?:[a-z0-9-]+\.)+[a-z]{2,}(?:[/?#]\S*)?)", re.IGNORECASE)
_URL_MARKUP = re.compile(r"[*~`@<>\"'|\\^{}]|[^!-~]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")
_LONGEST_URL = 300


def sanitise(text: str) -> str:
    """Text on one line that can neither break the markup nor tag anyone.

    Markup, control and direction characters and zero-width ones are removed; joiners that emojis
    and scripts need are kept. A word joiner follows each `@`.
    """
    flat = " ".join(_UNSEEN.sub("", text).split())
    return " ".join(_MARKUP.sub("", flat).split()).replace("@", "@" + _JOINER)


def truncate(text: str, length: int, room: int | None = None) -> str:
    """At most `length` user-perceived characters (graphemes) and `room` code points, by default
    four for each, since accents can pile up without limit. Ends in `…` if something is missing;
    never splits a grapheme."""
    room = length * _CODE_POINTS_PER_GRAPHEME if room is None else room
    if len(text) <= min(length, room):
        return text
    clusters = _graphemes(text, length + 1)
    if len(clusters) <= length and len(text) <= room:
        return text
    ends = takewhile(lambda end: end < room, accumulate(map(len, clusters[: length - 1])))
    return text[: max(ends, default=0)].rstrip() + "…"


def _graphemes(text: str, most: int) -> list[str]:
    """The first graphemes of a text. The library takes 20 µs for each; plain ASCII costs
    nothing."""
    if (head := text[:most]).isascii() and "\r" not in head:
        return list(head)
    import grapheme

    return list(islice(grapheme.graphemes(text), most))


def quoted(text: str, length: int = CAPTION_LENGTH) -> str:
    """A caption in quotation marks, on one line, shortened; `(tanpa keterangan)` if there is
    none."""
    flat = sanitise(text)
    return f"“{truncate(flat, length)}”" if flat else "(tanpa keterangan)"


def name_of(client: Client) -> str:
    """The client's name, or its id if the name is blank."""
    return truncate(sanitise(client.name) or sanitise(client.client_id) or "-", NAME_LENGTH)


def format_time(at: datetime) -> str:
    """`17:00 WIB, 20-02-2026`."""
    return f"{to_wib(at):%H:%M} WIB, {to_wib(at):%d-%m-%Y}"


def format_number(value: int | None) -> str:
    """A count in id-ID form (12.345), `-` if it is hidden."""
    return "-" if value is None else f"{value:,}".replace(",", ".")


def link(client: Client, platform: Platform, content_id: str) -> str:
    """The address of a client's post."""
    return post_link(platform, content_id, client.handles.get(platform))


def post_link(platform: Platform, content_id: str, handle: str | None = None) -> str:
    """The address of a post; it also works without the account's handle."""
    return DESCRIPTIONS[platform].links.to(content_id, handle)


def reported_link(text: str) -> str | None:
    """A link that a person typed, safe to show; None if it is not a link, or is over 300 characters
    long even without its query."""
    found = _URL.fullmatch(_UNSEEN.sub("", text).strip())
    if not found:
        return None
    url = "https://" + _URL_MARKUP.sub(_percent, found[1])
    if len(url) > _LONGEST_URL:
        url = re.split("[?#]", url)[0]
    return url if len(url) <= _LONGEST_URL else None


def _percent(odd: re.Match[str]) -> str:
    """The character percent-encoded, as is always valid in a URL; `quote` leaves `_` and `~`
    unchanged."""
    return "".join(f"%{byte:02X}" for byte in odd[0].encode())


def no_formula(text: str) -> str:
    """A text for a cell of a CSV file: one that a spreadsheet would take for a formula begins with
    an apostrophe."""
    return f"'{text}" if text.startswith(_FORMULA) else text
