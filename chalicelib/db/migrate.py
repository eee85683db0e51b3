"""Migrates a database, fresh or the dashboard's own, to the newest version.

Alembic runs the files of `migrations/versions/` in order, each in a transaction, one run at a time;
a second run changes nothing. Existing rows are never rewritten.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from chalicelib.db.driver import connect, connect_arguments, reading_errors
from chalicelib.db.shape import COLUMNS, refuse_odd_columns
from chalicelib.db.upgrade import PATIENCE, VERSION_TABLE, Patience, scripts, upgrade
from chalicelib.deadline import UNLIMITED, Deadline
from chalicelib.errors import ConfigurationError

OLDEST_SERVER = 13
"""The oldest PostgreSQL that this service works with."""


def migrate(
    database_url: str,
    to: str = "head",
    deadline: Deadline = UNLIMITED,
    patience: Patience = PATIENCE,
) -> dict[str, str | None]:
    """Runs the migrations still to run, up to version `to`: returns {"from": version or None, "to":
    version}, and a "warning" if other software would read times in a zone other than WIB.

    Waits for other transactions within the deadline (at most 15 minutes), logs which ones, and
    blocks nobody. Raises DatabaseUnavailable if PostgreSQL does not respond, ConfigurationError if
    it is too old, or has shared tables that cannot be written as they are; then nothing is changed.
    Raises CiceroError if the time runs out.
    """
    from alembic.script import ScriptDirectory

    with reading_errors():
        with _connected(connect_arguments(database_url)) as connection:
            refuse_old_server(server_version(connection))
            refuse_odd_columns(connection.run(COLUMNS))
            before = _version(connection)
        upgrade(database_url, to, deadline, patience)
    reached = ScriptDirectory.from_config(scripts()).get_revision(to)
    answer: dict[str, str | None] = {"from": before, "to": reached.revision}
    warning = time_zone_warning(database_url)
    return answer | {"warning": warning} if warning else answer


def time_zone_warning(database_url: str) -> str | None:
    """What is wrong with the zone of connections that do not set one, and how to fix it; None if
    their clock is WIB. The dashboard's connections do not set one."""
    arguments = connect_arguments(database_url) | {"startup_params": {}}
    with reading_errors(), _connected(arguments) as connection:
        [[zone, differs, name]] = connection.run(_ZONE)
    if not differs:
        return None
    return (
        f"The database's default TimeZone is {zone}, not Asia/Jakarta: the dashboard, which sets "
        "none, takes its days from it. Set it once, as the database's owner: "
        f"ALTER DATABASE {name} SET TimeZone TO 'Asia/Jakarta'; then let the dashboard connect "
        "again."
    )


_ZONE = """
SELECT current_setting('TimeZone'),
  now() AT TIME ZONE current_setting('TimeZone') <> now() AT TIME ZONE 'Asia/Jakarta',
  quote_ident(current_database())
"""


@contextmanager
def _connected(arguments: dict[str, Any]) -> Iterator[Any]:
    import pg8000.native

    connection = connect(pg8000.native.Connection, arguments)
    try:
        yield connection
    finally:
        connection.close()


def current_version(database_url: str) -> str | None:
    """The version that the database is at; None if this service's migrations never ran."""
    with _connected(connect_arguments(database_url)) as connection:
        return _version(connection)


def _version(connection: Any) -> str | None:
    if connection.run("SELECT to_regclass(:name)", name=VERSION_TABLE) == [[None]]:
        return None
    rows = connection.run("SELECT version_num FROM cicero_fetch_version")
    return str(rows[0][0]) if rows else None


def newest_version() -> str | None:
    """The version that this code's migrations lead to."""
    from alembic.script import ScriptDirectory

    return ScriptDirectory.from_config(scripts()).get_current_head()


def refuse_old_server(version: int) -> None:
    """Raises ConfigurationError for a server that is too old. `version` is a server_version_num:
    130006 is 13.6, 90624 is 9.6.24. Pure."""
    if version < OLDEST_SERVER * 10_000:
        new_style = version >= 100_000
        major, minor = divmod(version, 10_000) if new_style else divmod(version // 100, 100)
        raise ConfigurationError(
            f"DATABASE_URL: PostgreSQL {major}.{minor} is too old. "
            f"Use version {OLDEST_SERVER} or newer."
        )


def server_version(connection: Any) -> int:
    """The server's server_version_num."""
    [[number]] = connection.run("SHOW server_version_num")
    return int(number)


def version_of_server(database_url: str) -> int:
    """The server_version_num of the server, over a connection of its own."""
    with _connected(connect_arguments(database_url)) as connection:
        return server_version(connection)
