"""The session's state table."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.builders import always
from wa_session_host.page.words import STATES as WORDS
from wa_session_host.session.states import (
    BARRING,
    CONSUMES,
    EVENTS,
    FINAL,
    REACTIONS,
    STATES,
    Child,
    Event,
    State,
    react,
)

any_state = st.sampled_from(STATES)
any_event = st.sampled_from(EVENTS)


def test_every_event_has_a_reaction_and_every_state_a_word() -> None:
    assert set(REACTIONS) == set(EVENTS)
    assert set(WORDS) == set(STATES)
    reached = {reaction.state for reaction in REACTIONS.values()} - {None}
    assert reached == set(STATES), "each state is reached by some event"


def test_messages_are_taken_while_connected_and_never_else() -> None:
    assert {"connected"} == CONSUMES
    assert not CONSUMES & FINAL


@pytest.mark.parametrize("event", ["undecryptable", "undecryptable_rate"])
@pytest.mark.parametrize("state", STATES)
def test_a_message_that_cannot_be_read_changes_neither_state_nor_child(
    state: State, event: Event
) -> None:
    reaction = react(state, event)
    assert (reaction.state, reaction.child) == (None, Child.KEEP)


@pytest.mark.parametrize("event", ["temporary_ban", "client_outdated", "replaced_again"])
def test_what_only_time_or_a_person_mends_is_not_tried_again_at_once(event: Event) -> None:
    assert react("connected", event).child in (Child.STOP, Child.AFTER_BAN)


def test_codes_that_ran_out_are_no_failure_new_ones_follow_at_once() -> None:
    reaction = react("pairing", "qr_expired")
    assert (reaction.state, reaction.child, reaction.alert) == ("pairing", Child.RESTART_NOW, None)


@pytest.mark.parametrize("state", sorted(set(STATES) - {"pairing"}))
def test_codes_that_ran_out_mean_nothing_to_a_session_that_pairs_no_more(state: State) -> None:
    assert react(state, "qr_expired").state is None


@pytest.mark.parametrize("event", sorted(BARRING))
def test_what_only_time_or_a_person_mends_is_not_tried_when_the_lease_comes_back(
    event: Event,
) -> None:
    before, after = react("connected", event), react("stopped", "lease_held", event)
    assert (after.state, after.child, after.alert) == (before.state, before.child, None)


def test_with_nothing_in_its_way_a_session_starts_when_the_lease_comes_back() -> None:
    assert react("stopped", "lease_held") == REACTIONS["lease_held"]


@pytest.mark.parametrize("state", sorted(FINAL - {"stopped"}))
@pytest.mark.parametrize(
    "event",
    ["disconnected", "keep_alive_restored", "connected", "connect_ended", "child_died", "qr"],
)
def test_a_final_state_is_not_left_by_what_the_library_still_reports(
    event: Event, state: State
) -> None:
    reaction = react(state, event)
    assert (reaction.state, reaction.child, reaction.alert) == (None, Child.KEEP, None)


@always
@given(st.lists(any_event))
def test_without_the_lease_nothing_ever_connects(events: list[Event]) -> None:
    state: State = "stopped"
    for event in events:
        if event in ("lease_held", "child_started"):
            continue
        state = react(state, event).state or state
    assert state == "stopped"


@always
@given(any_state, st.lists(any_event))
def test_losing_the_lease_stops_the_session_whatever_happened_before(
    state: State, events: list[Event]
) -> None:
    for event in events:
        state = react(state, event).state or state
    reaction = react(state, "lease_lost")
    assert (reaction.state or state) == "stopped"


@always
@given(any_state, any_event)
def test_whoever_is_alerted_of_a_state_the_session_is_in_it(state: State, event: Event) -> None:
    reaction = react(state, event)
    if reaction.alert in ("replaced", "banned", "outdated", "logged_out"):
        assert reaction.state == reaction.alert
