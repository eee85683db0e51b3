"""Databases of the recap's own, and a runtime over one at the end of the day."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta

import pytest

from chalicelib.db import Database
from chalicelib.runtime import Runtime
from local.services import EmbeddedPostgres
from tests.integration.recap.random_day import LAST
from tests.integration.tables import Tables
from tests.unit.builders import make_settings

_numbers = itertools.count()

Opened = tuple[Runtime, Tables]
Open = Callable[[], Opened]


@pytest.fixture(scope="module")
def open_database(postgres: EmbeddedPostgres) -> Iterator[Open]:
    """Makes a migrated, empty database, with a runtime over it whose now is half past nine."""
    with ExitStack() as opened:

        def make() -> Opened:
            name = f"recap_{next(_numbers)}"
            database = Database(postgres.create_database(name, template="migrated"))
            opened.callback(database.close)
            now = LAST + timedelta(minutes=30)
            runtime = Runtime(make_settings(), lambda: now, database=database)
            return runtime, Tables(database)

        yield make
