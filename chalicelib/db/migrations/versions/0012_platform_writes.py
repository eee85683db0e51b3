"""What the stages write of any platform, each in one call: posts with their links, names with their
snapshots, ledger rows for what other software wrote. How a platform's posts are stored is its own
`cicero_store_<platform>`."""

from alembic import op

revision = "0012"
down_revision = "0011"

# Writes posts that a fetch found, an array as posts.store takes it. First owner, time and source of
# a stored post never change; a time that is missing is filled in. Times are written by the type of
# their column (cicero_time).
STORE_INSTAGRAM = """
CREATE FUNCTION cicero_store_instagram(client varchar, incoming jsonb) RETURNS void
LANGUAGE sql AS $$
  INSERT INTO insta_post AS p (shortcode, client_id, caption, comment_count, like_count,
    thumbnail_url, is_video, video_url, image_url, images_url, is_carousel,
    created_at, original_created_at, source_type)
  SELECT content_id, client, caption, comment_count, like_count,
    thumbnail_url, is_video, video_url, image_url, images_url, is_carousel,
    posted_at AT TIME ZONE 'Asia/Jakarta',
    cicero_time((CAST(NULL AS insta_post)).original_created_at, posted_at), 'cron_fetch'
  FROM jsonb_to_recordset(incoming) AS i (
    platform text, content_id varchar, caption text, comment_count integer, like_count integer,
    thumbnail_url text, is_video boolean, video_url text, image_url text, images_url jsonb,
    is_carousel boolean, posted_at timestamptz)
  WHERE platform = 'instagram' ORDER BY content_id
  ON CONFLICT (shortcode) DO UPDATE SET
    caption = EXCLUDED.caption, comment_count = EXCLUDED.comment_count,
    like_count = EXCLUDED.like_count, thumbnail_url = EXCLUDED.thumbnail_url,
    is_video = EXCLUDED.is_video, video_url = EXCLUDED.video_url,
    image_url = EXCLUDED.image_url, images_url = EXCLUDED.images_url,
    is_carousel = EXCLUDED.is_carousel, client_id = coalesce(p.client_id, EXCLUDED.client_id),
    created_at = coalesce(p.created_at, EXCLUDED.created_at),
    original_created_at = coalesce(p.original_created_at, EXCLUDED.original_created_at)
$$;
"""

STORE_TIKTOK = """
CREATE FUNCTION cicero_store_tiktok(client varchar, incoming jsonb) RETURNS void
LANGUAGE sql AS $$
  INSERT INTO tiktok_post AS p (video_id, client_id, caption, comment_count, like_count,
    created_at, original_created_at, source_type)
  SELECT content_id, client, caption, comment_count, like_count,
    cicero_time((CAST(NULL AS tiktok_post)).created_at, posted_at),
    cicero_time((CAST(NULL AS tiktok_post)).original_created_at, posted_at), 'cron_fetch'
  FROM jsonb_to_recordset(incoming) AS i (platform text, content_id varchar, caption text,
    comment_count integer, like_count integer, posted_at timestamptz)
  WHERE platform = 'tiktok' ORDER BY content_id
  ON CONFLICT (video_id) DO UPDATE SET
    caption = EXCLUDED.caption, comment_count = EXCLUDED.comment_count,
    like_count = EXCLUDED.like_count, client_id = coalesce(p.client_id, EXCLUDED.client_id),
    created_at = coalesce(p.created_at, EXCLUDED.created_at),
    original_created_at = coalesce(p.original_created_at, EXCLUDED.original_created_at)
$$;
"""

# Links posts of a platform to a client; returns those that were not linked. Where the column has no
# zone it holds WIB.
LINK = """
CREATE FUNCTION cicero_link(which text, client varchar, contents varchar[], at timestamptz)
RETURNS SETOF varchar LANGUAGE plpgsql SET TimeZone TO 'Asia/Jakarta' AS $$
BEGIN
  RETURN QUERY EXECUTE (
    SELECT format('INSERT INTO %1$I (%2$I, client_id, created_at)
        SELECT content, $1, $3 FROM unnest($2) AS content ORDER BY content
        ON CONFLICT (%2$I, client_id) DO NOTHING RETURNING CAST(%2$I AS varchar)',
      p.link_table, p.key)
    FROM cicero_platforms() p WHERE p.platform = which) USING client, contents, at;
END
$$;
"""

# Writes posts of any platforms and their links; returns those that were not linked, and of each
# whether the client has an archived copy, or all do.
STORE_POSTS = """
CREATE FUNCTION cicero_store_posts(client varchar, incoming jsonb, at timestamptz)
RETURNS TABLE (platform text, content_id varchar, archived boolean) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  which text;
  met CONSTANT text[] := ARRAY(SELECT p.platform FROM cicero_platforms() p
    WHERE p.platform IN (SELECT f ->> 'platform' FROM jsonb_array_elements(incoming) AS f));
BEGIN
  FOREACH which IN ARRAY met LOOP
    EXECUTE format('SELECT %I($1, $2)', 'cicero_store_' || which) USING client, incoming;
  END LOOP;
  FOREACH which IN ARRAY met LOOP
    RETURN QUERY SELECT which, linked, EXISTS (
        SELECT 1 FROM content_archive a JOIN cicero_platforms() p USING (platform)
        WHERE a.platform = which AND a.content_id = linked AND a.restored_at IS NULL
          AND (a.client_id = client OR a.rows ? p.post_table))
      FROM cicero_link(which, client, ARRAY(
        SELECT CAST(f ->> 'content_id' AS varchar) FROM jsonb_array_elements(incoming) AS f
        WHERE f ->> 'platform' = which), at) AS linked;
  END LOOP;
END
$$;
"""

# Merges the names that were read into what is stored, and takes the snapshot of their half hour, as
# of the posts that did not have to be read. read: an array as engagement.store_reads takes it.
STORE_PEOPLE = """
CREATE FUNCTION cicero_store_people(read jsonb, unchanged varchar[], window_start timestamptz,
  window_end timestamptz, at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  merge CONSTANT text := 'INSERT INTO %1$I AS e (%2$I, %3$I, updated_at)
    SELECT r.content_id, r.usernames, $2 AT TIME ZONE ''Asia/Jakarta''
    FROM jsonb_to_recordset($1) AS r (platform text, content_id varchar, usernames jsonb)
    WHERE r.platform = %4$L AND r.usernames IS NOT NULL
      AND EXISTS (SELECT 1 FROM %5$I p WHERE p.%2$I = r.content_id)
    ORDER BY r.content_id
    ON CONFLICT (%2$I) DO UPDATE SET updated_at = EXCLUDED.updated_at,
      %3$I = cicero_merge_usernames(e.%3$I, EXCLUDED.%3$I, %6$L)
    RETURNING e.%2$I AS content_id, e.%3$I AS usernames';
  kept CONSTANT text := 'SELECT e.%2$I, e.%3$I FROM %1$I e WHERE e.%2$I = ANY($3)
    ORDER BY 1 FOR UPDATE';
  p record;
BEGIN
  FOR p IN SELECT * FROM cicero_platforms() LOOP
    EXECUTE format('WITH merged AS (' || merge || '), kept AS MATERIALIZED (' || kept || ')
      SELECT cicero_snapshot(%7$L, %2$L, content_id, usernames, $4, $5, $2)
      FROM (SELECT * FROM merged UNION ALL SELECT * FROM kept) AS stored', p.people_table, p.key,
      p.people, p.platform, p.post_table, p.prefix, p.audit_table)
    USING read, at, unchanged, window_start, window_end;
  END LOOP;
END
$$;
"""

# Ledger rows for manual posts that other software wrote, and their links: of the candidates, an
# array of {platform, content_id}, those without a word in the ledger, on platforms that the client
# has on, while its run goes on. A link makes news once: here, or where a fetch meets the post; of
# runs that overlap one gets the row.
NOTE_MANUAL = """
CREATE FUNCTION cicero_note_manual(client varchar, of_slot timestamptz, day date, at timestamptz,
  candidates jsonb) RETURNS SETOF content_change LANGUAGE sql AS $$
  WITH manual AS MATERIALIZED (
    SELECT p.platform, p.content_id, p.caption,
      coalesce(p.original_created_at, p.created_at) AS posted_at,
      EXISTS (SELECT 1 FROM cicero_links() l WHERE l.platform = p.platform
        AND l.content_id = p.content_id AND l.client_id = client) AS linked
    FROM jsonb_to_recordset(candidates) AS i (platform text, content_id varchar)
    JOIN cicero_posts() p USING (platform, content_id)
    JOIN client_run run ON run.slot = of_slot AND run.client_id = client
      AND run.finished_at IS NULL
    JOIN clients c ON c.client_id = client
    JOIN cicero_platforms() t ON t.platform = p.platform
      AND to_jsonb(c) -> (t.handle || '_status') IS DISTINCT FROM 'false'
      AND btrim(to_jsonb(c) ->> t.handle) <> ''
    WHERE NOT EXISTS (SELECT 1 FROM content_change e
      WHERE e.client_id = client AND e.wib_day = day AND e.kind IN ('new', 'late')
        AND e.platform = p.platform AND e.content_id = p.content_id)
      AND NOT EXISTS (SELECT 1 FROM client_content k WHERE k.client_id = client
        AND k.platform = p.platform AND k.content_id = p.content_id AND k.noted_on = day)
  ), linked AS MATERIALIZED (
    SELECT m.platform, content_id FROM (
      SELECT platform, array_agg(content_id) AS contents FROM manual WHERE NOT linked
      GROUP BY platform) AS m, cicero_link(m.platform, client, m.contents, at) AS content_id
    UNION ALL SELECT platform, content_id FROM manual WHERE linked
  ), first_noted AS (
    INSERT INTO client_content AS k (client_id, platform, content_id, noted_on, seen_at)
    SELECT client, platform, content_id, day, at FROM linked ORDER BY platform, content_id
    ON CONFLICT (client_id, platform, content_id) DO UPDATE SET noted_on = EXCLUDED.noted_on
      WHERE k.noted_on IS DISTINCT FROM EXCLUDED.noted_on
    RETURNING platform, content_id
  )
  INSERT INTO content_change (platform, content_id, client_id, kind, slot, wib_day, posted_at,
    caption, created_at)
  SELECT platform, content_id, client, 'new', of_slot, day, m.posted_at, m.caption, at
  FROM first_noted JOIN manual m USING (platform, content_id)
  ORDER BY m.posted_at, content_id
  RETURNING *
$$;
"""

# Ledger rows for the day's link reports of these posts, while the client's run goes on and unless
# its amplification is off. Reports point at Instagram posts alone.
NOTE_REPORTS = """
CREATE FUNCTION cicero_note_reports(client varchar, of_slot timestamptz, day date, at timestamptz,
  day_start timestamptz, contents varchar[]) RETURNS SETOF content_change LANGUAGE sql AS $$
  INSERT INTO content_change (platform, content_id, client_id, kind, slot, wib_day, posted_at,
    caption, created_at, detail)
  SELECT 'instagram', r.shortcode, client, 'link', of_slot, day,
    p.created_at AT TIME ZONE 'Asia/Jakarta', p.caption, at,
    jsonb_build_object('user_id', r.user_id, 'name', u.nama, 'links',
      to_jsonb(array_remove(ARRAY[nullif(r.instagram_link, ''), nullif(r.facebook_link, ''),
        nullif(r.twitter_link, ''), nullif(r.tiktok_link, ''), nullif(r.youtube_link, '')], NULL)))
  FROM client_run run
  JOIN clients c ON c.client_id = run.client_id AND c.client_amplify_status IS NOT FALSE
  JOIN insta_post p ON p.shortcode = ANY(contents)
  JOIN link_report r ON r.shortcode = p.shortcode
    AND r.created_at >= day_start AT TIME ZONE 'Asia/Jakarta'
  LEFT JOIN "user" u ON u.user_id = r.user_id
  WHERE run.slot = of_slot AND run.client_id = client AND run.finished_at IS NULL
    AND NOT EXISTS (SELECT 1 FROM content_change e
      WHERE e.client_id = client AND e.wib_day = day AND e.kind = 'link'
        AND e.content_id = r.shortcode AND e.detail ->> 'user_id' = r.user_id)
  ORDER BY r.created_at, r.user_id, r.shortcode
  ON CONFLICT DO NOTHING -- an overlapping run was first
  RETURNING *
$$;
"""


def upgrade() -> None:
    for statements in (
        STORE_INSTAGRAM,
        STORE_TIKTOK,
        LINK,
        STORE_POSTS,
        STORE_PEOPLE,
        NOTE_MANUAL,
        NOTE_REPORTS,
    ):
        op.get_bind().exec_driver_sql(statements)
