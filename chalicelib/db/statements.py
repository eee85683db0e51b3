"""Statements of one connection, each in one round trip; the repeated ones stay prepared."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import count
from typing import Any
from uuid import uuid4

_UNNAMED = b"\0"


@dataclass(frozen=True)
class _Prepared:
    """A statement that the server's session knows by this name, and how its rows are read."""

    name: bytes
    columns: Any
    input_funcs: Any


class Statements:
    """Runs statements on one pg8000 connection.

    From its second run on, in a keyed transaction from its first, a statement is prepared in the
    server's session, which need not parse it again, nor, after a few runs, plan it. A transaction
    pooler hands each transaction to any session: once two transactions have met different ones,
    nothing prepared is used any more.
    """

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._session: int | None = None
        self._pooled = self._keyed = False
        self._runs: Counter[str] = Counter()
        self._prepared: dict[str, _Prepared] = {}
        self._mark = uuid4().hex  # no other client of a pooler prepares under the same name
        self._numbers = count()

    def begin(self, session: int, keyed: bool = False) -> None:
        """A transaction begins in the server's session of this process id."""
        self._pooled = self._pooled or self._session not in (None, session)
        self._session, self._keyed = session, keyed

    def run(self, sql: str, values: tuple[Any, ...]) -> Any:
        """Runs a statement with `$1` for its first value; returns pg8000's context, with its
        `columns` and `rows`."""
        from pg8000.converters import make_params

        parameters = make_params(self._connection.py_types, values)
        known = self._prepared.get(sql)
        if known is not None and not self._pooled:
            return self._connection.execute_named(
                known.name, parameters, known.columns, known.input_funcs, sql
            )
        self._runs[sql] += 1
        # Every second run: what fails while it is prepared is not prepared again at once.
        if self._pooled or self._runs[sql] % 2 != int(self._keyed):
            return self._parsed(_UNNAMED, sql, parameters)
        name = f"cicero_{self._mark}_{next(self._numbers)}".encode() + _UNNAMED
        context = self._parsed(name, sql, parameters)
        self._prepared[sql] = _Prepared(name, context.columns, context.input_funcs)
        return context

    def _parsed(self, name: bytes, sql: str, parameters: tuple[Any, ...]) -> Any:
        """Parses and runs the statement in one go; pg8000 itself would wait after each step."""
        self._connection.send_PARSE(name, sql)
        self._connection.send_DESCRIBE_STATEMENT(name)
        return self._connection.execute_named(name, parameters, None, None, sql)
