"""The databases that exist as the service before this one left them, row by row.

Their tables come from the catalogue of the two real ones (catalogue.py), or, as `described`, from
the description of the shared tables, which forbids less: never from this service's migrations, so
that the two can disagree. Nobody has `insta_post.like_count` in a schema; production has it anyway.
"""

from __future__ import annotations

import re
from typing import Any, Literal

import pg8000.native

from chalicelib.db.driver import connect, connect_arguments
from tests.integration.db import catalogue
from tests.integration.db.catalogue import Existing

Schema = Existing | Literal["described"]
KINDS: tuple[Schema, ...] = (*catalogue.EXISTING, "described")

DESCRIBED = """
CREATE TABLE clients (
  client_id varchar PRIMARY KEY, nama varchar NOT NULL, client_type varchar,
  client_status boolean, client_insta varchar, client_insta_status boolean,
  client_tiktok varchar, client_tiktok_status boolean, client_amplify_status boolean,
  client_operator varchar, client_group varchar, regional_id varchar,
  parent_client_id varchar, client_level varchar, tiktok_secuid varchar, client_super varchar
);
CREATE TABLE "user" (
  user_id varchar PRIMARY KEY, nama varchar, title varchar, divisi varchar, jabatan varchar,
  insta varchar, tiktok varchar, whatsapp varchar, client_id varchar, status boolean,
  exception boolean, desa varchar
);
CREATE TABLE insta_post (
  shortcode varchar PRIMARY KEY, client_id varchar REFERENCES clients (client_id),
  caption text, comment_count int, thumbnail_url text, is_video boolean, video_url text,
  image_url text, images_url jsonb, is_carousel boolean, created_at timestamp,
  source_type text CHECK (source_type IN ('cron_fetch', 'manual_input')),
  original_created_at timestamptz
);
CREATE TABLE insta_post_clients (
  shortcode varchar REFERENCES insta_post (shortcode) ON DELETE CASCADE,
  client_id varchar REFERENCES clients (client_id) ON DELETE CASCADE,
  created_at timestamp, PRIMARY KEY (shortcode, client_id)
);
CREATE TABLE insta_like (
  shortcode varchar PRIMARY KEY REFERENCES insta_post (shortcode), likes jsonb,
  updated_at timestamp
);
CREATE TABLE insta_like_audit (
  audit_id bigserial PRIMARY KEY, shortcode varchar, usernames jsonb,
  snapshot_window_start timestamptz, snapshot_window_end timestamptz, captured_at timestamptz
);
CREATE TABLE tiktok_post (
  video_id varchar PRIMARY KEY, client_id varchar, caption text, like_count int,
  comment_count int, created_at timestamptz, original_created_at timestamptz,
  source_type text DEFAULT 'cron_fetch'
);
CREATE TABLE tiktok_comment (
  video_id varchar PRIMARY KEY REFERENCES tiktok_post (video_id), comments jsonb,
  updated_at timestamp
);
CREATE TABLE tiktok_comment_audit (
  audit_id bigserial PRIMARY KEY, video_id varchar, usernames jsonb,
  snapshot_window_start timestamptz, snapshot_window_end timestamptz, captured_at timestamptz
);
CREATE TABLE insta_post_roles (
  shortcode varchar REFERENCES insta_post (shortcode) ON DELETE CASCADE, role_name varchar,
  PRIMARY KEY (shortcode, role_name)
);
CREATE TABLE tiktok_post_roles (
  video_id varchar REFERENCES tiktok_post (video_id) ON DELETE CASCADE, role_name varchar,
  PRIMARY KEY (video_id, role_name)
);
CREATE TABLE link_report (
  shortcode varchar REFERENCES insta_post (shortcode) ON DELETE CASCADE,
  user_id varchar REFERENCES "user" (user_id), instagram_link text, facebook_link text,
  twitter_link text, tiktok_link text, youtube_link text, created_at timestamp,
  PRIMARY KEY (shortcode, user_id)
);
CREATE TABLE tasks (
  task_id bigserial PRIMARY KEY,
  shortcode varchar REFERENCES insta_post (shortcode) ON DELETE CASCADE,
  user_id varchar REFERENCES "user" (user_id), created_at timestamp
);
CREATE TABLE wa_notification_scheduler_state (
  client_id text PRIMARY KEY, last_ig_count int, last_tiktok_count int,
  last_notified_at timestamptz, last_notified_slot text
);
CREATE TABLE wa_notification_outbox (
  outbox_id bigserial PRIMARY KEY, client_id varchar, group_id varchar, message text,
  idempotency_key varchar UNIQUE, status varchar(20), attempt_count int,
  max_attempts int DEFAULT 5, sent_at timestamptz, error_message text,
  next_attempt_at timestamptz NOT NULL, last_attempt_at timestamptz, created_at timestamptz,
  updated_at timestamptz
);
CREATE TABLE cron_job_config (
  job_key varchar PRIMARY KEY, display_name varchar, is_active boolean
);
"""

ROWS = """
INSERT INTO clients (client_id, nama, client_type, client_status, client_insta, client_tiktok,
  client_tiktok_status, client_group) VALUES
  ('LAMA', 'Polres Lama', 'org', true, '@Polres.Lama', 'polres_lama', NULL,
   '120363000000000101@g.us'),
  ('ditlama', 'Direktorat Lama ', ' Direktorat', true, 'ditlama', NULL, false, NULL),
  ('TUTUP', 'Polres Tutup', NULL, false, NULL, NULL, NULL, '');
INSERT INTO "user" (user_id, nama, insta, tiktok, client_id, status, exception, desa) VALUES
  ('80010001', 'Anggota Satu', '@Anggota.Satu', '@anggota_satu', 'LAMA', true, false, 'Desa'),
  ('80010002', 'Anggota Dua', NULL, NULL, 'LAMA', NULL, true, NULL);
INSERT INTO insta_post (shortcode, client_id, caption, comment_count, is_video, images_url,
  is_carousel, created_at, source_type, original_created_at) VALUES
  ('CRON1', 'LAMA', 'Apel pagi', 3, false, '["https://cdn.example/1"]', true,
   '2026-02-19 07:30:00', 'cron_fetch', {{2026-02-19 07:30:00+07}}),
  ('MANUAL1', 'LAMA', 'Titipan', NULL, NULL, 'null', NULL, '2026-02-19 15:00:00',
   'manual_input', {{2026-02-18 20:00:00+07}}),
  ('KOLAB1', 'ditlama', NULL, 0, NULL, NULL, NULL, '2026-02-19 09:00:00', 'cron_fetch', NULL),
  ('KUNO1', 'TUTUP', 'Tanpa penyuka', NULL, NULL, NULL, NULL, '2024-01-01 00:00:00',
   'cron_fetch', NULL),
  ('KOSONG1', 'LAMA', '', 0, NULL, NULL, NULL, NULL, 'cron_fetch', NULL);
INSERT INTO insta_post_clients (shortcode, client_id, created_at) VALUES
  ('CRON1', 'LAMA', '2026-02-19 08:00:00'), ('KOLAB1', 'ditlama', '2026-02-19 09:30:00'),
  ('KOLAB1', 'LAMA', '2026-02-19 09:30:00');
INSERT INTO insta_like (shortcode, likes, updated_at) VALUES
  ('CRON1', '[{"username": "Objek.Satu"}, {"username": "objek.dua", "id": "7"}]', now()),
  ('MANUAL1', '["HURUF.BESAR", "@tanda.at", "biasa"]', '2026-02-19 16:00:00'),
  ('KOLAB1', 'null', NULL), ('KUNO1', NULL, NULL), ('KOSONG1', '"sendiri"', NULL);
INSERT INTO insta_like_audit (shortcode, usernames, snapshot_window_start, snapshot_window_end,
  captured_at) VALUES
  ('CRON1', '["objek.satu"]', '2026-02-19 16:30+07', '2026-02-19 17:00+07', '2026-02-19 17:01+07'),
  ('CRON1', '["objek.satu"]', '2026-02-19 16:30+07', '2026-02-19 17:00+07', '2026-02-19 17:02+07');
INSERT INTO tiktok_post (video_id, client_id, caption, like_count, comment_count, created_at,
  original_created_at, source_type) VALUES
  ('7000000000000000001', 'LAMA', 'Patroli', 5, 2, {{2026-02-19 09:00+07}}, NULL, DEFAULT),
  ('7000000000000000002', 'ditlama', NULL, NULL, NULL, {{2026-02-19 21:00+07}},
   {{2026-02-19 21:00+07}}, 'manual_input');
INSERT INTO tiktok_comment (video_id, comments, updated_at) VALUES
  ('7000000000000000001', '[{"user": {"unique_id": "Objek"}}, "@Besar", "tanpa.at"]', now()),
  ('7000000000000000002', NULL, NULL);
INSERT INTO tiktok_comment_audit (video_id, usernames, snapshot_window_start,
  snapshot_window_end, captured_at) VALUES
  ('7000000000000000001', '["@objek"]', '2026-02-19 20:30+07', '2026-02-19 21:00+07', now());
INSERT INTO insta_post_roles (shortcode, role_name) VALUES ('CRON1', 'ditbinmas');
INSERT INTO tiktok_post_roles (video_id, role_name) VALUES ('7000000000000000001', 'ditbinmas');
INSERT INTO link_report (shortcode, user_id, facebook_link, created_at) VALUES
  ('CRON1', '80010001', 'https://facebook.example/1', '2026-02-19 10:00:00');
INSERT INTO tasks (shortcode, user_id, created_at) VALUES
  ('CRON1', '80010001', '2026-02-19 08:00:00'), (NULL, NULL, NULL);
INSERT INTO cron_job_config (job_key, display_name, is_active) VALUES
  ('./src/cron/cronDirRequestFetchSosmed.js', 'Fetch sosmed', true), ('./lain.js', 'Lain', false);
"""

STATE = """
INSERT INTO wa_notification_scheduler_state (client_id, last_ig_count, last_tiktok_count,
  last_notified_at, last_notified_slot) VALUES
  ('LAMA', 4, 2, '2026-02-19 17:05+07', '2026-02-19-17'), ('TUTUP', 0, 0, NULL, NULL);
"""

ODD_ROWS = """
INSERT INTO "user" (user_id, client_id) VALUES ('80010003', 'BUBAR');
INSERT INTO insta_post (shortcode, client_id, created_at) VALUES
  ('KUNO2', 'TUTUP', '2024-01-01 00:00:00');
INSERT INTO insta_like_audit (shortcode, usernames) VALUES ('HILANG1', 'null');
INSERT INTO insta_post_clients (shortcode, client_id) VALUES ('KUNO2', 'TUTUP');
INSERT INTO wa_notification_outbox (status, attempt_count, error_message, next_attempt_at)
VALUES ('dead_letter', 5, 'gagal', '2026-02-19 17:40+07');
"""
"""What only the description allows."""

OUTBOX = """
INSERT INTO wa_notification_outbox (client_id, group_id, message, idempotency_key, status,
  attempt_count, sent_at, error_message, next_attempt_at, last_attempt_at, created_at, updated_at)
VALUES
  ('LAMA', '120363000000000101@g.us', 'terkirim', 'lama-1', 'sent', 1, '2026-02-19 17:05+07', NULL,
   '2026-02-19 17:05+07', '2026-02-19 17:05+07', '2026-02-19 17:05+07', '2026-02-19 17:05+07'),
  ('LAMA', '120363000000000101@g.us', 'menunggu', 'lama-2', 'pending', 0, NULL, NULL,
   '2026-02-19 17:35+07', NULL, '2026-02-19 17:35+07', '2026-02-19 17:35+07'),
  ('LAMA', '120363000000000101@g.us', 'diproses', 'lama-3', 'processing', 1, NULL, NULL,
   '2026-02-19 17:36+07', '2026-02-19 17:36+07', '2026-02-19 17:36+07', '2026-02-19 17:36+07'),
  ('LAMA', '120363000000000101@g.us', 'diulang', 'lama-4', 'retrying', 2, NULL, 'not connected',
   '2026-02-19 17:40+07', '2026-02-19 17:38+07', '2026-02-19 17:37+07', '2026-02-19 17:38+07'),
  ('LAMA', '120363000000000101@g.us', 'gagal', 'lama-5', 'dead_letter', 5, NULL, 'gagal',
   '2026-02-19 17:40+07', NULL, '2026-02-19 17:37+07', '2026-02-19 17:40+07');
"""

MISSING_OWNER = """
INSERT INTO tiktok_post (video_id, client_id, created_at, source_type)
VALUES ('7000000000000000003', 'BUBAR', '2025-12-01 09:00+07', 'cron_fetch');
"""
"""A video of a client that is no more: nothing in the old tables forbids it."""


def build(url: str, kind: Schema, *more: str) -> None:
    """Fills an empty database with the old tables, their rows, and whatever more is given."""
    if kind == "described":
        scripts = [DESCRIBED, ROWS, STATE, OUTBOX, ODD_ROWS]
    else:
        scripts = [catalogue.tables(kind), ROWS]
        scripts += [STATE, OUTBOX] if catalogue.has(kind, "wa_notification_outbox") else []
    execute(url, *(times_of(kind, script) for script in (*scripts, *more)))


def times_of(kind: Schema, script: str) -> str:
    """The script with its {{moments}} as columns of that database hold them: with their zone, or,
    in the dashboard's own, naive UTC."""
    utc = " AT TIME ZONE 'UTC'" if kind == "dashboard" else ""
    return re.sub(r"\{\{(.*?)\}\}", rf"(timestamptz '\1'{utc})", script)


def execute(url: str, *scripts: str) -> None:
    """Runs SQL scripts as whoever owns the database would, by hand."""
    connection: Any = connect(pg8000.native.Connection, connect_arguments(url))
    for script in scripts:
        connection.run(script)
    connection.close()
