"""Who takes part, whatever was typed into the table."""

from __future__ import annotations

import logging
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.clients import (
    Client,
    Groups,
    group_chats,
    normalise_handle,
    participants,
    personal_chats,
    read_groups,
)
from tests.unit.builders import always, make_client

GROUP = "120363000000000001"


def row(**columns: Any) -> dict[str, Any]:
    """A row of `clients` with both platforms on."""
    stored: dict[str, Any] = {
        "client_id": "POLRES_X",
        "nama": "Polres X",
        "client_type": "org",
        "client_insta": "polresx",
        "client_insta_status": True,
        "client_tiktok": "polresx",
        "client_tiktok_status": True,
        "tiktok_secuid": None,
        "client_group": f"{GROUP}@g.us",
    }
    return stored | columns


@pytest.mark.parametrize(
    ("typed", "handle"),
    [
        ("polres_x", "polres_x"),
        ("polres.x", "polres.x"),
        ("@Polres.X", "polres.x"),
        ("  POLRES_X \n", "polres_x"),
        (" @ Polres_X", "polres_x"),
        ("https://www.instagram.com/Polres_X/", "polres_x"),
        ("https://www.instagram.com/polres_x?igsh=abc", "polres_x"),
        ("https://www.instagram.com/polres_x/#top", "polres_x"),
        ("http://instagram.com/polres_x/reels/", "polres_x"),
        ("www.instagram.com/polres_x", "polres_x"),
        ("//instagram.com/polres_x", "polres_x"),
        ("https://www.tiktok.com/@Polres.X", "polres.x"),
        ("https://www.tiktok.com/@polres_x?lang=id-ID", "polres_x"),
        ("tiktok.com/@polres_x/video/7513039993741397256", "polres_x"),
    ],
)
def test_a_handle_is_found_in_every_form(typed: str, handle: str) -> None:
    assert normalise_handle(typed) == handle


@pytest.mark.parametrize(
    "typed", [None, "", "   ", "@", "-", "polres x", "https://www.instagram.com/", "résumé"]
)
def test_where_there_is_no_handle_none_is_made_up(typed: str | None) -> None:
    assert normalise_handle(typed) is None


@always
@given(st.one_of(st.none(), st.text()))
def test_a_normalised_handle_stays_as_it_is(typed: str | None) -> None:
    handle = normalise_handle(typed)
    assert normalise_handle(handle) == handle


@pytest.mark.parametrize(
    ("columns", "platforms"),
    [
        ({}, ("instagram", "tiktok")),
        ({"client_insta_status": None, "client_tiktok_status": None}, ("instagram", "tiktok")),
        ({"client_insta_status": False}, ("tiktok",)),
        ({"client_tiktok_status": False}, ("instagram",)),
        ({"client_insta": None}, ("tiktok",)),
        ({"client_tiktok": " "}, ("instagram",)),
        ({"client_insta": "-", "client_tiktok": "@"}, ()),
        ({"client_insta_status": False, "client_tiktok_status": False}, ()),
    ],
)
def test_a_platform_is_on_unless_its_status_is_false_or_it_has_no_handle(
    columns: dict[str, Any], platforms: tuple[str, ...]
) -> None:
    assert Client.from_row(row(**columns)).platforms == platforms


def test_clients_without_a_platform_do_not_take_part() -> None:
    rows = [
        row(client_id="BOTH"),
        row(client_id="NONE", client_insta=None, client_tiktok=None),
        row(client_id="OFF", client_insta_status=False, client_tiktok_status=False),
        row(client_id="ONE", client_tiktok_status=False),
    ]
    assert [client.client_id for client in participants(rows)] == ["BOTH", "ONE"]


def test_a_client_id_stays_as_it_is_stored() -> None:
    assert Client.from_row(row(client_id=" Polres_x ")).client_id == " Polres_x "


def test_a_client_has_the_handle_of_each_platform_and_its_stored_secuid() -> None:
    client = Client.from_row(row(client_insta="@IG", client_tiktok="TT", tiktok_secuid="MS4"))
    assert (client.handle("instagram"), client.handle("tiktok")) == ("ig", "tt")
    assert client.tiktok_secuid == "MS4"
    assert Client.from_row(row(tiktok_secuid="")).tiktok_secuid is None


def test_a_client_that_is_off_on_a_platform_has_no_handle_there() -> None:
    assert make_client(tiktok=None).handle("tiktok") is None


@pytest.mark.parametrize(
    ("stored", "chats"),
    [
        (None, ()),
        ("", ()),
        (GROUP, (f"{GROUP}@g.us",)),
        (f" {GROUP}@g.us ", (f"{GROUP}@g.us",)),
        ("6281200000001-1600000000", ("6281200000001-1600000000@g.us",)),
        ("11111@g.us,22222@g.us", ("11111@g.us", "22222@g.us")),
        ("11111@g.us; 120363000000000022", ("11111@g.us", "120363000000000022@g.us")),
        ("081234567890", ()),
        ("11111,11111@g.us,,", ("11111@g.us",)),
        (f"{GROUP}@G.US", (f"{GROUP}@g.us",)),
        (f"{GROUP}\n120363000000000022", (f"{GROUP}@g.us", "120363000000000022@g.us")),
    ],
)
def test_a_client_may_have_several_groups(stored: str | None, chats: tuple[str, ...]) -> None:
    assert group_chats(stored) == chats
    assert Client.from_row(row(client_group=stored)).chats == chats


@pytest.mark.parametrize(
    "entry",
    [
        "6281200000001@s.whatsapp.net",
        "6281200000001@c.us",
        "6281200000001:12@s.whatsapp.net",
        "6281200000001@g.us",
        "081200000001@g.us",
        "120363000000000022@lid",
        "https://chat.wa/x",
        "-",
    ],
)
def test_what_is_no_group_is_left_out_with_a_warning_that_does_not_show_it(
    entry: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        assert group_chats(f"{entry},{GROUP}", "POLRES_X") == (f"{GROUP}@g.us",)
    [warning] = caplog.messages
    assert "POLRES_X" in warning
    assert "81200000001" not in warning


def test_what_is_no_group_is_counted() -> None:
    assert read_groups(f"0812; x {GROUP}") == Groups((f"{GROUP}@g.us",), refused=2)
    assert read_groups(" ") == Groups((), refused=0)


@always
@given(st.text(st.sampled_from("0123456789@g.uscn-,; \n+")))
def test_whatever_is_typed_only_group_ids_come_out(typed: str) -> None:
    groups = read_groups(typed)
    assert all(re.fullmatch(r"[0-9]{5,}(-[0-9]+)?@g\.us", chat) for chat in groups.chats)
    assert len(set(groups.chats)) == len(groups.chats)
    assert group_chats(",".join(groups.chats)) == groups.chats


@pytest.mark.parametrize(
    ("stored", "active"),
    [({}, True), ({"client_status": True}, True)]
    + [({"client_status": value}, False) for value in (False, None)],
)
def test_a_client_is_active_where_its_status_is_true_or_was_asked_for(
    stored: dict[str, Any], active: bool
) -> None:
    assert Client.from_row(row(**stored)).active is active


@pytest.mark.parametrize(
    "typed",
    [
        "081200000001",
        "0812-0000-0001",
        "0812 0000 0001",
        "(0812) 0000.0001",
        "6281200000001",
        "+6281200000001",
        "+62 812-0000-0001",
        "+62 0812 0000 0001",
        "0062 812 0000 0001",
        "81200000001",
        "6281200000001:12@s.whatsapp.net",
        "6281200000001@c.us",
        "6281200000001@s.whatsapp.net",
    ],
)
def test_an_operators_number_is_read_in_every_local_form(typed: str) -> None:
    assert personal_chats(typed) == ("6281200000001@s.whatsapp.net",)


def test_operators_of_both_settings_are_told_once_each() -> None:
    numbers = personal_chats("081200000001, +62 812 0000 0002", "081200000001;")
    assert numbers == ("6281200000001@s.whatsapp.net", "6281200000002@s.whatsapp.net")
    assert personal_chats("", "") == ()


def test_operators_may_have_a_group() -> None:
    assert personal_chats(f"081200000001,{GROUP}@g.us") == (
        "6281200000001@s.whatsapp.net",
        f"{GROUP}@g.us",
    )


@pytest.mark.parametrize(
    "entry", ["0812", "081200000001 081200000002", "120363000000000001@lid", "0812@g.us", "-"]
)
def test_an_unusable_number_is_left_out_with_a_warning_that_does_not_show_it(
    entry: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        assert personal_chats(f"{entry}, 081200000003") == ("6281200000003@s.whatsapp.net",)
    [warning] = caplog.messages
    assert entry not in warning
