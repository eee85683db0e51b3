"""Brings a database, fresh or the dashboard's own, to the newest shape.

Alembic runs the files of `migrations/versions/` in order, each in a transaction, all under an
advisory lock; running it again changes nothing. Existing rows are never rewritten.
"""

from __future__ import annotations

from pathlib import Path

from chalicelib.db.connection import connect, connect_arguments, reading_errors

VERSION_TABLE = "cicero_fetch_version"
_SCRIPTS = Path(__file__).parent / "migrations"


def migrate(database_url: str, to: str = "head") -> dict[str, str | None]:
    """Runs what has not run yet, up to version `to`: {"from": version or None, "to": version}.

    Raises DatabaseUnavailable where PostgreSQL does not answer.
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
