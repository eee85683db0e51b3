"""Runs the migrations on their own connection: one run at a time, without blocking others for long.

- No statement waits for a lock longer than `Patience.lock_seconds`: while it waits for a table,
  all later requests queue behind it. It gives up, lets the others pass, and tries again; and it
  does so before PostgreSQL looks for deadlocks (after a second), which might end the other
  transaction.
- If another run is at work, this one polls until it ends; a statement that waited for it would
  hold a snapshot, and an index that is built concurrently waits for every snapshot.
- The server cancels what is still running when the time is over, and, within seconds, whatever an
  interrupted run left behind. The next run continues after the last completed migration.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chalicelib.db.blockers import Blocker, Watch
from chalicelib.db.connection import Database
from chalicelib.db.driver import ANSWER_SECONDS, connect, connect_arguments
from chalicelib.deadline import Deadline
from chalicelib.errors import CiceroError

if TYPE_CHECKING:
    from alembic.config import Config
    from sqlalchemy import Connection

log = logging.getLogger(__name__)

VERSION_TABLE = "cicero_fetch_version"
LOCK_KEY = 7_243_601  # an arbitrary constant; only this service uses it

_SCRIPTS = Path(__file__).parent / "migrations"
_LOCKED = ("55P03", "40P01")  # lock_not_available, deadlock_detected
_OUT_OF_TIME = "57014"  # query_canceled, by statement_timeout

# Only settings the server knows: version 14 added the last, which detects a run that was cut.
_SETTINGS = """
SELECT set_config(name, value, false) FROM (VALUES
  ('lock_timeout', '{lock:.0f}'), ('statement_timeout', '{statement:.0f}'),
  ('idle_in_transaction_session_timeout', '60s'), ('client_connection_check_interval', '5s'))
  AS wanted (name, value) WHERE name IN (SELECT name FROM pg_settings)
"""


@dataclass(frozen=True)
class Patience:
    """How many seconds a statement waits for a lock, and the longest pause before it tries
    again."""

    lock_seconds: float = 0.5
    pause_seconds: float = 10.0


PATIENCE = Patience()


class AnotherRun(CiceroError):
    """Another run is migrating this database."""


def upgrade(url: str, to: str, deadline: Deadline, patience: Patience) -> None:
    """Runs the missing migrations up to version `to`.

    Raises CiceroError if the invocation's time runs out, naming the session in the way; what was
    done by then is kept. Raises pg8000's errors.
    """
    from tenacity import Retrying, retry_if_exception, wait_random_exponential

    seconds = deadline.left()

    def over(since_start: float, pause: float) -> bool:
        return since_start + pause >= seconds or pause >= deadline.left()

    with _connection(url, seconds) as connection:
        pid = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
        with Watch(url, pid, patience.lock_seconds / 2) as watch, _reading_waits(watch):
            for attempt in Retrying(
                retry=retry_if_exception(_may_pass),
                stop=lambda state: over(state.seconds_since_start or 0, state.upcoming_sleep),
                wait=wait_random_exponential(max=patience.pause_seconds),
                sleep=deadline.sleep,
                reraise=True,
            ):
                with attempt:
                    _settle(connection, patience.lock_seconds, deadline.left())
                    _take_lock(url, connection)
                    _run(connection, to)


@contextmanager
def _connection(url: str, seconds: float) -> Iterator[Connection]:
    """A connection whose responses may take that many seconds: the server cancels statements
    earlier."""
    import pg8000.dbapi
    from sqlalchemy import NullPool, create_engine

    def opened() -> Any:
        made = connect(pg8000.dbapi.connect, connect_arguments(url))
        made._usock.settimeout(seconds + ANSWER_SECONDS)  # pg8000 has no other way
        return made

    engine = create_engine("postgresql+pg8000://", creator=opened, poolclass=NullPool)
    with engine.connect() as connection:
        yield connection


def _settle(connection: Connection, lock_seconds: float, seconds: float) -> None:
    connection.rollback()
    settings = _SETTINGS.format(lock=lock_seconds * 1000, statement=max(1.0, seconds) * 1000)
    connection.exec_driver_sql(settings)
    connection.commit()


def _take_lock(url: str, connection: Connection) -> None:
    """The lock lasts as long as the connection. Raises AnotherRun if another connection has it."""
    taken = connection.exec_driver_sql(f"SELECT pg_try_advisory_lock({LOCK_KEY})").scalar_one()
    connection.commit()
    if taken:
        return
    with closing(Database(url)) as database, database.transaction() as tx:
        rows = tx.run("migrations.runner", key=LOCK_KEY)
    others = "; ".join(str(Blocker("the lock of the migrations", **row)) for row in rows)
    error = AnotherRun(
        f"Another run migrates this database ({others or 'it has just ended'}); this one waits for "
        "its end."
    )
    log.warning("%s", error)
    raise error


def _run(connection: Connection, to: str) -> None:
    from alembic import command

    config = scripts()
    config.attributes["connection"] = connection
    command.upgrade(config, to)


def scripts() -> Config:
    """Alembic's configuration: where the migrations are."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS))
    return config


@contextmanager
def _reading_waits(watch: Watch) -> Iterator[None]:
    """Raises the driver's error instead of SQLAlchemy's, and our own if a lock or the time was
    lacking."""
    from sqlalchemy.exc import DBAPIError

    try:
        yield
    except DBAPIError as error:
        if _code(error) not in (*_LOCKED, _OUT_OF_TIME):
            raise (error.orig or error) from error
        seen = "; ".join(map(str, watch.last))
        waited = f": they waited last for {seen}. End that transaction, and" if seen else ". Then"
        raise CiceroError(
            f"The migrations did not come to their end in time{waited} migrate again: what was "
            "done is kept, nothing is half done."
        ) from error


def _may_pass(error: BaseException) -> bool:
    return isinstance(error, AnotherRun) or _code(error) in _LOCKED


def _code(error: BaseException) -> str:
    """The SQLSTATE of a SQLAlchemy error; "" if it has none."""
    said: Any = getattr(getattr(error, "orig", None), "args", None) or ("",)
    return str(said[0].get("C", "")) if isinstance(said[0], dict) else ""
