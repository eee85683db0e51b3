"""What an existing database must look like for this service to write and read it correctly."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from chalicelib.errors import ConfigurationError

_LOCAL = frozenset({"timestamp without time zone"})
_ZONED = frozenset({"timestamp with time zone"})
_JSON = frozenset({"jsonb"})

_AUDIT = {
    "usernames": _JSON,
    "snapshot_window_start": _ZONED,
    "snapshot_window_end": _ZONED,
    "captured_at": _ZONED,
}

TYPES: dict[str, dict[str, frozenset[str]]] = {
    "insta_post": {
        "created_at": _LOCAL,
        "original_created_at": _LOCAL | _ZONED,
        "images_url": _JSON,
    },
    "insta_post_clients": {"created_at": _LOCAL},
    "insta_like": {"likes": _JSON, "updated_at": _LOCAL},
    "insta_like_audit": _AUDIT,
    "tiktok_post": {"created_at": _LOCAL | _ZONED, "original_created_at": _LOCAL | _ZONED},
    "tiktok_comment": {"comments": _JSON, "updated_at": _LOCAL},
    "tiktok_comment_audit": _AUDIT,
    "link_report": {"created_at": _LOCAL},
    "wa_notification_scheduler_state": {"last_notified_at": _ZONED},
    "wa_notification_outbox": {
        "created_at": _ZONED,
        "updated_at": _ZONED,
        "next_attempt_at": _ZONED,
        "last_attempt_at": _ZONED,
        "sent_at": _ZONED,
    },
}
"""The types that columns of shared tables may have. If both kinds of time are allowed, the queries
adapt to the column's type, and one without a zone holds UTC."""

FILLED: dict[str, frozenset[str]] = {
    "insta_post": frozenset({"shortcode", "client_id", "created_at", "source_type"}),
    "insta_post_clients": frozenset({"shortcode", "client_id", "created_at"}),
    "insta_like": frozenset({"shortcode", "likes", "updated_at"}),
    "insta_like_audit": frozenset({"shortcode", *TYPES["insta_like_audit"]}),
    "tiktok_post": frozenset({"video_id", "client_id", "created_at", "source_type"}),
    "tiktok_comment": frozenset({"video_id", "comments", "updated_at"}),
    "tiktok_comment_audit": frozenset({"video_id", *TYPES["tiktok_comment_audit"]}),
    "wa_notification_scheduler_state": frozenset(
        {"client_id", "last_notified_slot", "last_notified_at", "last_ig_count"}
        | {"last_tiktok_count"}
    ),
    "wa_notification_outbox": frozenset(
        {"client_id", "group_id", "message", "idempotency_key", "status", "attempt_count"}
        | {"max_attempts", "next_attempt_at", "created_at", "updated_at"}
    ),
}
"""The columns that this service fills in every row it writes; others must not be NOT NULL, unless
the row need not name them. (The migration drops NOT NULL from the outbox's client and group.)"""

COLUMNS = """
SELECT table_name::text, column_name::text, data_type::text,
  is_nullable = 'NO' AND (column_default IS NULL AND is_identity = 'NO'
    AND is_generated = 'NEVER' OR column_name IN ('caption', 'comment_count', 'like_count',
    'thumbnail_url', 'video_url', 'image_url', 'is_video', 'is_carousel', 'images_url',
    'original_created_at'))
FROM information_schema.columns WHERE table_schema = current_schema()
ORDER BY 1, 2
"""
"""Rows of (table, column, type, whether a row must supply a value), for `refuse_odd_columns`.
Values that the APIs may leave out are written as NULL, so a default does not help there."""


def refuse_odd_columns(columns: Iterable[Sequence[Any]]) -> None:
    """Raises ConfigurationError, listing everything wrong, if a shared table has a column whose
    type would shift times or hide names, or one that this service cannot fill. Pure."""
    problems = [problem for row in columns if (problem := _problem(*row))]
    if problems:
        raise ConfigurationError(
            "DATABASE_URL: the tables of this database cannot be written as they are: "
            + "; ".join(problems)
            + ". Nothing was changed. Alter these columns, and migrate again."
        )


def _problem(table: str, column: str, kind: str, must_be_given: bool) -> str | None:
    allowed = TYPES.get(table, {}).get(column)
    if allowed and kind not in allowed:
        return f"{table}.{column} is {kind}, and has to be {' or '.join(sorted(allowed))}"
    if must_be_given and table in FILLED and column not in FILLED[table]:
        return f"{table}.{column} is NOT NULL, and has to take NULL or have a default"
    return None
