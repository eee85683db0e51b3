"""Where a run's settings come from: the process's environment, then `.env`; or neither."""

from __future__ import annotations

import os
from collections.abc import Mapping

from dotenv import dotenv_values

from chalicelib.errors import ConfigurationError
from chalicelib.settings import Settings
from chalicelib.settings_sources import lines_amiss
from chalicelib.typed import trimmed


def own_environment() -> dict[str, str]:
    """The process's environment without any setting of this service or of AWS."""
    names = {name.upper() for name in Settings.model_fields}
    return {
        name: value
        for name, value in os.environ.items()
        if name not in names and not name.startswith("AWS_")
    }


def given_environment() -> dict[str, str]:
    """The process's environment over `.env`; empty values count as not set."""
    problems, _ = lines_amiss(".env")
    if problems:
        raise ConfigurationError("\n".join(problems))
    kept = dotenv_values(".env", encoding="utf-8-sig")
    merged: Mapping[str, str | None] = {**kept, **os.environ}
    return {name: value for name, value in merged.items() if value and trimmed(value)}


class environment:  # noqa: N801  reads like a function where it is used
    """Replaces the process's environment for the duration of a `with` block."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = dict(values)
        self._saved: dict[str, str] = {}

    def __enter__(self) -> None:
        self._saved = dict(os.environ)
        _replace(self._values)

    def __exit__(self, *_: object) -> None:
        _replace(self._saved)


def _replace(values: Mapping[str, str]) -> None:
    os.environ.clear()
    os.environ.update(values)
