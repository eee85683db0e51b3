"""Indexes on tables that other software writes all day."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from alembic import op

_INVALID = "SELECT 1 FROM pg_index WHERE indexrelid = to_regclass('{name}') AND NOT indisvalid"


def build(indexes: Mapping[str, str]) -> None:
    """Builds each missing index of {name: "table (columns) ..."} without blocking writers.

    Call it first in a migration: it commits what came before, so that an interrupted run leaves
    nothing half done but an invalid index, which is dropped and rebuilt. It waits for all earlier
    transactions, for as long as that takes: nobody waits for it meanwhile.
    """
    with op.get_context().autocommit_block():
        bind = op.get_bind()
        driver: Any = bind.connection.driver_connection
        driver.commit()  # Alembic has queried the isolation level, which began a transaction
        patience = bind.exec_driver_sql("SHOW lock_timeout").scalar_one()
        bind.exec_driver_sql("SET lock_timeout = 0")
        for name, on in indexes.items():
            if bind.exec_driver_sql(_INVALID.format(name=name)).first():
                bind.exec_driver_sql(f"DROP INDEX CONCURRENTLY {name}")
            bind.exec_driver_sql(f"CREATE INDEX CONCURRENTLY IF NOT EXISTS {name} ON {on}")
        bind.exec_driver_sql(f"SET lock_timeout = '{patience}'")
