"""Where settings come from besides the environment: the SSM secrets parameter, and `.env`."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import AliasChoices
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

from chalicelib.errors import ConfigurationError
from chalicelib.typed import trimmed


class SsmSource(PydanticBaseSettingsSource):
    """Reads the SSM parameter that CICERO_SECRETS_PARAMETER names, once; {} when it is not set."""

    def __init__(
        self, settings_cls: type[BaseSettings], dotenv: PydanticBaseSettingsSource
    ) -> None:
        super().__init__(settings_cls)
        self._dotenv = dotenv

    def get_field_value(self, field: Any, field_name: str) -> tuple[Any, str, bool]:
        raise NotImplementedError  # the base class requires it; __call__ returns all fields

    def __call__(self) -> dict[str, Any]:
        name = trimmed(
            os.environ.get("CICERO_SECRETS_PARAMETER")
            or self._dotenv().get("cicero_secrets_parameter", "")
        )
        return _by_field(read_secrets(name), self.settings_cls) if name else {}


def read_secrets(name: str) -> dict[str, Any]:
    """The JSON object stored in the SSM parameter `name`; raises ConfigurationError if it is
    unreadable."""
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


def shown(values: Mapping[str, str | None]) -> dict[str, str | None]:
    """The values that are not blank, with trimmed names."""
    return {trimmed(name): value for name, value in values.items() if trimmed(value or "")}


def _by_field(values: dict[str, Any], settings_cls: type[BaseSettings]) -> dict[str, Any]:
    """Secrets may be written as environment names: they are matched case-insensitively."""
    names = {alias: alias for alias in _aliases(settings_cls)}
    texts = {trimmed(key): _as_text(value) for key, value in values.items()}
    return {
        names.get(key.upper(), key.lower()): value
        for key, value in texts.items()
        if value is not None and (not isinstance(value, str) or trimmed(value))
    }


def _as_text(value: Any) -> Any:
    """A JSON number, true or false, as it would be written in the environment."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return json.dumps(value) if isinstance(value, bool | int | float) else value


def _aliases(settings_cls: type[BaseSettings]) -> list[str]:
    choices = [f.validation_alias for f in settings_cls.model_fields.values()]
    return [str(a) for c in choices if isinstance(c, AliasChoices) for a in c.choices]
