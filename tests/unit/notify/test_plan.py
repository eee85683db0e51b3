"""What is sent at the end of a client's run, to which chats and why, decided as data."""

from __future__ import annotations

from datetime import time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.notify.plan import ClientState, NotifySettings, Plan, plan
from chalicelib.tasks import Task
from chalicelib.texts import Change
from tests.unit.builders import always, make_client, slot, wib

ONE, TWO = "120363000000000001@g.us", "120363000000000002@g.us"
CLIENT = make_client(chats=(ONE, TWO))
RULES = NotifySettings(time(6), time(17, 59), "gateway")
NOW, BEFORE, AFTER = "2026-02-20-17", "2026-02-20-16", "2026-02-20-18"
YESTERDAY = "2026-02-19-17"


def change(change_id: int, **fields: Any) -> Change:
    values: dict[str, Any] = {
        "platform": "instagram",
        "content_id": f"C{change_id}x",
        "kind": "new",
        "caption": "Apel",
        "posted_at": wib("16:40"),
    }
    return Change(change_id=change_id, **(values | fields))


def planned(
    clock: str = "17:00",
    last_hour: str | None = None,
    changes: int = 0,
    got_through: bool = True,
    **state: Any,
) -> Plan:
    """The plan of a slot for a client whose two chats were not told so many changes."""
    untold = [change(n) for n in range(1, changes + 1)]
    values = {"untold": {ONE: untold, TWO: untold}, "last_hour": last_hour, "client": CLIENT}
    return plan(slot(clock), ClientState(**(values | state)), RULES, got_through)


@pytest.mark.parametrize(
    ("clock", "last_hour", "got_through", "changes", "send"),
    [
        # the hour's list: once, at the first run that gets through, changes or not
        ("17:00", None, True, 0, "task_list"),
        ("17:00", None, True, 3, "task_list"),
        ("17:00", BEFORE, True, 0, "task_list"),
        ("17:30", BEFORE, True, 3, "task_list"),
        ("17:00", YESTERDAY, True, 0, "task_list"),
        # sent already, or a later one: only changes
        ("17:30", NOW, True, 0, "nothing"),
        ("17:30", NOW, True, 1, "changes"),
        ("17:00", AFTER, True, 0, "nothing"),
        ("17:00", AFTER, True, 2, "changes"),
        # nothing got through: the next run sends the list; changes do not wait for it
        ("17:00", None, False, 0, "nothing"),
        ("17:00", BEFORE, False, 2, "changes"),
        ("17:30", NOW, False, 2, "changes"),
        # outside the window: only changes
        ("18:00", None, True, 0, "nothing"),
        ("18:00", BEFORE, True, 1, "changes"),
        ("20:58", BEFORE, False, 1, "changes"),
    ],
)
def test_a_list_goes_out_once_an_hour_and_changes_whenever_there_are_some(
    clock: str, last_hour: str | None, got_through: bool, changes: int, send: str
) -> None:
    decided = planned(clock, last_hour, changes, got_through)
    assert decided.send == send
    assert decided.hour == (slot(clock).hour_key if send == "task_list" else None)
    assert {message.kind for message in decided.messages} == ({send} - {"nothing"})
    assert decided.why


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"chats": ()}, "client_group names no valid group"),
        ({"active": False}, "client_status is off"),
    ],
)
def test_a_client_that_cannot_or_must_not_be_told_is_told_nothing(
    fields: dict[str, Any], why: str
) -> None:
    client = make_client(**({"chats": (ONE,)} | fields))
    assert planned(client=client, changes=2) == Plan("nothing", why)


def test_a_list_that_waits_says_that_no_platform_got_through() -> None:
    assert "no platform got through" in planned(got_through=False).why


def test_every_chat_gets_the_list_under_a_key_of_its_own() -> None:
    decided = planned(changes=1)
    assert [(m.chat, m.key, m.first_key) for m in decided.messages] == [
        (ONE, f"task_list:POLRES_X:{ONE}:{NOW}", None),
        (TWO, f"task_list:POLRES_X:{TWO}:{NOW}", None),
    ]
    for message in decided.messages:
        assert message.expires_at == wib("17:00") + timedelta(minutes=60)
        assert (message.session, message.client_id) == ("gateway", "POLRES_X")


def test_each_chat_is_told_what_it_was_not_told() -> None:
    untold = {ONE: [change(1), change(2)], TWO: [change(2)]}
    listed = planned(untold=untold).messages
    assert [(m.chat, m.changes) for m in listed] == [(ONE, (1, 2)), (TWO, (2,))]
    told = planned("18:00", untold={TWO: [change(2)]}).messages
    assert [(m.chat, m.changes) for m in told] == [(TWO, (2,))]
    assert told[0].key == f"changes:POLRES_X:{TWO}:2026-02-20T18:00+07:00:2"
    assert told[0].expires_at == wib("00:00") + timedelta(days=1)


def test_what_an_unsent_list_tells_is_told_again_by_the_list_that_takes_its_place_only() -> None:
    untold = {ONE: [change(1, in_unsent_list=True), change(2)]}
    assert planned(untold=untold).messages[0].changes == (1, 2)
    assert [m.changes for m in planned(last_hour=NOW, untold=untold).messages] == [(2,)]
    waiting = {ONE: [change(1, in_unsent_list=True)]}
    assert planned(last_hour=NOW, untold=waiting).send == "nothing"


def test_keys_are_made_of_what_is_told_and_not_of_the_text() -> None:
    untold = {ONE: [change(1)]}
    reworded = {ONE: [change(1, caption="*Lain*", posted_at=None)]}
    for clock in ("17:00", "18:00"):
        keys = [m.key for m in planned(clock, untold=untold).messages]
        assert [m.key for m in planned(clock, untold=reworded).messages] == keys


def posts(number: int) -> list[Task]:
    return [Task("instagram", f"P{n}", "Kegiatan " * 20, wib("08:00"), 1, 1) for n in range(number)]


def test_a_long_list_is_several_messages_that_hang_on_the_first() -> None:
    rules = NotifySettings(time(6), time(17, 59), "gateway", longest=1000)
    state = ClientState(make_client(chats=(ONE,)), posts={"instagram": posts(20)})
    first, *others = plan(slot("17:00"), state, rules, got_through=True).messages
    assert others
    assert (first.key, first.first_key) == (f"task_list:POLRES_X:{ONE}:{NOW}", None)
    for number, message in enumerate(others, 2):
        assert (message.key, message.first_key) == (f"{first.key}:part{number}", first.key)
        assert (message.chat, message.expires_at) == (first.chat, first.expires_at)


@always
@given(
    st.sampled_from(["17:00", "18:00"]),
    st.integers(0, 40),
    st.integers(0, 30),
    st.integers(1000, 5000),
)
def test_every_change_is_carried_by_exactly_one_message_of_each_chat(
    clock: str, changes: int, tasks: int, longest: int
) -> None:
    untold = [change(n, caption="Apel pagi " * 9) for n in range(changes)]
    state = ClientState(
        CLIENT, posts={"instagram": posts(tasks)}, untold={ONE: untold, TWO: untold}
    )
    rules = NotifySettings(time(6), time(17, 59), "gateway", longest)
    messages = plan(slot(clock), state, rules, got_through=True).messages
    assert len({m.key for m in messages}) == len(messages)
    assert all(len(m.text) <= longest for m in messages)
    for chat in (ONE, TWO):
        carried = [i for m in messages if m.chat == chat for i in m.changes]
        assert carried == list(range(changes))
