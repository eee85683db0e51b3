"""The tables shared with the dashboard, as they are found in production.

On a database that has them this only adds what may be missing; no row is rewritten.
"""

from alembic import op

revision = "0001"
down_revision = None

TABLES = """
CREATE TABLE IF NOT EXISTS clients (
  client_id varchar PRIMARY KEY,
  nama varchar NOT NULL,
  client_type varchar,
  client_status boolean DEFAULT true,
  client_insta varchar,
  client_insta_status boolean DEFAULT true,
  client_tiktok varchar,
  client_tiktok_status boolean DEFAULT true,
  client_amplify_status boolean DEFAULT true,
  client_operator varchar,
  client_group varchar,
  regional_id varchar,
  parent_client_id varchar,
  client_level varchar,
  tiktok_secuid varchar,
  client_super varchar
);

CREATE TABLE IF NOT EXISTS "user" (
  user_id varchar PRIMARY KEY,
  nama varchar,
  title varchar,
  divisi varchar,
  jabatan varchar,
  insta varchar,
  tiktok varchar,
  whatsapp varchar,
  client_id varchar REFERENCES clients (client_id),
  status boolean DEFAULT true,
  exception boolean DEFAULT false
);

CREATE TABLE IF NOT EXISTS insta_post (
  shortcode varchar PRIMARY KEY,
  client_id varchar REFERENCES clients (client_id),
  caption text,
  comment_count integer,
  thumbnail_url text,
  is_video boolean,
  video_url text,
  image_url text,
  images_url jsonb,
  is_carousel boolean,
  created_at timestamp,
  source_type text DEFAULT 'cron_fetch' CHECK (source_type IN ('cron_fetch', 'manual_input')),
  original_created_at timestamptz
);

CREATE TABLE IF NOT EXISTS insta_post_clients (
  shortcode varchar NOT NULL REFERENCES insta_post (shortcode) ON DELETE CASCADE,
  client_id varchar NOT NULL REFERENCES clients (client_id) ON DELETE CASCADE,
  created_at timestamp DEFAULT now(),
  PRIMARY KEY (shortcode, client_id)
);

CREATE TABLE IF NOT EXISTS insta_like (
  shortcode varchar PRIMARY KEY REFERENCES insta_post (shortcode),
  likes jsonb,
  updated_at timestamp
);

CREATE TABLE IF NOT EXISTS insta_like_audit (
  audit_id bigserial PRIMARY KEY,
  shortcode varchar NOT NULL,
  usernames jsonb,
  snapshot_window_start timestamptz,
  snapshot_window_end timestamptz,
  captured_at timestamptz DEFAULT now()
);

CREATE TABLE IF NOT EXISTS tiktok_post (
  video_id varchar PRIMARY KEY,
  client_id varchar REFERENCES clients (client_id),
  caption text,
  like_count integer,
  comment_count integer,
  created_at timestamptz,
  original_created_at timestamptz,
  source_type text DEFAULT 'cron_fetch'
);

CREATE TABLE IF NOT EXISTS tiktok_comment (
  video_id varchar PRIMARY KEY REFERENCES tiktok_post (video_id),
  comments jsonb,
  updated_at timestamp
);

CREATE TABLE IF NOT EXISTS tiktok_comment_audit (
  audit_id bigserial PRIMARY KEY,
  video_id varchar NOT NULL,
  usernames jsonb,
  snapshot_window_start timestamptz,
  snapshot_window_end timestamptz,
  captured_at timestamptz DEFAULT now()
);

CREATE TABLE IF NOT EXISTS insta_post_roles (
  shortcode varchar NOT NULL REFERENCES insta_post (shortcode) ON DELETE CASCADE,
  role_name varchar NOT NULL,
  PRIMARY KEY (shortcode, role_name)
);

CREATE TABLE IF NOT EXISTS tiktok_post_roles (
  video_id varchar NOT NULL REFERENCES tiktok_post (video_id) ON DELETE CASCADE,
  role_name varchar NOT NULL,
  PRIMARY KEY (video_id, role_name)
);

CREATE TABLE IF NOT EXISTS link_report (
  shortcode varchar NOT NULL REFERENCES insta_post (shortcode) ON DELETE CASCADE,
  user_id varchar NOT NULL REFERENCES "user" (user_id),
  instagram_link text,
  facebook_link text,
  twitter_link text,
  tiktok_link text,
  youtube_link text,
  created_at timestamp DEFAULT now(),
  PRIMARY KEY (shortcode, user_id)
);

CREATE TABLE IF NOT EXISTS tasks (
  task_id bigserial PRIMARY KEY,
  shortcode varchar REFERENCES insta_post (shortcode) ON DELETE CASCADE,
  user_id varchar REFERENCES "user" (user_id),
  created_at timestamp DEFAULT now()
);

CREATE TABLE IF NOT EXISTS wa_notification_scheduler_state (
  client_id text PRIMARY KEY,
  last_ig_count integer,
  last_tiktok_count integer,
  last_notified_at timestamptz,
  last_notified_slot text
);

CREATE TABLE IF NOT EXISTS wa_notification_outbox (
  outbox_id bigserial PRIMARY KEY,
  client_id varchar,
  group_id varchar,
  message text,
  idempotency_key varchar UNIQUE,
  status varchar(20) DEFAULT 'pending',
  attempt_count integer DEFAULT 0,
  max_attempts integer DEFAULT 5,
  sent_at timestamptz,
  error_message text,
  next_attempt_at timestamptz NOT NULL DEFAULT now(),
  last_attempt_at timestamptz,
  created_at timestamptz DEFAULT now(),
  updated_at timestamptz DEFAULT now()
);

CREATE TABLE IF NOT EXISTS cron_job_config (
  job_key varchar PRIMARY KEY,
  display_name varchar,
  is_active boolean DEFAULT true
);

ALTER TABLE insta_post ADD COLUMN IF NOT EXISTS like_count integer;
ALTER TABLE insta_post ADD COLUMN IF NOT EXISTS original_created_at timestamptz;
ALTER TABLE insta_post ADD COLUMN IF NOT EXISTS source_type text;
ALTER TABLE tiktok_post ADD COLUMN IF NOT EXISTS original_created_at timestamptz;
ALTER TABLE tiktok_post ADD COLUMN IF NOT EXISTS source_type text DEFAULT 'cron_fetch';
ALTER TABLE clients ADD COLUMN IF NOT EXISTS tiktok_secuid varchar;
"""


def upgrade() -> None:
    op.get_bind().exec_driver_sql(TABLES)
