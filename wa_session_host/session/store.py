"""Where an account's session is stored: in its own SQLite file or its own PostgreSQL schema.

SQLite runs with a write-ahead log, which is not safe on a network file system (EFS, NFS): there,
and wherever the host has no disk that outlives it, the store belongs in PostgreSQL.
"""

from __future__ import annotations

from pathlib import Path

from chalicelib.addresses import libpq_url
from chalicelib.db import Database
from chalicelib.whatsapp_settings import plain_account

DATABASE = "postgres"
"""Value of WA_AUTH_DATA_PATH for a schema in the database of DATABASE_URL."""

_SQLITE = "?_journal_mode=WAL&_busy_timeout=10000&_foreign_keys=on&_z="


def open_store(account: str, path: str, database_url: str) -> str:
    """The library's name for the account's store, which is created if it is missing.

    `account` comes from the settings, which accept only what can name a file and a schema. The
    result may contain the database's password. Raises DatabaseUnavailable if PostgreSQL does not
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
    """The account's schema; the name needs no quoting."""
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
