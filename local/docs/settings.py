"""The table of the settings, from the settings model."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin

from pydantic import AliasChoices

from chalicelib.settings import Settings
from local.docs.markdown import code, table

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo


_KINDS: dict[Any, str] = {
    bool: "`true`, `false`",
    int: "whole number",
    float: "number",
    str: "text",
    Path: "path",
    time: "`HH:MM`, WIB",
    datetime: "time with a zone",
}
_BOUNDS = {"ge": "from {}", "gt": "above {}", "le": "up to {}", "pattern": "like `{}`"}


def settings_table() -> str:
    """Every setting: name, values, default, description, older names."""
    rows = [_setting_row(names_of(n, f), f) for n, f in Settings.model_fields.items()]
    return table(("setting", "takes", "default", "meaning"), rows)


def names_of(name: str, field: FieldInfo) -> list[str]:
    """The environment variables of a setting; the first is the current name."""
    if isinstance(field.validation_alias, AliasChoices):
        return [str(choice) for choice in field.validation_alias.choices]
    return [name.upper()]


def _setting_row(names: Sequence[str], field: FieldInfo) -> Sequence[str]:
    meaning = (field.description or "") + _older(names[1:])
    return code(names[0]), _kind(field), _default(field), meaning


def _kind(field: FieldInfo) -> str:
    if get_origin(field.annotation) is Literal:
        return ", ".join(map(code, get_args(field.annotation)))
    kind: Any = (*get_args(field.annotation), field.annotation)[0]  # `str | None` is text
    return " ".join([_KINDS[kind], *_bounds(field.metadata)])


def _bounds(metadata: Iterable[Any]) -> list[str]:
    """`from 1`, `up to 10`, or the pattern of a text."""
    return [
        words.format(limit)
        for bound in metadata
        for name, words in _BOUNDS.items()
        if (limit := getattr(bound, name, None)) is not None
    ]


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    if isinstance(field.default, time):
        return code(f"{field.default:%H:%M}")
    if isinstance(field.default, bool):
        return code(str(field.default).lower())
    return "empty" if field.default in (None, "") else code(str(field.default))


def _older(names: Sequence[str]) -> str:
    return f". Also accepted: {', '.join(map(code, names))}" if names else ""
