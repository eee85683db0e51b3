"""Alembic's environment: one transaction per migration, on the given connection."""

from alembic import context

from chalicelib.db.upgrade import VERSION_TABLE

context.configure(
    connection=context.config.attributes["connection"],
    transaction_per_migration=True,
    version_table=VERSION_TABLE,
)
with context.begin_transaction():
    context.run_migrations()
