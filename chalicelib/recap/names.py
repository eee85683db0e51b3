"""The names in a stored list of people, whatever form its entries have. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

_BETWEEN = "\0"  # PostgreSQL keeps none
_PATHS = (("username",), ("unique_id",), ("user", "unique_id"), ("user", "username"))


def names_in(people: Any, known: set[str] | frozenset[str] | None = None) -> frozenset[str]:
    """The names, in lower case without `@`; only those that are `known`, unless that is None.
    Entries are names or objects with one, as `cicero_merge_usernames` reads them; what is neither,
    and a list that is none, names nobody."""
    if not isinstance(people, Sequence) or isinstance(people, str) or not people:
        return frozenset()
    # As one text: a list has thousands of names, and a page thirty lists.
    try:
        text = _BETWEEN.join(people)
    except TypeError:
        people = [_name_of(one) for one in people]
        text = _BETWEEN.join(people)
    names = people
    if "@" in text or " " in text or text != text.lower():
        names = text.lower().replace(f"{_BETWEEN}@", _BETWEEN).removeprefix("@").split(_BETWEEN)
    if " " in text or "@@" in text:
        names = [name.strip(" ").lstrip("@") for name in names]
    if known is None:
        return frozenset(names) - {""}
    return frozenset(known.difference(known.difference(names)))  # so, the strings are those known


def _name_of(entry: Any) -> str:
    """The name in an entry; empty if it has none."""
    if isinstance(entry, str):
        return entry
    for path in _PATHS:
        found = entry
        for key in path:
            found = found.get(key) if isinstance(found, Mapping) else None
        if found is not None:
            return str(found)
    return ""
