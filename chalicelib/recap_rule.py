"""Which share of the posts counts as lengkap, by type of client. Pure.

Written as `100`, or with types of clients, `org=100, direktorat=50`; a type that is not named, or
that no client has, is held to the number without a type, or to 100.
"""

from __future__ import annotations

USUAL = 100


def complete_percent(text: str, client_type: str | None) -> int:
    """The percentage of the posts, 1 to 100, that a client of this type calls lengkap."""
    rule = read_rule(text)
    return rule.get((client_type or "").strip().lower(), rule[""])


def read_rule(text: str) -> dict[str, int]:
    """{type of client in lower case: percentage}, `""` for all others. Raises ValueError if the
    text is not of that form."""
    rule = {"": USUAL}
    for part in filter(None, map(str.strip, text.split(","))):
        name, _, number = part.rpartition("=")
        if not number.strip().isascii() or not number.strip().isdigit():
            raise ValueError("has to be like 100, or like org=100, direktorat=50")
        percent = int(number)
        if not 1 <= percent <= USUAL:
            raise ValueError(f"{percent} is not a percentage from 1 to {USUAL}")
        rule[name.strip().lower()] = percent
    return rule
