"""The settings of the social APIs: each platform's hosts, and what applies to all of them.

Which platforms there are, and the default host of each API, are in `platforms`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pydantic import Field, create_model, field_validator
from pydantic_settings import BaseSettings

from chalicelib import addresses
from chalicelib.platforms import DESCRIPTIONS, PLATFORMS, Description, Platform


def _fields(platform: Platform, description: Description) -> dict[str, Any]:
    """The settings of one platform."""
    label = description.label
    host = Field(description.api_host, description=f"{label} API: a host name, or a full URL")
    fallback = Field(
        None, description=f"Second {label} API, used after a refused key or a used-up quota"
    )
    key = Field(None, repr=False, description="Its key; empty: the same key")
    return {
        f"rapidapi_{platform}_host": (str, host),
        f"rapidapi_{platform}_fallback_host": (str | None, fallback),
        f"rapidapi_{platform}_fallback_key": (str | None, key),
    }


def _each(name: str) -> list[str]:
    """The names of a setting that each platform has."""
    return [f"rapidapi_{platform}_{name}" for platform in PLATFORMS]


if TYPE_CHECKING:
    PlatformSettings = BaseSettings
else:
    PlatformSettings = create_model(
        "PlatformSettings",
        __base__=BaseSettings,
        **{name: field for one in DESCRIPTIONS.items() for name, field in _fields(*one).items()},
    )


class ApiSettings(PlatformSettings):
    """Everything that can be set about the APIs; durations are in seconds."""

    rapidapi_key: str = Field(repr=False, description="Key for all APIs")
    rapidapi_daily_budget: int | None = Field(
        None, ge=1, description="Requests a WIB day to each API at most; empty: no limit"
    )
    rapidapi_monthly_plan: int | None = Field(
        None,
        ge=1,
        description="Requests a month that the plan of each API includes, shown to operators "
        "beside what was used; empty: unknown",
    )
    rapidapi_requests_per_second: int = Field(
        20, ge=1, description="Requests a second to each API, all workers together"
    )
    rapidapi_timeout_seconds: float = Field(
        20,
        gt=0,
        le=300,
        description="How long one answer may take; connecting may take a quarter of it",
    )
    rapidapi_parallel_calls: int = Field(
        12, ge=1, le=64, description="Calls that one worker has on their way at a time"
    )
    rapidapi_attempts: int = Field(4, ge=1, le=10, description="Tries of one call, first included")

    @field_validator(*_each("host"), *_each("fallback_host"))
    @classmethod
    def _api_host(cls, host: str | None) -> str | None:
        return addresses.api_host(host) if host else host

    @field_validator("rapidapi_key", *_each("fallback_key"))
    @classmethod
    def _key(cls, key: str | None) -> str | None:
        if key and not re.fullmatch(r"[!-~]+", key):
            raise ValueError("has a blank or a sign in it that no key has")
        return key

    def api_hosts(self, platform: Platform) -> list[tuple[str, str]]:
        """The (host, key) pairs of a platform's API, first choice first."""
        host, second, key = (
            getattr(self, f"rapidapi_{platform}_{name}")
            for name in ("host", "fallback_host", "fallback_key")
        )
        pairs = [(host, self.rapidapi_key)]
        return [*pairs, (second, key or self.rapidapi_key)] if second else pairs
