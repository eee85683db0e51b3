"""Settings: typed, from the environment, the SSM secrets parameter and `.env`, in that order.

One ConfigurationError lists every field that is missing or wrong. Values are never logged.
The table in docs/configuration.md and `.env.example` are checked against this module.
"""

from __future__ import annotations

import os
import re
import unicodedata
from datetime import datetime, time
from pathlib import Path
from typing import Any, Literal

from pydantic import AliasChoices, Field, ValidationError, ValidationInfo, field_validator
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from chalicelib import addresses
from chalicelib.api_settings import ApiSettings
from chalicelib.chats import read_people
from chalicelib.errors import ConfigurationError
from chalicelib.recap_rule import read_rule
from chalicelib.settings_sources import SsmSource, lines_amiss, shown
from chalicelib.slots import SLOT_TIMES
from chalicelib.typed import is_unseen, trimmed
from chalicelib.whatsapp_settings import WhatsAppSettings

_LISTS = ("admin_whatsapp", "gateway_whatsapp_admin")


class Settings(WhatsAppSettings, ApiSettings):
    """Everything that can be set. Times of day are WIB; durations are in seconds."""

    model_config = SettingsConfigDict(
        extra="ignore",
        frozen=True,
        env_ignore_empty=True,
        env_file_encoding="utf-8-sig",
        hide_input_in_errors=True,
    )

    database_url: str = Field(
        repr=False, description="PostgreSQL: postgresql://user:password@host:5432/name"
    )
    redis_url: str | None = Field(
        None,
        repr=False,
        description="Redis, where all workers share the APIs' rate, breakers and budget: "
        "redis://host:6379/0. Without it each process has its own.",
    )
    admin_whatsapp: str = Field(
        "", repr=False, description="Operators' numbers, comma separated: 0812…, +62…"
    )
    gateway_whatsapp_admin: str = Field(
        "", repr=False, description="More operators' numbers, same form"
    )
    wa_message_max_characters: int = Field(
        4000, ge=1000, le=60_000, description="A longer message is split at post borders"
    )
    cicero_report_level: Literal["errors", "normal", "verbose"] = Field(
        "normal",
        description="What operators are told of each slot: errors: a report only where there is "
        "trouble; normal: every slot; verbose: every slot, with a line per client",
    )

    heartbeat_url: str | None = Field(
        None,
        repr=False,
        description="Monitor outside that is asked for after each closed slot, and raises an "
        "alarm when that stays away; empty: none",
    )

    engagement_refresh: Literal["delta", "full"] = Field(
        "delta",
        description="delta: a post whose count did not change is not read again, but for a check "
        "at 17:00 and in the day's last slot; full: every post in every slot",
    )
    engagement_order: Literal["off", "watch", "trust"] = Field(
        "off",
        description="watch: record whether lists show new names first; trust: also stop reading at "
        "known names where that is proven; off: neither",
    )
    task_list_window_start: time = Field(
        time(6, 0), description="First slot of the day that may send a task list"
    )
    task_list_window_end: time = Field(time(17, 59), description="After this only changes are sent")
    recap_complete_percent: str = Field(
        "100",
        description="Share of the posts that a recap calls lengkap, in percent; by type of client: "
        "org=100, direktorat=50",
    )
    cron_status_lookup_strategy: Literal["fail_open", "fail_closed"] = Field(
        "fail_open", description="Run, or not, when cron_job_config cannot be read"
    )
    job_retry_seconds: int = Field(
        30, ge=0, le=600, description="When a failed job is tried again; doubles with each try"
    )
    safe_delete_max_percent: int = Field(
        40, ge=0, le=100, description="Share of a day's posts that may go in one fetch unquestioned"
    )
    audit_retention_days: int = Field(30, ge=1, le=3650, description="How long audit rows are kept")
    run_retention_days: int = Field(
        90, ge=1, le=3650, description="How long slot and client runs are kept"
    )
    outbox_retention_days: int = Field(
        90, ge=1, le=3650, description="How long ended messages are kept"
    )

    app_env: str = Field(
        "development",
        validation_alias=AliasChoices("APP_ENV", "NODE_ENV"),
        description="Shown in logs",
    )
    cicero_stage: str = Field(
        "local", pattern=r"^[a-z0-9-]{1,40}$", description="Part of queue names"
    )
    cicero_secrets_parameter: str | None = Field(
        None, description="SSM SecureString with a JSON object of these settings"
    )
    cicero_now: datetime | None = Field(
        None, description="The service's now, for local runs and tests; refused on AWS"
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="Log level")

    @field_validator("*", mode="before")
    @classmethod
    def _as_seen(cls, value: Any, info: ValidationInfo) -> Any:
        if not isinstance(value, str):
            return value
        value = trimmed(value)
        if info.field_name not in _LISTS and any(map(_is_odd, value)):
            raise ValueError("has a line break or a sign that nobody sees in it")
        return value

    @field_validator("database_url")
    @classmethod
    def _postgres(cls, url: str) -> str:
        addresses.postgres(url)
        return url

    @field_validator("redis_url")
    @classmethod
    def _redis(cls, url: str | None) -> str | None:
        return addresses.redis(url) if url else url

    @field_validator("admin_whatsapp", "gateway_whatsapp_admin")
    @classmethod
    def _numbers(cls, text: str) -> str:
        if refused := read_people(text).refused:
            places = ", ".join(map(str, refused))
            raise ValueError(f"entry {places} of the list is no telephone number or group id")
        return text

    @field_validator("recap_complete_percent")
    @classmethod
    def _rule(cls, text: str) -> str:
        read_rule(text)
        return text

    @field_validator("heartbeat_url")
    @classmethod
    def _monitor(cls, url: str | None) -> str | None:
        return addresses.web_page(url) if url else url

    @field_validator("task_list_window_start", "task_list_window_end", mode="before")
    @classmethod
    def _wib(cls, value: Any) -> Any:
        if isinstance(value, str) and not re.fullmatch(r"[0-9]{2}:[0-9]{2}(:[0-9]{2})?", value):
            raise ValueError("must be HH:MM, in WIB, without a zone")
        return value

    @field_validator("task_list_window_end")
    @classmethod
    def _window(cls, end: time, info: ValidationInfo) -> time:
        start = info.data.get("task_list_window_start")
        if start is None:
            return end
        if start > end:
            raise ValueError("is before TASK_LIST_WINDOW_START")
        if not any(start <= slot <= end for slot in SLOT_TIMES):
            raise ValueError("holds no slot between TASK_LIST_WINDOW_START and itself")
        return end

    @field_validator("cicero_now")
    @classmethod
    def _simulated(cls, now: datetime | None) -> datetime | None:
        if now and now.tzinfo is None:
            raise ValueError("needs a zone, such as +07:00")
        if now and not 2000 <= now.year <= 2100:
            raise ValueError("is a time from 2000 to 2100, such as 2026-02-20T17:00+07:00")
        if now and "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
            raise ValueError("is for local runs only; remove it")
        return now

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        for source in (env_settings, dotenv_settings):
            if isinstance(source, EnvSettingsSource):
                source.env_vars = shown(source.env_vars)
        ssm = SsmSource(settings_cls, dotenv_settings)
        return init_settings, env_settings, ssm, dotenv_settings


def load_settings(env_file: Path | str | None = ".env") -> Settings:
    """The settings in force. Raises a ConfigurationError that lists all missing or wrong fields at
    once, and each line of the file that cannot be read."""
    problems, readable = lines_amiss(env_file)
    try:
        settings = Settings(_env_file=env_file if readable else None)
    except ValidationError as error:
        problems += [_problem(e) for e in error.errors(include_input=False)]
    if problems:
        listed = "".join(f"  {problem}\n" for problem in problems)
        raise ConfigurationError(
            f"Settings are missing or wrong:\n{listed}See .env.example for every setting."
        )
    return settings


def _is_odd(sign: str) -> bool:
    """Whether a character does not belong in a setting: invisible, a blank other than the space, or
    a byte that could not be decoded."""
    blank = sign.isspace() and sign != " "
    return blank or is_unseen(sign) or unicodedata.category(sign) == "Cs"


def _problem(error: Any) -> str:
    name = str(error["loc"][0]).upper() if error["loc"] else "?"
    if error["type"] == "missing":
        return f"{name} is not set"
    return f"{name}: {str(error['msg']).removeprefix('Value error, ')}"
