"""Servers that are too old are refused in one clear sentence."""

from __future__ import annotations

import pytest

from chalicelib.db.migrate import refuse_old_server
from chalicelib.errors import ConfigurationError


@pytest.mark.parametrize(
    ("version", "name"), [(120022, "12.22"), (129999, "12.9999"), (100001, "10.1"), (90624, "9.6")]
)
def test_an_old_server_is_refused_by_its_name(version: int, name: str) -> None:
    with pytest.raises(ConfigurationError, match=rf"PostgreSQL {name} is too old.*13 or newer"):
        refuse_old_server(version)


@pytest.mark.parametrize("version", [130000, 130006, 180001])
def test_a_server_that_is_new_enough_is_taken(version: int) -> None:
    refuse_old_server(version)
