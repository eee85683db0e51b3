"""What is told once is once in the database; a closed slot's report is owed until it is written.

Of changes that the ledger holds twice the one that was told first stays.
"""

from alembic import op

revision = "0008"
down_revision = "0007"

# Kinds of changes that nothing else makes single, as the link to a post does for new ones: those
# of one WIB day, client and post; a link report by its user. A change of another kind joins them
# with a `once` in its detail.
ONCE = """
LOCK TABLE content_change IN SHARE ROW EXCLUSIVE MODE;
DELETE FROM content_change c USING (
  SELECT change_id, row_number() OVER (
    PARTITION BY client_id, wib_day, platform, content_id, kind, coalesce(detail ->> 'user_id', '')
    ORDER BY (SELECT min(t.outbox_id) FROM change_told t WHERE t.change_id = e.change_id)
      NULLS LAST, change_id) AS place
  FROM content_change e WHERE kind IN ('held', 'link') OR detail ? 'once'
) AS again
WHERE c.change_id = again.change_id AND again.place > 1;

CREATE UNIQUE INDEX content_change_once ON content_change
  (client_id, wib_day, platform, content_id, kind, coalesce(detail ->> 'user_id', ''))
  WHERE kind IN ('held', 'link') OR detail ? 'once';
"""

INDEXES = """
CREATE INDEX client_run_client ON client_run (client_id, slot);
"""

# As before; what the operators are told of the slot is owed from now on.
CLOSE = """
ALTER TABLE slot_run ADD COLUMN report_due boolean NOT NULL DEFAULT false;
CREATE INDEX slot_run_report_due ON slot_run (slot) WHERE report_due;

CREATE OR REPLACE FUNCTION cicero_close_slot(which timestamptz, finishing text, at timestamptz)
RETURNS real LANGUAGE plpgsql AS $$
DECLARE
  others integer;
  took real;
BEGIN
  SELECT count(*) INTO others FROM (
    SELECT 1 FROM client_run r
    WHERE r.slot = which AND r.finished_at IS NULL AND r.client_id <> finishing LIMIT 101) AS o;
  IF others > 100 THEN
    RETURN NULL;
  END IF;
  PERFORM 1 FROM slot_run s WHERE s.slot = which AND s.status = 'open' FOR UPDATE;
  UPDATE slot_run s SET status = 'closed', closed_at = at, report_due = true,
    seconds = extract(epoch FROM clock_timestamp() - started)
  WHERE s.slot = which AND s.status = 'open' AND NOT EXISTS (
    SELECT 1 FROM client_run r
    WHERE r.slot = which AND r.finished_at IS NULL AND r.client_id <> finishing)
  RETURNING s.seconds INTO took;
  RETURN took;
END
$$;
"""


def upgrade() -> None:
    for statements in (ONCE, INDEXES, CLOSE):
        op.get_bind().exec_driver_sql(statements)
