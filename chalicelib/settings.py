"""Settings: typed, from the environment, the SSM secrets parameter and `.env`, in that order.

One ConfigurationError lists every field that is missing or wrong. Values are never logged.
The table in docs/configuration.md and `.env.example` are checked against this module.
"""

from __future__ import annotations

import json
import os
import re
from datetime import datetime, time
from pathlib import Path
from typing import Any, Literal

from pydantic import AliasChoices, Field, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from chalicelib.clients import Platform
from chalicelib.errors import ConfigurationError

INSTAGRAM_HOST = "social-api4.p.rapidapi.com"
TIKTOK_HOST = "tiktok-api23.p.rapidapi.com"
_ACCOUNT = r"^[A-Za-z0-9_.-]{1,40}$"


class Settings(BaseSettings):
    """Everything that can be set. Times of day are WIB; durations are seconds."""

    model_config = SettingsConfigDict(extra="ignore", frozen=True, env_ignore_empty=True)

    database_url: str = Field(description="PostgreSQL: postgresql://user:password@host:5432/name")
    redis_url: str | None = Field(
        None,
        description="Redis, where all workers share the APIs' rate, breakers and budget: "
        "redis://host:6379/0. Without it each process has its own.",
    )
    rapidapi_key: str = Field(description="Key for both APIs")
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
        None, description="Its key; empty: the same key"
    )
    rapidapi_tiktok_fallback_host: str | None = Field(
        None, description="Second TikTok API, used after a refused key or a used-up quota"
    )
    rapidapi_tiktok_fallback_key: str | None = Field(
        None, description="Its key; empty: the same key"
    )
    rapidapi_daily_budget: int | None = Field(
        None, ge=1, description="Requests a WIB day to each API at most; empty: no limit"
    )
    rapidapi_requests_per_second: int = Field(
        20, ge=1, description="Requests a second to each API, all workers together"
    )
    rapidapi_timeout_seconds: float = Field(
        20, gt=0, description="How long one answer may take; connecting may take a quarter of it"
    )
    rapidapi_parallel_calls: int = Field(
        12, ge=1, le=64, description="Calls that one worker has on their way at a time"
    )
    rapidapi_attempts: int = Field(4, ge=1, le=10, description="Tries of one call, first included")

    admin_whatsapp: str = Field("", description="Operators' numbers, comma separated: 0812…, +62…")
    gateway_whatsapp_admin: str = Field("", description="More operators' numbers, same form")
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
    wa_gap_seconds: float = Field(6, ge=0, description="Seconds between two messages of an account")
    wa_gap_jitter_percent: int = Field(
        50, ge=0, le=100, description="How far a gap may be off, either way"
    )
    wa_hourly_cap: int | None = Field(
        None, ge=1, description="Messages of an account in any hour at most; empty: no cap"
    )
    wa_proxy_url: str | None = Field(
        None, description="Proxy to WhatsApp: http://, https:// or socks5://"
    )
    wa_page_host: str = Field("127.0.0.1", description="Address that the host's web page binds to")
    wa_page_port: int = Field(8480, ge=0, le=65535, description="Its port; 0: any free one")
    wa_page_password_hash: str | None = Field(
        None,
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
    audit_retention_days: int = Field(30, ge=1, description="How long audit rows are kept")
    run_retention_days: int = Field(90, ge=1, description="How long slot and client runs are kept")

    app_env: str = Field(
        "development",
        validation_alias=AliasChoices("APP_ENV", "NODE_ENV"),
        description="Shown in logs",
    )
    cicero_stage: str = Field("local", pattern=r"^[a-z0-9-]+$", description="Part of queue names")
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

    @field_validator("database_url")
    @classmethod
    def _postgres(cls, url: str) -> str:
        if not url.startswith(("postgresql://", "postgres://")):
            raise ValueError("must start with postgresql://")
        return url

    @field_validator("redis_url")
    @classmethod
    def _redis(cls, url: str | None) -> str | None:
        if url and not url.startswith(("redis://", "rediss://", "unix://")):
            raise ValueError("must start with redis://, rediss:// or unix://")
        return url

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
        name = os.environ.get("CICERO_SECRETS_PARAMETER") or self._dotenv().get(
            "cicero_secrets_parameter"
        )
        return _by_field(read_secrets(name)) if name else {}


def read_secrets(name: str) -> dict[str, Any]:
    """The JSON object kept in the SSM parameter `name`; ConfigurationError if it is unreadable."""
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        answer = boto3.client("ssm").get_parameter(Name=name, WithDecryption=True)
        secrets = json.loads(answer["Parameter"]["Value"])
    except (BotoCoreError, ClientError) as error:
        raise ConfigurationError(
            f"CICERO_SECRETS_PARAMETER: SSM parameter {name} cannot be read ({error})."
        ) from error
    except ValueError:
        secrets = None
    if not isinstance(secrets, dict):
        raise ConfigurationError(
            f"CICERO_SECRETS_PARAMETER: SSM parameter {name} must hold one JSON object of settings."
        )
    return secrets


def load_settings(env_file: Path | str | None = ".env") -> Settings:
    """The settings in force. ConfigurationError lists every missing or wrong field at once."""
    try:
        return Settings(_env_file=env_file)
    except ValidationError as error:
        problems = "\n".join(f"  {_problem(e)}" for e in error.errors(include_input=False))
        raise ConfigurationError(
            f"Settings are missing or wrong:\n{problems}\nSee .env.example for every setting."
        ) from None


def _by_field(values: dict[str, Any]) -> dict[str, Any]:
    """Secrets may be written as environment names: they are matched without regard to case."""
    names = {alias: alias for alias in _aliases()}
    return {names.get(key.upper(), key.lower()): value for key, value in values.items()}


def _aliases() -> list[str]:
    choices = [f.validation_alias for f in Settings.model_fields.values()]
    return [str(a) for c in choices if isinstance(c, AliasChoices) for a in c.choices]


def _problem(error: Any) -> str:
    name = str(error["loc"][0]).upper() if error["loc"] else "?"
    if error["type"] == "missing":
        return f"{name} is not set"
    return f"{name}: {str(error['msg']).removeprefix('Value error, ')}"
