"""A played day: the recap as a slot knew it, and why somebody is not in it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from chalicelib.errors import BadInput
from chalicelib.look import look
from chalicelib.recap.ask import ask_why
from chalicelib.recap.count import Recap
from chalicelib.recap.load import Question, load_recap
from chalicelib.requests import LookRequest, parse_request
from chalicelib.runtime import Runtime
from chalicelib.slots import Slot
from local.sandbox import Sandbox
from tests.conftest import DAY, RuntimeAt
from tests.integration.answers import LIKES
from tests.integration.runs import whole_run
from tests.integration.tables import Tables

CLIENT = "CONTOH"
INVITE = """
INSERT INTO "user" (user_id, nama, client_id, insta)
SELECT 'U' || row_number() OVER (ORDER BY name), 'Anggota ' || name, 'CONTOH', '@' || upper(name)
FROM (SELECT DISTINCT jsonb_array_elements_text(likes) AS name FROM insta_like) AS n
"""


def recap(runtime: Runtime, at: str | None = None) -> Recap:
    slot = Slot.parse(f"{DAY}T{at}") if at else None
    found = load_recap(runtime, Question(CLIENT, DAY, DAY, at=slot))
    return replace(
        found, basis=replace(found.basis, asked_at=Slot.parse(f"{DAY}T06:00").at, at=None)
    )


def done(found: Recap) -> int:
    return sum(line.together.done for line in found.lines)


def test_the_day_as_a_slot_knew_it_is_the_recap_that_was_made_then(
    runtime_at: RuntimeAt, tables: Tables, sandbox: Sandbox
) -> None:
    sandbox.set_faults([{"kind": "capped_list", "path": LIKES, "most": 50, "times": None}])
    whole_run(runtime_at("14:30"), CLIENT)
    tables.run(INVITE)
    three = runtime_at("15:00")
    whole_run(three, CLIENT)
    taken = recap(three)
    assert {True, False} == {post.certain for post in taken.posts}
    sandbox.set_faults([])
    whole_run(runtime_at("17:00"), CLIENT)
    late = runtime_at("20:58")
    whole_run(late, CLIENT)
    assert recap(late, at="15:00") == taken
    now = recap(late)
    assert len(now.posts) > len(taken.posts)
    assert done(now) > done(taken)
    assert recap(late, at="20:58") == now


def test_why_somebody_is_not_recorded_is_told_from_what_was_read(
    runtime_at: RuntimeAt, tables: Tables
) -> None:
    whole_run(runtime_at("15:00"), CLIENT)
    tables.run(INVITE)
    late = runtime_at("17:00")
    whole_run(late, CLIENT)
    [name] = tables.values("SELECT substr(lower(insta), 2) FROM \"user\" WHERE user_id = 'U1'")
    of = ask_why(late, f"@{name}", DAY)
    assert (of.person.user_id, of.client_id) == ("U1", CLIENT)
    causes = {one.post.content_id: one.cause for one in of.posts if one.accounts}
    assert "tercatat" in causes.values()
    seen = next(one for one in of.posts if one.cause == "tercatat")
    assert seen.seen_by in {read.read.slot for read in seen.reads}
    assert [read.named for read in seen.reads if read.read.slot >= seen.seen_by] != []
    address = f"https://www.instagram.com/{name}/?hl=id"
    tables.run("UPDATE \"user\" SET insta = :insta WHERE user_id = 'U1'", insta=address)
    for who in (name, f" @{name.upper()} ", f"instagram.com/{name}", address):
        assert ask_why(late, who, DAY).person.user_id == "U1"
    tables.run("UPDATE \"user\" SET insta = :insta WHERE user_id = 'U1'", insta=name)
    tables.run("UPDATE \"user\" SET insta = insta || 'q' WHERE user_id = 'U1'")
    wrong = ask_why(late, "U1", DAY, seen.post.content_id)
    [one] = wrong.posts
    assert (one.cause, one.similar) == ("akun berbeda", ((f"{name}q", name),))
    tables.run("UPDATE \"user\" SET insta = '-' WHERE user_id = 'U1'")
    [one] = ask_why(late, "U1", DAY, seen.post.content_id).posts
    assert (one.cause, one.unusable) == ("tanpa username", ["-"])


def test_what_is_asked_at_a_terminal_is_answered_in_words_and_values(
    runtime_at: RuntimeAt, tables: Tables
) -> None:
    runtime = runtime_at("15:00")
    whole_run(runtime, CLIENT)
    tables.run(INVITE)

    def asked(show: str, **of: str) -> dict[str, Any]:
        return look(runtime, parse_request(LookRequest, {"show": show, **of}))

    whole, month = (
        asked("recap", client_id=CLIENT),
        asked("recap", client_id=CLIENT, month="2026-02"),
    )
    assert whole["totals"] == month["totals"]
    assert (month["first"], month["last"]) == ("2026-02-01", str(DAY))
    assert whole["texts"][0].startswith("*ABSENSI")
    assert asked("recap", client_id=CLIENT, at="14:30")["posts"] == []
    assert "tercatat" in {post["causes"][0] for post in asked("why", person="U1")["posts"]}
    assert asked("ranking", client_id="DITBINMAS")["texts"]
    schedule = asked("recap_schedule", client_id=CLIENT)
    assert (schedule["active"], schedule["troubles"]) == (False, [])


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"show": "recap"}, "client_id: is missing"),
        ({"show": "recap", "client_id": CLIENT, "month": "2026-13"}, "month: .* is not a day"),
        ({"show": "recap", "client_id": CLIENT, "month": "2026-03"}, "2026-03-01 is still to come"),
        ({"show": "recap", "client_id": CLIENT, "month": "2026-02", "at": "15:00"}, "month: takes"),
        ({"show": "recap", "client_id": CLIENT, "at": "15:10"}, "at: "),
        (
            {"show": "recap", "client_id": CLIENT, "day": "2026-02-20", "until": "2026-02-19"},
            "before",
        ),
        ({"show": "why"}, "person: is missing"),
        ({"show": "recap_schedule", "client_id": "NIHIL"}, "no client 'NIHIL'"),
    ],
)
def test_what_makes_no_sense_is_refused(
    asked: dict[str, str], said: str, runtime_at: RuntimeAt
) -> None:
    with pytest.raises(BadInput, match=said):
        look(runtime_at("17:00"), parse_request(LookRequest, asked))


@pytest.mark.parametrize(
    ("who", "post", "said"),
    [
        ("nobody", None, "nobody active is known as"),
        ("Sama", None, "2 people are known as 'Sama'.*A, B"),
        ("A", "C0unknown", "C0unknown is no post of the unit"),
        ("A", None, None),
    ],
)
def test_a_question_that_cannot_be_answered_says_what_to_do(
    who: str, post: str | None, said: str | None, runtime_at: RuntimeAt, tables: Tables
) -> None:
    tables.run(
        "INSERT INTO \"user\" (user_id, nama, client_id) VALUES ('A', 'Sama', 'CONTOH'), "
        "('B', 'sama ', 'CONTOH')"
    )
    runtime = runtime_at("17:00")
    if said is None:
        assert ask_why(runtime, who, DAY, post).posts == []
        return
    with pytest.raises(BadInput, match=said):
        ask_why(runtime, who, DAY, post)
