"""Who did more than a recap said, once its posts have been read again. Pure.

Only what takes an accusation back is a correction: somebody was said to be belum or kurang, more
is recorded of that person now, over the posts that the recap counted, and the word no longer holds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time

from chalicelib.recap.count import Line, Recap, recap_of
from chalicelib.recap.evidence import Evidence
from chalicelib.recap.forms import words
from chalicelib.slots import to_wib
from chalicelib.texts.parts import LONGEST, Item, Part, Section, split
from chalicelib.texts.words import NAME_LENGTH, format_number, sanitise, truncate

FROM, UNTIL = time(7), time(12)
"""Between which hours (WIB) the day before is corrected: by seven its lists have been read again;
at noon an unsent correction expires."""

TITLE = "KOREKSI ABSENSI"


@dataclass(frozen=True)
class Said:
    """What a recap said at the hour `at`, with the data of `slot`: of which posts (platform, id),
    and of whom: user id → status and posts done, where something was lacking."""

    at: datetime
    slot: datetime
    posts: frozenset[tuple[str, str]]
    people: Mapping[str, tuple[str, int]]


def of_what_is_left(said: Said, then: Evidence) -> Said:
    """The same over those of its posts that `then`, the evidence of its slot, still has: what
    people had done of a post that was removed since says nothing about the others."""
    posts = [post for post in then.posts if post.key in said.posts]
    done = {
        line.person.user_id: line.together.done
        for line in recap_of(replace(then, posts=posts)).lines
    }
    return replace(
        said,
        posts=frozenset(post.key for post in posts),
        people={
            user_id: (status, done.get(user_id, before))
            for user_id, (status, before) in said.people.items()
        },
    )


@dataclass(frozen=True)
class Correction:
    """The lines that have changed, each with the status that was said before."""

    said: Said
    recap: Recap
    lines: Sequence[tuple[Line, str]]


def correction(said: Said, evidence: Evidence) -> Correction:
    """What the evidence of the same day changes; without lines if nothing that matters."""
    posts = [post for post in evidence.posts if post.key in said.posts]
    recap = recap_of(replace(evidence, posts=posts))
    lines: list[tuple[Line, str]] = []
    for line in recap.lines:
        before, done = said.people.get(line.person.user_id, ("", 0))
        if before and line.status != before and line.together.done > done:
            lines.append((line, before))
    return Correction(said, recap, lines)


def correction_text(found: Correction, longest: int = LONGEST) -> tuple[Part, ...]:
    """Whom the recap named wrongly by now, in parts."""
    basis, said = found.recap.basis, found.said
    data = f"data per {to_wib(said.slot):%H:%M}"
    head = [
        f"*{words.name_of(basis)}*",
        words.period(basis),
        f"Koreksi atas rekap pukul {to_wib(said.at):%H:%M} WIB ({data})",
        words.age(basis),
    ]
    items = [_item(found, n, *line) for n, line in enumerate(found.lines, 1)]
    count = format_number(len(found.recap.posts))
    note = (
        f"_Dari {count} konten dalam rekap itu. Terbaca setelah rekap disusun; mohon daftar "
        "yang lama tidak dipakai untuk personel di atas._"
    )
    title = f"*Ternyata sudah melaksanakan* ({format_number(len(items))})"
    return split(TITLE, head, [Section(title, [*items, Item(note)])], longest)


def _item(found: Correction, number: int, line: Line, before: str) -> Item:
    names = words.accounts(line, found.recap.basis.platforms)
    who = truncate(sanitise(line.person.full_name), NAME_LENGTH)
    handles = "".join(f", {sanitise(f'@{name}')}" for name in names)
    now = f"{words.reached(line.together)} {line.status}"
    return Item(f"{number}. {who}{handles}: {now} (semula {before})")
