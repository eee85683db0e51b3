"""Indexes for what closing a slot asks of the outbox and the ledger, which only grow."""

from alembic import op

revision = "0005"
down_revision = "0004"

INDEXES = """
CREATE INDEX wa_notification_outbox_slot ON wa_notification_outbox (slot)
  WHERE slot IS NOT NULL;
CREATE INDEX wa_notification_outbox_undelivered ON wa_notification_outbox (updated_at)
  WHERE session IS NOT NULL AND status IN ('dead_letter', 'uncertain');
CREATE INDEX content_change_slot ON content_change (slot);
"""


def upgrade() -> None:
    op.get_bind().exec_driver_sql(INDEXES)
