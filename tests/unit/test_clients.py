"""Who takes part, whatever was typed into the table."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.clients import Client, UnusableHandles, participants, unusable_handles

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
    client = Client.from_row(
        row(client_insta="@Polres.IG", client_tiktok="Polres.TT", tiktok_secuid="MS4")
    )
    assert client.handles == {"instagram": "polres.ig", "tiktok": "polres.tt"}
    assert client.account_ids == {"tiktok": "MS4"}
    assert Client.from_row(row(tiktok_secuid="")).account_ids == {}


@pytest.mark.parametrize(
    ("stored", "active"),
    [({}, True), ({"client_status": True}, True)]
    + [({"client_status": value}, False) for value in (False, None)],
)
def test_a_client_is_active_where_its_status_is_true_or_was_asked_for(
    stored: dict[str, Any], active: bool
) -> None:
    assert Client.from_row(row(**stored)).active is active


def test_a_platform_is_read_by_its_own_rules() -> None:
    name = "satker_" + "x" * 20
    assert Client.from_row(row(client_insta=name, client_tiktok=name)).platforms == ("instagram",)
    link = "https://www.tiktok.com/@polresx"
    assert Client.from_row(row(client_insta=link, client_tiktok=link)).platforms == ("tiktok",)


def test_handles_that_are_set_and_name_no_account_are_told_apart() -> None:
    rows = [
        row(client_id="FINE"),
        row(client_id="UNSET", client_insta=None, client_tiktok=" \u200e"),
        row(client_id="OFF", client_insta="-", client_insta_status=False),
        row(client_id="HALF", client_tiktok="https://vt.tiktok.com/ZSabc/"),
        row(client_id="NULL", client_insta="-", client_insta_status=None, client_tiktok=None),
        row(client_id="NONE", client_insta="polres x", client_tiktok="instagram.com/polresx"),
        row(client_id="REST", client_insta="NULL", client_tiktok_status=False),
    ]
    assert unusable_handles(rows) == [
        UnusableHandles("HALF", {"tiktok": "no_profile"}, left_out=False),
        UnusableHandles("NULL", {"instagram": "word"}, left_out=True),
        UnusableHandles("NONE", {"instagram": "form", "tiktok": "other_site"}, left_out=True),
        UnusableHandles("REST", {"instagram": "word"}, left_out=True),
    ]
