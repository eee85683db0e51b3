"""The sandbox over real HTTP, in its own process."""

import socket
import time
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest
import requests

from local.sandbox import Sandbox, demo_day
from local.sandbox.scenario import WIB
from tests.integration.waiting import PATIENCE_SECONDS

DAY = date(2026, 2, 20)
KEY = {"X-RapidAPI-Key": "any"}
POSTS = "/v1/posts?username_or_id_or_url="


@pytest.fixture(scope="module")
def running() -> Iterator[Sandbox]:
    with Sandbox(demo_day(DAY)) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running: Sandbox) -> Sandbox:
    running.set_now(datetime(2026, 2, 20, 17, tzinfo=WIB))
    running.set_faults([])
    return running


def get(sandbox: Sandbox, path: str, headers: dict[str, str] = KEY) -> requests.Response:
    return requests.get(sandbox.url + path, headers=headers, timeout=PATIENCE_SECONDS)


def newest(sandbox: Sandbox) -> float:
    items = get(sandbox, POSTS + "ditlantas.contoh").json()["data"]["items"]
    return float(max(item["taken_at"] for item in items))


def test_the_clock_is_the_one_it_is_told(sandbox: Sandbox) -> None:
    for hour in (13, 22):
        moment = datetime(2026, 2, 20, hour, tzinfo=WIB)
        sandbox.set_now(moment)
        assert moment - timedelta(hours=1) < datetime.fromtimestamp(newest(sandbox), WIB) < moment


def test_untold_it_follows_the_real_clock() -> None:
    with Sandbox(demo_day(date(2099, 1, 1))) as sandbox:
        assert get(sandbox, POSTS + "ditlantas.contoh").json()["data"]["items"] == []


def test_it_counts_requests_and_tells_the_quota(sandbox: Sandbox) -> None:
    before, earlier = sandbox.requests.get("/v1/posts", 0), sandbox.stats()["total"]
    headers = get(sandbox, POSTS + "polres.contoh").headers
    assert sandbox.requests["/v1/posts"] == before + 1
    assert sandbox.stats()["total"] == earlier + 1
    limit, remaining, reset = (
        int(headers[f"x-ratelimit-requests-{name}"]) for name in ("limit", "remaining", "reset")
    )
    assert remaining == limit - earlier - 1
    assert (
        reset
        == (
            datetime(2026, 3, 1, 7, tzinfo=WIB) - datetime(2026, 2, 20, 17, tzinfo=WIB)
        ).total_seconds()
    )


@pytest.mark.parametrize("headers", [{}, {"X-RapidAPI-Key": ""}])
def test_without_a_key_it_answers_401(sandbox: Sandbox, headers: dict[str, str]) -> None:
    response = get(sandbox, POSTS + "polres.contoh", headers)
    assert response.status_code == 401
    assert response.json()["message"].startswith("Invalid API key")


def test_a_fault_answers_instead_and_then_is_over(sandbox: Sandbox) -> None:
    quota: dict[str, Any] = {
        "account": "polres.contoh",
        "status": 429,
        "body": {"message": "You have exceeded the MONTHLY quota"},
        "headers": {"Retry-After": "7"},
    }
    sandbox.set_faults([quota])
    assert get(sandbox, POSTS + "polres.teladan").status_code == 200
    refused = get(sandbox, POSTS + "polres.contoh")
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "7")
    assert refused.json() == quota["body"]
    assert get(sandbox, POSTS + "polres.contoh").status_code == 200


def test_a_fault_finds_a_tiktok_account_by_its_secuid(sandbox: Sandbox) -> None:
    info = get(sandbox, "/api/user/info?uniqueId=polres_melati").json()
    key = info.get("data", info)["userInfo"]["user"]["secUid"]
    sandbox.set_faults([{"account": "polres_melati", "status": 200, "body": "<html>"}])
    assert get(sandbox, f"/api/user/posts?secUid={key}").text == "<html>"


def test_an_empty_answer_and_a_slow_one(sandbox: Sandbox) -> None:
    sandbox.set_faults([{"status": 204}, {"delay_seconds": 0.2}])
    assert get(sandbox, POSTS + "polres.contoh").content == b""
    began = time.monotonic()
    assert get(sandbox, POSTS + "polres.contoh").status_code == 200
    assert time.monotonic() - began >= 0.2


def test_a_mistaken_control_is_refused_and_changes_nothing(sandbox: Sandbox) -> None:
    with pytest.raises(ValueError, match="offset"):
        sandbox.set_now(datetime(2026, 2, 20, 17))  # noqa: DTZ001
    with pytest.raises(ValueError, match="statuss"):
        sandbox.set_faults([{"statuss": 500}])
    assert get(sandbox, POSTS + "polres.contoh").status_code == 200


def test_one_connection_serves_many_requests(sandbox: Sandbox) -> None:
    with requests.Session() as session:
        session.headers.update(KEY)
        for _ in range(3):
            response = session.get(sandbox.url + POSTS + "polres.contoh", timeout=PATIENCE_SECONDS)
            assert response.headers.get("Connection") != "close"


def test_latency_is_what_every_answer_takes() -> None:
    with Sandbox(demo_day(DAY), latency_seconds=0.15) as sandbox:
        began = time.monotonic()
        get(sandbox, POSTS + "polres.contoh")
        assert time.monotonic() - began >= 0.15


def test_a_taken_port_is_told_and_a_stopped_one_is_free_again(
    capfd: pytest.CaptureFixture[str],
) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        with pytest.raises(RuntimeError, match=str(port)):
            Sandbox(demo_day(DAY), port=port).start()
    assert "Address already in use" in capfd.readouterr().err
    sandbox = Sandbox(demo_day(DAY))
    with sandbox:
        url = sandbox.url
    with sandbox:
        assert sandbox.url == url
        assert get(sandbox, POSTS + "polres.contoh").status_code == 200
