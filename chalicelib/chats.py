"""Where messages go: WhatsApp groups and telephone numbers as people type them. Pure.

A wrong guess would write to a stranger, so anything ambiguous is refused. E.164: a number has 15
digits at most, including its country code; no 0 follows Indonesia's 62.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass

from chalicelib.typed import one_line, visible

log = logging.getLogger(__name__)

_GROUP = re.compile(r"[0-9]{5,}(-[0-9]+)?")
_BARE_GROUP = re.compile(r"[0-9]{15,}|[0-9]{5,}-[0-9]+")  # shorter numbers are people's
_WHOLE_GROUP = re.compile(r"120363[0-9]{12}|[0-9]{8,15}-[0-9]{10}")  # as WhatsApp makes them
_PERSON = re.compile(r"(?:62|0)[0-9]{7,13}")

_ABROAD = re.compile(r"(?!0|62)[0-9]{8,15}")
_INDONESIAN = re.compile(r"62[1-9][0-9]{7,12}")
_MOBILE = re.compile(r"8[1-35-9]")  # no Indonesian mobile number begins with 80 or 84
_WRITTEN = re.compile(r"\+?[0-9 ().\-]*[0-9]")
_LINK = re.compile(
    r"(?:https?://)?(?:wa\.me/|(?:api|web|www)\.whatsapp\.com/send/?\?phone=|whatsapp://send/?\?phone=)"
    r"(\+?[0-9]+)(?:[/?&#].*)?",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Groups:
    """What a `client_group` names: its group ids, each ending in @g.us, and how many entries are
    not group ids (people's ids, links, words)."""

    chats: tuple[str, ...]
    refused: int


def read_groups(text: str | None) -> Groups:
    """The groups of a `client_group`, separated by `,` or `;` or blanks, with or without @g.us.
    Blanks within an id are dropped if that gives a complete id."""
    chats: list[str] = []
    refused = 0
    for line in re.split(r"[,;\r\n]+", visible(text or "")):
        for found in _groups_of(re.sub(r"\s*@\s*", "@", one_line(line)).split()):
            if found is None:
                refused += 1
            else:
                chats.append(found)
    return Groups(tuple(dict.fromkeys(chats)), refused)


def group_chats(text: str | None, client_id: str = "") -> tuple[str, ...]:
    """The group ids of a `client_group`. Entries that are not groups are left out with a
    warning."""
    groups = read_groups(text)
    for _ in range(groups.refused):
        log.warning("client %s: an entry of client_group is not a group id", client_id)
    return groups.chats


@dataclass(frozen=True)
class People:
    """What a list of operators names: chat ids, and the positions (from 1) of the entries that are
    not usable."""

    chats: tuple[str, ...]
    refused: tuple[int, ...]


def read_people(text: str) -> People:
    """The numbers of a list, separated by `,` or `;` or line breaks, as WhatsApp chat ids; group
    ids that end in @g.us are allowed among them.

    `+84…`, `0084…` and a chat's id keep their country; `0…`, `62…` and `8…` are Indonesian.
    """
    entries = [e for e in map(one_line, re.split(r"[,;\r\n]+", visible(text))) if e]
    chats = [_chat(entry) for entry in entries]
    refused = tuple(place for place, chat in enumerate(chats, 1) if chat is None)
    return People(tuple(dict.fromkeys(c for c in chats if c)), refused)


def personal_chats(*texts: str) -> tuple[str, ...]:
    """The chat ids of these lists, each once. Unusable entries are left out with a warning."""
    people = read_people("\n".join(texts))
    for _ in people.refused:
        log.warning("an operators' number is not usable and was left out")
    return people.chats


def _groups_of(words: list[str]) -> Iterator[str | None]:
    """Each group of one line, None for each word that is not a group."""
    place = 0
    while place < len(words):
        taken, group = _whole_group(words[place:]) or (1, _group(words[place]))
        yield group
        place += taken


def _whole_group(words: list[str]) -> tuple[int, str] | None:
    """The fewest leading words that form one complete id, and the id."""
    joined = ""
    for count, word in enumerate(words, 1):
        joined += word.lower()
        if _WHOLE_GROUP.fullmatch(joined.removesuffix("@g.us")) and _group(joined):
            return count, f"{joined.removesuffix('@g.us')}@g.us"
        if "@" in word:
            return None
    return None


def _group(entry: str) -> str | None:
    group, _, domain = entry.lower().partition("@")
    form = {"": _BARE_GROUP, "g.us": _GROUP}.get(domain)
    if form and form.fullmatch(group) and not _PERSON.fullmatch(group):
        return f"{group}@g.us"
    return None


def _chat(entry: str) -> str | None:
    entry = re.sub(r" ?@ ?", "@", entry)
    if "@g.us" in entry.lower():
        return _group(entry)
    digits = _digits(entry)
    return f"{digits}@s.whatsapp.net" if digits else None


def _digits(entry: str) -> str | None:
    """The number with its country code, digits only."""
    if link := _LINK.fullmatch(entry):
        return _of_country(link[1].removeprefix("+"))
    number, at, domain = re.sub("^tel:", "", entry, flags=re.IGNORECASE).partition("@")
    if domain.lower() not in ("", "c.us", "s.whatsapp.net"):
        return None
    number = re.sub(r"(?<=[0-9]):[0-9]{1,3}$", "", number) if at else number
    number = re.sub(r"^'?\(?(\+?[0-9]*)\)?", r"\1", number)  # (+62), and a spreadsheet's '
    if not _WRITTEN.fullmatch(number) or number.endswith(".0"):  # .0: a spreadsheet's number
        return None
    abroad = bool(at) or number.startswith(("+", "00"))
    number = number.replace("(0)", "") if abroad else number
    digits = re.sub(r"[^0-9]", "", number)
    if abroad and not digits.startswith("0"):
        return _of_country(digits)
    if number.startswith(("+", "00")):
        return _of_country(digits.removeprefix("00"))
    return _at_home(digits)


def _of_country(digits: str) -> str | None:
    """A number that begins with its country code."""
    if digits.startswith("62"):
        return _at_home(digits)
    return digits if _ABROAD.fullmatch(digits) else None


def _at_home(digits: str) -> str | None:
    """An Indonesian number, with or without a leading 62 or 0."""
    own = digits.removeprefix("62").removeprefix("0")
    if own == digits and not _MOBILE.match(digits):
        return None
    found = f"62{own}"
    mobile = _MOBILE.match(own) or not own.startswith("8")
    return found if mobile and _INDONESIAN.fullmatch(found) else None
