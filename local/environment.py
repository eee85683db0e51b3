"""Where a run's settings come from: the process's environment over `.env`, or neither."""

from __future__ import annotations

import os
from collections.abc import Mapping

from dotenv import dotenv_values

from chalicelib.settings import Settings


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
    merged: Mapping[str, str | None] = {**dotenv_values(".env"), **os.environ}
    return {name: value for name, value in merged.items() if value}


class environment:  # noqa: N801  reads like a function where it is used
    """Puts an environment in place of the process's own for the length of a `with` block."""

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
