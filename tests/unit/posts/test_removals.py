"""What is asked about posts that feeds lack, and what each answer makes of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any, cast

import pytest

from chalicelib.platforms import Platform
from chalicelib.posts.removals import Lacked, Missing, ask
from chalicelib.runtime import Runtime
from chalicelib.social.content import Post
from chalicelib.social.errors import (
    Business,
    EndpointRefused,
    Malformed,
    NotFound,
    QuotaExceeded,
    RateLimited,
    Upstream,
)
from tests.unit.builders import AtOnce, make_post

Answers = Mapping[str, Post | Exception]

GONE, FOUND = NotFound("404 Media not found"), make_post("A")


class Asked:
    """One platform's API, which knows an answer about each post. `posts` were asked for."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self.posts: list[str] = []

    def post(self, content_id: str) -> Post:
        self.posts.append(content_id)
        answer = self._answers[content_id]
        if isinstance(answer, Exception):
            raise answer
        return answer


def runtime(instagram: Asked, tiktok: Asked | None = None) -> Runtime:
    parts = SimpleNamespace(
        apis={"instagram": instagram, "tiktok": tiktok or Asked({})},
        pool=AtOnce(),
        settings=SimpleNamespace(safe_delete_max_percent=40),
    )
    return cast("Runtime", parts)


def stored(of_day: int = 10, **missing: list[str]) -> dict[Platform, Lacked]:
    """What each platform's feeds have lacked twice."""
    lacked = {name: Lacked(tuple(contents), of_day) for name, contents in missing.items()}
    return cast("dict[Platform, Lacked]", lacked)


def asked(answer: Post | Exception, may_go_on: Callable[[], bool] = lambda: True) -> Missing:
    """What becomes of one missing post by its answer."""
    return ask(runtime(Asked({"A": answer})), stored(instagram=["A"]), may_go_on)["instagram"]


def test_nothing_is_asked_where_nothing_is_missing() -> None:
    assert ask(runtime(Asked({})), stored(), lambda: True) == {}


def test_a_post_that_is_not_found_is_gone_and_one_that_is_there_is_found() -> None:
    assert asked(GONE) == Missing(frozenset("A"), frozenset(), frozenset())
    assert asked(FOUND) == Missing(frozenset(), frozenset("A"), frozenset())


@pytest.mark.parametrize(
    "answer",
    [
        NotFound("404", explicit=False),
        Business("private"),
        EndpointRefused("no such endpoint"),
        Malformed("html"),
        QuotaExceeded("used up"),
        RateLimited("too fast"),
        Upstream("504"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_any_other_answer_says_nothing_and_is_kept_as_the_error(answer: Exception) -> None:
    assert asked(answer) == Missing(frozenset(), frozenset(), frozenset(), cast("Any", answer))


def test_a_mistake_of_our_own_says_nothing_either() -> None:
    found = asked(KeyError("x"))
    assert (found.gone, found.found) == (frozenset(), frozenset())
    assert found.error is not None
    assert found.error.kind == "unforeseen"


def test_another_post_than_the_one_asked_for_says_nothing() -> None:
    assert asked(make_post("B")) == Missing(frozenset(), frozenset(), frozenset())


def test_what_there_is_no_time_for_is_not_asked() -> None:
    api = Asked({"A": GONE})
    found = ask(runtime(api), stored(instagram=["A"]), lambda: False)["instagram"]
    assert (found, api.posts) == (Missing(frozenset(), frozenset(), frozenset()), [])


def test_too_many_at_once_are_held_and_none_of_them_asked_for() -> None:
    api = Asked({})
    names = [f"p{n}" for n in range(5)]
    found = ask(runtime(api), stored(of_day=10, instagram=names), lambda: True)["instagram"]
    assert (found.held, api.posts) == (frozenset(names), [])


def test_each_platform_is_asked_for_its_own() -> None:
    instagram, tiktok = Asked({"A": GONE}), Asked({"7": make_post("7", platform="tiktok")})
    rows = stored(instagram=["A"], tiktok=["7"])
    found = ask(runtime(instagram, tiktok), rows, lambda: True)
    assert (found["instagram"].gone, found["tiktok"].found) == (frozenset("A"), frozenset("7"))
    assert (instagram.posts, tiktok.posts) == (["A"], ["7"])
