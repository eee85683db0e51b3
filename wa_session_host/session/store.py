"""Where an account's session lies: an SQLite file of its own, or a PostgreSQL schema of its own.

SQLite runs with a write-ahead log, which is not safe on a network file system (EFS, NFS): there,
and wherever the host has no disk that outlives it, the store belongs into PostgreSQL.
"""

from __future__ import annotations

from pathlib import Path

from chalicelib.addresses import libpq_url
from chalicelib.db import Database
from chalicelib.settings import plain_account

DATABASE = "postgres"
"""Value of WA_AUTH_DATA_PATH for a schema in the database of DATABASE_URL."""

_SQLITE = "?_journal_mode=WAL&_busy_timeout=10000&_foreign_keys=on&_z="


def open_store(account: str, path: str, database_url: str) -> str:
    """The library's name for the account's store, which is made where it is missing.

    `account` is one of the settings', which take only what can name a file and a schema. The
    answer may hold the database's password. Raises DatabaseUnavailable where PostgreSQL does not
    answer.
    """
    if path == DATABASE:
        return _schema(account, database_url)
    if path.startswith(("postgres://", "postgresql://")):
        return _schema(account, path)
    directory = Path(path)
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = (directory / f"{account}.sqlite3").resolve()
    file.touch(mode=0o600)
    return f"{file}{_SQLITE}"


def schema_name(account: str) -> str:
    """The account's schema; nobody needs to quote it."""
    return f"wa_session_{plain_account(account)}"


def _schema(account: str, url: str) -> str:
    name = schema_name(account)
    database = Database(url)
    try:
        with database.transaction():
            database.execute(f"CREATE SCHEMA IF NOT EXISTS {name}")
    finally:
        database.close()
    return libpq_url(url, search_path=name)
