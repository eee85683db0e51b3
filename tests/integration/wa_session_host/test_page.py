"""The page over HTTP, without a browser: who gets in, what is refused, what machines see."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tests.integration.wa_session_host.hosting import running
from tests.integration.waiting import wait_until
from tests.wa_child.server import Scripted
from wa_session_host.host import Host
from wa_session_host.passwords import hash_password

PASSWORD = "kata sandi uji coba"
HASH = hash_password(PASSWORD)


@pytest.fixture
def host(values: dict[str, str], scripted: Scripted) -> Iterator[Host]:
    with running(values | {"WA_PAGE_PASSWORD_HASH": HASH}, scripted) as made:
        wait_until(made.ready)
        yield made


@pytest.fixture
def url(host: Host) -> str:
    return f"http://127.0.0.1:{host.page.port}"


@pytest.fixture
def visitor() -> Iterator[requests.Session]:
    with visit() as session:
        yield session


def visit() -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    return session


def token(visitor: requests.Session, url: str) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', visitor.get(url, timeout=10).text)
    assert found
    return found[1]


def enter(visitor: requests.Session, url: str, password: str = PASSWORD) -> requests.Response:
    form = {"csrf": token(visitor, f"{url}/login"), "password": password}
    return visitor.post(f"{url}/login", form, allow_redirects=False, timeout=10)


def test_machines_need_no_login_and_learn_no_chat(
    url: str, visitor: requests.Session, scripted: Scripted, host: Host
) -> None:
    assert visitor.get(f"{url}/healthz", timeout=10).text == "ok"
    ready = visitor.get(f"{url}/readyz", timeout=10)
    assert (ready.status_code, ready.json()) == (200, {"accounts": {"gateway": "connected"}})
    metrics = visitor.get(f"{url}/metrics", timeout=10)
    assert metrics.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    assert 'cicero_wa_ready{account="gateway"} 1.0' in metrics.text
    scripted.login().happen("client_outdated")
    wait_until(lambda: not host.ready())
    down = visitor.get(f"{url}/readyz", timeout=10)
    assert (down.status_code, json.loads(down.text)["accounts"]["gateway"]) == (503, "outdated")
    assert visitor.get(f"{url}/healthz", timeout=10).status_code == 200


@pytest.mark.parametrize(
    "path", ["/", "/live", "/accounts/gateway/qr.svg", "/accounts/gateway/groups"]
)
def test_people_are_led_to_the_login(path: str, url: str, visitor: requests.Session) -> None:
    answer = visitor.get(url + path, allow_redirects=False, timeout=10)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/login")


ACTIONS = [
    "/leave",
    "/accounts/gateway/pair-phone",
    "/accounts/gateway/reconnect",
    "/accounts/gateway/unlink",
    "/messages/1/send-again",
    "/messages/1/drop",
]


@pytest.mark.parametrize("path", ACTIONS)
def test_nothing_is_done_without_a_login(path: str, url: str, visitor: requests.Session) -> None:
    form = {"csrf": token(visitor, f"{url}/login")}
    answer = visitor.post(url + path, form, allow_redirects=False, timeout=10)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/login")


@pytest.mark.parametrize("path", ACTIONS)
@pytest.mark.parametrize("form", [{}, {"csrf": "guessed"}, {"csrf": ""}])
def test_nothing_is_done_without_the_form_s_token(
    form: dict[str, str], path: str, url: str, visitor: requests.Session, host: Host
) -> None:
    assert enter(visitor, url).status_code == 303
    answer = visitor.post(url + path, form, allow_redirects=False, timeout=10)
    assert answer.status_code == 403
    assert visitor.get(url, allow_redirects=False, timeout=10).status_code == 200
    assert host.sessions["gateway"].snapshot.restarts == 1


def test_a_login_needs_its_token_too(url: str, visitor: requests.Session) -> None:
    answer = visitor.post(f"{url}/login", {"password": PASSWORD}, timeout=10)
    assert answer.status_code == 403


def test_after_five_wrong_passwords_not_even_the_right_one_is_looked_at(
    url: str, visitor: requests.Session
) -> None:
    for _ in range(5):
        assert enter(visitor, url, "salah").status_code == 401
    refused = enter(visitor, url)
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "300")


def test_a_header_makes_nobody_another_visitor(url: str) -> None:
    codes = []
    for number in range(7):
        with visit() as visitor:
            visitor.headers["X-Forwarded-For"] = f"10.0.0.{number}"
            codes.append(enter(visitor, url, "salah").status_code)
    assert codes == [401] * 5 + [429] * 2


def test_passwords_that_are_tried_at_the_same_moment_are_counted_too(
    url: str, visitor: requests.Session
) -> None:
    form = {"csrf": token(visitor, f"{url}/login"), "password": "salah"}
    cookies = visitor.cookies.copy()

    def guess(_: int) -> int:
        return requests.post(f"{url}/login", form, cookies=cookies, timeout=30).status_code

    with ThreadPoolExecutor(20) as pool:
        codes = list(pool.map(guess, range(20)))
    assert (codes.count(401), codes.count(429)) == (5, 15)


def test_the_right_password_counts_for_nothing(url: str) -> None:
    for _ in range(7):
        with visit() as visitor:
            assert enter(visitor, url).status_code == 303


def test_a_session_ends_on_the_server_too(url: str, visitor: requests.Session) -> None:
    enter(visitor, url)
    kept = visitor.cookies.copy()
    form = {"csrf": token(visitor, url)}
    visitor.post(f"{url}/leave", form, timeout=10)
    visitor.cookies = kept
    assert visitor.get(url, allow_redirects=False, timeout=10).status_code == 303


def test_the_cookie_and_the_headers_are_strict(url: str, visitor: requests.Session) -> None:
    answer = enter(visitor, url)
    assert "httponly; samesite=strict" in answer.headers["Set-Cookie"].lower()
    page = visitor.get(url, timeout=10)
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert page.headers["Cache-Control"] == "no-store"
    assert not re.search(r'(?:src|href|action)="(?:https?:)?//', page.text), "nothing from outside"


def test_an_unknown_account_is_not_found(url: str, visitor: requests.Session) -> None:
    enter(visitor, url)
    assert visitor.get(f"{url}/accounts/nobody/groups", timeout=10).status_code == 404


def test_without_a_password_hash_the_page_is_closed(
    values: dict[str, str], scripted: Scripted, visitor: requests.Session
) -> None:
    with running(values, scripted) as host:
        wait_until(host.ready)
        url = f"http://127.0.0.1:{host.page.port}"
        closed = visitor.get(url, timeout=10)
        assert (closed.status_code, "WA_PAGE_PASSWORD_HASH" in closed.text) == (503, True)
        assert visitor.get(f"{url}/healthz", timeout=10).status_code == 200


def test_a_taken_port_costs_the_page_and_nothing_else(
    host: Host, values: dict[str, str], scripted: Scripted
) -> None:
    taken = values | {"WA_PAGE_PORT": str(host.page.port), "GATEWAY_WA_CLIENT_ID": "other"}
    with running(taken, scripted) as second:
        wait_until(second.ready)
