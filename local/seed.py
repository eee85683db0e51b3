"""Fills a fresh database with a scenario's clients and manual posts."""

from __future__ import annotations

import json
from datetime import datetime

from chalicelib.db import Database
from local.sandbox.scenario import Scenario

_CLIENTS = """
INSERT INTO clients SELECT * FROM jsonb_populate_recordset(NULL::clients, CAST(:rows AS jsonb))
ON CONFLICT (client_id) DO NOTHING
"""
_MANUAL_POSTS = """
INSERT INTO insta_post (shortcode, client_id, caption, created_at, original_created_at,
  source_type)
SELECT shortcode, client_id, caption, input_at AT TIME ZONE 'Asia/Jakarta', posted_at,
  'manual_input'
FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS p (shortcode varchar, client_id varchar,
  caption text, input_at timestamptz, posted_at timestamptz)
ON CONFLICT (shortcode) DO NOTHING
"""


def seed(database_url: str, scenario: Scenario) -> None:
    """Inserts the scenario's clients and manual posts that are not there yet."""
    database = Database(database_url)
    manual = [
        {
            "shortcode": post.content_id,
            "client_id": post.client_id,
            "caption": post.caption,
            "input_at": _text(post.input_at),
            "posted_at": _text(post.posted_at),
        }
        for post in scenario.manual_posts
    ]
    with database.transaction():
        database.execute(_CLIENTS, rows=json.dumps(scenario.clients))
        database.execute(_MANUAL_POSTS, rows=json.dumps(manual))
    database.close()


def _text(moment: datetime) -> str:
    return moment.isoformat()
