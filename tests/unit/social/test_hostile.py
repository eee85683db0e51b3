"""Bodies that no API should send: a call ends in what was read, or in an ApiError."""

from __future__ import annotations

import copy
import json
import logging
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.slots import WIB
from chalicelib.social import http
from chalicelib.social.content import Post, PostPage, UserPage
from chalicelib.social.errors import ApiError, Malformed, QuotaExceeded, Unforeseen, Upstream
from chalicelib.social.guard import Guard, GuardedRoute
from chalicelib.social.http import Api, Effort
from chalicelib.social.instagram import Instagram
from chalicelib.social.tiktok import TikTok
from tests.unit.builders import always, wib
from tests.unit.social.answers import Answer, Answering, json_values, sample, serving

Call = Callable[[Api], Any]

CALLS: dict[str, tuple[str, Call]] = {
    "posts": ("instagram/posts_excerpt", lambda api: Instagram(api).posts("x")),
    "likers": ("instagram/likes_shape", lambda api: Instagram(api).people("C1")),
    "post": ("instagram/posts_excerpt", lambda api: Instagram(api).post("C1")),
    "secuid": ("tiktok/user_info", lambda api: TikTok(api).account_id("x")),
    "videos": ("tiktok/user_posts", lambda api: TikTok(api).posts("MS4")),
    "commenters": ("tiktok/post_comments", lambda api: TikTok(api).people("7")),
    "video": ("tiktok/post_detail", lambda api: TikTok(api).post("7")),
}


def body_of(name: str) -> dict[str, Any]:
    """A good body for the call."""
    body = sample(CALLS[name][0])
    return {"data": body["data"]["items"][0]} if name == "post" else body


def places(value: Any, here: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every value inside."""
    yield here
    if isinstance(value, dict | list):
        for key, one in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places(one, (*here, key))


def with_value(body: Any, place: tuple[Any, ...], value: Any) -> Any:
    """The body with another value there."""
    if not place:
        return value
    changed = copy.deepcopy(body)
    inner = changed
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = value
    return changed


def nested(depth: int) -> Any:
    value: Any = "x"
    for _ in range(depth):
        value = [value]
    return value


PLACES = {name: list(places(body_of(name))) for name in CALLS}
NUMBERS = [10**30, -(10**30), 2**31, 1795000000000, 253402300799, -62135596800, 0, -1, 1.5]
TEXTS = ["\x00", "a\x00b", "\ud800", "\udfff x", "x" * 100_000, "9" * 4000, "1e400", "", " "]
TIMES = ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59+00:00", "2026-02-20T10:00:00"]
LINKS = ["http://[::1", "https://\ud800", "https://x/" + "y" * 100_000]
SHAPES = [nested(200), {"a": nested(200)}, [], {}, [None], [[[]]], True, False, None]
NO_NUMBERS = [float("nan"), float("inf")]
ODD = st.sampled_from([*NUMBERS, *TEXTS, *TIMES, *LINKS, *SHAPES, *NO_NUMBERS])


@pytest.mark.parametrize("name", CALLS)
@always
@given(data=st.data())
def test_whatever_stands_anywhere_in_a_body_nothing_but_an_api_error_is_raised(
    name: str, data: st.DataObject
) -> None:
    body = body_of(name)
    for place in data.draw(st.lists(st.sampled_from(PLACES[name]), min_size=1, max_size=4)):
        with suppress(LookupError, TypeError):  # another change has taken this place away
            body = with_value(body, place, data.draw(ODD | json_values))
    if not isinstance(body, dict):
        body = {"data": body}
    with suppress(ApiError):
        assert_fit_for_the_database(CALLS[name][1](Answering(body)))


def assert_fit_for_the_database(read: Any) -> None:
    """No text that PostgreSQL or a queue refuses, no number beyond its column, no odd time."""
    if isinstance(read, PostPage):
        for post in read.posts:
            assert_fit_for_the_database(post)
        assert_plain(read.following or "")
    elif isinstance(read, UserPage):
        for name in (*read.usernames, *read.comments, read.following or ""):
            assert_plain(name)
    elif isinstance(read, Post):
        for text in json.dumps(read.model_dump(mode="json"), ensure_ascii=False).split('"'):
            assert_plain(text, longest=20_000)
        assert 2000 <= (read.posted_at - timedelta(days=2)).astimezone(WIB).year < 2100
        assert all(n is None or 0 <= n < 2**31 for n in (read.like_count, read.comment_count))
    else:
        assert_plain(read)


def assert_plain(text: str, longest: int = 4096) -> None:
    assert "\x00" not in text
    assert "\\u0000" not in text
    assert text.encode().decode() == text
    assert len(text) <= longest


@pytest.mark.parametrize("name", CALLS)
def test_an_ordinary_body_is_read(name: str) -> None:
    assert_fit_for_the_database(CALLS[name][1](Answering(body_of(name))))


def packed(body: bytes, times: int = 1) -> Answer:
    """The body so many times, packed without an end: nobody reads as far."""
    packer = zlib.compressobj(wbits=31)
    first, again = (packer.compress(body) + packer.flush(zlib.Z_FULL_FLUSH) for _ in range(2))
    return Answer(200, first + again * (times - 1), {"Content-Encoding": "gzip"})


MANY = 100_000
LONG = http.LONGEST_BODY + 1024 * 1024
HOSTILE: dict[str, tuple[Answer, type[ApiError]]] = {
    "deep list": (Answer(200, b"[" * MANY + b"]" * MANY), Malformed),
    "deep object": (Answer(200, b'{"data":' * MANY + b"1" + b"}" * MANY), Malformed),
    "deep and cut off": (Answer(200, b'{"data":[' * MANY), Malformed),
    "33 MB": (Answer(200, b'{"data":"' + b"x" * LONG + b'"}'), Malformed),
    "33 MB, packed": (packed(b'{"data":"' + b"x" * LONG + b'"}'), Malformed),
    "a packed gigabyte": (packed(b" " * (1 << 20), times=1024), Malformed),
    "not packed as it says": (Answer(200, b"{}", {"Content-Encoding": "gzip"}), Upstream),
    "HTML": (Answer(200, b"<html>Just a moment</html>"), Malformed),
    "a number without an end": (Answer(200, b'{"data":' + b"9" * MANY + b"}"), Malformed),
    "no UTF-8": (Answer(200, b'{"data":"\xff\xfe"}'), Malformed),
    "nothing": (Answer(200, b""), Malformed),
    "NUL bytes": (Answer(200, b"\x00" * 100), Malformed),
}


@contextmanager
def api_over(*answers: Answer) -> Iterator[Api]:
    with serving(*answers) as server:
        api = Api(server.url, "rapid-secret", effort=Effort(attempts=1))
        yield api
        api.close()


@pytest.mark.parametrize("name", ["posts", "commenters"])
@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_body_is_an_error_of_its_kind_and_the_next_answer_is_read(
    what: str, name: str
) -> None:
    answer, kind = HOSTILE[what]
    good = Answer(200, json.dumps(body_of(name)).encode())
    with api_over(answer, good) as api:
        with pytest.raises(ApiError) as error:
            CALLS[name][1](api)
        assert type(error.value) is kind
        assert len(str(error.value)) < 300
        assert_fit_for_the_database(CALLS[name][1](api))


def test_nan_and_infinity_are_no_numbers() -> None:
    with api_over(Answer(200, b'{"a": NaN, "b": Infinity, "c": -Infinity}')) as api:
        assert api.get("/x", dict) == {"a": None, "b": None, "c": None}


@pytest.mark.parametrize("status", [200, 202, 400, 401, 403, 404, 429, 500])
@pytest.mark.parametrize("text", ["a\x00b", "\ud800", "x" * 10_000])
def test_the_apis_words_can_be_stored(status: int, text: str) -> None:
    body = json.dumps({"success": False, "error": text, "message": text}).encode()
    with api_over(Answer(status, body)) as api:
        with pytest.raises(ApiError) as error:
            api.get("/x", dict)
        assert_plain(str(error.value), longest=300)


RESETS = ["1795000000000", "1e308", "inf", "nan", "-5", "soon", "9" * 400, "Mon, 99 Foo 0000 99"]
DATES = ["Fri, 31 Dec 9999 23:59:59 GMT", "Mon, 01 Jan 0001 00:00:00 +1400", "1 Jan 99999999 0:0"]


@pytest.mark.parametrize("reset", RESETS + DATES)
def test_a_reset_of_any_size_closes_the_route_until_midnight_at_most(reset: str) -> None:
    guard = Guard(None, 1000, lambda: wib("17:00"))
    quota = {"message": "You have exceeded the MONTHLY quota for Requests on your current plan"}
    headers = {"x-ratelimit-requests-reset": reset, "Retry-After": reset}
    with serving(Answer(429, json.dumps(quota).encode(), headers)) as server:
        api = Api(server.url, "key", GuardedRoute(guard, "instagram"))
        with pytest.raises(QuotaExceeded):
            api.get("/x", dict)
        api.close()
    Guard(None, 1000, lambda: wib("17:00")).permit("instagram")
    assert guard.breaker.closed_by("instagram") in ("quota", None)


def test_what_nobody_thought_of_is_one_call_s_error_and_the_log_quotes_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def broken(answer: dict[str, Any]) -> None:
        raise RecursionError(f"{answer} rapid-secret")

    with api_over(Answer(200, b'{"name": "budi"}')) as api, caplog.at_level(logging.INFO):
        with pytest.raises(Unforeseen, match=r"^/x: RecursionError$") as error:
            api.get("/x", broken)
        assert api.outcomes == {("/x", "unforeseen"): 1}
    assert error.value.__cause__ is None
    assert "in broken" in caplog.text
    assert "budi" not in caplog.text
    assert "rapid-secret" not in caplog.text.replace('f"{answer} rapid-secret"', "")
