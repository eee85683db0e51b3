"""What a recap is made of: people, posts with the names that are stored of them and how their lists
were read, and what all of that is based on. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from chalicelib.platforms import Platform
from chalicelib.recap.people import Person
from chalicelib.slots import Slot
from chalicelib.tasks import Ending


@dataclass(frozen=True)
class Read:
    """How a post's list was last read, in `slot`, written at `at`: `names` people, ended as the
    coverage says; `share` is the part that was read, None if no count is credible."""

    slot: datetime
    at: datetime
    complete: bool
    ended: Ending
    names: int
    share: float | None


@dataclass(frozen=True)
class CountedPost:
    """A post that a unit's people are to engage with on a WIB day. `names`: the accounts that are
    stored of it, at least those of the people who are counted; `read`: None if never read."""

    platform: Platform
    content_id: str
    day: date
    posted_at: datetime
    caption: str = ""
    read: Read | None = None
    names: frozenset[str] = frozenset()

    @property
    def key(self) -> tuple[str, str]:
        return self.platform, self.content_id

    @property
    def certain(self) -> bool:
        """Whether a name that is not among `names` has not engaged."""
        return self.read is not None and self.read.complete


@dataclass(frozen=True)
class Basis:
    """What a recap is based on.

    The posts of the WIB days `first` to `last` of this client on these platforms; `at`: as that
    slot knew them, None for what is known now (`asked_at`). `data_at`: the last slot in which they
    were refreshed; `feeds`: for each platform the last slot whose fetch of the posts was complete;
    None or no entry if there was none. `percent`: the share of the posts that counts as lengkap.
    """

    client_id: str
    name: str
    client_type: str | None
    first: date
    last: date
    platforms: tuple[Platform, ...]
    asked_at: datetime
    at: Slot | None = None
    data_at: datetime | None = None
    feeds: Mapping[Platform, datetime] = field(default_factory=dict)
    percent: int = 100
    handles: Mapping[Platform, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Evidence:
    """All that a recap is made of: people and posts in any order."""

    basis: Basis
    people: Sequence[Person]
    posts: Sequence[CountedPost]
