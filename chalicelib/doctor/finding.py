"""What a check found. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from chalicelib.errors import ConfigurationError

State = Literal["ok", "warning", "error"]


@dataclass(frozen=True)
class Finding:
    """`check`: what was looked at; `fix`: one line, empty where nothing is to be done. Holds no
    key, number or text of a message."""

    check: str
    state: State
    what: str
    fix: str = ""


def of_settings(error: ConfigurationError) -> list[Finding]:
    """One finding for each line that the settings complain about."""
    lines = [line.strip() for line in str(error).splitlines()[1:-1]] or [str(error)]
    fix = "Correct it in the environment, the SSM parameter or .env; .env.example explains it."
    return [Finding("settings", "error", line, fix) for line in lines]
