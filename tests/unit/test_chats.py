"""Groups and telephone numbers, whatever was typed."""

from __future__ import annotations

import logging
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.chats import Groups, group_chats, personal_chats, read_groups, read_people
from tests.unit.builders import always

GROUP = "120363000000000001"


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
        (f"{GROUP} 120363000000000022", (f"{GROUP}@g.us", "120363000000000022@g.us")),
        (f"{GROUP}@g.us 120363000000000022@g.us", (f"{GROUP}@g.us", "120363000000000022@g.us")),
        ("11111@g.us\u00a022222@g.us", ("11111@g.us", "22222@g.us")),
        ("120363 000000 000001@g.us", (f"{GROUP}@g.us",)),
        ("120363 0000 0000 0001", (f"{GROUP}@g.us",)),
        ("1203 6300 0000 0000 01 @g.us", (f"{GROUP}@g.us",)),
        ("120363000000000001 @ g.us", (f"{GROUP}@g.us",)),
        ("120363000000 000001; 120363 000000000022", (f"{GROUP}@g.us", "120363000000000022@g.us")),
        ("120363 000000000001 120363 000000000022", (f"{GROUP}@g.us", "120363000000000022@g.us")),
        ("6281200000001 - 1600000000@g.us", ("6281200000001-1600000000@g.us",)),
        ("6281200000001\u20111600000000", ("6281200000001-1600000000@g.us",)),
        ("\u200e120363\u200b000000000001@g.us\u202c", (f"{GROUP}@g.us",)),
        ("\uff11\uff12\uff10363000000000001\uff20g.us", (f"{GROUP}@g.us",)),
        (f'"{GROUP}@g.us"', (f"{GROUP}@g.us",)),
        ("081234567890 120363000000000001@g.us", (f"{GROUP}@g.us",)),
        ("0812 3456 7890", ()),
        ("120363 0000 0000", ()),
        ("6281200000001 1600000000", ()),
    ],
)
def test_a_client_may_have_several_groups(stored: str | None, chats: tuple[str, ...]) -> None:
    assert group_chats(stored) == chats


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
        "\u202a+62 812\u20110000\u20110001\u202c",
        "\u200e081200000001\u200f",
        "\uff0b\uff16\uff12812 0000 0001",
        "(+62) 812-0000-0001",
        "+62 (0) 812 0000 0001",
        "+62 (0812) 0000 0001",
        "0062 0812 0000 0001",
        "+0062 812 0000 0001",
        "62 0812 0000 0001",
        "00 62 812 0000 0001",
        "6281200000001 @c.us",
        "081200000001@s.whatsapp.net",
        "https://wa.me/6281200000001",
        "wa.me/6281200000001?text=halo",
        "wa.me/+6281200000001",
        "https://api.whatsapp.com/send?phone=6281200000001&text=x",
        "tel:+6281200000001",
        "'081200000001",
    ],
)
def test_an_operators_number_is_read_in_every_local_form(typed: str) -> None:
    assert personal_chats(typed) == ("6281200000001@s.whatsapp.net",)


@pytest.mark.parametrize(
    ("typed", "digits"),
    [
        ("+84 91 234 5678", "84912345678"),
        ("0084 91 234 5678", "84912345678"),
        ("+84912345678", "84912345678"),
        ("84912345678@s.whatsapp.net", "84912345678"),
        ("84912345678:3@c.us", "84912345678"),
        ("https://wa.me/84912345678", "84912345678"),
        ("+81 90-1234-5678", "819012345678"),
        ("+65 8123 4567", "6581234567"),
        ("+60 12-345 6789", "60123456789"),
        ("+1 (555) 123-4567", "15551234567"),
        ("+44 (0) 20 7946 0958", "442079460958"),
        ("00886912345678", "886912345678"),
        ("+85512345678", "85512345678"),
        ("+880 1712-345678", "8801712345678"),
        ("021 5550 1234", "622155501234"),
    ],
)
def test_a_number_keeps_its_country(typed: str, digits: str) -> None:
    assert personal_chats(typed) == (f"{digits}@s.whatsapp.net",)


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
    "entry",
    [
        "0812",
        "081200000001 081200000002",
        "120363000000000001@lid",
        "0812@g.us",
        "-",
        "84912345678",  # Vietnam without its +, or a network that Indonesia does not have
        "6584912345678912",
        "15551234567",  # no country, and none of ours
        "+62 812",
        "+6284912345678",
        "+0812 0000 0001",
        "+1234567",
        "+1234567890123456",
        "0000812000000",
        "Budi 081200000001",
        "081200000001 (Budi)",
        "081200000001/081200000002",
        "6281200000001.0",
        "6,2812E+12",
        "+62+62 81200000001",
        "\u0660\u0668\u0661\u0662\u0660\u0660\u0660\u0660\u0660\u0661",
        "https://wa.me/message/ABCDEF",
        "https://chat.whatsapp.com/ABCDEF",
        "6281200000001@gmail.com",
        "status@broadcast",
    ],
)
def test_an_unusable_number_is_left_out_with_a_warning_that_does_not_show_it(
    entry: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        assert personal_chats(f"{entry}, 081200000003") == ("6281200000003@s.whatsapp.net",)
    assert caplog.messages
    assert not any(part in "".join(caplog.messages) for part in entry.split(","))


def test_what_is_no_number_is_named_by_its_place() -> None:
    people = read_people("081200000001,, 0812 ;+84 91 234 5678\nBudi")
    assert people.chats == ("6281200000001@s.whatsapp.net", "84912345678@s.whatsapp.net")
    assert people.refused == (2, 4)


countries = st.sampled_from(["1", "7", "44", "60", "65", "66", "81", "84", "86", "855", "880"])


@always
@given(countries, st.from_regex(r"[1-9][0-9]{7,9}", fullmatch=True), st.sampled_from(["+", "00"]))
def test_no_country_is_taken_for_another(country: str, number: str, before: str) -> None:
    [chat] = personal_chats(f"{before}{country} {number}")
    assert chat == f"{country}{number}@s.whatsapp.net"
    assert personal_chats(chat) == (chat,)
