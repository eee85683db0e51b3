"""What a read of a list came to, in a table of reads, and never more than was read."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, cast, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.engagement.coverage import NEAR, Coverage, Stop, cover
from chalicelib.jobs import ReadSoFar
from chalicelib.tasks import Ending, LastRead, Task
from tests.unit.builders import always, slot, wib


def read(platform: Any = "instagram", stop: Stop = "end", **fields: Any) -> Coverage:
    """A read of an Instagram list of a hundred, to its end, unless said otherwise."""
    values: dict[str, Any] = {
        "names": 100,
        "comments": 0,
        "pages": 1,
        "unreadable": 0,
        "count": 100,
        "total": None,
        "stored": 0,
        "last": None,
    }
    values |= fields
    count, stored, before = (values.pop(name) for name in ("count", "stored", "last"))
    post = Task(platform, "A", "", wib("08:00"), count, count, stored=stored, last=before)
    return cover(post, ReadSoFar(**values), stop)


def of_comments(**fields: Any) -> Coverage:
    return read("tiktok", **({"names": 40, "comments": 120, "count": 120} | fields))


READS: list[tuple[str, Coverage, Ending, float | None, bool]] = [
    ("all", read(), "end", 1.0, True),
    ("nobody, and none expected", read(names=0, count=0), "end", 1.0, True),
    ("nearly all", read(names=95), "end", 0.95, True),
    ("one too few", read(names=94), "short", 0.94, False),
    ("nobody of 250", read(names=0, count=250), "short", 0.0, False),
    ("a few likes since the feed", read(names=104), "end", 1.0, True),
    ("an empty page that promises more", read(names=50, stop="empty"), "short", 0.5, False),
    ("such a page after all", read(stop="empty"), "end", 1.0, True),
    ("a thousand of 6,800", read(names=1000, count=6800), "capped", 1000 / 6800, False),
    ("nearly a thousand of 6,800", read(names=987, count=6800), "capped", 987 / 6800, False),
    ("a thousand of a thousand", read(names=1000, count=1000), "end", 1.0, True),
    ("six hundred of 6,800", read(names=600, count=6800), "short", 600 / 6800, False),
    ("our cap of pages", read(names=500, count=5000, stop="cut"), "capped", 0.1, False),
    ("in a circle", read(names=50, stop="looped"), "looped", 0.5, False),
    ("in a circle, with everything", read(stop="looped"), "looped", 1.0, True),
    ("a few are unreadable", read(names=98, unreadable=2), "unreadable", 0.98, False),
    ("none is readable", read(names=0, unreadable=50), "unreadable", 0.0, False),
    ("a call failed", read(names=50, stop="error"), "error", 0.5, False),
    ("a call failed at the end", read(names=99, stop="error"), "error", 0.99, False),
    ("the time was over", read(names=50, stop="no_time"), "no_time", 0.5, False),
    ("hidden", read(count=None), "end", None, False),
    ("hidden, in a circle", read(count=None, stop="looped"), "looped", None, False),
    ("hidden, and more promised", read(count=None, stop="empty"), "short", None, False),
    ("hidden, but the list names its total", read(count=None, total=100), "end", 1.0, True),
    ("the list names a larger total", read(total=200), "short", 0.5, False),
    ("hidden as the constant 3", read(count=3), "end", None, False),
    ("3 of 3, but more are stored", read(names=3, count=3, stored=50), "end", None, False),
    ("3 of 3", read(names=3, count=3, stored=3), "end", 1.0, True),
    ("an empty count", read(count=0), "end", None, False),
    ("an empty count, but a total", read(count=0, total=120), "short", 100 / 120, False),
    ("a few stored have gone since", read(stored=104), "end", 1.0, True),
    ("comments", of_comments(), "end", 1.0, True),
    ("people are no comments", of_comments(names=120, comments=40), "short", 1 / 3, False),
    ("18 of 120 comments", of_comments(names=18, comments=18), "short", 0.15, False),
    ("comments beyond the count", of_comments(comments=300), "end", None, False),
    ("a thousand comments of 6,800", of_comments(comments=1000, count=6800), "short", 0.15, False),
]


@pytest.mark.parametrize(
    ("found", "ended", "share", "complete"), [row[1:] for row in READS], ids=[r[0] for r in READS]
)
def test_what_a_read_came_to(
    found: Coverage, ended: Ending, share: float | None, complete: bool
) -> None:
    assert (found.ended, found.complete) == (ended, complete)
    assert found.share == pytest.approx(share, abs=0.004)


def test_a_like_list_has_no_comments() -> None:
    assert (read().comments, of_comments().comments) == (None, 120)


@always
@given(
    st.sampled_from(["instagram", "tiktok"]),
    st.sampled_from(get_args(Stop)),
    st.fixed_dictionaries(
        {name: st.integers(0, 3000) for name in ("names", "comments", "pages", "stored")}
        | {name: st.none() | st.integers(0, 3000) for name in ("count", "total")}
        | {"unreadable": st.integers(0, 2)}
    ),
)
def test_no_read_says_more_than_it_has_read(
    platform: str, stop: Stop, fields: dict[str, Any]
) -> None:
    found = read(platform, stop, **fields)
    amount = fields["comments"] if platform == "tiktok" else fields["names"]
    least = NEAR * max(amount, fields["stored"])
    real = [n for n in (fields["count"], fields["total"]) if n is not None and n >= least]
    assert (found.share is None) == (not real or stop == "known")
    if found.share is not None and max(real):
        assert found.share == pytest.approx(min(1, amount / max(real)))
    assert not (found.complete and stop == "known")
    if found.complete:
        assert all(amount >= NEAR * n for n in real)
        assert found.ended in ("end", "looped", "capped")


def last(**fields: Any) -> LastRead:
    values = {"slot": wib("10:00"), "count": 120, "ended": "short", "complete": False, "tries": 1}
    return LastRead(**cast("Any", values | fields))


def test_incomplete_reads_in_a_row_are_counted() -> None:
    assert read(names=18, count=120).tries == 1
    assert read(names=18, count=120, last=last(tries=3)).tries == 4
    assert read(names=18, count=130, last=last(tries=3)).tries == 1
    assert read(names=18, count=120, last=last(complete=True, tries=0)).tries == 1
    assert read(names=120, count=120, last=last(tries=3)).tries == 0


@pytest.mark.parametrize(
    ("tries", "read_at"),
    [
        (1, ["10:30", "11:00", "12:00", "14:00"]),
        (2, ["11:00", "11:30", "14:00"]),
        (3, ["12:00", "12:30", "14:00"]),
        (4, ["14:00", "14:30"]),
        (9, ["14:00", "18:00"]),
    ],
)
def test_pauses_grow_up_to_eight_slots(tries: int, read_at: list[str]) -> None:
    found = last(tries=tries)
    assert all(found.pause_is_over(slot(at).at) for at in read_at)
    first = wib(read_at[0])
    assert not found.pause_is_over(first - timedelta(minutes=30))


def test_the_slot_at_20_58_counts_as_the_half_hour_that_it_is_for() -> None:
    assert last(slot=wib("20:30")).pause_is_over(slot("20:58").at)
    assert not last(slot=wib("20:58")).pause_is_over(slot("21:00").at)
