"""Rows as values, and where the pages of a list begin. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, TypeVar

Of = TypeVar("Of")

NEWEST = 2**63 - 1
"""Before this id come all rows of a table."""


def made(kind: type[Of], row: Mapping[str, Any]) -> Of:
    """The dataclass from the row's columns of the same names."""
    return kind(**{one.name: row[one.name] for one in fields(kind)})  # type: ignore[arg-type]
