"""Settings: typed, from the environment, the SSM secrets parameter and `.env`, in that order.

One ConfigurationError lists every field that is missing or wrong. Values are never logged.
The table in docs/configuration.md and `.env.example` are checked against this module.
"""

from __future__ import annotations

import io
import json
import os
import re
import unicodedata
from collections.abc import Mapping
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
from chalicelib.chats import read_people
from chalicelib.errors import ConfigurationError
from chalicelib.platforms import Platform
from chalicelib.slots import SLOT_TIMES
from chalicelib.typed import is_unseen, trimmed

INSTAGRAM_HOST = "social-api4.p.rapidapi.com"
TIKTOK_HOST = "tiktok-api23.p.rapidapi.com"
_LISTS = ("admin_whatsapp", "gateway_whatsapp_admin")
_ACCOUNT = r"^[A-Za-z0-9_.-]{1,40}$"


class Settings(BaseSettings):
    """Everything that can be set. Times of day are WIB; durations are seconds."""

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
    rapidapi_key: str = Field(repr=False, description="Key for both APIs")
    rapidapi_instagram_host: str = Field(
        INSTAGRAM_HOST, description="Instagram API: a host name, or a full URL"
    )
    rapidapi_tiktok_host: str = Field(
        TIKTOK_HOST, description="TikTok API: a host name, or a full URL"
    )
    rapidapi_instagram_fallback_host: str | None = Field(
        None, description="Second Instagram API, used after a refused key or a used-up quota"
    )
    rapidapi_instagram_fallback_key: str | None = Field(
        None, repr=False, description="Its key; empty: the same key"
    )
    rapidapi_tiktok_fallback_host: str | None = Field(
        None, description="Second TikTok API, used after a refused key or a used-up quota"
    )
    rapidapi_tiktok_fallback_key: str | None = Field(
        None, repr=False, description="Its key; empty: the same key"
    )
    rapidapi_daily_budget: int | None = Field(
        None, ge=1, description="Requests a WIB day to each API at most; empty: no limit"
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

    admin_whatsapp: str = Field(
        "", repr=False, description="Operators' numbers, comma separated: 0812…, +62…"
    )
    gateway_whatsapp_admin: str = Field(
        "", repr=False, description="More operators' numbers, same form"
    )
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
    wa_strict_single_owner: bool = Field(
        False,
        validation_alias=AliasChoices("WA_STRICT_SINGLE_OWNER", "WA_BAILEYS_STRICT_SINGLE_OWNER"),
        description="Exit instead of waiting when another host owns the account",
    )
    wa_transport: Literal["console", "neonize"] = Field(
        "console",
        description="How messages leave: console prints them as the group would see, neonize "
        "sends them over WhatsApp",
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
        description="From `python -m wa_session_host hash-password`; empty: the page shows nothing",
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
        description="delta: a post whose count did not change is not read again (17:00 and the "
        "day's last slot read all); full: every post in every slot",
    )
    task_list_window_start: time = Field(
        time(6, 0), description="First slot of the day that may send a task list"
    )
    task_list_window_end: time = Field(time(17, 59), description="After this only changes are sent")
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

    def api_hosts(self, platform: Platform) -> list[tuple[str, str]]:
        """The (host, key) pairs of a platform's API, the first choice first."""
        first, second, key = (
            (
                self.rapidapi_instagram_host,
                self.rapidapi_instagram_fallback_host,
                self.rapidapi_instagram_fallback_key,
            )
            if platform == "instagram"
            else (
                self.rapidapi_tiktok_host,
                self.rapidapi_tiktok_fallback_host,
                self.rapidapi_tiktok_fallback_key,
            )
        )
        pairs = [(first, self.rapidapi_key)]
        return [*pairs, (second, key or self.rapidapi_key)] if second else pairs

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

    @field_validator(
        "rapidapi_instagram_host",
        "rapidapi_tiktok_host",
        "rapidapi_instagram_fallback_host",
        "rapidapi_tiktok_fallback_host",
    )
    @classmethod
    def _api_host(cls, host: str | None) -> str | None:
        return addresses.api_host(host) if host else host

    @field_validator(
        "rapidapi_key", "rapidapi_instagram_fallback_key", "rapidapi_tiktok_fallback_key"
    )
    @classmethod
    def _key(cls, key: str | None) -> str | None:
        if key and not re.fullmatch(r"[ -~]+", key):
            raise ValueError("has a sign in it that no key has")
        return key

    @field_validator("admin_whatsapp", "gateway_whatsapp_admin")
    @classmethod
    def _numbers(cls, text: str) -> str:
        if refused := read_people(text).refused:
            places = ", ".join(map(str, refused))
            raise ValueError(f"entry {places} of the list is no telephone number or group id")
        return text

    @field_validator("wa_proxy_url")
    @classmethod
    def _proxy(cls, url: str | None) -> str | None:
        return addresses.proxy(url) if url else url

    @field_validator("heartbeat_url")
    @classmethod
    def _monitor(cls, url: str | None) -> str | None:
        return addresses.web_page(url) if url else url

    @field_validator("wa_auth_data_path")
    @classmethod
    def _store(cls, path: str) -> str:
        if path.lower() in ("postgres", "postgresql"):
            return "postgres"
        if "://" in path or path.lower().startswith(("postgres:", "postgresql:")):
            addresses.postgres(path)
        return path

    @field_validator("wa_page_host")
    @classmethod
    def _page_host(cls, host: str) -> str:
        addresses.check_host(host)
        return host

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

    @field_validator("wa_log_client_id")
    @classmethod
    def _told_apart(cls, log: str | None, info: ValidationInfo) -> str | None:
        gateway = info.data.get("gateway_wa_client_id", "")
        if log and log != gateway and plain_account(log) == plain_account(gateway):
            raise ValueError("differs from GATEWAY_WA_CLIENT_ID by case or punctuation alone")
        return log

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
                source.env_vars = _set(source.env_vars)
        ssm = SsmSource(settings_cls, dotenv_settings)
        return init_settings, env_settings, ssm, dotenv_settings


def plain_account(account: str) -> str:
    """The account's name in a-z, 0-9 and _ alone. Settings refuse two accounts that share one."""
    return re.sub(r"[^a-z0-9]", "_", account.lower())


class SsmSource(PydanticBaseSettingsSource):
    """Reads the SSM parameter that CICERO_SECRETS_PARAMETER names, once; {} when it is not set."""

    def __init__(
        self, settings_cls: type[BaseSettings], dotenv: PydanticBaseSettingsSource
    ) -> None:
        super().__init__(settings_cls)
        self._dotenv = dotenv

    def get_field_value(self, field: Any, field_name: str) -> tuple[Any, str, bool]:
        raise NotImplementedError  # the base class wants it; __call__ answers for all fields

    def __call__(self) -> dict[str, Any]:
        name = trimmed(
            os.environ.get("CICERO_SECRETS_PARAMETER")
            or self._dotenv().get("cicero_secrets_parameter", "")
        )
        return _by_field(read_secrets(name)) if name else {}


def read_secrets(name: str) -> dict[str, Any]:
    """The JSON object kept in the SSM parameter `name`; ConfigurationError if it is unreadable."""
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        answer = boto3.client("ssm").get_parameter(Name=name, WithDecryption=True)
        text = trimmed(answer["Parameter"]["Value"])
    except (BotoCoreError, ClientError) as error:
        raise ConfigurationError(
            f"CICERO_SECRETS_PARAMETER: SSM parameter {name} cannot be read ({error})."
        ) from error
    try:
        secrets = json.loads(text)
    except (ValueError, RecursionError):
        secrets = None
    if not isinstance(secrets, dict):
        raise ConfigurationError(
            f"CICERO_SECRETS_PARAMETER: SSM parameter {name} must hold one JSON object of settings."
        )
    return secrets


def load_settings(env_file: Path | str | None = ".env") -> Settings:
    """The settings in force. ConfigurationError lists every missing or wrong field at once, and
    each line of the file that cannot be read."""
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


def lines_amiss(env_file: Path | str | None) -> tuple[list[str], bool]:
    """What is wrong with the file itself, and whether it can be read at all."""
    from dotenv.parser import parse_stream

    if env_file is None or not Path(env_file).is_file():
        return [], True
    try:
        text = Path(env_file).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return [f"{env_file} cannot be read as UTF-8 text"], False
    wrong = [line for line in parse_stream(io.StringIO(text)) if line.error]
    return [f"{env_file}: line {w.original.line} is no NAME=value" for w in wrong], True


def _set(values: Mapping[str, str | None]) -> dict[str, str | None]:
    """The values that show something, under names as they look."""
    return {trimmed(name): value for name, value in values.items() if trimmed(value or "")}


def _is_odd(sign: str) -> bool:
    """Whether a character has no place within a setting: unseen, a blank but for the space, or a
    byte that was no text."""
    blank = sign.isspace() and sign != " "
    return blank or is_unseen(sign) or unicodedata.category(sign) == "Cs"


def _by_field(values: dict[str, Any]) -> dict[str, Any]:
    """Secrets may be written as environment names: they are matched without regard to case."""
    names = {alias: alias for alias in _aliases()}
    texts = {trimmed(key): _as_text(value) for key, value in values.items()}
    return {
        names.get(key.upper(), key.lower()): value
        for key, value in texts.items()
        if value is not None and (not isinstance(value, str) or trimmed(value))
    }


def _as_text(value: Any) -> Any:
    """A JSON number, true or false as it would be written in the environment."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return json.dumps(value) if isinstance(value, bool | int | float) else value


def _aliases() -> list[str]:
    choices = [f.validation_alias for f in Settings.model_fields.values()]
    return [str(a) for c in choices if isinstance(c, AliasChoices) for a in c.choices]


def _problem(error: Any) -> str:
    name = str(error["loc"][0]).upper() if error["loc"] else "?"
    if error["type"] == "missing":
        return f"{name} is not set"
    return f"{name}: {str(error['msg']).removeprefix('Value error, ')}"
