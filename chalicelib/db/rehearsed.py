"""A database on which everything happens, and of which nothing stays."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from chalicelib.db.connection import Database, Transaction


class _Undo(BaseException):
    """Ends the transaction around a rehearsal."""


@contextmanager
def rehearsed(database: Database) -> Iterator[RehearsedDatabase]:
    """A database whose transactions are steps of one transaction, which is rolled back at the end.

    Its locks are held until then, so nothing slow belongs in between. Sequences advance.
    """
    try:
        with database.transaction() as tx:
            yield RehearsedDatabase(database, tx)
            raise _Undo
    except _Undo:
        return


class RehearsedDatabase(Database):
    """Takes the place of a Database; see `rehearsed`."""

    def __init__(self, database: Database, outer: Transaction) -> None:
        self._database = database
        self._outer = outer
        self.round_trips = 0

    @contextmanager
    def transaction(self, keyed: bool = False) -> Iterator[Transaction]:  # noqa: ARG002
        """One step: undone alone if it raises. The outer transaction says how it is planned."""
        self.round_trips += 2
        self._database.execute("SAVEPOINT step")
        try:
            yield self._outer
        except Exception:
            self._database.execute("ROLLBACK TO SAVEPOINT step")
            raise
        self._database.execute("RELEASE SAVEPOINT step")

    def close(self) -> None:
        """Closes nothing: the connection is another's."""
