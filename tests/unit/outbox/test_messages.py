"""A text in parts: who each part belongs to, and what it shows."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.outbox.messages import Message, in_parts
from chalicelib.texts import Part
from tests.unit.builders import always, wib

FIRST = Message(
    chat="120363000000000001@g.us",
    session="gateway",
    kind="changes",
    slot=wib("17:00"),
    text="unsplit",
    key="changes:POLRES_X:1,2,3",
    expires_at=wib("18:00"),
    client_id="POLRES_X",
    changes=(1, 2, 3),
)
parts = st.lists(st.builds(Part, text=st.text(), changes=st.tuples(st.integers())), max_size=12)


def test_one_part_is_the_message_with_its_text() -> None:
    [only] = in_parts(FIRST, [Part("whole", (1, 2, 3))])
    assert only == replace(FIRST, text="whole")


def test_a_later_part_has_a_key_of_its_own_and_names_the_first() -> None:
    one, two, three = in_parts(FIRST, [Part("a", (1,)), Part("b", (2,)), Part("c", (3,))])
    assert (one.key, one.first_key) == (FIRST.key, None)
    assert (two.key, two.first_key) == (f"{FIRST.key}:part2", FIRST.key)
    assert (three.key, three.first_key) == (f"{FIRST.key}:part3", FIRST.key)


def test_no_parts_are_no_messages() -> None:
    assert in_parts(FIRST, []) == ()


@given(split=parts)
@always
def test_each_part_carries_its_own_text_and_changes_to_the_same_chat(split: list[Part]) -> None:
    messages = in_parts(FIRST, split)
    assert [(m.text, m.changes) for m in messages] == [(p.text, p.changes) for p in split]
    assert len({m.key for m in messages}) == len(split)
    assert {unsplit(m) for m in messages} <= {unsplit(FIRST)}


def unsplit(message: Message) -> Message:
    """What all parts have in common."""
    return replace(message, text="", changes=(), key="", first_key=None)
