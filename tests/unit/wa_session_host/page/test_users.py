"""Who may log in, by the settings."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.whatsapp_settings import ROLES, read_page_users
from tests.conftest import settings_of
from wa_session_host.page.passwords import UNKNOWN
from wa_session_host.page.users import users_of

HASH, OTHER = UNKNOWN, UNKNOWN.replace("A", "B")
NEEDED = {"DATABASE_URL": "postgresql://u@127.0.0.1:9/u", "RAPIDAPI_KEY": "unused"}


def users(**values: str) -> list[tuple[str, str, str]]:
    found = users_of(settings_of(NEEDED | values)).values()
    return [(user.name, user.role, user.password_hash) for user in found]


def test_without_users_and_password_nobody_may() -> None:
    assert users() == []


def test_a_password_alone_is_one_operator_s() -> None:
    assert users(WA_PAGE_PASSWORD_HASH=HASH) == [("operator", "operator", HASH)]


def test_a_list_names_users_with_their_roles() -> None:
    listed = f"budi:operator:{HASH}, sari:pemantau:{OTHER},"
    expected = [("budi", "operator", HASH), ("sari", "pemantau", OTHER)]
    assert users(WA_PAGE_USERS=listed) == expected
    assert users(WA_PAGE_USERS=listed, WA_PAGE_PASSWORD_HASH=HASH)[:2] == expected


def test_an_entry_replaces_the_user_of_the_password_alone() -> None:
    listed = f"operator:pemantau:{OTHER}"
    found = users(WA_PAGE_USERS=listed, WA_PAGE_PASSWORD_HASH=HASH)
    assert found == [("operator", "pemantau", OTHER)]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("budi", "entry 1 is not name:role:scrypt"),
        (f"budi:operator:{HASH},sari:{HASH}", "entry 2 is not name:role:scrypt"),
        (f"budi:admin:{HASH}", "with the role operator or pemantau"),
        (f"bu di:operator:{HASH}", "entry 1"),
        ("budi:operator:plain", "entry 1"),
        (f"budi:operator:{HASH},budi:pemantau:{OTHER}", "twice"),
    ],
)
def test_a_wrong_list_is_refused_without_being_shown(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem) as refused:
        read_page_users(text)
    assert "scrypt:" + HASH.split(":")[1] not in str(refused.value)


@given(
    st.dictionaries(
        st.from_regex(r"[A-Za-z0-9_.-]{1,40}", fullmatch=True), st.sampled_from(ROLES), max_size=5
    )
)
def test_whatever_list_is_well_formed_is_read_back(entries: dict[str, str]) -> None:
    text = ", ".join(f"{name}:{role}:scrypt:a:b" for name, role in entries.items())
    expected = [(name, role, "scrypt:a:b") for name, role in entries.items()]
    assert read_page_users(text) == expected
