"""A second host for a platform: when it is asked, and what is counted and kept closed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import date
from typing import Any

import pytest

from chalicelib.social.breaker import CONFIGURATION_PAUSE
from chalicelib.social.errors import (
    ApiError,
    BudgetSpent,
    Business,
    Malformed,
    NotFound,
    QuotaExceeded,
    RateLimited,
    Upstream,
)
from chalicelib.social.fallback import Fallback
from chalicelib.social.guard import Guard, GuardedRoute
from chalicelib.social.http import Api, Effort
from chalicelib.social.judge import Json
from tests.unit.builders import wib
from tests.unit.social.answers import Answer, Server, serving

QUOTA = "You have exceeded the MONTHLY quota for Requests on your current plan, BASIC."


def says(status: int, body: Any) -> Answer:
    return Answer(status, json.dumps(body).encode())


GOOD = says(200, {"ok": 1})
BETTER = says(200, {"ok": 2})
UNSUBSCRIBED = says(403, {"message": "You are not subscribed to this API."})
BAD_KEY = says(401, {"message": "Invalid API key."})
USED_UP = says(429, {"message": QUOTA})
TOO_FAST = Answer(429, b'{"message": "rate limit per second"}', {"Retry-After": "0"})


class Hosts:
    """Two servers, and the APIs over them under one guard; the clock is set by hand."""

    def __init__(self, first: Server, second: Server, budget: int | None = None) -> None:
        self.first, self.second = first, second
        self.now = wib("12:00")
        self.guard = Guard(None, 1000, lambda: self.now, budget)
        self.apis = [self._route("first", first, "key-1"), self._route("second", second, "key-2")]
        self.both = Fallback(*self.apis)

    def _route(self, name: str, server: Server, key: str) -> Api:
        return Api(server.url, key, GuardedRoute(self.guard, name), Effort(attempts=2))

    @property
    def asked(self) -> tuple[int, int]:
        """How many requests came in at each."""
        return len(self.first.paths), len(self.second.paths)


NewHosts = Callable[..., Hosts]


@pytest.fixture
def hosts() -> Iterator[NewHosts]:
    """Makes hosts whose first and second give these answers, the last one for ever."""
    with ExitStack() as running:

        def make(first: list[Answer], second: list[Answer], budget: int | None = None) -> Hosts:
            one, other = (running.enter_context(serving(*answers)) for answers in (first, second))
            made = Hosts(one, other, budget)
            running.callback(made.both.close)
            return made

        yield make


def whole(answer: Json) -> Json:
    return answer


@pytest.mark.parametrize("closed", [UNSUBSCRIBED, BAD_KEY, USED_UP])
def test_a_refused_key_or_a_used_up_quota_moves_on_with_the_second_s_own_key(
    hosts: NewHosts, closed: Answer
) -> None:
    both = hosts([closed], [BETTER])
    assert both.both.get("/v1/posts", whole, count=35, cursor="a b") == {"ok": 2}
    assert both.first.paths == both.second.paths == ["/v1/posts?count=35&cursor=a+b"]
    assert both.first.headers[0]["X-RapidAPI-Key"] == "key-1"
    assert both.second.headers[0]["X-RapidAPI-Key"] == "key-2"


def test_while_the_first_is_well_the_second_is_left_alone(hosts: NewHosts) -> None:
    both = hosts([GOOD], [BETTER])
    assert [both.both.get("/x", whole) for _ in range(3)] == [{"ok": 1}] * 3
    assert both.asked == (3, 0)


@pytest.mark.parametrize(
    ("answer", "kind", "tries"),
    [
        (TOO_FAST, RateLimited, 6),
        (says(503, {}), Upstream, 2),
        (Answer(204, b""), Malformed, 2),
        (says(404, {"detail": "Not found"}), NotFound, 1),
        (says(200, {"status_code": 10222}), Business, 1),
    ],
)
def test_trouble_that_another_host_would_have_too_does_not_move_on(
    hosts: NewHosts, answer: Answer, kind: type[ApiError], tries: int
) -> None:
    both = hosts([answer], [BETTER])
    with pytest.raises(kind):
        both.both.get("/x", whole)
    assert both.asked == (tries, 0)


def test_an_envelope_that_is_not_known_is_tried_again_and_does_not_move_on(
    hosts: NewHosts,
) -> None:
    def strict(answer: Json) -> Json:
        raise Malformed("data.items is missing")

    both = hosts([GOOD], [BETTER])
    with pytest.raises(Malformed, match=r"data\.items is missing"):
        both.both.get("/x", strict)
    assert both.asked == (2, 0)


def test_an_envelope_that_is_whole_the_second_time_is_read(hosts: NewHosts) -> None:
    def strict(answer: Json) -> int:
        if "items" not in answer:
            raise Malformed("items is missing")
        return len(answer["items"])

    both = hosts([GOOD, says(200, {"items": [1, 2, 3]})], [BETTER])
    assert both.both.get("/x", strict) == 3
    assert both.both.requests_sent() == {("/x", "malformed"): 1, ("/x", "ok"): 1}


def test_the_last_one_s_error_is_the_one_that_is_raised(hosts: NewHosts) -> None:
    both = hosts([UNSUBSCRIBED], [USED_UP])
    with pytest.raises(QuotaExceeded, match="MONTHLY"):
        both.both.get("/x", whole)
    with pytest.raises(QuotaExceeded, match="second: quota used up"):
        both.both.get("/x", whole)
    assert both.asked == (1, 1)


def test_outcomes_are_those_of_both_added_up(hosts: NewHosts) -> None:
    both = hosts([GOOD, TOO_FAST, GOOD, USED_UP], [BETTER, TOO_FAST, BETTER])
    for path in ("/a", "/a", "/b", "/b"):
        both.both.get(path, whole)
    assert both.both.requests_sent() == {
        ("/a", "ok"): 2,
        ("/a", "rate_limit"): 1,
        ("/b", "quota"): 1,
        ("/b", "ok"): 2,
        ("/b", "rate_limit"): 1,
    }
    assert both.both.requests_sent().total() == sum(both.asked) == 7


def test_the_first_stays_closed_once_it_refused_and_is_asked_again_later(
    hosts: NewHosts,
) -> None:
    both = hosts([UNSUBSCRIBED, GOOD], [BETTER])
    assert [both.both.get("/x", whole) for _ in range(3)] == [{"ok": 2}] * 3
    assert both.asked == (1, 3)
    both.now += CONFIGURATION_PAUSE
    assert both.both.get("/x", whole) == {"ok": 1}
    assert both.asked == (2, 3)


def test_a_used_up_first_stays_closed_until_the_next_day(hosts: NewHosts) -> None:
    both = hosts([USED_UP, GOOD], [BETTER])
    both.both.get("/x", whole)
    both.now = both.now.replace(hour=23, minute=59)
    assert both.both.get("/x", whole) == {"ok": 2}
    both.now = wib("00:00", date(2026, 2, 21))
    assert both.both.get("/x", whole) == {"ok": 1}
    assert both.asked == (2, 2)


def test_what_a_closed_route_is_not_asked_is_not_counted(hosts: NewHosts) -> None:
    both = hosts([USED_UP], [USED_UP])
    for _ in range(3):
        with pytest.raises(QuotaExceeded):
            both.both.get("/x", whole)
    assert both.both.requests_sent() == {("/x", "quota"): 2}


def test_a_spent_budget_does_not_move_on(hosts: NewHosts) -> None:
    both = hosts([GOOD], [BETTER], budget=2)
    assert [both.both.get("/x", whole) for _ in range(2)] == [{"ok": 1}] * 2
    with pytest.raises(BudgetSpent):
        both.both.get("/x", whole)
    assert both.asked == (2, 0)


def test_closing_closes_both(hosts: NewHosts) -> None:
    both = hosts([UNSUBSCRIBED], [GOOD])
    both.both.get("/x", whole)
    both.both.close()
    assert both.both.get("/x", whole) == {"ok": 1}, "and the next call opens what it needs"
    assert both.second.connections == 2
