"""What is prepared on a connection, and when nothing is."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.db.statements import Statements

COLUMNS = [{"name": "answer"}]
UNNAMED = b"\0"


class Session:
    """A connection to a server: what it has parsed, by name, and under which name each run came."""

    py_types: ClassVar[dict[type, Any]] = {}

    def __init__(self) -> None:
        self.parsed: dict[bytes, str] = {}
        self.names: list[bytes] = []
        self.fails = False

    def send_PARSE(self, name: bytes, sql: str) -> None:  # noqa: N802  pg8000's name
        assert name == UNNAMED or name not in self.parsed
        self.parsed[name] = sql

    def send_DESCRIBE_STATEMENT(self, name: bytes) -> None:  # noqa: N802  pg8000's name
        assert name in self.parsed

    def execute_named(
        self, name: bytes, params: Any, columns: Any, input_funcs: Any, sql: str
    ) -> Any:
        assert self.parsed[name] == sql
        if self.fails:
            raise ValueError("failed")
        self.names.append(name)
        return SimpleNamespace(columns=columns or COLUMNS, input_funcs=[int], rows=[])


def run(
    session: Session, statements: Statements, backends: list[int], sql: str, keyed: bool = False
) -> None:
    for backend in backends:
        statements.begin(backend, keyed)
        assert statements.run(sql, ()).columns == COLUMNS


def test_what_runs_once_is_not_prepared_and_what_is_repeated_is_parsed_once_more() -> None:
    session = Session()
    statements = Statements(session)
    run(session, statements, [7], "SELECT 1")
    run(session, statements, [7] * 3, "SELECT 2")
    once, first, second, third = session.names
    assert once == first == UNNAMED
    assert second == third != UNNAMED


def test_in_a_keyed_transaction_a_statement_is_parsed_once() -> None:
    session = Session()
    run(session, Statements(session), [7] * 3, "SELECT 1", keyed=True)
    first, second, third = session.names
    assert first == second == third != UNNAMED


@pytest.mark.parametrize("keyed", [False, True])
def test_a_statement_that_fails_is_not_prepared_each_time(keyed: bool) -> None:
    session = Session()
    statements = Statements(session)
    session.fails = True
    for _ in range(4):
        with pytest.raises(ValueError, match="failed"):
            run(session, statements, [7], "SELECT 1", keyed)
    session.fails = False
    run(session, statements, [7] * 3, "SELECT 1", keyed)
    assert len(session.parsed.keys() - {UNNAMED}) == 3
    assert session.names[-1] == session.names[-2] != UNNAMED


@given(st.lists(st.integers(1, 3), min_size=1, max_size=12))
def test_behind_a_pooler_nothing_prepared_is_used_once_the_session_has_changed(
    backends: list[int],
) -> None:
    session = Session()
    run(session, Statements(session), backends, "SELECT 1")
    same = next((i for i, one in enumerate(backends) if one != backends[0]), len(backends))
    assert set(session.names[same:]) <= {UNNAMED}


def test_two_connections_prepare_under_different_names() -> None:
    names = set()
    for _ in range(2):
        session = Session()
        run(session, Statements(session), [7, 7], "SELECT 1")
        names |= {name for name in session.parsed if name != UNNAMED}
    assert len(names) == 2
