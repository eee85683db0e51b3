"""Which ledger rows a message shows, kept when they are given back: for sending it again."""

from alembic import op

revision = "0003"
down_revision = "0002"

OUTBOX = """
ALTER TABLE wa_notification_outbox ADD COLUMN change_ids bigint[];
"""


def upgrade() -> None:
    op.get_bind().exec_driver_sql(OUTBOX)
