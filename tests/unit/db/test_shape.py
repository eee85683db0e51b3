"""Which columns of shared tables stop a migration."""

from __future__ import annotations

import pytest

from chalicelib.db.shape import refuse_odd_columns
from chalicelib.errors import ConfigurationError

LOCAL, ZONED = "timestamp without time zone", "timestamp with time zone"


@pytest.mark.parametrize(
    "column",
    [
        ("tiktok_post", "created_at", ZONED, False),
        ("tiktok_post", "created_at", LOCAL, False),
        ("insta_post", "original_created_at", LOCAL, False),
        ("insta_post", "created_at", LOCAL, False),
        ("insta_post", "shortcode", "character varying", True),
        ("insta_profile", "created_at", "date", True),
    ],
)
def test_what_can_be_written_passes(column: tuple[str, str, str, bool]) -> None:
    refuse_odd_columns([column])


@pytest.mark.parametrize(
    ("column", "said"),
    [
        (("insta_post", "created_at", ZONED, False), f"is {ZONED}, and has to be {LOCAL}"),
        (("tiktok_post", "created_at", "text", False), f"has to be {ZONED} or {LOCAL}"),
        (("insta_like", "likes", "ARRAY", False), "has to be jsonb"),
        (("tiktok_comment_audit", "snapshot_window_end", LOCAL, True), f"has to be {ZONED}"),
        (("insta_post", "region", "text", True), "region is NOT NULL, and has to take NULL or"),
    ],
)
def test_what_cannot_is_named_with_what_it_has_to_be(
    column: tuple[str, str, str, bool], said: str
) -> None:
    with pytest.raises(ConfigurationError, match=rf"^DATABASE_URL: .*{column[0]}\.{column[1]} "):
        refuse_odd_columns([column])
    with pytest.raises(ConfigurationError, match=said):
        refuse_odd_columns([column])


def test_all_that_is_wrong_is_named_at_once() -> None:
    wrong = [("insta_post", "a", "text", True), ("insta_like", "b", "text", True)]
    with pytest.raises(ConfigurationError, match=r"insta_post\.a.*insta_like\.b"):
        refuse_odd_columns(wrong)
