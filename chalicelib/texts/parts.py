"""One message, or several numbered ones if it would be too long: split at item borders. Pure.

Every item is in exactly one part; only an item longer than a whole part is cut.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from chalicelib.texts.words import truncate

LONGEST = 4000
"""Default length of a part in characters; WhatsApp itself takes 65,536."""

_NUMBERING = len(" (999/999)")
_CONTINUED = " (lanjutan)"


@dataclass(frozen=True)
class Item:
    """Lines that stay together: a post, a change. `change_id`: the ledger row that it tells."""

    text: str
    change_id: int | None = None


@dataclass(frozen=True)
class Section:
    """A titled run of items. Without items it is only its title."""

    title: str
    items: Sequence[Item] = ()


@dataclass(frozen=True)
class Part:
    """A message in its own right, and the ledger rows that it tells."""

    text: str
    changes: tuple[int, ...] = ()


@dataclass
class _Page:
    """A part that is being filled: the lines below the heading."""

    room: int
    lines: list[str] = field(default_factory=list)
    changes: list[int] = field(default_factory=list)

    def fits(self, *lines: str) -> bool:
        return self._length(self.lines) + self._length(lines) <= self.room

    def add(self, *lines: str) -> None:
        self.lines += lines

    @staticmethod
    def _length(lines: Sequence[str]) -> int:
        return sum(len(line) + 1 for line in lines)


def split(
    title: str, head: Sequence[str], sections: Sequence[Section], longest: int = LONGEST
) -> tuple[Part, ...]:
    """The message as parts of at most `longest` characters (at least 1000). Each begins with the
    title, numbered (1/3) if there are several, and the lines of the head; a section that continues
    in the next part repeats its title."""
    heading = "\n".join([f"*{title}*", *head])
    pages = list(_pages(sections, longest - len(heading) - _NUMBERING))
    return tuple(
        Part("\n".join([_heading(title, head, n, len(pages)), *page.lines]), tuple(page.changes))
        for n, page in enumerate(pages, 1)
    )


def _pages(sections: Sequence[Section], room: int) -> Iterator[_Page]:
    page = _Page(room)
    for section in sections:
        opening, items = ["", section.title], list(section.items)
        first = [items[0].text] if items else []
        if page.lines and not page.fits(*opening, *first):
            yield page
            page = _Page(room)
        page.add(*opening)
        for item in items:
            if not page.fits(item.text) and page.lines != ["", section.title]:
                yield page
                page = _Page(room)
                page.add("", section.title + _CONTINUED)
            _put(page, item)
    yield page


def _put(page: _Page, item: Item) -> None:
    taken = sum(len(line) + 1 for line in page.lines) + 1
    room = page.room - taken
    page.add(truncate(item.text, room, room))
    if item.change_id is not None:
        page.changes.append(item.change_id)


def _heading(title: str, head: Sequence[str], number: int, of: int) -> str:
    numbering = f" ({number}/{of})" if of > 1 else ""
    return "\n".join([f"*{title}*{numbering}", *head])
