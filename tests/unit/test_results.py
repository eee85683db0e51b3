"""What a slot's results say, before it is put in words."""

from __future__ import annotations

from typing import Any

from chalicelib.results import accounts, errors_by_kind, held_posts


def run(client_id: str, **fields: Any) -> dict[str, Any]:
    return {"client_id": client_id, "outcome": "done", "error_kind": None, **fields}


def test_results_are_grouped_under_the_kind_of_error_they_met() -> None:
    results = [
        run("A", outcome="failed", error_kind="upstream"),
        run("B"),
        run("C", outcome="expired", error_kind="expired"),
        run("D", outcome="failed", error_kind="upstream"),
        run("E", outcome=None),
    ]
    assert errors_by_kind(results) == {
        "expired": ["C"],
        "overdue": ["E"],
        "upstream": ["A", "D"],
    }


def test_accounts_are_named_with_the_platform_that_came_to_the_verdict() -> None:
    results = [
        run("A", fetch_result={"instagram": {"verdict": "empty"}, "tiktok": {"verdict": "empty"}}),
        run("B", fetch_result={"instagram": {"verdict": "complete"}}),
        run("C", fetch_result=None),
    ]
    assert accounts(results, "empty") == ["A (Instagram)", "A (TikTok)"]


def test_held_posts_are_counted_over_both_platforms() -> None:
    results = [
        run("A", fetch_result={"instagram": {"held": 3}, "tiktok": {"held": 1}}),
        run("B", fetch_result={"instagram": {"held": 0}, "tiktok": {}}),
        run("C", fetch_result=None),
    ]
    assert held_posts(results) == {"A": 4}
