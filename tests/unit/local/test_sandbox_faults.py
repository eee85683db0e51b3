"""Faults: tried in order, as often as they say, for what they match."""

import pytest

from local.sandbox.answer import Answer, Params
from local.sandbox.faults import (
    FAULT_LIST,
    KINDS,
    Fault,
    Faults,
    Request,
    catalogue,
    respond,
)
from local.sandbox.kinds import REGISTRY, Call

FEED = Request("/v1/posts", account="anna")


def kinds(taken: list[Fault]) -> list[str]:
    return [fault.kind for fault in taken]


def test_a_fault_applies_as_often_as_it_says_then_the_next_does() -> None:
    faults = Faults()
    faults.replace(
        [
            Fault(kind="quota", times=2),
            Fault(kind="html"),
            Fault(kind="bad_key", times=None),
        ]
    )
    taken = [kinds(faults.take(FEED)) for _ in range(5)]
    assert taken == [["quota"], ["quota"], ["html"], ["bad_key"], ["bad_key"]]


def test_faults_add_up_to_the_first_that_answers_instead() -> None:
    faults = Faults()
    faults.replace([Fault(kind=kind) for kind in ("slow", "empty_feed", "quota", "cut")])
    assert kinds(faults.take(FEED)) == ["slow", "empty_feed", "quota"]
    assert kinds(faults.take(FEED)) == ["cut"]


def test_the_first_fault_changes_what_the_others_leave() -> None:
    call = Call("/v1/posts", {}, lambda params: Answer(200, {}))
    answer = respond([Fault(kind="slow", seconds=2), Fault(kind="quota", delay_seconds=1)], call)
    assert answer.status == 429
    assert answer.delivery.delay_seconds == 3


@pytest.mark.parametrize(
    ("fault", "request_", "matches"),
    [
        (Fault(path="/v1/likes", post="abc"), Request("/v1/likes", post="abc"), True),
        (Fault(path="/v1/likes", post="abc"), Request("/v1/likes", post="other"), False),
        (Fault(path="/v1/likes", post="abc"), Request("/v1/post_info", post="abc"), False),
        (Fault(account="anna"), FEED, True),
        (Fault(account="anna"), Request("/v1/posts", account="budi"), False),
        (Fault(platform="instagram"), FEED, True),
        (Fault(platform="tiktok"), FEED, False),
        (Fault(key="second"), Request("/v1/posts", key="second"), True),
        (Fault(key="second"), Request("/v1/posts", key="first"), False),
        (Fault(page=2), Request("/v1/posts", page=lambda: 2), True),
        (Fault(page=2), FEED, False),
        (Fault(kind="short_likers"), FEED, False),
        (Fault(kind="empty_feed"), FEED, True),
        (Fault(kind="renamed", account="anna", to="ani"), FEED, True),
        (
            Fault(kind="renamed", account="anna", to="ani"),
            Request("/v1/posts", account="ani"),
            True,
        ),
    ],
)
def test_a_fault_matches_by_all_that_it_names(
    fault: Fault, request_: Request, matches: bool
) -> None:
    assert fault.matches(request_) is matches


def test_requests_that_match_nothing_use_nothing_up() -> None:
    faults = Faults()
    faults.replace([Fault(account="anna")])
    assert faults.take(Request("/v1/posts", account="budi")) == []
    assert len(faults.take(FEED)) == 1
    assert faults.take(FEED) == []


def test_the_state_of_an_account_lasts_unless_told_how_often() -> None:
    assert Fault(kind="banned", account="anna").times is None
    assert Fault(kind="banned", account="anna", times=2).times == 2
    assert Fault(kind="quota").times == 1


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        ({}, "list"),
        ([{"statuss": 500}], "statuss"),
        ([{"times": 0}], "times"),
        ([{"status": "bad"}], "status"),
        ([{"page": 0}], "page"),
        ([{"kind": "quotas"}], "no kind 'quotas'"),
        ([{"kind": "quota", "per": "minute"}], "month"),
        ([{"kind": "quota", "status": 500}], "status"),
        ([{"kind": "server_error", "status": 418}], "503"),
        ([{"kind": "posts_missing"}], "codes"),
        ([{"kind": "cut", "share": 1}], "share"),
        ([{"kind": "slow", "seconds": -1}], "seconds"),
        ([{"kind": "banned"}], "name it"),
        ([{"kind": "short_likers", "path": "/v1/posts"}], "is for /v1/likes"),
        ([{"kind": "secuid_changed", "account": "anna"}], "to"),
    ],
)
def test_a_mistake_in_a_fault_is_refused(raw: object, told: str) -> None:
    with pytest.raises(ValueError, match="validation error") as refusal:
        FAULT_LIST.validate_python(raw)
    assert told in str(refusal.value)


def test_every_kind_is_in_the_catalogue_with_a_line_about_it() -> None:
    assert set(KINDS) == set(REGISTRY)
    text = catalogue()
    for name, description in KINDS.items():
        assert description.endswith(".")
        assert f"{name:18} {description}" in text
    assert "reset_seconds=3600" in text


def test_delay_and_headers_add_to_those_of_any_kind() -> None:
    fault = Fault(kind="rate_limit", retry_after=3, headers={"x-more": "1"}, delay_seconds=0.5)
    answer = respond([fault], Call("/v1/posts", {}, right))
    assert answer.headers == {"Retry-After": "3", "x-more": "1"}
    assert answer.delivery.delay_seconds == 0.5


def right(params: Params) -> Answer:
    return Answer(200, dict(params))
