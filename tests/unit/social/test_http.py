"""The one way to either API: how answers are judged, and what happens on the wire."""

from __future__ import annotations

import json
import socket
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Event
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.deadline import Deadline
from chalicelib.social.errors import (
    AccountRefused,
    ApiConfiguration,
    ApiError,
    Business,
    EndpointRefused,
    Malformed,
    NotFound,
    NoTime,
    QuotaExceeded,
    RateLimited,
    Upstream,
)
from chalicelib.social.guard import Guard, GuardedRoute
from chalicelib.social.http import Api, Effort
from chalicelib.social.judge import parse_response
from chalicelib.social.route import Route
from local.invocation import Context
from tests.simulated import Time
from tests.unit.builders import always, wib
from tests.unit.social.answers import SAMPLES, Answer, json_values, sample, serving

KEY = "rapid-secret"
NOTHING = Answer(204, b"")
TOO_FAST = Answer(429, b'{"message": "rate limit per second"}', {"Retry-After": "0"})

RECORDED = [
    ("rapidapi_401_bad_key", ApiConfiguration),
    ("rapidapi_401_endpoint_disabled", EndpointRefused),
    ("rapidapi_403_not_subscribed", ApiConfiguration),
    ("rapidapi_404_unknown_path", EndpointRefused),
    ("rapidapi_429_monthly_quota", QuotaExceeded),
    ("rapidapi_429_rate_per_minute", RateLimited),
    ("rapidapi_504_timeout", Upstream),
    ("social_api4_error_detail", Business),
    ("tiktok_200_business_error", Business),
    ("tiktok_200_upstream_busy", Upstream),
    ("tiktok_202_validation", Business),
    ("tiktok_204_empty", Malformed),
    ("tiktok_error_missing_params", Business),
]
QUOTA = "You have exceeded the {} quota for Requests on your current plan"
RATE = "You have exceeded the rate limit per {} for your plan, BASIC, by the API provider"

TABLE: list[tuple[int, Any, type[ApiError]]] = [
    (401, {"message": "Invalid API key"}, ApiConfiguration),
    (403, {"message": "Invalid API key"}, ApiConfiguration),
    (403, {"message": "This endpoint is disabled for your subscription"}, EndpointRefused),
    (401, {"message": "You are not subscribed to this API."}, ApiConfiguration),
    (401, {"message": "Missing RapidAPI application key. Go to …"}, ApiConfiguration),
    (404, {"message": "Endpoint '/v1/x' does not exist"}, EndpointRefused),
    (403, "<html>", AccountRefused),
    (403, "", AccountRefused),
    (401, {"detail": "login required"}, AccountRefused),
    (403, {"detail": "This account is private"}, AccountRefused),
    (403, {"message": "Endpoint is busy for this account"}, AccountRefused),
    (403, {"error": "The owner of this account blocked invalid API key holders"}, AccountRefused),
    (429, {"message": QUOTA.format("MONTHLY") + ", BASIC."}, QuotaExceeded),
    (429, {"message": QUOTA.format("DAILY")}, QuotaExceeded),
    (429, {"message": RATE.format("second")}, RateLimited),
    (429, {"message": RATE.format("minute")}, RateLimited),
    (429, {"message": RATE.format("hour")}, RateLimited),
    (429, {"message": "Too many requests"}, RateLimited),
    (429, "", RateLimited),
    (404, {"message": "account does not exist"}, NotFound),
    (404, {"detail": "Not found"}, NotFound),
    (404, "", NotFound),
    (400, {"error": "missing required params"}, Business),
    (422, {"detail": "..."}, Business),
    (408, "", Upstream),
    (500, "<html>", Upstream),
    (502, "", Upstream),
    (503, {"message": "Service Unavailable"}, Upstream),
    (504, {"messages": "The request to the API has timed out."}, Upstream),
    (204, "", Malformed),
    (200, "", Malformed),
    (200, "<html><body>Just a moment</body></html>", Malformed),
    (200, "\xff\xfe", Malformed),
    (200, [], Malformed),
    (200, None, Malformed),
    (200, "true", Malformed),
    (202, {"success": False, "error": "..."}, Business),
    (202, {"error": "missing required params"}, Business),
    (202, {"statusCode": 10222}, Business),
    (202, "", Upstream),
    (202, {}, Upstream),
    (202, {"message": "Your request is being processed"}, Upstream),
    (202, {"data": {"items": []}}, Upstream),
    (202, "<html>", Upstream),
    (200, {"success": False, "error": "..."}, Business),
    (200, {"success": False}, Business),
    (200, {"error": "missing required params"}, Business),
    (200, {"status_code": 4}, Upstream),
    (200, {"statusCode": 4, "status_msg": "busy"}, Upstream),
    (200, {"status_code": "4"}, Upstream),
    (200, {"statusCode": 0, "status_code": 4}, Upstream),
    (200, {"statusCode": "0", "status_code": 4}, Upstream),
    (200, {"data": {"statusCode": 4}}, Upstream),
    (200, {"statusCode": 10202}, NotFound),
    (200, {"status_code": "10202"}, NotFound),
    (200, {"statusCode": 0, "data": {"status_code": 10202}}, NotFound),
    (200, {"statusCode": 10204, "status_msg": "item doesn't exist"}, NotFound),
    (200, {"statusCode": 10221}, NotFound),
    (200, {"statusCode": 10222}, Business),
    (200, {"status_code": -1}, Business),
    (200, {"status_code": "strange"}, Business),
]

GOOD = [
    {},
    {"data": {"items": []}},
    {"statusCode": 0, "status_code": 0, "status_msg": ""},
    {"statusCode": "0", "data": {"status_code": 0}},
    {"data": None},
    {"error": None, "success": True},
]


def raised(status: int, body: bytes, headers: dict[str, str] | None = None) -> ApiError:
    with pytest.raises(ApiError) as error:
        parse_response("/path", status, headers or {}, body)
    return error.value


def encoded(body: Any) -> bytes:
    return body.encode("latin-1") if isinstance(body, str) else json.dumps(body).encode()


def test_every_recorded_error_is_in_the_table() -> None:
    assert sorted(name for name, _ in RECORDED) == sorted(
        path.stem for path in (SAMPLES / "errors").glob("*.json")
    )


@pytest.mark.parametrize(("name", "kind"), RECORDED)
def test_a_recorded_error_is_what_it_is(name: str, kind: type[ApiError]) -> None:
    recorded = sample(f"errors/{name}")
    assert recorded.keys() == {"status", "body"}
    error = raised(recorded["status"] or 400, encoded(recorded["body"]))
    assert isinstance(error, kind)
    assert "/path" in str(error)


@pytest.mark.parametrize(("status", "body", "kind"), TABLE)
def test_an_answer_that_is_none_is_an_error_of_its_kind(
    status: int, body: Any, kind: type[ApiError]
) -> None:
    assert type(raised(status, encoded(body))) is kind


@pytest.mark.parametrize(
    ("body", "explicit"), [({"detail": "Not found"}, True), ("", False), ("<html>", False)]
)
def test_a_bare_404_is_not_the_api_s_own_word(body: Any, explicit: bool) -> None:
    error = raised(404, encoded(body))
    assert isinstance(error, NotFound)
    assert error.explicit is explicit


@pytest.mark.parametrize(
    ("kind", "retried"),
    [
        (ApiConfiguration, False),
        (QuotaExceeded, False),
        (RateLimited, True),
        (Upstream, True),
        (Malformed, True),
        (Business, False),
        (NotFound, False),
    ],
)
def test_only_what_may_pass_is_tried_again(kind: type[ApiError], retried: bool) -> None:
    assert kind("x").retry is retried


def test_an_unknown_path_is_not_tried_again() -> None:
    recorded = sample("errors/rapidapi_404_unknown_path")
    assert raised(recorded["status"], encoded(recorded["body"])).retry is False


@pytest.mark.parametrize("body", GOOD)
def test_a_good_answer_is_its_json_object(body: dict[str, Any]) -> None:
    assert parse_response("/path", 200, {}, encoded(body)) == body


NAMES = ["data", "error", "message", "status_code", "statusCode", "status_msg", "success"]
objects = st.dictionaries(st.sampled_from(NAMES), json_values)
bodies = st.binary() | st.builds(lambda body: json.dumps(body).encode(), json_values | objects)


@always
@given(st.integers(100, 599) | st.just(200), bodies)
def test_whatever_comes_is_an_object_or_an_api_error(status: int, body: bytes) -> None:
    with suppress(ApiError):
        assert isinstance(parse_response("/path", status, {}, body), dict)


@pytest.mark.parametrize("code", ["--4", "4-", "\u00b2", "4.0", " ", [4], {"a": 1}, True, 4.5])
def test_a_code_that_is_no_number_is_a_business_error(code: Any) -> None:
    assert type(raised(200, encoded({"status_code": code}))) is Business


@pytest.mark.parametrize("name", ["message", "messages", "detail", "error", "status_msg"])
def test_the_apis_own_words_are_in_the_error_and_cut(name: str) -> None:
    text = str(raised(500, encoded({name: "Server is busy. " + "x" * 5000})))
    assert "Server is busy." in text
    assert len(text) < 300


@pytest.mark.parametrize(
    ("header", "seconds"), [("7", 7.0), ("0", 0.0), (None, None), ("soon", None), ("", None)]
)
def test_retry_after_is_read_in_seconds(header: str | None, seconds: float | None) -> None:
    headers = {} if header is None else {"Retry-After": header}
    error = raised(429, b"", headers)
    assert isinstance(error, RateLimited)
    assert error.retry_after == seconds


class Permits(Route):
    """A route that asks a function."""

    def __init__(self, permit: Callable[[str], None]) -> None:
        self._permit = permit

    def permit(self, path: str) -> None:
        self._permit(path)


@contextmanager
def api_of(
    host: str,
    attempts: int = 4,
    timeout: float = 20,
    permit: Callable[[str], None] = lambda path: None,
) -> Iterator[Api]:
    api = Api(host, KEY, Permits(permit), Effort(timeout, attempts))
    yield api
    api.close()


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


def test_a_call_sends_its_path_parameters_and_headers() -> None:
    with serving(Answer(body=b'{"data": 1}')) as server, api_of(server.url) as api:
        assert api.get("/v1/posts", dict, username_or_id_or_url="polres_x", count=35) == {"data": 1}
        assert server.paths == ["/v1/posts?username_or_id_or_url=polres_x&count=35"]
        sent = {name.lower(): value for name, value in server.headers[0].items()}
    assert sent["x-rapidapi-key"] == KEY
    assert sent["x-rapidapi-host"] == "127.0.0.1"
    assert sent["x-cache-control"] == "no-cache"


def test_a_token_is_sent_as_it_came() -> None:
    token = "Ik1IB&a=1+/=…"
    with serving(Answer()) as server, api_of(server.url + "/") as api:
        api.get("/v1/posts", dict, pagination_token=token)
        assert server.paths == ["/v1/posts?pagination_token=Ik1IB%26a%3D1%2B%2F%3D%E2%80%A6"]


def test_a_bare_host_is_called_over_tls(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(Answer(502, b"")) as proxy, api_of("api.invalid", attempts=1) as api:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        with pytest.raises(Upstream, match="ProxyError"):
            api.get("/x", dict)
        assert proxy.paths == ["api.invalid:443"]


def test_a_full_url_is_called_as_it_is_and_named_by_its_bare_host(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with serving(Answer()) as proxy, api_of("http://api.invalid:8099/") as api:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        api.get("/x", dict)
        assert proxy.paths == ["http://api.invalid:8099/x"]
        assert proxy.headers[0]["X-RapidAPI-Host"] == "api.invalid"


def test_connections_are_pooled() -> None:
    with serving(Answer()) as server, api_of(server.url) as api:
        for _ in range(5):
            api.get("/x", dict)
        assert (len(server.paths), server.connections) == (5, 1)


def test_a_passing_error_is_tried_again_each_try_permitted_and_counted() -> None:
    permitted: list[int] = []
    with (
        serving(TOO_FAST, TOO_FAST, Answer()) as server,
        api_of(server.url, permit=lambda path: permitted.append(len(server.paths))) as api,
    ):
        assert api.get("/x", dict) == {"ok": 1}
        assert (api.outcomes.total(), len(server.paths)) == (3, 3)
    assert permitted == [0, 1, 2], "each try is permitted before it is sent"


def test_tries_end_and_the_last_error_is_raised() -> None:
    with serving(NOTHING) as server, api_of(server.url, attempts=3) as api:
        with pytest.raises(Malformed):
            api.get("/x", dict)
        assert (api.outcomes.total(), len(server.paths)) == (3, 3)


def test_a_call_that_came_too_fast_gets_three_times_the_tries() -> None:
    with serving(TOO_FAST) as server, api_of(server.url, attempts=2) as api:
        with pytest.raises(RateLimited):
            api.get("/x", dict)
        assert (api.outcomes.total(), len(server.paths)) == (6, 6)


@pytest.mark.parametrize("answer", [Answer(503, b""), NOTHING, Answer(200, b"<html>")])
def test_trouble_upstream_and_empty_answers_are_tried_again(answer: Answer) -> None:
    with serving(answer, Answer()) as server, api_of(server.url, attempts=2) as api:
        assert api.get("/x", dict) == {"ok": 1}
        assert api.outcomes.total() == 2


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (403, {"message": "You are not subscribed to this API."}, ApiConfiguration),
        (404, {"detail": "Not found"}, NotFound),
        (429, {"message": QUOTA.format("MONTHLY")}, QuotaExceeded),
        (200, {"status_code": 10222}, Business),
    ],
)
def test_an_error_that_stays_is_not_tried_again(
    status: int, body: dict[str, Any], kind: type[ApiError]
) -> None:
    with serving(Answer(status, encoded(body))) as server, api_of(server.url) as api:
        with pytest.raises(kind):
            api.get("/x", dict)
        assert (api.outcomes.total(), len(server.paths)) == (1, 1)


def test_retry_after_is_waited_for() -> None:
    slow_down = Answer(429, b"", {"Retry-After": "1"})
    tries: list[float] = []
    with (
        serving(slow_down, Answer()) as server,
        api_of(server.url, permit=lambda path: tries.append(time.monotonic())) as api,
    ):
        api.get("/x", dict)
    assert tries[1] - tries[0] >= 1


def test_an_answer_that_does_not_come_in_time_is_upstream_trouble() -> None:
    ended = Event()
    with serving(Answer(wait=ended.wait)) as server, api_of(server.url, 1, timeout=0.4) as api:
        with pytest.raises(Upstream, match=r"^/x: ReadTimeout$"):
            api.get("/x", dict, uniqueId="polres_x")
        ended.set()


def test_a_host_that_is_not_there_is_upstream_trouble() -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        host = f"http://127.0.0.1:{bound.getsockname()[1]}"
        with api_of(host, attempts=1) as api, pytest.raises(Upstream, match=r"^/x: Connection"):
            api.get("/x", dict)


@pytest.mark.parametrize("answer", [Answer(401, b'{"message": "Invalid API key"}'), NOTHING])
def test_the_key_is_in_no_error(answer: Answer) -> None:
    with serving(answer) as server, api_of(server.url, attempts=1) as api:
        with pytest.raises(ApiError) as error:
            api.get("/x", dict)
        assert KEY not in str(error.value)


# --- deadlines and refusals -----------------------------------------------------------------


@contextmanager
def hurried(url: str, seconds: float, attempts: int = 4) -> Iterator[tuple[Api, Time]]:
    """An API in an invocation of so many simulated seconds."""
    time_ = Time()
    deadline = Deadline.of(Context("f", clock=time_, seconds=seconds), time_.sleep)
    api = Api(url, KEY, effort=Effort(attempts=attempts), deadline=lambda: deadline)
    yield api, time_
    api.close()


STORM = Answer(429, b'{"message": "rate limit per minute"}', {"Retry-After": "60"})


def test_retry_after_is_kept_to_in_full_while_it_fits() -> None:
    with serving(STORM, Answer()) as server, hurried(server.url, 180) as (api, time_):
        assert api.get("/x", dict) == {"ok": 1}
        assert time_() == 60


@pytest.mark.parametrize("seconds", [60, 180, 240])
def test_a_storm_fails_as_what_it_is_inside_the_limit_and_is_not_asked_again(
    seconds: float,
) -> None:
    with serving(STORM) as server, hurried(server.url, seconds) as (api, time_):
        for _ in range(3):
            with pytest.raises(RateLimited):
                api.get("/x", dict)
        assert time_() <= seconds - 60 or time_() == 0
        assert len(server.paths) == 1 + time_() // 60, "the later calls are not sent"


@pytest.mark.parametrize("answer", [STORM, Answer(503, b"", {"Retry-After": "3600"})])
def test_a_new_invocation_asks_again(answer: Answer) -> None:
    with serving(answer, Answer()) as server:
        deadlines = [Deadline.of(Context("f", clock=Time(), seconds=60)) for _ in range(2)]
        api = Api(server.url, KEY, deadline=lambda: deadlines[0])
        for _ in range(2):
            with pytest.raises(ApiError):
                api.get("/x", dict)
        del deadlines[0]
        assert api.get("/x", dict) == {"ok": 1}
        api.close()


def test_a_call_that_begins_too_late_is_not_sent() -> None:
    with serving(Answer()) as server, hurried(server.url, 180) as (api, time_):
        time_.sleep(160)
        with pytest.raises(NoTime):
            api.get("/x", dict)
        assert server.paths == []


PRIVATE = Answer(403, b'{"detail": "This account is private"}')


def test_one_refused_account_closes_nothing() -> None:
    guard = Guard(None, 1000, lambda: wib("17:00"))
    with serving(PRIVATE) as server:
        api = Api(server.url, KEY, GuardedRoute(guard, "instagram"))
        for _ in range(20):
            with pytest.raises(AccountRefused):
                api.get("/v1/posts", dict, username_or_id_or_url="polres_x")
        for number in range(20):
            with pytest.raises(AccountRefused):
                api.get("/v1/likes", dict, code_or_id_or_url=f"C{number}")
        api.close()
    assert guard.breaker.closed_by("instagram") is None


@pytest.mark.parametrize(("between", "closed"), [(Answer(), None), (PRIVATE, "api_configuration")])
def test_many_accounts_refused_in_a_row_close_the_route(
    between: Answer, closed: str | None
) -> None:
    guard = Guard(None, 1000, lambda: wib("17:00"))
    answers = [PRIVATE] * 4 + [between] + [PRIVATE] * 4
    with serving(*answers) as server:
        api = Api(server.url, KEY, GuardedRoute(guard, "instagram"))
        for number in range(len(answers)):
            with suppress(ApiError):
                api.get("/v1/posts", dict, username_or_id_or_url=f"polres_{number}")
        assert len(server.paths) == (9 if closed is None else 5)
        api.close()
    assert guard.breaker.closed_by("instagram") == closed


@pytest.mark.parametrize(
    "key", ["rapid-\nsecret", "rapid\r\nX-Odd: secret", " secret", "\u2603secret"]
)
def test_a_key_that_cannot_be_sent_is_shown_to_nobody(
    key: str, caplog: pytest.LogCaptureFixture
) -> None:
    with serving(Answer()) as server:
        api = Api(server.url, key, Route())
        with pytest.raises(ApiError) as caught:
            api.get("/v1/posts", dict)
        api.close()
        assert server.paths == []
    shown = "".join(traceback.format_exception(caught.value))
    assert "secret" not in shown + caplog.text
