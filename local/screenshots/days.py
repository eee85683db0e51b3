"""What makes an invented day a normal one or a bad one, in SQL over `local.bench.window_seed`."""

REPORT = """
INSERT INTO wa_notification_outbox (group_id, message, idempotency_key, status, attempt_count,
  sent_at, next_attempt_at, created_at, updated_at, session, kind, slot, expires_at)
SELECT '6281200000001@s.whatsapp.net', '*LAPORAN SLOT 12:00 WIB, 20-02-2026*
Klien: 35 selesai, 1 bermasalah, dari 36
Konten: 4 baru, 0 hilang; 1 klien tidak terbaca lengkap
Pesan: 36 | Permintaan API: 396 | 184 detik

*Bermasalah:*
• akun atau konten tidak ditemukan: POLRES_0007 (Instagram)', 'report', 'sent', 1, at, at, at, at,
  'gateway', 'admin_report', CAST(:day AS timestamptz) + interval '12 hours', at
FROM (SELECT CAST(:day AS timestamptz) + interval '12 hours 4 minutes' AS at) AS times
"""
UNSENT = "UPDATE wa_notification_outbox SET sent_at = NULL WHERE status = 'pending'"

SENT = (
    "UPDATE wa_notification_outbox SET status = 'sent', sent_at = created_at"
    " WHERE status = 'pending' AND created_at < CAST(:now AS timestamptz) - interval '5 minutes'",
    UNSENT,
)
"""Nothing waits for long."""

CALM = (
    # every list is complete and every client done, but in one slot of the morning
    "UPDATE coverage SET complete = true, share = 1, ended = 'end' WHERE slot <> "
    "CAST(:day AS timestamptz) + interval '8 hours'",
    "UPDATE client_run SET outcome = 'done', error_kind = NULL, fetch_result = jsonb_build_object("
    "'tiktok', fetch_result->'tiktok', 'instagram', fetch_result->'tiktok') WHERE outcome <> 'done'"
    " AND slot <> CAST(:day AS timestamptz) + interval '8 hours'",
    "UPDATE slot_run SET seconds = 96 + abs(hashtext(slot::text)) % 140",
    "DELETE FROM insta_like_audit WHERE snapshot_window_end > :now",
    # likers come during the day
    """UPDATE insta_like_audit SET usernames = (
      SELECT jsonb_agg(name) FROM jsonb_array_elements(usernames) WITH ORDINALITY AS of (name, n)
      WHERE n <= 20 + 230 * (1 - exp(-greatest(0, extract(epoch FROM
        snapshot_window_end - CAST(:day AS timestamptz)) / 3600.0 - 6) / 4)))
    WHERE snapshot_window_end >= CAST(:day AS timestamptz) + interval '6 hours'""",
    *SENT,
)
"""What makes it a normal one."""

NAMES = """
UPDATE clients SET nama = names.nama FROM (
  SELECT client_id, (ARRAY['Polres Kota Melati', 'Polres Anggrek Selatan', 'Polresta Kenanga',
    'Polres Cempaka', 'Polres Teratai Barat', 'Polres Dahlia', 'Polresta Bougenvil',
    'Polres Seruni', 'Polres Kamboja Timur', 'Polres Flamboyan'])[1 + n % 10]
    || CASE WHEN n >= 10 THEN ' ' || n / 10 + 1 ELSE '' END AS nama
  FROM (SELECT client_id, row_number() OVER (ORDER BY client_id) - 1 AS n FROM clients) AS c
) AS names WHERE names.client_id = clients.client_id
"""

BAD = (
    # the morning: switched off, missed, and nothing known
    "UPDATE slot_run SET status = 'skipped', reason = 'cron_job_config is inactive', seconds = NULL"
    " WHERE slot = CAST(:day AS timestamptz) + interval '6 hours'",
    "UPDATE slot_run SET status = 'missed', seconds = NULL"
    " WHERE slot = CAST(:day AS timestamptz) + interval '9 hours'",
    "DELETE FROM client_run WHERE slot IN (SELECT slot FROM slot_run"
    " WHERE status IN ('skipped', 'missed') AND slot >= :day)"
    " OR slot = CAST(:day AS timestamptz) + interval '10 hours 30 minutes'",
    "DELETE FROM slot_run WHERE slot = CAST(:day AS timestamptz) + interval '10 hours 30 minutes'",
    # one slot in which every client failed, one opened late, one not closed in time
    "UPDATE client_run SET outcome = 'failed', error_kind = 'upstream'"
    " WHERE slot = CAST(:day AS timestamptz) + interval '12 hours'",
    "UPDATE slot_run SET opened_at = slot + interval '14 minutes'"
    " WHERE slot = CAST(:day AS timestamptz) + interval '13 hours'",
    "UPDATE client_run SET outcome = NULL, finished_at = NULL, fetched_at = NULL,"
    " fetch_result = NULL, engagement_result = NULL"
    " WHERE slot = CAST(:day AS timestamptz) + interval '14 hours' AND client_id < 'POLRES_0008'",
    # clients whose rows are wrong
    "UPDATE clients SET client_insta = 'https://www.instagram.com/reel/C8c2MRqtPfS/',"
    " client_group = '0812-0000-0001' WHERE client_id = 'POLRES_0003'",
    "UPDATE clients SET client_group = NULL WHERE client_id IN ('POLRES_0004', 'POLRES_0005')",
    "UPDATE clients SET nama = '<b>Polres</b> & \"Kutip\" <script>alert(1)</script>'"
    " WHERE client_id = 'POLRES_0006'",
    "UPDATE insta_post SET caption = '<img src=x onerror=alert(1)> *tebal* & “kutip”'"
    " WHERE client_id = 'POLRES_0006'",
    # one whose account is gone, others left behind
    """UPDATE client_run SET outcome = 'failed', error_kind = 'not_found', fetch_result =
    '{"tiktok": {"verdict": "complete", "posts": 2, "new": 0, "removed": 0, "held": 0,
       "error_kind": null, "error": null},
      "instagram": {"verdict": "error", "posts": 0, "new": 0, "removed": 0, "held": 0,
       "error_kind": "not_found", "error": "HTTP 404"}}'
    WHERE client_id = 'POLRES_0007' AND slot >= :day""",
    """UPDATE client_run SET outcome = 'failed', error_kind = 'upstream', fetch_result =
    '{"instagram": {"verdict": "partial", "posts": 1, "new": 0, "removed": 0, "held": 0,
       "error_kind": "upstream", "error": "HTTP 502"}}'
    WHERE client_id IN ('POLRES_0009', 'POLRES_0010', 'POLRES_0011', 'POLRES_0012')
      AND slot >= CAST(:day AS timestamptz) + interval '15 hours'""",
    # messages
    "UPDATE wa_notification_outbox SET status = 'dead_letter', attempt_count = 5,"
    " error_message = 'the account may not write to this chat (463)', sent_at = NULL"
    " WHERE created_at >= :day AND outbox_id % 40 = 1",
    "UPDATE wa_notification_outbox SET status = 'uncertain', sent_at = NULL, error_message ="
    " 'timed out waiting for message send response' WHERE created_at >= :day"
    " AND outbox_id % 60 = 7",
    "UPDATE wa_notification_outbox SET status = 'expired', sent_at = NULL"
    " WHERE created_at >= :day AND outbox_id % 50 = 3",
    "UPDATE wa_notification_outbox SET next_attempt_at = created_at WHERE status = 'pending'",
    UNSENT,
    # posts that look gone, and are held
    "INSERT INTO content_change (platform, content_id, client_id, kind, slot, wib_day, posted_at,"
    " caption, created_at) SELECT 'instagram', shortcode, client_id, 'held',"
    " CAST(:day AS timestamptz) + interval '16 hours', CAST(:day AS timestamptz)::date, created_at,"
    " caption, CAST(:day AS timestamptz) + interval '16 hours' FROM insta_post"
    " WHERE client_id = 'POLRES_0013' AND created_at >= CAST(:day AS timestamptz)::date",
    "INSERT INTO client_content (platform, content_id, client_id, seen_at, missing_since)"
    " SELECT 'instagram', shortcode, client_id, CAST(:day AS timestamptz) + interval '15 hours',"
    " CAST(:day AS timestamptz) + interval '16 hours' FROM insta_post"
    " WHERE client_id = 'POLRES_0013' AND created_at >= CAST(:day AS timestamptz)::date"
    " ON CONFLICT DO NOTHING",
)

PEOPLE = (
    """
    INSERT INTO "user" (user_id, nama, title, divisi, jabatan, client_id, insta)
    SELECT format('%s-%s', client_id, n), 'Anggota ' || of + n,
      (ARRAY['AKP', 'IPTU', 'AIPTU', 'BRIPKA', 'BRIPDA'])[1 + n % 5],
      (ARRAY['SAT LANTAS', 'SAT BINMAS', 'SAT RESKRIM', 'SAT SAMAPTA'])[1 + n % 4],
      CASE WHEN n <= 4 THEN 'KASAT' ELSE 'ANGGOTA' END, client_id,
      CASE WHEN n % 9 = 0 THEN NULL WHEN n % 7 = 0 THEN 'libur_' || of + n
        ELSE 'anggota_' || of + n END
    FROM (SELECT client_id, 30 * (row_number() OVER (ORDER BY client_id) - 1) AS of FROM clients
      WHERE client_id BETWEEN 'POLRES_0005' AND 'POLRES_0012') AS c
    CROSS JOIN generate_series(1, 30) AS n
    """,
    # some did not like every post
    """
    UPDATE insta_like SET likes = (SELECT jsonb_agg(name) FROM jsonb_array_elements_text(likes) AS n
      (name) WHERE hashtext(name || shortcode) % 4 <> 0)
    WHERE shortcode IN (SELECT shortcode FROM insta_post
      WHERE client_id BETWEEN 'POLRES_0005' AND 'POLRES_0012' OR client_id = 'POLRES_0020')
    """,
    # they are also a directorate's
    "CREATE TABLE roles (role_id int PRIMARY KEY, role_name varchar)",
    "CREATE TABLE user_roles (user_id varchar, role_id int, PRIMARY KEY (user_id, role_id))",
    "INSERT INTO roles VALUES (1, 'polres_0020')",
    'INSERT INTO user_roles SELECT user_id, 1 FROM "user"',
)
"""The people of eight units, who are also those of a directorate. Who has no account, or another
one than it is thought, did nothing."""
