"""Brings a database, fresh or the dashboard's own, to the newest shape.

Alembic runs the files of `migrations/versions/` in order, each in a transaction, all under an
advisory lock; running it again changes nothing. Existing rows are never rewritten.
"""

from __future__ import annotations

from pathlib import Path

from chalicelib.db.connection import connect, connect_arguments, reading_errors
from chalicelib.errors import ConfigurationError

VERSION_TABLE = "cicero_fetch_version"
OLDEST_SERVER = 13
"""The oldest PostgreSQL that this service works with."""

_SCRIPTS = Path(__file__).parent / "migrations"


def migrate(database_url: str, to: str = "head") -> dict[str, str | None]:
    """Runs what has not run yet, up to version `to`: {"from": version or None, "to": version}.

    Raises DatabaseUnavailable where PostgreSQL does not answer, ConfigurationError where it is too
    old; then nothing is changed.
    """
    import pg8000.dbapi
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory
    from sqlalchemy.exc import DBAPIError

    arguments = connect_arguments(database_url)
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS))
    config.attributes["connect"] = lambda: connect(pg8000.dbapi.connect, arguments)
    with reading_errors():
        refuse_old_server(server_version(database_url))
        before = current_version(database_url)
        try:
            command.upgrade(config, to)
        except DBAPIError as error:
            raise (error.orig or error) from error
    reached = ScriptDirectory.from_config(config).get_revision(to)
    return {"from": before, "to": reached.revision}


def current_version(database_url: str) -> str | None:
    """The version the database is at; None where this service's migrations never ran."""
    import pg8000.native

    connection = connect(pg8000.native.Connection, connect_arguments(database_url))
    try:
        if connection.run("SELECT to_regclass(:name)", name=VERSION_TABLE) == [[None]]:
            return None
        rows = connection.run("SELECT version_num FROM cicero_fetch_version")
        return str(rows[0][0]) if rows else None
    finally:
        connection.close()


def refuse_old_server(version: int) -> None:
    """Raises ConfigurationError for a server that is too old. `version` as server_version_num
    has it: 130006 is 13.6, 90624 is 9.6.24. Pure."""
    if version < OLDEST_SERVER * 10_000:
        new_style = version >= 100_000
        major, minor = divmod(version, 10_000) if new_style else divmod(version // 100, 100)
        raise ConfigurationError(
            f"DATABASE_URL: PostgreSQL {major}.{minor} is too old. "
            f"Use version {OLDEST_SERVER} or newer."
        )


def server_version(database_url: str) -> int:
    """The server's server_version_num."""
    import pg8000.native

    connection = connect(pg8000.native.Connection, connect_arguments(database_url))
    try:
        return int(connection.run("SHOW server_version_num")[0][0])
    finally:
        connection.close()
