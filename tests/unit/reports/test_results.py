"""What a slot's results say, before it is put in words."""

from __future__ import annotations

from typing import Any, cast

from chalicelib.reports.results import accounts, client_line, errors_by_kind, held_posts, unread
from chalicelib.results import ClientResult

FETCHED = {
    **dict.fromkeys(("posts", "new", "removed", "held"), 0),
    "verdict": "complete",
    "error_kind": None,
}
ENGAGED = {**dict.fromkeys(("posts", "users", "failed"), 0), "error_kind": None}


def run(client_id: str, **fields: Any) -> ClientResult:
    """A client's result; what its platforms came to needs to say only what matters."""
    for name, usual in (("fetch_result", FETCHED), ("engagement_result", ENGAGED)):
        found = fields.get(name)
        fields[name] = found and {platform: usual | result for platform, result in found.items()}
    row = {"client_id": client_id, "outcome": "done", "error_kind": None, **fields}
    return cast("ClientResult", row)


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


def test_both_platforms_errors_of_both_stages_are_named_each_once() -> None:
    both = {"instagram": {"error_kind": "quota"}, "tiktok": {"error_kind": "unreadable"}}
    engagement = {"instagram": {"error_kind": "quota"}, "tiktok": {"error_kind": "upstream"}}
    failed = {"outcome": "failed", "error_kind": "quota", "fetch_result": both}
    assert errors_by_kind([run("A", **failed, engagement_result=engagement)]) == {
        "quota": ["A (Instagram)"],
        "unreadable": ["A (TikTok)"],
        "upstream": ["A (TikTok)"],
    }
    assert errors_by_kind([run("A", outcome=None, fetch_result=both)]) == {
        "overdue": ["A"],
        "quota": ["A (Instagram)"],
        "unreadable": ["A (TikTok)"],
    }


def test_an_account_that_became_empty_is_named_apart() -> None:
    fetch = {"tiktok": {"verdict": "empty", "error_kind": "empty"}}
    results = [run("A", outcome="failed", error_kind="empty", fetch_result=fetch)]
    assert (errors_by_kind(results), accounts(results, "empty")) == ({}, ["A (TikTok)"])


COMPLETE, PARTIAL, ERROR = (
    {"verdict": verdict, "posts": 2, "new": 1, "removed": 0}
    for verdict in ("complete", "partial", "error")
)


def test_clients_that_were_not_read_to_the_end_are_counted_where_they_were_due() -> None:
    fetched: list[dict[str, Any] | None] = [
        {"instagram": COMPLETE, "tiktok": COMPLETE},
        {"instagram": COMPLETE, "tiktok": PARTIAL},
        {"instagram": ERROR},
        {},
        None,
    ]
    results = [run("A", fetch_posts=True, fetch_result=result) for result in fetched]
    results.append(run("B", fetch_posts=False, fetch_result=None))
    assert unread(results) == (5, 4)


def line(fetch: Any, engagement: Any, due: bool = True) -> tuple[int | None, int | None, bool]:
    costs = {"api_requests": 1, "seconds": 1.0, "fetch_posts": due}
    found = client_line(run("A", fetch_result=fetch, engagement_result=engagement, **costs))
    return found.posts, found.users, found.due


def test_a_clients_line_has_numbers_of_what_was_read_alone() -> None:
    names = {"instagram": {"users": 7}}
    assert line({"instagram": COMPLETE, "tiktok": ERROR}, names) == (4, 7, True)
    assert line({"instagram": ERROR}, names) == (None, 7, True)
    assert line(None, None, due=False) == (None, None, False)
    failed = {"users": 0, "posts": 0, "failed": 2}
    assert line({"instagram": COMPLETE}, {"instagram": failed}) == (2, None, True)
    assert line({"instagram": COMPLETE}, {"instagram": failed, "tiktok": {"users": 7}})[1] == 7


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
