"""Indexes on tables that others write all day."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from alembic import op

_INVALID = "SELECT 1 FROM pg_index WHERE indexrelid = to_regclass('{name}') AND NOT indisvalid"


def build(indexes: Mapping[str, str]) -> None:
    """Builds {name: "table (columns) ..."} where it is not there, while writers go on.

    Call it first in a migration: it commits what came before, so that a run that is cut finds
    nothing half done but an invalid index, which is dropped and built again. It waits for whatever
    began before, for as long as that takes: nobody waits for it meanwhile.
    """
    with op.get_context().autocommit_block():
        bind = op.get_bind()
        driver: Any = bind.connection.driver_connection
        driver.commit()  # Alembic has asked for the isolation level, and so begun a transaction
        patience = bind.exec_driver_sql("SHOW lock_timeout").scalar_one()
        bind.exec_driver_sql("SET lock_timeout = 0")
        for name, on in indexes.items():
            if bind.exec_driver_sql(_INVALID.format(name=name)).first():
                bind.exec_driver_sql(f"DROP INDEX CONCURRENTLY {name}")
            bind.exec_driver_sql(f"CREATE INDEX CONCURRENTLY IF NOT EXISTS {name} ON {on}")
        bind.exec_driver_sql(f"SET lock_timeout = '{patience}'")
