"""Indexes for what the page of the host, its claims and `sweep` ask of a long outbox."""

from alembic import op

revision = "0010"
down_revision = "0009"

INDEXES = """
CREATE INDEX wa_notification_outbox_recent ON wa_notification_outbox (outbox_id)
  WHERE session IS NOT NULL;
CREATE INDEX wa_notification_outbox_ended ON wa_notification_outbox (updated_at) INCLUDE (status)
  WHERE session IS NOT NULL
    AND status IN ('sent', 'expired', 'superseded', 'cancelled');
CREATE INDEX wa_notification_outbox_open ON wa_notification_outbox (outbox_id) INCLUDE (status)
  WHERE session IS NOT NULL AND status IN ('pending', 'processing', 'retrying');
CREATE INDEX wa_notification_outbox_cases ON wa_notification_outbox (outbox_id) INCLUDE (status)
  WHERE session IS NOT NULL AND status IN ('dead_letter', 'uncertain');
CREATE INDEX wa_notification_outbox_sent ON wa_notification_outbox (session, sent_at)
  WHERE session IS NOT NULL AND status = 'sent';
CREATE INDEX wa_notification_outbox_lists ON wa_notification_outbox (group_id, slot)
  WHERE session IS NOT NULL AND kind = 'task_list';
"""


def upgrade() -> None:
    op.get_bind().exec_driver_sql(INDEXES)
