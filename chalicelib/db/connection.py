"""A process's one connection: explicit transactions, timeouts, reconnection, a counter.

pg8000 facts that this relies on: no auto-begin, no default timeout, and parameterised statements
are unsafe on transaction poolers outside an explicit transaction; so everything runs in one.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any

from chalicelib.db.driver import (
    ANSWER_SECONDS,
    STATEMENT_SECONDS,
    connect,
    connect_arguments,
    is_passing,
    network_errors,
    reading_errors,
)
from chalicelib.db.statements import Statements
from chalicelib.deadline import UNLIMITED, Deadline

log = logging.getLogger(__name__)

Row = dict[str, Any]

_CURSOR = "cicero_rows"
_RECONNECT_SECONDS = 15
_LEAST_SECONDS = 1


def _beginning(**settings: object) -> str:
    """BEGIN with these settings of the transaction; returns the server's session."""
    given = ", ".join(f"set_config('{name}', '{value}', true)" for name, value in settings.items())
    return f"BEGIN; SELECT {given}, pg_backend_pid() AS session"


_SETTINGS = {
    "statement_timeout": "{seconds:.0f}s",
    "idle_in_transaction_session_timeout": f"{STATEMENT_SECONDS}s",
    "jit": "off",  # compiling these statements takes longer than running them
}
_BEGIN = _beginning(**_SETTINGS)
_BEGIN_KEYED = _beginning(
    **_SETTINGS,
    plan_cache_mode="force_generic_plan",
    enable_seqscan="off",
    enable_hashjoin="off",
    enable_mergejoin="off",
)


class Transaction:
    """An open transaction; commits when its `with` block ends, rolls back when it raises."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def run(self, query: str, **parameters: Any) -> list[Row]:
        """The rows of the named query (`file.name` of queries/), as dicts; [] if there are none."""
        return self._database.run(query, **parameters)

    def batches(self, query: str, size: int, **parameters: Any) -> Iterator[list[Row]]:
        """The rows of the named query, `size` at a time, from a cursor of the server: however many
        there are, no more than these are in memory. One such query at a time."""
        self._database.declare(query, parameters)
        while rows := self._database.execute(f"FETCH {size} FROM {_CURSOR}"):
            yield rows
        self._database.execute(f"CLOSE {_CURSOR}")

    def first(self, query: str, **parameters: Any) -> Row | None:
        """The first row of the named query, or None."""
        rows = self.run(query, **parameters)
        return rows[0] if rows else None


class Database:
    """A lazily opened connection, reopened if it was lost between transactions.

    `round_trips` counts the statements sent, BEGIN and COMMIT included. `reconnect_seconds`: how
    long to keep trying to connect; 0: one try. `answer_seconds`: how long the server may take to
    accept a connection, and for each response. No statement, and no wait for a lock, runs past the
    deadline. Raises DatabaseUnavailable if PostgreSQL does not respond, goes away or is read-only;
    the transaction in progress is then rolled back, and the connection dropped.
    """

    def __init__(
        self,
        url: str,
        reconnect_seconds: float = _RECONNECT_SECONDS,
        answer_seconds: float = ANSWER_SECONDS,
        deadline: Callable[[], Deadline] = lambda: UNLIMITED,
    ) -> None:
        self._arguments = connect_arguments(url)
        self._answer_seconds = answer_seconds
        self._reconnect_seconds = reconnect_seconds
        self._deadline = deadline
        self._connection: Any = None
        self._statements = Statements(None)
        self._in_transaction = False
        self.round_trips = 0

    @contextmanager
    def transaction(self, keyed: bool = False) -> Iterator[Transaction]:
        """One transaction. Raises RuntimeError inside another one, which stays open and unharmed:
        the end of the inner one would commit it.

        keyed: it finds a few rows of large tables by their keys, and many of its kind follow. Its
        statements are planned once, for indexes. A plan that rested on the server's statistics
        would read whole tables for as long as they are believed to be as empty as when it was made.
        """
        if self._in_transaction:
            raise RuntimeError(
                "a transaction of this connection is open already: hand its Transaction on"
            )
        self._in_transaction = True
        try:
            yield from self._one_transaction(keyed)
        finally:
            self._in_transaction = False

    def _one_transaction(self, keyed: bool) -> Iterator[Transaction]:
        with reading_errors():
            self._begin(keyed)
            try:
                yield Transaction(self)
                self.execute("COMMIT")
            except BaseException as error:
                if is_passing(error):
                    self.close()
                else:
                    self._roll_back()
                raise

    def execute(self, sql: str, **parameters: Any) -> list[Row]:
        """Runs one statement on the open connection."""
        self.round_trips += 1
        rows = self._connection.run(sql, **parameters) or []
        return _as_dicts(self._connection.columns, rows)

    def run(self, query: str, **parameters: Any) -> list[Row]:
        """Runs a named query on the open connection."""
        self.round_trips += 1
        sql, values_of = statement(query)
        answer = self._statements.run(sql, values_of(parameters))
        return _as_dicts(answer.columns, answer.rows or [])

    def declare(self, query: str, parameters: Mapping[str, Any]) -> None:
        """Opens the cursor of `Transaction.batches` for a named query."""
        from pg8000.native import to_statement

        self.round_trips += 1
        sql, values_of = to_statement(f"DECLARE {_CURSOR} CURSOR FOR {query_text(query)}")
        self._connection.execute_unnamed(sql, values_of(parameters))

    def close(self) -> None:
        """Closes the connection; the next transaction opens a new one."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(*network_errors()):
                connection.close()

    def _begin(self, keyed: bool) -> None:
        """BEGIN on the open connection, or on a new one if it has been lost."""
        if self._connection is not None:
            try:
                self._open_transaction(keyed)
                return
            except network_errors():
                log.info("database connection lost; opening another")
                self.close()
        self._connection = self._connect()
        self._statements = Statements(self._connection)
        self._open_transaction(keyed)

    def _open_transaction(self, keyed: bool) -> None:
        """BEGIN, with no more time for a statement, or for the socket, than the invocation has
        left."""
        answer_seconds = self._at_most(self._answer_seconds)
        self._connection._usock.settimeout(answer_seconds)  # pg8000 has no other way
        begin = _BEGIN_KEYED if keyed else _BEGIN
        [begun] = self.execute(begin.format(seconds=self._at_most(STATEMENT_SECONDS)))
        self._statements.begin(begun["session"], keyed)

    def _at_most(self, seconds: float) -> float:
        """`seconds`, or what the invocation has left if that is less; at least one second."""
        return min(seconds, max(_LEAST_SECONDS, self._deadline().remaining() - _LEAST_SECONDS))

    def _connect(self) -> Any:
        import pg8000.native
        from tenacity import (
            Retrying,
            retry_if_exception,
            stop_before_delay,
            wait_random_exponential,
        )

        arguments = self._arguments | {"timeout": self._at_most(self._answer_seconds)}
        for attempt in Retrying(
            retry=retry_if_exception(is_passing),
            stop=stop_before_delay(self._at_most(self._reconnect_seconds)),
            wait=wait_random_exponential(multiplier=0.1, max=2),
            sleep=lambda seconds: self._deadline().sleep(seconds),
            reraise=True,
        ):
            with attempt:
                return connect(pg8000.native.Connection, arguments)
        raise AssertionError("unreachable")

    def _roll_back(self) -> None:
        from pg8000.exceptions import DatabaseError

        try:
            self.execute("ROLLBACK")
        except (*network_errors(), DatabaseError):
            log.debug("rollback failed; the connection is dropped")
            self.close()


@cache
def _queries(file: str) -> dict[str, str]:
    """The queries of one file of queries/, by name; a process reads only those that it needs."""
    import aiosql

    loaded = aiosql.from_path(Path(__file__).parent / "queries" / f"{file}.sql", "pg8000")
    names = (name for name in loaded.available_queries if not name.endswith("_cursor"))
    return {name: getattr(loaded, name).sql for name in names}


def query_text(query: str) -> str:
    """The SQL of a named query, with `:name` parameters."""
    file, name = query.split(".")
    return _queries(file)[name]


@cache
def statement(query: str) -> tuple[str, Callable[[Mapping[str, Any]], tuple[Any, ...]]]:
    """A named query as PostgreSQL takes it, and the function that puts its parameters in order:
    pg8000 would parse the text on each run, which costs more than running many of the queries."""
    from pg8000.native import to_statement

    sql, values_of = to_statement(query_text(query))
    return sql, values_of


def _as_dicts(
    columns: Sequence[Mapping[str, Any]] | None, rows: Iterable[Sequence[Any]]
) -> list[Row]:
    names = [column["name"] for column in columns or []]
    return [dict(zip(names, row, strict=True)) for row in rows]
