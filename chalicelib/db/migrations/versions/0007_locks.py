"""One order in which whoever writes a client's posts locks what others may write as well."""

from alembic import op

revision = "0007"
down_revision = "0006"

# The client first, so that its runs write one after the other; then posts, whose rows stand for
# all that hangs on them (likers, comments, snapshots, links), then their archived copies. Each
# step sees what was committed while the one before it waited. Rows of others that point at a post
# can be written meanwhile.
LOCK = """
CREATE FUNCTION cicero_lock(client_id text, contents varchar[]) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  IF client_id IS NOT NULL THEN
    PERFORM pg_advisory_xact_lock(7243602, hashtext(client_id));
  END IF;
  PERFORM 1 FROM insta_post WHERE shortcode = ANY(contents)
    ORDER BY shortcode FOR NO KEY UPDATE;
  PERFORM 1 FROM tiktok_post WHERE video_id = ANY(contents)
    ORDER BY video_id FOR NO KEY UPDATE;
  PERFORM 1 FROM content_archive a WHERE a.platform IN ('instagram', 'tiktok')
    AND a.content_id = ANY(contents) AND a.restored_at IS NULL
    ORDER BY a.archive_id FOR UPDATE;
END
$$;
"""


def upgrade() -> None:
    op.get_bind().exec_driver_sql(LOCK)
