"""Tables as a test reads and fills them, on a separate connection."""

from __future__ import annotations

from typing import Any

from chalicelib.db import Database, Row

_ALL_ROWS = """
SELECT '{0}' AS name,
  coalesce(jsonb_agg(to_jsonb(t) ORDER BY CAST(to_jsonb(t) AS text)), '[]') AS rows
FROM "{0}" t
"""


class Tables:
    """Plain SQL over one database. Each statement is a transaction."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def run(self, sql: str, **parameters: Any) -> list[Row]:
        with self.database.transaction():
            return self.database.execute(sql, **parameters)

    def row(self, sql: str, **parameters: Any) -> Row:
        """The only row."""
        [row] = self.run(sql, **parameters)
        return row

    def values(self, sql: str, **parameters: Any) -> list[Any]:
        """The first column."""
        return [next(iter(row.values())) for row in self.run(sql, **parameters)]

    def value(self, sql: str, **parameters: Any) -> Any:
        """The only column of the only row."""
        [value] = self.values(sql, **parameters)
        return value

    def count(self, table: str) -> int:
        return int(self.value(f"SELECT count(*) FROM {table}"))

    def dump(self) -> dict[str, list[Row]]:
        """Every table's rows as JSON objects, in a stable order."""
        names = self.names()
        with self.database.transaction():
            dumps = self.database.execute(" UNION ALL ".join(map(_ALL_ROWS.format, names)))
        return {dump["name"]: dump["rows"] for dump in dumps}

    def dump_of(self, table: str) -> list[Row]:
        return self.values(f'SELECT to_jsonb(t) FROM "{table}" t ORDER BY to_jsonb(t)::text')

    def names(self) -> list[str]:
        return self.values(
            "SELECT table_name::text FROM information_schema.tables "
            "WHERE table_schema = 'public' AND table_type = 'BASE TABLE' ORDER BY 1"
        )
