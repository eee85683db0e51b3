"""The settings of the WhatsApp accounts, and of the host that writes to them."""

from __future__ import annotations

import re
from typing import Literal, get_args

from pydantic import AliasChoices, Field, ValidationInfo, field_validator
from pydantic_settings import BaseSettings

from chalicelib import addresses

_ACCOUNT = r"^[A-Za-z0-9_.-]{1,40}$"
_BUCKET = re.compile(r"s3://[a-z0-9.-]{3,63}(/[A-Za-z0-9/_-]*)?")
_USER = re.compile(r"(?P<name>[A-Za-z0-9_.-]{1,40}):(?P<role>[a-z]+):(?P<hash>scrypt:[^:]+:[^:]+)")

Role = Literal["operator", "pemantau"]
ROLES: tuple[Role, ...] = get_args(Role)


class WhatsAppSettings(BaseSettings):
    """What can be set about the accounts and their host; durations are in seconds."""

    gateway_wa_client_id: str = Field(
        "gateway", pattern=_ACCOUNT, description="WhatsApp account that writes to the groups"
    )
    wa_log_client_id: str | None = Field(
        None,
        pattern=_ACCOUNT,
        description="WhatsApp account for operators' messages; empty: the gateway account",
    )
    wa_auth_data_path: str = Field(
        ".local/wa",
        repr=False,
        description="Where the WhatsApp sessions lie: a directory on a local disk, `postgres` "
        "for DATABASE_URL, or another postgresql:// URL",
    )
    recap_files_path: str = Field(
        ".local/recap",
        description="Where the pictures and workbooks of recaps are kept: a directory, or "
        "s3://bucket/prefix",
    )
    wa_strict_single_owner: bool = Field(
        False,
        validation_alias=AliasChoices("WA_STRICT_SINGLE_OWNER", "WA_BAILEYS_STRICT_SINGLE_OWNER"),
        description="Exit instead of waiting when another host owns the account",
    )
    wa_transport: Literal["console", "neonize", "off"] = Field(
        "console",
        description="How messages leave: console prints them as the group would see, neonize "
        "sends them over WhatsApp, off connects the accounts and leaves messages in their queue",
    )
    wa_poll_seconds: int = Field(
        10, ge=0, le=20, description="How long the host waits for messages in one look"
    )
    wa_gap_seconds: float = Field(
        6, ge=0, le=3600, description="Seconds between two messages of an account"
    )
    wa_gap_jitter_percent: int = Field(
        50, ge=0, le=100, description="How far a gap may be off, either way"
    )
    wa_hourly_cap: int | None = Field(
        None, ge=1, description="Messages of an account in any hour at most; empty: no cap"
    )
    wa_proxy_url: str | None = Field(
        None, repr=False, description="Proxy to WhatsApp: http://, https:// or socks5://"
    )
    wa_page_host: str = Field("127.0.0.1", description="Address that the host's web page binds to")
    wa_page_port: int = Field(8480, ge=0, le=65535, description="Its port; 0: any free one")
    wa_page_password_hash: str | None = Field(
        None,
        repr=False,
        pattern=r"^scrypt:",
        description="The password of the user `operator`, from `python -m wa_session_host "
        "hash-password`; without it and WA_PAGE_USERS the page shows nothing",
    )
    wa_page_users: str = Field(
        "",
        repr=False,
        description="Users of the page, comma separated, each `name:role:hash`: `operator` acts, "
        "`pemantau` only looks; the hash is from `python -m wa_session_host hash-password`",
    )

    @field_validator("wa_proxy_url")
    @classmethod
    def _proxy(cls, url: str | None) -> str | None:
        return addresses.proxy(url) if url else url

    @field_validator("wa_auth_data_path")
    @classmethod
    def _store(cls, path: str) -> str:
        if path.lower() in ("postgres", "postgresql"):
            return "postgres"
        if "://" in path or path.lower().startswith(("postgres:", "postgresql:")):
            addresses.postgres(path)
        return path

    @field_validator("recap_files_path")
    @classmethod
    def _files(cls, path: str) -> str:
        if "://" in path and not _BUCKET.fullmatch(path):
            raise ValueError("is neither a directory nor like s3://bucket/prefix")
        return path

    @field_validator("wa_page_host")
    @classmethod
    def _page_host(cls, host: str) -> str:
        addresses.check_host(host)
        return host

    @field_validator("wa_page_users")
    @classmethod
    def _users(cls, text: str) -> str:
        read_page_users(text)
        return text

    @field_validator("wa_log_client_id")
    @classmethod
    def _told_apart(cls, log: str | None, info: ValidationInfo) -> str | None:
        gateway = info.data.get("gateway_wa_client_id", "")
        if log and log != gateway and plain_account(log) == plain_account(gateway):
            raise ValueError("differs from GATEWAY_WA_CLIENT_ID by case or punctuation alone")
        return log


def plain_account(account: str) -> str:
    """The account's name using only a-z, 0-9 and _. Settings refuse two accounts that share one."""
    return re.sub(r"[^a-z0-9]", "_", account.lower())


def read_page_users(text: str) -> list[tuple[str, Role, str]]:
    """The entries of WA_PAGE_USERS: name, role, hash. Raises ValueError, without showing them."""
    users: list[tuple[str, Role, str]] = []
    for number, entry in enumerate(filter(None, map(str.strip, text.split(","))), 1):
        found = _USER.fullmatch(entry)
        role = next((role for role in ROLES if found and role == found["role"]), None)
        if found is None or role is None:
            roles = " or ".join(ROLES)
            raise ValueError(f"entry {number} is not name:role:scrypt:…, with the role {roles}")
        users.append((found["name"], role, found["hash"]))
    names = [name for name, _, _ in users]
    if len(set(names)) < len(names):
        raise ValueError("names a user twice")
    return users
