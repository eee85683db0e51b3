"""A day under test: whole slots over worker processes, and the host as a process of its own."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from chalicelib.slots import Slot
from local.runner import Observer, Runner
from local.sandbox import Sandbox
from local.slot_run import SlotResult, run_slot
from local.stack import Stack

DAY = "2026-02-20"


@dataclass
class Day:
    """A day under test: runs slots, keeps what groups saw, reads the tables."""

    stack: Stack
    sandbox: Sandbox
    seen: list[str] = field(default_factory=list)

    def slot(
        self,
        at: str,
        workers: int = 2,
        twice: bool = False,
        observe: Observer = lambda handler, pid: None,
        show: Callable[[str], None] | None = None,
        on: str = DAY,
    ) -> SlotResult:
        """Runs the slot at this time of day to its end."""
        slot = Slot.parse(f"{on}T{at}")
        self.sandbox.set_now(slot.at)
        with Runner(
            self.stack.environment, workers, visibility=2, twice=twice, observe=observe
        ) as runner:
            return run_slot(self.stack, runner, slot, show or self.seen.append)

    def rows(self, sql: str) -> list[dict[str, Any]]:
        """The rows of a query over the day's database."""
        database = self.stack.database()
        with database.transaction():
            rows = database.execute(sql)
        database.close()
        return rows

    def tables(self) -> dict[str, list[dict[str, Any]]]:
        """Everything that must not differ between a plain day and a troubled one."""
        return {name: self.rows(sql) for name, sql in _COMPARED.items()}

    def sent(self) -> list[str]:
        """The keys of the messages that left, in order, from the transport's journal."""
        journal = Path(self.stack.environment["WA_AUTH_DATA_PATH"]) / "console.jsonl"
        lines = journal.read_text().splitlines() if journal.exists() else []
        return [json.loads(line)["key"] for line in lines]


_COMPARED = {
    # Which of a collaboration post's clients was first is a race that either may win.
    "insta_post": "SELECT to_jsonb(p) - CASE WHEN (SELECT count(*) FROM insta_post_clients l "
    "WHERE l.shortcode = p.shortcode) > 1 THEN 'client_id' ELSE '' END AS post "
    "FROM insta_post p ORDER BY shortcode",
    "insta_post_clients": "SELECT * FROM insta_post_clients ORDER BY 1, 2",
    "insta_like": "SELECT * FROM insta_like ORDER BY 1",
    "insta_like_audit": "SELECT shortcode, usernames, snapshot_window_start, "
    "snapshot_window_end, captured_at FROM insta_like_audit ORDER BY 1, 4",
    "tiktok_post": "SELECT * FROM tiktok_post ORDER BY 1",
    "tiktok_post_clients": "SELECT * FROM tiktok_post_clients ORDER BY 1, 2",
    "tiktok_comment": "SELECT * FROM tiktok_comment ORDER BY 1",
    "tiktok_comment_audit": "SELECT video_id, usernames, snapshot_window_start, "
    "snapshot_window_end, captured_at FROM tiktok_comment_audit ORDER BY 1, 4",
    "content_change": "SELECT platform, content_id, client_id, kind, slot, wib_day, posted_at, "
    "caption FROM content_change ORDER BY client_id, platform, content_id, kind, slot",
    "content_archive": "SELECT platform, content_id, client_id, slot FROM content_archive "
    "ORDER BY 1, 2",
    "client_run": "SELECT slot, client_id, fetch_posts, fetch_result, engagement_result, outcome, "
    "error_kind FROM client_run ORDER BY 1, 2",
    "slot_run": "SELECT slot, status, trigger FROM slot_run ORDER BY 1",
    "scheduler_state": "SELECT client_id, last_ig_count, last_tiktok_count, last_notified_at, "
    "last_notified_slot FROM wa_notification_scheduler_state ORDER BY 1",
    "outbox": "SELECT client_id, group_id, kind, slot, status, expires_at, session "
    "FROM wa_notification_outbox ORDER BY slot, group_id, kind, client_id",
}
