"""Whether a list shows new names first: what reads to the end have shown, and where another read
may therefore stop. Pure.

A list whose new names all come first need not be read past the first page on which all names are
known. Nobody has promised such an order, so it must be proven, for each host and kind of list: no
name may ever have stood after such a page.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from chalicelib.slots import FIVE, SLOT_TIMES, Slot
from chalicelib.social.content import UserPage
from chalicelib.tasks import Task

PROOF_LISTS = 1_000
"""So many lists with new names must have been read to their end."""

PROOF_SHARE = 0.999
"""So large a part of the new names must have stood before all known ones."""


@dataclass(frozen=True)
class Order:
    """Where the new names of a list stood that was read to its end: of `names` in all, `new` were
    not known before, `leading` of these stood before every known one, and `missed` only after a
    page of known names. `first_known` and `last_new` are positions, from 1 on."""

    names: int
    new: int
    leading: int
    missed: int
    first_known: int
    last_new: int


def order_of(pages: Iterable[Sequence[str]], known: Collection[str]) -> Order | None:
    """The order of a list, page by page; None if it shows none, because no name in it is new, or
    none is known."""
    seen: dict[str, bool] = {}  # in the list's order: whether it came after a page of known names
    late = False
    for page in pages:
        for name in page:
            seen.setdefault(name, late)
        late = late or is_known(page, known)
    places = [place for place, name in enumerate(seen, 1) if name not in known]
    first_known = next((place for place, name in enumerate(seen, 1) if name in known), None)
    if not places or first_known is None:
        return None
    return Order(
        names=len(seen),
        new=len(places),
        leading=sum(place < first_known for place in places),
        missed=sum(after for name, after in seen.items() if name not in known),
        first_known=first_known,
        last_new=places[-1],
    )


def is_known(page: Collection[str], known: Collection[str]) -> bool:
    """Whether a page has names, and none that is new."""
    return bool(page) and all(name in known for name in page)


@dataclass(frozen=True)
class Proof:
    """What all lists of one kind, of one host, have shown so far; `refuted`: a new name stood after
    a page of known ones, once."""

    lists: int = 0
    new: int = 0
    leading: int = 0
    refuted: bool = False

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Self:
        """From a row of table list_order."""
        refuted = row["refuted_at"] is not None
        return cls(row["lists"], row["names_new"], row["names_first"], refuted)

    @property
    def holds(self) -> bool:
        """Whether reads may stop early. Nothing but a new start makes good for one refutation."""
        proven = self.lists >= PROOF_LISTS and self.leading >= PROOF_SHARE * self.new
        return proven and not self.refuted

    def plus(self, order: Order) -> Proof:
        """With one more list."""
        return Proof(
            self.lists + 1,
            self.new + order.new,
            self.leading + order.leading,
            self.refuted or order.missed > 0,
        )


def shows_order(task: Task) -> bool:
    """Whether a read of the task's list tells new names from known ones: the last one found all of
    them, or all that were new."""
    return task.last is not None and (task.last.complete or task.last.ended == "known")


def may_stop(task: Task, slot: Slot) -> bool:
    """Whether the read may stop early, if the order is proven: not at 17:00, in the day's last slot
    or in the closing read, which make sure of all names, and only where the count has grown."""
    last = task.last
    if last is None or not shows_order(task) or task.late:
        return False
    if slot.at.time() in (FIVE, SLOT_TIMES[-1]) or task.count is None or last.count is None:
        return False
    return task.count > last.count


class ListWatch:
    """Follows the pages of one list as they are read. `known`: the names that were stored before;
    `proven`: whether the order of the list's kind is proven now, asked after each page of known
    names."""

    def __init__(self, known: frozenset[str], proven: Callable[[], bool] = lambda: False) -> None:
        self._known = known
        self._proven = proven
        self._pages: list[Sequence[str]] = []

    def enough(self, page: UserPage) -> bool:
        """Whether nothing new is to be expected after this page."""
        self._pages.append(page.listed)
        return not page.unreadable and is_known(page.usernames, self._known) and self._proven()

    def order(self) -> Order | None:
        """What the pages have shown; see `order_of`."""
        return order_of(self._pages, self._known)
