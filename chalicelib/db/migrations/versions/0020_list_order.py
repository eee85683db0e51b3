"""In which order lists of people show new names; reads that stopped where all were known; which
shortages of calls a slot's report has told of."""

from alembic import op

revision = "0020"
down_revision = "0019"

ORDER = """
CREATE TABLE list_order (
  host text NOT NULL,
  platform text NOT NULL,
  lists integer NOT NULL, -- read to their end, with new names and known ones
  names_new bigint NOT NULL, -- names in them that were not known before
  names_first bigint NOT NULL, -- of these, before every known one
  since timestamptz NOT NULL,
  refuted_at timestamptz, -- a new name stood after a page of known ones
  PRIMARY KEY (host, platform)
);
"""

# The rows that are there satisfy it, as they did the narrower one.
ENDED = """
ALTER TABLE coverage DROP CONSTRAINT coverage_ended_check, ADD CONSTRAINT coverage_ended_check
  CHECK (ended IN ('end', 'capped', 'short', 'looped', 'unreadable', 'error', 'no_time', 'known'))
  NOT VALID;
"""

# `instagram day`: that its budget will not last, `instagram month`: that its plan will not.
FORETOLD = """
ALTER TABLE slot_run ADD COLUMN foretold text[] NOT NULL DEFAULT '{}';
"""


def upgrade() -> None:
    for statements in (ORDER, ENDED, FORETOLD):
        op.get_bind().exec_driver_sql(statements)
