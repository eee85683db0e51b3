"""In which order names are listed. Pure."""

from __future__ import annotations

import re


def natural(name: str) -> list[tuple[int, str]]:
    """The key by which names are sorted: upper and lower case alike, numbers by their value."""
    parts = re.split(r"(\d+)", name.casefold())
    return [(int(part), "") if part.isdecimal() else (0, part) for part in parts]
