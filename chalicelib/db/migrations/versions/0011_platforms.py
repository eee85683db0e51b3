"""The platforms as the database knows them: their tables by name, their rows in one form.

Functions, not views: nothing of the shared tables depends on them, so that the dashboard's own
migrations may alter every column. The planner replaces those that only read by what they stand
for, so that indexes serve. What a new platform adds to which of them: CONTRIBUTING.md.
"""

from alembic import op

revision = "0011"
down_revision = "0010"

# One row per platform, in the order in which rows are locked: its tables, the column of its posts'
# keys, the column of its people with the prefix that readers expect, its column of `clients`.
PLATFORMS = """
CREATE FUNCTION cicero_platforms() RETURNS TABLE (platform text, post_table text, key text,
  link_table text, people_table text, people text, prefix text, audit_table text, handle text)
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  VALUES ('instagram', 'insta_post', 'shortcode', 'insta_post_clients', 'insta_like', 'likes', '',
      'insta_like_audit', 'client_insta'),
    ('tiktok', 'tiktok_post', 'video_id', 'tiktok_post_clients', 'tiktok_comment', 'comments', '@',
      'tiktok_comment_audit', 'client_tiktok')
$$;
"""

# Every post. stored: how many people are stored of it, NULL where none were ever.
POSTS = """
CREATE FUNCTION cicero_posts() RETURNS TABLE (platform text, content_id varchar, caption text,
  like_count integer, comment_count integer, source_type text, created_at timestamptz,
  original_created_at timestamptz, stored integer)
LANGUAGE sql STABLE AS $$
  SELECT CAST('instagram' AS text), CAST(p.shortcode AS varchar), CAST(p.caption AS text),
    CAST(p.like_count AS integer), CAST(p.comment_count AS integer), CAST(p.source_type AS text),
    p.created_at AT TIME ZONE 'Asia/Jakarta', cicero_moment(p.original_created_at),
    (SELECT jsonb_array_length(e.likes) FROM insta_like e
     WHERE e.shortcode = p.shortcode AND jsonb_typeof(e.likes) = 'array')
  FROM insta_post p
  UNION ALL
  SELECT CAST('tiktok' AS text), CAST(p.video_id AS varchar), CAST(p.caption AS text),
    CAST(p.like_count AS integer), CAST(p.comment_count AS integer), CAST(p.source_type AS text),
    cicero_moment(p.created_at), cicero_moment(p.original_created_at),
    (SELECT jsonb_array_length(e.comments) FROM tiktok_comment e
     WHERE e.video_id = p.video_id AND jsonb_typeof(e.comments) = 'array')
  FROM tiktok_post p
$$;
"""

# Every link of a post to a client; old ones may have no time.
LINKS = """
CREATE FUNCTION cicero_links() RETURNS TABLE (platform text, content_id varchar,
  client_id varchar, created_at timestamptz)
LANGUAGE sql STABLE AS $$
  SELECT CAST('instagram' AS text), CAST(l.shortcode AS varchar), CAST(l.client_id AS varchar),
    l.created_at AT TIME ZONE 'Asia/Jakarta' FROM insta_post_clients l
  UNION ALL
  SELECT CAST('tiktok' AS text), CAST(l.video_id AS varchar), CAST(l.client_id AS varchar),
    cicero_moment(l.created_at) FROM tiktok_post_clients l
$$;
"""

# A client's posts made in [day_start, day_end): by link, or by the owner of a post, where it is
# linked as well or a person put it there. Compares each column as it is stored, for its index.
OF_DAY = """
CREATE FUNCTION cicero_posts_of_day(client varchar, day_start timestamptz, day_end timestamptz)
RETURNS TABLE (platform text, content_id varchar, source_type text)
LANGUAGE sql STABLE AS $$
  SELECT CAST('instagram' AS text), CAST(p.shortcode AS varchar), CAST(p.source_type AS text)
  FROM insta_post_clients l JOIN insta_post p ON p.shortcode = l.shortcode
  WHERE l.client_id = client
    AND (l.created_at >= day_start AT TIME ZONE 'Asia/Jakarta' - interval '1 day'
         OR l.created_at IS NULL)
    AND p.created_at >= day_start AT TIME ZONE 'Asia/Jakarta'
    AND p.created_at < day_end AT TIME ZONE 'Asia/Jakarta'
  UNION
  SELECT CAST('instagram' AS text), CAST(p.shortcode AS varchar), CAST(p.source_type AS text)
  FROM insta_post p
  LEFT JOIN insta_post_clients l ON l.shortcode = p.shortcode AND l.client_id = p.client_id
  WHERE p.client_id = client AND (p.source_type = 'manual_input' OR l.shortcode IS NOT NULL)
    AND p.created_at >= day_start AT TIME ZONE 'Asia/Jakarta'
    AND p.created_at < day_end AT TIME ZONE 'Asia/Jakarta'
  UNION
  SELECT CAST('tiktok' AS text), CAST(p.video_id AS varchar), CAST(p.source_type AS text)
  FROM tiktok_post_clients l JOIN tiktok_post p ON p.video_id = l.video_id
  WHERE l.client_id = client AND l.created_at >= day_start - interval '1 day'
    AND p.created_at >= cicero_time(p.created_at, day_start)
    AND p.created_at < cicero_time(p.created_at, day_end)
  UNION
  SELECT CAST('tiktok' AS text), CAST(p.video_id AS varchar), CAST(p.source_type AS text)
  FROM tiktok_post p
  WHERE p.client_id = client AND p.source_type = 'manual_input'
    AND p.created_at >= cicero_time(p.created_at, day_start)
    AND p.created_at < cicero_time(p.created_at, day_end)
$$;
"""

# The accounts of a client that were looked up, of the platforms that know an account by an id.
ACCOUNTS = """
CREATE FUNCTION cicero_accounts(client varchar)
RETURNS TABLE (platform text, handle varchar, account_id varchar)
LANGUAGE sql STABLE AS $$
  SELECT CAST('tiktok' AS text), a.handle, a.secuid FROM tiktok_account a
  WHERE a.client_id = client
$$;
"""

# As before, for all platforms.
LOCK = """
CREATE OR REPLACE FUNCTION cicero_lock(client_id text, contents varchar[]) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  p record;
BEGIN
  IF client_id IS NOT NULL THEN
    PERFORM pg_advisory_xact_lock(7243602, hashtext(client_id));
  END IF;
  FOR p IN SELECT * FROM cicero_platforms() LOOP
    EXECUTE format('SELECT 1 FROM %1$I WHERE %2$I = ANY($1) ORDER BY %2$I FOR NO KEY UPDATE',
      p.post_table, p.key) USING contents;
  END LOOP;
  PERFORM 1 FROM content_archive a
    WHERE a.platform = ANY(ARRAY(SELECT t.platform FROM cicero_platforms() t))
      AND a.content_id = ANY(contents) AND a.restored_at IS NULL
    ORDER BY a.archive_id FOR UPDATE;
END
$$;
"""

# As before, for all platforms: cicero_take_out but for the audits of the post, which it finds by
# this; cicero_insert but for the tables by name.
ARCHIVE = """
DO $$
DECLARE
  body CONSTANT text := pg_get_functiondef('cicero_take_out'::regproc);
  named CONSTANT text := E'SELECT audit, key FROM unnest(ARRAY[''insta_like_audit'', '
    '''tiktok_comment_audit'']) AS audit\n'
    '    WHERE (audit = ''insta_like_audit'') = (post_table = ''insta_post'')';
  asked CONSTANT text := E'SELECT p.audit_table, p.key FROM cicero_platforms() p\n'
    '    WHERE p.post_table = cicero_take_out.post_table';
BEGIN
  IF position(named IN body) = 0 THEN
    RAISE EXCEPTION 'cicero_take_out is not what migration 0009 made';
  END IF;
  EXECUTE replace(body, named, asked);
END
$$;

CREATE OR REPLACE FUNCTION cicero_insert(name text, sample jsonb, rows text) RETURNS text
LANGUAGE sql STABLE AS $$
  SELECT format('INSERT INTO %s (%s) OVERRIDING SYSTEM VALUE
      SELECT %s FROM jsonb_populate_recordset(NULL::%s, %s) ON CONFLICT %s', name,
    string_agg(quote_ident(a.attname), ', '), string_agg(quote_ident(a.attname), ', '), name, rows,
    coalesce((SELECT CASE name
        WHEN p.post_table THEN format('(%I) DO UPDATE SET client_id = EXCLUDED.client_id,
          created_at = EXCLUDED.created_at, source_type = EXCLUDED.source_type', p.key)
        WHEN p.link_table THEN format('(%I, client_id) DO UPDATE
          SET created_at = EXCLUDED.created_at', p.key)
        WHEN p.people_table THEN format('(%1$I) DO UPDATE SET
          %2$I = cicero_merge_usernames(%3$I.%2$I, EXCLUDED.%2$I, %4$L)',
          p.key, p.people, p.people_table, p.prefix) END
      FROM cicero_platforms() p
      WHERE name IN (p.post_table, p.link_table, p.people_table)), 'DO NOTHING'))
  FROM pg_attribute a
  WHERE a.attrelid = name::regclass AND a.attnum > 0 AND NOT a.attisdropped
    AND a.attgenerated = '' AND sample ? a.attname::text
$$;
"""


def upgrade() -> None:
    for statements in (PLATFORMS, POSTS, LINKS, OF_DAY, ACCOUNTS, LOCK, ARCHIVE):
        op.get_bind().exec_driver_sql(statements)
