"""What people type and paste, without invisible characters. Pure."""

from __future__ import annotations

import unicodedata

_UNSEEN_KINDS = {"Cc", "Cf", "Zl", "Zp"}  # controls, formats (BOM, zero width, directions), breaks
_UNSEEN_SIGNS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0") | frozenset(
    chr(code) for code in (*range(0xFE00, 0xFE10), *range(0x180B, 0x180E))
)
_QUOTES = {'"': '"', "'": "'", "\u201c": "\u201d", "\u2018": "\u2019", "\u00ab": "\u00bb"}


def is_unseen(sign: str) -> bool:
    """Whether a character shows nothing and is not a blank: a control, a line break, a zero-width
    character, a direction mark, a filler."""
    return unicodedata.category(sign) in _UNSEEN_KINDS or sign in _UNSEEN_SIGNS


def trimmed(text: str) -> str:
    """The text without blanks and invisible characters at its ends, and without one pair of quotes
    around all of it."""
    text = _stripped(text)
    if len(text) > 1 and _QUOTES.get(text[0]) == text[-1]:
        text = _stripped(text[1:-1])
    return text


def one_line(text: str) -> str:
    """The text as it looks, in its plainest characters: full-width and styled letters as letters,
    each dash as `-`, each run of blanks as one space, trimmed, with nothing invisible in it."""
    seen = ("-" if unicodedata.category(c) == "Pd" else c for c in visible(text))
    return trimmed(" ".join("".join(seen).split()))


def visible(text: str) -> str:
    """The text in its plainest characters (Unicode's NFKC); invisible ones are removed, line breaks
    and other blanks kept."""
    plain = unicodedata.normalize("NFKC", text)
    return "".join(c for c in plain if c.isspace() or not is_unseen(c))


def storable(text: str) -> str:
    """The text without what PostgreSQL cannot store: NUL and lone surrogates."""
    return text.replace("\x00", "").encode("utf-8", "ignore").decode()


def _stripped(text: str) -> str:
    first, last = 0, len(text)
    while first < last and _is_blank(text[first]):
        first += 1
    while last > first and _is_blank(text[last - 1]):
        last -= 1
    return text[first:last]


def _is_blank(sign: str) -> bool:
    return sign.isspace() or is_unseen(sign)
