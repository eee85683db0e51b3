"""The page over HTTP, without a browser: who gets in, what is refused, what machines see."""

from __future__ import annotations

import itertools
import json
import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from threading import Event
from typing import Any

import pytest
import requests

from chalicelib.db.migrate import migrate
from chalicelib.outbox.redrive import LATE_LIFE
from chalicelib.runtime import Runtime
from local.services import EmbeddedPostgres
from tests.integration.ledger import add_change, message, write
from tests.integration.tables import Tables
from tests.integration.wa_session_host.hosting import publish, running
from tests.integration.wa_session_host.windows import HASH, PASSWORD
from tests.integration.waiting import PATIENCE_SECONDS, wait_until
from tests.wa_child.server import Login, Scripted, Sent
from wa_session_host.host import Host
from wa_session_host.page.window import Refused

SOON = 20.0
"""Seconds; what the page waits for by default takes longer: 30 for PostgreSQL, 60 for SQS."""


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
    found = re.search(
        r'name="csrf" value="([^"]+)"', visitor.get(url, timeout=PATIENCE_SECONDS).text
    )
    assert found
    return found[1]


def enter(visitor: requests.Session, url: str, password: str = PASSWORD) -> requests.Response:
    form = {"csrf": token(visitor, f"{url}/login"), "password": password}
    return visitor.post(f"{url}/login", form, allow_redirects=False, timeout=PATIENCE_SECONDS)


def test_machines_need_no_login_and_learn_no_chat(
    url: str, visitor: requests.Session, scripted: Scripted, host: Host
) -> None:
    assert visitor.get(f"{url}/healthz", timeout=PATIENCE_SECONDS).text == "ok"
    ready = visitor.get(f"{url}/readyz", timeout=PATIENCE_SECONDS)
    assert (ready.status_code, ready.json()) == (200, {"accounts": {"gateway": "connected"}})
    metrics = visitor.get(f"{url}/metrics", timeout=PATIENCE_SECONDS)
    assert metrics.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    assert 'cicero_wa_ready{account="gateway"} 1.0' in metrics.text
    scripted.login().happen("client_outdated")
    wait_until(lambda: not host.ready())
    down = visitor.get(f"{url}/readyz", timeout=PATIENCE_SECONDS)
    assert (down.status_code, json.loads(down.text)["accounts"]["gateway"]) == (503, "outdated")
    assert visitor.get(f"{url}/healthz", timeout=PATIENCE_SECONDS).status_code == 200


PLACES = ["/", "/whatsapp", "/catatan", "/accounts/gateway/qr.svg", "/accounts/gateway/groups"]


ACTIONS = [
    "/leave",
    "/accounts/gateway/pair-phone",
    "/accounts/gateway/reconnect",
    "/accounts/gateway/unlink",
    "/messages/1/send-again",
    "/messages/1/drop",
]


def test_nothing_is_shown_and_nothing_done_without_a_login(
    url: str, visitor: requests.Session
) -> None:
    form = {"csrf": token(visitor, f"{url}/login")}
    asked = [("GET", place) for place in PLACES] + [("POST", action) for action in ACTIONS]
    for method, path in asked:
        answer = visitor.request(
            method, url + path, data=form, allow_redirects=False, timeout=PATIENCE_SECONDS
        )
        assert (answer.status_code, answer.headers["Location"]) == (303, "/login"), path


def test_nothing_is_done_without_the_form_s_token(
    url: str, visitor: requests.Session, host: Host
) -> None:
    assert enter(visitor, url).status_code == 303
    forms: list[dict[str, str]] = [{}, {"csrf": "guessed"}, {"csrf": ""}]
    for path, form in itertools.product(ACTIONS, forms):
        answer = visitor.post(url + path, form, allow_redirects=False, timeout=PATIENCE_SECONDS)
        assert answer.status_code == 403, path
    assert visitor.get(url, allow_redirects=False, timeout=PATIENCE_SECONDS).status_code == 200
    assert host.sessions["gateway"].snapshot.restarts == 1


def test_a_login_needs_its_token_too(url: str, visitor: requests.Session) -> None:
    answer = visitor.post(f"{url}/login", {"password": PASSWORD}, timeout=PATIENCE_SECONDS)
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
        login = f"{url}/login"
        return requests.post(login, form, cookies=cookies, timeout=PATIENCE_SECONDS).status_code

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
    visitor.post(f"{url}/leave", form, timeout=PATIENCE_SECONDS)
    visitor.cookies = kept
    assert visitor.get(url, allow_redirects=False, timeout=PATIENCE_SECONDS).status_code == 303


def test_the_cookie_and_the_headers_are_strict(url: str, visitor: requests.Session) -> None:
    answer = enter(visitor, url)
    assert "httponly; samesite=strict" in answer.headers["Set-Cookie"].lower()
    page = visitor.get(url, timeout=PATIENCE_SECONDS)
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert page.headers["Cache-Control"] == "no-store"
    assert not re.search(r'(?:src|href|action)="(?:https?:)?//', page.text), "nothing from outside"


@pytest.mark.parametrize("action", ["reconnect", "unlink"])
def test_what_is_being_sent_is_sent_before_a_button_ends_the_child(
    action: str,
    url: str,
    visitor: requests.Session,
    host: Host,
    scripted: Scripted,
    real_writer: Runtime,
    tables: Tables,
) -> None:
    sending = Event()

    def slowly(login: Login, _: Sent) -> None:
        sending.set()
        time.sleep(1)

    scripted.outcomes.append(slowly)
    enter(visitor, url)
    form = {"csrf": token(visitor, url)}
    publish(real_writer, message(real_writer, "k1"))
    assert sending.wait(PATIENCE_SECONDS)
    visitor.post(f"{url}/accounts/gateway/{action}", form, timeout=PATIENCE_SECONDS)
    scripted.login(1)
    wait_until(lambda: tables.value("SELECT status FROM wa_notification_outbox") == "sent")


def test_a_device_that_could_not_be_logged_out_goes_on_sending(
    host: Host, scripted: Scripted
) -> None:
    scripted.refuses_logout = True
    with pytest.raises(Refused):
        host.page.operations.unlink(host.sessions["gateway"])
    assert host.ready()


def test_a_host_that_does_not_own_the_account_says_so_instead_of_restarting_it(
    values: dict[str, str], scripted: Scripted, host: Host
) -> None:
    with running(values, scripted) as other:
        wait_until(lambda: other.lease.other is not None)
        with pytest.raises(Refused, match="tidak berjalan di host ini"):
            other.page.operations.reconnect(other.sessions["gateway"])
    assert host.ready()


def test_an_unknown_account_is_not_found(url: str, visitor: requests.Session) -> None:
    enter(visitor, url)
    assert visitor.get(f"{url}/accounts/nobody/groups", timeout=PATIENCE_SECONDS).status_code == 404


def test_without_a_password_hash_the_page_is_closed(
    values: dict[str, str], scripted: Scripted, visitor: requests.Session
) -> None:
    with running(values, scripted) as host:
        wait_until(host.ready)
        url = f"http://127.0.0.1:{host.page.port}"
        closed = visitor.get(url, timeout=PATIENCE_SECONDS)
        assert (closed.status_code, "WA_PAGE_PASSWORD_HASH" in closed.text) == (503, True)
        assert visitor.get(f"{url}/healthz", timeout=PATIENCE_SECONDS).status_code == 200


def test_a_taken_port_costs_the_page_and_nothing_else(
    host: Host, values: dict[str, str], scripted: Scripted
) -> None:
    taken = values | {"WA_PAGE_PORT": str(host.page.port), "GATEWAY_WA_CLIENT_ID": "other"}
    with running(taken, scripted) as second:
        wait_until(second.ready)


# --- messages that wait for a person --------------------------------------------------------


def case(writer: Runtime, tables: Tables, status: str, **fields: Any) -> int:
    """A message that ended so; its id."""
    [row] = write(writer, message(writer, fields.pop("key", "k1"), **fields))
    tables.run(
        "UPDATE wa_notification_outbox SET status = :status WHERE outbox_id = :id",
        status=status,
        id=row["outbox_id"],
    )
    return int(row["outbox_id"])


def press(
    visitor: requests.Session, url: str, outbox_id: int, what: str, **fields: str
) -> tuple[str, float]:
    """What the page says to a button of a message, and the seconds until then."""
    form = {"csrf": token(visitor, url), **fields}
    started = time.monotonic()
    said = visitor.post(f"{url}/messages/{outbox_id}/{what}", form, timeout=PATIENCE_SECONDS).text
    took = time.monotonic() - started
    found = re.search(r'role="status">(.*)', said)
    assert found
    return re.sub(r"<[^>]+>.</[^>]+> |</p>", "", found[1]), took


def status_of(tables: Tables, outbox_id: int) -> Any:
    return tables.value(
        "SELECT status FROM wa_notification_outbox WHERE outbox_id = :id", id=outbox_id
    )


@pytest.mark.parametrize("status", ["dead_letter", "uncertain"])
def test_an_old_list_is_not_sent_after_a_newer_one(
    status: str, url: str, visitor: requests.Session, real_writer: Runtime, tables: Tables
) -> None:
    now = real_writer.now()
    old = case(
        real_writer, tables, status, key="old", kind="task_list", slot=now - timedelta(hours=3)
    )
    case(real_writer, tables, "sent", key="new", kind="task_list", slot=now)
    enter(visitor, url)
    said, _ = press(visitor, url, old, "send-again")
    assert "sudah punya daftar yang lebih baru" in said
    assert status_of(tables, old) == status


@pytest.mark.parametrize("status", ["dead_letter", "uncertain"])
def test_what_another_message_has_told_since_is_not_told_again(
    status: str, url: str, visitor: requests.Session, real_writer: Runtime, tables: Tables
) -> None:
    change = add_change(tables, "POST1", real_writer.now())
    old = case(real_writer, tables, status, key="old", changes=(change,))
    tables.run("DELETE FROM change_told")
    case(real_writer, tables, "sent", key="new", changes=(change,))
    enter(visitor, url)
    said, _ = press(visitor, url, old, "send-again")
    assert "isinya sudah disampaikan pesan lain" in said
    assert status_of(tables, old) == status


def test_a_message_whose_time_is_over_lives_half_an_hour_more(
    url: str, visitor: requests.Session, real_writer: Runtime, tables: Tables
) -> None:
    over = real_writer.now() - timedelta(minutes=1)
    outbox_id = case(real_writer, tables, "dead_letter", expires_at=over)
    enter(visitor, url)
    assert press(visitor, url, outbox_id, "send-again")[0] == "Pesan masuk antrean lagi."
    expires_at = tables.value("SELECT expires_at FROM wa_notification_outbox")
    assert timedelta(0) <= expires_at - real_writer.now() - LATE_LIFE < timedelta(minutes=1)


@pytest.mark.parametrize(
    ("status", "fields", "given_back"),
    [("dead_letter", {}, True), ("uncertain", {}, False), ("uncertain", {"not_sent": "yes"}, True)],
)
def test_what_a_dropped_message_tells_is_told_again_unless_it_may_have_been_read(
    status: str,
    fields: dict[str, str],
    given_back: bool,
    url: str,
    visitor: requests.Session,
    real_writer: Runtime,
    tables: Tables,
) -> None:
    change = add_change(tables, "POST1", real_writer.now())
    outbox_id = case(real_writer, tables, status, changes=(change,))
    enter(visitor, url)
    said, _ = press(visitor, url, outbox_id, "drop", **fields)
    told_next = " 1 perubahan disampaikan pesan berikutnya pada hari yang sama."
    assert said == "Pesan dibuang." + (told_next if given_back else "")
    assert status_of(tables, outbox_id) == "cancelled"
    assert tables.count("change_told") == (0 if given_back else 1)


def test_a_message_that_somebody_has_just_sent_again_is_not_dropped(
    values: dict[str, str],
    scripted: Scripted,
    visitor: requests.Session,
    real_writer: Runtime,
    tables: Tables,
) -> None:
    outbox_id = case(real_writer, tables, "dead_letter")
    with away(values, scripted) as host:
        url = f"http://127.0.0.1:{host.page.port}"
        enter(visitor, url)
        press(visitor, url, outbox_id, "send-again")
        said, _ = press(visitor, url, outbox_id, "drop")
    assert said == "Pesan itu sudah tidak menunggu keputusan."
    assert status_of(tables, outbox_id) == "pending"


# --- services that are away -----------------------------------------------------------------


@contextmanager
def away(values: dict[str, str], scripted: Scripted) -> Iterator[Host]:
    """A host without its queue."""
    stage = {"CICERO_STAGE": "nowhere", "WA_PAGE_PASSWORD_HASH": HASH}
    with running(values | stage, scripted) as host:
        wait_until(lambda: host.page.started)
        yield host


def test_a_message_that_the_queue_does_not_take_is_said_to_go_by_itself(
    values: dict[str, str],
    scripted: Scripted,
    visitor: requests.Session,
    real_writer: Runtime,
    tables: Tables,
) -> None:
    outbox_id = case(real_writer, tables, "uncertain")
    with away(values, scripted) as host:
        url = f"http://127.0.0.1:{host.page.port}"
        enter(visitor, url)
        said, took = press(visitor, url, outbox_id, "send-again")
    assert said.startswith("Antrean tidak menjawab. Pesan disimpan dan masuk antrean sendiri")
    assert took < SOON
    row = tables.row("SELECT status, published_at FROM wa_notification_outbox")
    assert row == {"status": "pending", "published_at": None}, "what sweep publishes"


@pytest.fixture
def own_postgres(tmp_path: Path) -> Iterator[EmbeddedPostgres]:
    """A PostgreSQL that the test may stop."""
    with EmbeddedPostgres(tmp_path / "postgres") as server:
        yield server


def test_the_page_answers_everybody_soon_while_postgresql_is_away(
    values: dict[str, str],
    scripted: Scripted,
    visitor: requests.Session,
    own_postgres: EmbeddedPostgres,
) -> None:
    database_url = own_postgres.create_database("host", template="template1")
    migrate(database_url)
    mine = values | {"DATABASE_URL": database_url, "WA_PAGE_PASSWORD_HASH": HASH}
    with running(mine, scripted) as host:
        wait_until(host.ready)
        url = f"http://127.0.0.1:{host.page.port}"
        enter(visitor, url)
        cookies = visitor.cookies.copy()
        own_postgres.stop()

        def look(_: int) -> tuple[str, float]:
            started = time.monotonic()
            text = requests.get(f"{url}/whatsapp", cookies=cookies, timeout=PATIENCE_SECONDS).text
            return text, time.monotonic() - started

        with ThreadPoolExecutor(6) as pool:
            answers = list(pool.map(look, range(6)))
        said, took = press(visitor, url, 1, "send-again")
        own_postgres.start()
    assert all("Basis data tidak menjawab." in text for text, _ in answers)
    assert max(seconds for _, seconds in answers) < SOON
    assert (said, took < SOON) == ("Basis data tidak menjawab. Coba lagi sebentar.", True)
