"""How much of each post's list every read has read; which slot's fetch has shown a post last.

`client_content.refreshed_count` is not written any more; it stays for the functions that run
while this one is deployed.
"""

from alembic import op

revision = "0006"
down_revision = "0005"

COVERAGE = """
CREATE TABLE coverage (
  platform text NOT NULL CHECK (platform IN ('instagram', 'tiktok')),
  content_id varchar NOT NULL,
  client_id varchar NOT NULL,
  slot timestamptz NOT NULL,
  read_at timestamptz NOT NULL,
  names integer NOT NULL, -- people read, each once
  comments integer, -- comments read, replies included; NULL on Instagram
  count integer, -- likes (Instagram) or comments (TikTok) as the post's feed named them
  total integer, -- the same as the list itself named it
  pages integer NOT NULL,
  ended text NOT NULL
    CHECK (ended IN ('end', 'capped', 'short', 'looped', 'unreadable', 'error', 'no_time')),
  share real CHECK (share BETWEEN 0 AND 1), -- NULL where no count can be believed
  complete boolean NOT NULL,
  tries integer NOT NULL, -- incomplete reads in a row at this count
  PRIMARY KEY (platform, content_id, client_id, slot)
);
CREATE INDEX coverage_slot ON coverage (slot, client_id);

ALTER TABLE client_content ADD COLUMN seen_slot timestamptz;
"""


def upgrade() -> None:
    op.get_bind().exec_driver_sql(COVERAGE)
