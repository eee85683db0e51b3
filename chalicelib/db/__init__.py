"""PostgreSQL: the only package that runs SQL. Queries are named SQL files in `queries/`."""

from chalicelib.db.connection import Database, Row, Transaction

__all__ = ["Database", "Row", "Transaction"]
