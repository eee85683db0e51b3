"""Indexes for what the page of the host, its claims and `sweep` ask of a long outbox."""

from chalicelib.db.migrations.indexes import build

revision = "0010"
down_revision = "0009"

OURS = "WHERE session IS NOT NULL"
INDEXES = {
    "wa_notification_outbox_recent": f"wa_notification_outbox (outbox_id) {OURS}",
    "wa_notification_outbox_ended": (
        f"wa_notification_outbox (updated_at) INCLUDE (status) {OURS} "
        "AND status IN ('sent', 'expired', 'superseded', 'cancelled')"
    ),
    "wa_notification_outbox_open": (
        f"wa_notification_outbox (outbox_id) INCLUDE (status) {OURS} "
        "AND status IN ('pending', 'processing', 'retrying')"
    ),
    "wa_notification_outbox_cases": (
        f"wa_notification_outbox (outbox_id) INCLUDE (status) {OURS} "
        "AND status IN ('dead_letter', 'uncertain')"
    ),
    "wa_notification_outbox_sent": (
        f"wa_notification_outbox (session, sent_at) {OURS} AND status = 'sent'"
    ),
    "wa_notification_outbox_lists": (
        f"wa_notification_outbox (group_id, slot) {OURS} AND kind = 'task_list'"
    ),
}


def upgrade() -> None:
    build(INDEXES)
