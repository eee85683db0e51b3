"""Indexes for what closing a slot asks of the outbox and the ledger, which only grow."""

from alembic import op

from chalicelib.db.migrations.indexes import build

revision = "0005"
down_revision = "0004"

INDEXES = {
    "wa_notification_outbox_slot": "wa_notification_outbox (slot) WHERE slot IS NOT NULL",
    "wa_notification_outbox_undelivered": (
        "wa_notification_outbox (updated_at) "
        "WHERE session IS NOT NULL AND status IN ('dead_letter', 'uncertain')"
    ),
}


def upgrade() -> None:
    build(INDEXES)
    op.get_bind().exec_driver_sql("CREATE INDEX content_change_slot ON content_change (slot)")
