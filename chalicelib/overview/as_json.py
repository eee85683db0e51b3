"""Any value of this package as JSON: dataclasses as objects, moments as WIB text. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from typing import Any

from chalicelib.slots import to_wib


def as_json(value: Any) -> Any:
    """The value as `json.dumps` takes it. Fields and properties keep their names; mappings' keys
    become text."""
    if is_dataclass(value) and not isinstance(value, type):
        derived = (name for name, one in vars(type(value)).items() if isinstance(one, property))
        names = (*(one.name for one in fields(value)), *derived)
        return {name: as_json(getattr(value, name)) for name in names}
    if isinstance(value, Mapping):
        return {str(as_json(key)): as_json(one) for key, one in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [as_json(one) for one in value]
    if isinstance(value, datetime):
        return to_wib(value).isoformat()
    return value.isoformat() if isinstance(value, date) else value
