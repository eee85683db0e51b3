"""Who may use the window, and as what: users with a role, from the settings. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chalicelib.whatsapp_settings import Role, read_page_users

if TYPE_CHECKING:
    from chalicelib.settings import Settings

ONLY_USER = "operator"
"""The name of the user whose password is WA_PAGE_PASSWORD_HASH."""


@dataclass(frozen=True)
class User:
    """`operator` acts, `pemantau` only looks."""

    name: str
    role: Role
    password_hash: str

    @property
    def acts(self) -> bool:
        return self.role == "operator"


def users_of(settings: Settings) -> Mapping[str, User]:
    """All users by name: those of WA_PAGE_USERS, and the one of WA_PAGE_PASSWORD_HASH."""
    listed = read_page_users(settings.wa_page_users)
    users = {name: User(name, role, kept) for name, role, kept in listed}
    if settings.wa_page_password_hash:
        only = User(ONLY_USER, "operator", settings.wa_page_password_hash)
        users.setdefault(ONLY_USER, only)
    return users
