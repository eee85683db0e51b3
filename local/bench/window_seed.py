"""A long and wide past in SQL alone: clients, months of runs, a long outbox, a day of posts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

from chalicelib.db import Database
from chalicelib.slots import SLOT_TIMES, WIB

CLIENTS = """
INSERT INTO clients (client_id, nama, client_type, client_status, client_insta,
  client_insta_status, client_tiktok, client_tiktok_status, client_group)
SELECT format('POLRES_%s', lpad(c::text, 4, '0')), 'Polres Contoh ' || c,
  CASE WHEN c % 20 = 0 THEN 'direktorat' ELSE 'org' END, true, 'polres_contoh_' || c, true,
  'polres_contoh_' || c, true, (120363000000000000 + c) || '@g.us'
FROM generate_series(1, :clients) AS c
"""

SLOTS = """
INSERT INTO slot_run (slot, status, trigger, opened_at, closed_at, seconds)
SELECT slot, 'closed', 'schedule', slot, slot + interval '4 minutes', 240
FROM unnest(CAST(:slots AS timestamptz[])) AS slot
"""

# One client in fifty has had an error on one platform.
RUNS = """
INSERT INTO client_run (slot, client_id, trigger, fetch_posts, expires_at, dispatched_at,
  fetched_at, finished_at, outcome, error_kind, api_requests, api_calls, sql_round_trips, seconds,
  fetch_result, engagement_result)
SELECT slot, client_id, 'schedule', true, slot + interval '30 minutes', slot,
  slot + interval '2 minutes', slot + interval '3 minutes',
  CASE WHEN bad THEN 'failed' ELSE 'done' END, CASE WHEN bad THEN 'upstream' END, 11,
  '{"/v1/posts ok": 1, "/v1/likes ok": 5, "/api/user/posts ok": 1, "/api/post/comments ok": 4}',
  15, 3.1,
  jsonb_build_object('tiktok', :read::jsonb, 'instagram',
    CASE WHEN bad THEN :failed::jsonb ELSE :read::jsonb END),
  jsonb_build_object('instagram', :engaged::jsonb, 'tiktok', :engaged::jsonb)
FROM unnest(CAST(:slots AS timestamptz[])) AS slot CROSS JOIN (
  SELECT client_id, row_number() OVER (ORDER BY client_id) AS n FROM clients) AS c
CROSS JOIN LATERAL (SELECT (n + extract(epoch FROM slot)::bigint / 1800) % 50 = 0 AS bad) AS b
ON CONFLICT DO NOTHING
"""

READ = """{"verdict": "complete", "posts": 3, "new": 0, "removed": 0, "held": 0,
  "error_kind": null, "error": null}"""
FAILED = """{"verdict": "error", "posts": 0, "new": 0, "removed": 0, "held": 0,
  "error_kind": "upstream", "error": "HTTP 502"}"""
ENGAGED = """{"posts": 3, "users": 240, "unchanged": 2, "gone": 0, "failed": 0, "unreadable": 0,
  "error_kind": null, "error": null}"""

POSTS = """
INSERT INTO insta_post (shortcode, client_id, caption, like_count, comment_count, created_at,
  original_created_at, source_type)
SELECT format('B%s_%s_%s', to_char(day, 'YYMMDD'), c.n, p), c.client_id,
  'Apel pagi dan patroli ' || p, 250, 12, day + p * interval '2 hours' + interval '5 hours',
  day + p * interval '2 hours', 'cron_fetch'
FROM unnest(CAST(:days AS date[])) AS day CROSS JOIN generate_series(1, 5) AS p CROSS JOIN (
  SELECT client_id, row_number() OVER (ORDER BY client_id) AS n FROM clients) AS c
"""
LINKS = """
INSERT INTO insta_post_clients (shortcode, client_id, created_at)
SELECT shortcode, client_id, created_at FROM insta_post
"""
CHANGES = """
INSERT INTO content_change (platform, content_id, client_id, kind, slot, wib_day, posted_at,
  caption, created_at)
SELECT 'instagram', shortcode, client_id, 'new', date_bin('30 minutes', at, 'epoch'),
  created_at::date, at, caption, at
FROM insta_post CROSS JOIN LATERAL (SELECT created_at AT TIME ZONE 'Asia/Jakarta' AS at) AS t
"""
LIKES = """
INSERT INTO insta_like (shortcode, likes, updated_at)
SELECT shortcode, (SELECT jsonb_agg('anggota_' || n) FROM generate_series(1, 250) AS n), created_at
FROM insta_post WHERE created_at >= CAST(:day AS date)
"""
AUDITS = """
INSERT INTO insta_like_audit (shortcode, usernames, snapshot_window_start, snapshot_window_end,
  captured_at)
SELECT l.shortcode, l.likes, slot - interval '30 minutes', slot, slot
FROM (SELECT * FROM insta_like ORDER BY shortcode LIMIT 200) AS l
CROSS JOIN unnest(CAST(:slots AS timestamptz[])) AS slot
"""
COVERAGE = """
INSERT INTO coverage (platform, content_id, client_id, slot, read_at, names, count, total, pages,
  ended, share, complete, tries)
SELECT 'instagram', p.shortcode, p.client_id, slot, slot + interval '3 minutes', 250, 250, 250, 3,
  CASE WHEN short THEN 'short' ELSE 'end' END, CASE WHEN short THEN 0.8 ELSE 1 END, NOT short, 1
FROM insta_post p CROSS JOIN unnest(CAST(:slots AS timestamptz[])) AS slot
CROSS JOIN LATERAL (SELECT hashtext(p.shortcode) % 40 = 0 AS short) AS s
WHERE slot::date = p.created_at::date AND slot >= p.created_at AT TIME ZONE 'Asia/Jakarta'
"""
MESSAGES = """
INSERT INTO wa_notification_outbox (client_id, group_id, message, idempotency_key, status,
  attempt_count, sent_at, next_attempt_at, created_at, updated_at, session, kind, slot, expires_at)
SELECT c.client_id, c.client_group, format('*Daftar tugas* %s%s', n, repeat(' baris tugas', 25)),
  'bench:' || n, CASE WHEN n > :messages - 40 THEN 'pending' WHEN n % 200000 = 0 THEN 'dead_letter'
    WHEN n % 9 = 0 THEN 'superseded' ELSE 'sent' END,
  1, at, at, at, at, 'gateway', CASE WHEN n % 3 = 0 THEN 'changes' ELSE 'task_list' END,
  date_bin('30 minutes', at, 'epoch'), at + interval '1 hour'
FROM generate_series(1, :messages) AS n
JOIN (SELECT client_id, client_group, row_number() OVER (ORDER BY client_id) AS k FROM clients) AS c
  ON c.k = 1 + n % :clients
CROSS JOIN LATERAL (
  SELECT CAST(:until AS timestamptz) - (:messages - n) * interval '1 second' * :gap AS at) AS t
"""


def seed(
    database: Database,
    now: datetime,
    size: tuple[int, int, int],
    say: Callable[[str], None],
) -> None:
    """Fills an empty, migrated database with the past as of `now`. `size`: clients, days of runs,
    messages. Posts, ledger and coverage are of the last thirty days at most."""
    clients, days, messages = size
    today = now.date()
    dates = [today - timedelta(days=back) for back in reversed(range(days))]
    recent = dates[-30:]
    slots = [slot for day in dates for slot in _slots(day) if slot <= now]
    run = database.execute
    steps: list[tuple[str, str, dict[str, object]]] = [
        ("clients", CLIENTS, {"clients": clients}),
        ("slots", SLOTS, {"slots": slots}),
        ("posts", POSTS, {"days": recent}),
        ("links", LINKS, {}),
        ("changes", CHANGES, {}),
        ("likers", LIKES, {"day": today}),
        ("snapshots", AUDITS, {"slots": [slot for slot in _slots(today) if slot <= now]}),
        ("reads", COVERAGE, {"slots": [slot for slot in slots if slot.date() in recent]}),
        ("messages", MESSAGES, _messages(clients, days, messages, now)),
    ]
    for name, sql, parameters in steps:
        say(f"seeding {name}")
        with database.transaction():
            run("SET LOCAL statement_timeout = 0")
            run(sql, **parameters)
    parameters = {"read": READ, "failed": FAILED, "engaged": ENGAGED}
    say("seeding runs")
    for day in dates:
        with database.transaction():
            run("SET LOCAL statement_timeout = 0")
            run(RUNS, slots=[slot for slot in _slots(day) if slot <= now], **parameters)


def _messages(clients: int, days: int, messages: int, now: datetime) -> dict[str, object]:
    gap = days * 86_400 / messages
    return {"clients": clients, "messages": messages, "until": now, "gap": gap}


def _slots(day: date) -> list[datetime]:
    return [datetime.combine(day, moment, WIB) for moment in SLOT_TIMES]


def sum_up(database: Database, now: datetime) -> None:
    """Keeps the figures of every slot, as `sweep` does."""
    summed = True
    while summed:
        with database.transaction() as tx:
            summed = bool(tx.run("overview_slots.summarise", closed_before=now, now=now, batch=340))
