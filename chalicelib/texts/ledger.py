"""What changed for a client: ledger rows in words, inside a task list or as a message. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any, Literal

from chalicelib.clients import Client
from chalicelib.platforms import DESCRIPTIONS, Platform
from chalicelib.slots import to_wib
from chalicelib.texts.age import Age, FeedRead
from chalicelib.texts.parts import LONGEST, Item, Part, Section, split
from chalicelib.texts.words import (
    format_number,
    link,
    name_of,
    quoted,
    reported_link,
    sanitise,
    truncate,
)

ChangeKind = Literal["new", "late", "removed", "held", "link"]


@dataclass(frozen=True)
class Change:
    """A ledger row as messages tell it.

    `late`: made yesterday, found today. `held`: looks gone along with too many others, so it is
    kept (a sync anomaly). `link`: a new amplification report, with `detail` {"name": who sent it,
    "links": [what was sent]}. `in_unsent_list`: a task list that has not been sent yet tells it.
    """

    change_id: int
    platform: Platform
    content_id: str
    kind: ChangeKind
    caption: str
    posted_at: datetime | None
    detail: Mapping[str, Any] = field(default_factory=dict)
    in_unsent_list: bool = False


_CAPTION_LENGTH = 50
_NAME_LENGTH = 40
_MOST_LINKS = 5

_LEADS: dict[ChangeKind, str] = {
    "new": "Baru",
    "late": "Terlambat masuk (kemarin)",
    "removed": "Dihapus",
    "held": "Tampak hilang, belum dihapus",
}
_COUNTED: dict[ChangeKind, str] = {
    "new": "baru",
    "late": "terlambat masuk",
    "removed": "dihapus",
    "held": "tampak hilang",
    "link": "tautan amplifikasi",
}
_HELD = (
    "Konten yang tampak hilang belum dihapus dari tugas: hilangnya belum dapat dipastikan, "
    "mungkin anomali sinkronisasi. Perlu diperiksa operator."
)


def changes(
    client: Client,
    at: datetime,
    told: Sequence[Change],
    longest: int = LONGEST,
    feeds: Mapping[Platform, FeedRead] = MappingProxyType({}),
) -> tuple[Part, ...]:
    """What changed for a client since the last message, between two lists. `feeds`: how each
    platform was read; one that is missing was read in this slot."""
    only_links = all(change.kind == "link" for change in told)
    title = "TAUTAN AMPLIFIKASI BARU" if only_links else "PERUBAHAN KONTEN"
    age = Age(client, at, {} if only_links else feeds)  # reports do not come from feeds
    head = [f"*{name_of(client)}*", age.headline(), *age.notes()]
    return split(title, head, list(change_sections(client, told)), longest)


def change_sections(client: Client, told: Sequence[Change]) -> Iterator[Section]:
    """The changes, under their numbers by kind; nothing if there are none."""
    if not told:
        return
    counts = Counter(change.kind for change in told)
    numbers = [
        f"{format_number(counts[kind])} {words}" for kind, words in _COUNTED.items() if counts[kind]
    ]
    items = [Item(_text(client, change), change.change_id) for change in told]
    yield Section(f"*Perubahan:* {', '.join(numbers)}", items)
    if counts["held"]:
        yield Section(_HELD)


def _text(client: Client, change: Change) -> str:
    where = f"[{DESCRIPTIONS[change.platform].label}] "
    where += link(client, change.platform, change.content_id)
    if change.kind == "link":
        lines = [f"• Amplifikasi {_reporter(change)} {where}", *_links(change)]
    else:
        lines = [f"• {_LEADS[change.kind]} {where}", quoted(change.caption, _CAPTION_LENGTH)]
        lines[1] += _uploaded(change)
    return "\n   ".join(lines)


def _uploaded(change: Change) -> str:
    if change.posted_at is None:
        return ""
    form = "%H:%M WIB, %d-%m-%Y" if change.kind == "late" else "%H:%M WIB"
    return f" | {to_wib(change.posted_at).strftime(form)}"


def _reporter(change: Change) -> str:
    name = truncate(sanitise(str(change.detail.get("name") or "")), _NAME_LENGTH)
    return f"dari {name}" if name else "baru"


def _links(change: Change) -> list[str]:
    given = [str(text) for text in change.detail.get("links", ())]
    links = [found for found in map(reported_link, given) if found]
    shown, more = links[:_MOST_LINKS], len(links) - _MOST_LINKS
    if more > 0:
        return [*shown, f"dan {format_number(more)} tautan lain"]
    return shown or ["(tanpa tautan yang dapat dibuka)"]
