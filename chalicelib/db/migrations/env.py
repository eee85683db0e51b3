"""Alembic's environment: one advisory lock around the run, one transaction per migration."""

from alembic import context
from sqlalchemy import Connection, create_engine

from chalicelib.db.migrate import VERSION_TABLE

LOCK_KEY = 7_243_601  # any constant; only this service takes it


def run(connection: Connection) -> None:
    """Waits for a migration that another process runs, then does what is left of it."""
    connection.exec_driver_sql(f"SELECT pg_advisory_lock({LOCK_KEY})")
    connection.commit()
    try:
        context.configure(
            connection=connection, transaction_per_migration=True, version_table=VERSION_TABLE
        )
        with context.begin_transaction():
            context.run_migrations()
    finally:
        connection.rollback()
        connection.exec_driver_sql(f"SELECT pg_advisory_unlock({LOCK_KEY})")
        connection.commit()


engine = create_engine("postgresql+pg8000://", creator=context.config.attributes["connect"])
try:
    with engine.connect() as database:
        run(database)
finally:
    engine.dispose()
