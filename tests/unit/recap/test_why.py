"""The cause that is named, against what a simulated day knows to be true."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest

from chalicelib.recap.count import recap_of
from chalicelib.recap.evidence import CountedPost, Read
from chalicelib.recap.people import Person
from chalicelib.recap.why import Cause, History, explain, one_apart
from chalicelib.slots import audit_window, slots_of
from tests.unit.builders import DAY, wib
from tests.unit.recap.builders import evidence, person, post, read

NOBODY: frozenset[str] = frozenset()
PAIRS = 10_000
PER_POST = 40


@dataclass(frozen=True)
class Truth:
    """A person, the account by which this person engages, and when; None: not at all."""

    person: Person
    by: str
    at: datetime | None


@dataclass(frozen=True)
class Day:
    """A post whose list is read in some slots; each read names the first `cap` of those who have
    engaged by then, or fails."""

    random: Random
    cap: int

    def play(self, people: list[Truth]) -> tuple[History, dict[str, datetime]]:
        """What was read, and when each name came into the list for good."""
        stored: dict[str, datetime] = {}
        reads, snapshots = [], []
        for slot in sorted(self.random.sample(slots_of(DAY), self.random.randrange(5))):
            there = sorted((t.at, t.by) for t in people if t.at and t.at <= slot.at)
            fails = self.random.random() < 0.15
            shown = [] if fails else [by for _, by in there][: self.cap]
            for name in shown:
                stored.setdefault(name, slot.at)
            whole = not fails and len(shown) == len(there)
            ended: Any = "error" if fails else "end" if whole else "capped"
            reads.append(Read(slot.at, slot.at, whole, ended, len(shown), None))
            snapshots.append((audit_window(slot)[1], frozenset(stored)))
        last = reads[-1] if reads else None
        found = CountedPost("instagram", "A", DAY, wib("06:00"), read=last, names=frozenset(stored))
        return History(found, reads, [(end, False) for end, _ in snapshots]), stored


def invent(random: Random, number: int) -> Truth:
    name = "".join(random.choices("abcdefghijklmnoprstuvwyz", k=10))
    typed = random.choice([name, name, name, None, name[:-1], f"{name[:3]}q{name[4:]}"])
    at = wib("06:00") + timedelta(minutes=random.randrange(0, 1000))
    accounts = typed or ""
    return Truth(person(f"P{number}", accounts), name, at if random.random() < 0.8 else None)


def expected(truth: Truth, history: History, stored: dict[str, datetime]) -> Cause:
    """The true cause, from what the simulation knows."""
    accounts = truth.person.accounts["instagram"]
    if not accounts:
        return "tanpa username"
    if truth.by in stored:
        return "tercatat" if truth.by in accounts else "akun berbeda"
    if not history.reads:
        return "belum pernah dibaca"
    last = history.reads[-1]
    if last.ended == "error":
        return "daftar belum lengkap"
    return "daftar terpotong" if last.ended == "capped" else "belum ada saat dibaca"


def pairs() -> Iterator[tuple[Truth, History, dict[str, datetime], list[Truth]]]:
    random = Random(7)
    for number in range(PAIRS // PER_POST):
        people = [invent(random, number * PER_POST + n) for n in range(PER_POST)]
        history, stored = Day(random, random.choice([10, 1000])).play(people)
        yield from ((truth, history, stored, people) for truth in people)


def test_of_ten_thousand_pairs_each_gets_its_true_cause_and_nobody_is_accused_wrongly() -> None:
    met: Counter[str] = Counter()
    for truth, history, stored, people in pairs():
        others = frozenset(
            name for t in people if t is not truth for name in t.person.accounts["instagram"]
        )
        found = explain(truth.person, history, others)
        assert found.cause == expected(truth, history, stored), (truth, history)
        met[found.cause] += 1
        [line] = recap_of(evidence([truth.person], [history.post])).lines
        if line.status == "belum":
            shown = truth.at is None or truth.at > history.reads[-1].slot
            assert shown or truth.by not in truth.person.accounts["instagram"]
    assert met.total() == PAIRS
    assert len(met) == 7


def history(of: CountedPost, *snapshots: tuple[str, bool], reads: tuple[str, ...] = ()) -> History:
    kept = [(wib(clock), named) for clock, named in snapshots]
    return History(of, [read(clock=clock) for clock in reads], kept)


def test_each_read_says_whether_an_account_was_among_the_names() -> None:
    of = history(
        post("A", "ani"), ("10:00", False), ("17:00", True), ("21:00", True),
        reads=("10:00", "12:00", "17:00", "20:58"),
    )  # fmt: skip
    found = explain(person("Ani", "ani"), of, NOBODY)
    assert [one.named for one in found.reads] == [False, None, True, True]
    assert (found.cause, found.seen_by) == ("tercatat", wib("17:00"))


def test_a_post_that_counts_on_another_day_is_said_to_do_so_first() -> None:
    of = history(post("A", "ani"))
    found = explain(person("Ani", "ani"), of, NOBODY, asked_day=DAY + timedelta(days=1))
    assert (list(found.causes), found.day) == (["hari lain", "tercatat"], DAY)


def test_another_person_s_account_is_never_taken_for_a_misspelt_one() -> None:
    of = history(post("A", "budi1"))
    who = person("Budi", "budi2")
    assert explain(who, of, NOBODY).similar == (("budi2", "budi1"),)
    assert explain(who, of, frozenset({"budi1"})).cause == "belum ada saat dibaca"


def test_an_account_that_was_read_of_another_post_is_spelt_right() -> None:
    of = history(post("A", "budi1"))
    found = explain(person("Budi", "budi2"), of, NOBODY, frozenset({"budi2"}))
    assert (found.cause, found.similar) == ("belum ada saat dibaca", ())


def test_what_was_entered_and_names_no_account_is_shown() -> None:
    who = replace(person("Ani"), unusable={"instagram": ["-"]})
    found = explain(who, history(post("A")), NOBODY)
    assert (found.cause, found.unusable) == ("tanpa username", ["-"])


def test_a_similar_name_does_not_hide_that_the_list_was_cut() -> None:
    cut = replace(post("A", "budi1"), read=replace(read(False), ended="capped"))
    found = explain(person("Budi", "budi2"), history(cut), NOBODY)
    assert list(found.causes) == ["akun berbeda", "daftar terpotong"]


@pytest.mark.parametrize(
    ("one", "other", "near"),
    [
        ("budi", "budi", False), ("budi", "bud1", True), ("budi", "budii", True),
        ("budi", "bdi", True), ("budi", "bdui", True), ("budi", "bduii", False),
        ("budi", "bukan", False), ("budi", "ubid", False), ("abcd", "abdce", False),
        ("ab", "ba", True),
    ],
)  # fmt: skip
def test_names_that_differ_by_a_letter(one: str, other: str, near: bool) -> None:
    assert one_apart(one, other) is one_apart(other, one) is near
