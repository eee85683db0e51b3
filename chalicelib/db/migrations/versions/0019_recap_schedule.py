"""Which recaps a client's chats get at which hours, what was said, and messages with a file."""

from alembic import op

revision = "0019"
down_revision = "0018"

SCHEDULE = """
CREATE TABLE recap_schedule (
  client_id varchar PRIMARY KEY, -- clients.client_id, as stored there
  active boolean NOT NULL DEFAULT false,
  hours time[] NOT NULL DEFAULT '{}', -- WIB
  recipients text[] NOT NULL DEFAULT '{}'
    CHECK (recipients <@ ARRAY['group', 'operator', 'super']),
  chats text NOT NULL DEFAULT '', -- more numbers and group ids, separated by commas
  forms text[] NOT NULL DEFAULT '{}' CHECK (forms <@ ARRAY['text', 'png', 'xlsx']),
  changed_at timestamptz NOT NULL
);
"""

# due_at: the hour of the schedule; slot: as that slot knew the day. keys: the messages' idempotency
# keys. posts: [platform, content_id] of each post that was counted; said: user_id -> [status, done]
# of those who were said to lack something.
TOLD = """
CREATE TABLE recap_told (
  client_id varchar NOT NULL,
  due_at timestamptz NOT NULL,
  slot timestamptz NOT NULL,
  keys text[] NOT NULL,
  posts jsonb NOT NULL,
  said jsonb NOT NULL,
  corrected_at timestamptz,
  PRIMARY KEY (client_id, due_at)
);
CREATE INDEX recap_told_due_at ON recap_told (due_at);
"""

# What is sent with the message, as RecapFile describes it; NULL: a text alone.
ATTACHMENT = """
ALTER TABLE wa_notification_outbox ADD COLUMN IF NOT EXISTS attachment jsonb;
"""


def upgrade() -> None:
    for statements in (SCHEDULE, TOLD, ATTACHMENT):
        op.get_bind().exec_driver_sql(statements)
