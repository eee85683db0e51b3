"""The whole host with the unmodified neonize, against the stand-in for WhatsApp's server."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import Literal
from urllib.parse import parse_qs, urlsplit

import pytest

from chalicelib.db import Database
from chalicelib.runtime import Runtime
from local.environment import environment
from local.services import EmbeddedPostgres
from tests.conftest import settings_of
from tests.integration.ledger import message
from tests.integration.tables import Tables
from tests.integration.wa_session_host.hosting import QUICK, publish
from tests.integration.waiting import wait_until
from tests.whatsapp.script import AccountScript
from tests.whatsapp.standin import Standin
from wa_session_host.host import Host, Parts
from wa_session_host.session_store import schema_name
from wa_session_host.snapshot import Times
from wa_session_host.states import State
from wa_session_host.supervisor import Session

NUMBER, MEMBER = "6281200000001", "6281200000002"
GROUP = "120363000000000001@g.us"
TIMES = Times(tick=0.05, ping=1.0, backoff=0.2, replaced_retry=0.5)
PATIENCE = 60.0
OUTCOMES: tuple[int | Literal["silence", "ack"], ...] = (429, 403, "silence", "ack")


@pytest.fixture
def standin(tmp_path: Path) -> Iterator[Standin]:
    with Standin(tmp_path / "standin") as server:
        server.add_group(GROUP, "Satker <b>Contoh</b>", NUMBER, MEMBER)
        yield server


@pytest.fixture
def values(values: dict[str, str], tmp_path: Path) -> dict[str, str]:
    """With a session store of the test's own."""
    return values | {"WA_AUTH_DATA_PATH": str(tmp_path / "sessions")}


@pytest.fixture
def account(standin: Standin) -> AccountScript:
    return standin.account(NUMBER)


@contextmanager
def running(
    values: dict[str, str], standin: Standin, send_seconds: float = 120.0
) -> Iterator[Host]:
    """A host in this process, whose children find the stand-in."""
    stop = Event()
    with environment(values | standin.environment()):
        parts = Parts(times=TIMES, lease_times=QUICK, send_seconds=send_seconds)
        host = Host(settings_of(dict(os.environ)), parts)
        _ = host.runtime.queues.client
        thread = Thread(target=host.run, args=(stop.is_set,))
        thread.start()
        try:
            yield host
        finally:
            stop.set()
            thread.join(30)
            assert not thread.is_alive()


def session_of(host: Host) -> Session:
    return host.sessions["gateway"]


def pair(host: Host, account: AccountScript) -> None:
    session = session_of(host)
    wait_until(lambda: session.snapshot.code is not None, PATIENCE)
    account.scan(session.snapshot.code or "")
    wait_until(host.ready, PATIENCE)


def reaches(host: Host, state: State) -> Callable[[], bool]:
    return lambda: session_of(host).snapshot.state == state


def statuses(tables: Tables) -> list[str]:
    ours = "SELECT status FROM wa_notification_outbox WHERE kind = 'changes' ORDER BY outbox_id"
    return tables.values(ours)


def test_an_account_is_paired_by_qr_sends_and_is_back_after_its_child_was_killed(
    values: dict[str, str],
    standin: Standin,
    account: AccountScript,
    real_writer: Runtime,
    tables: Tables,
) -> None:
    with running(values, standin) as host:
        pair(host, account)
        texts = ["Apel pagi", "Halo @6281200000002 https://contoh.id/x", "baris\nkedua ✓"]
        publish(
            real_writer,
            *(message(real_writer, f"k{n}", text=text) for n, text in enumerate(texts)),
        )
        wait_until(lambda: statuses(tables) == ["sent"] * 3)
        assert standin.texts == texts
        ids = tables.values("SELECT wa_message_id FROM wa_notification_outbox ORDER BY outbox_id")
        assert ids == [arrival.id for arrival in standin.arrivals]
        groups = host.page.desk.groups(session_of(host))
        assert groups == [{"id": GROUP, "name": "Satker <b>Contoh</b>", "members": 2}]
        killed, pid = time.monotonic(), session_of(host).snapshot.pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: not host.ready())
        publish(real_writer, message(real_writer, "k3", text="sesudah"))
        wait_until(lambda: statuses(tables) == ["sent"] * 4, PATIENCE)
        assert time.monotonic() - killed < 30
        assert standin.texts[3:] == ["sesudah"]


def test_every_end_of_a_session_that_whatsapp_knows_is_read_and_survived(
    values: dict[str, str], standin: Standin, account: AccountScript
) -> None:
    with running(values, standin) as host:
        pair(host, account)
        session = session_of(host)
        account.refuse_logins(415)  # nothing the library knows: its connect() raises
        wait_until(lambda: session.snapshot.reason == "connect_ended", PATIENCE)
        account.allow_logins()
        wait_until(host.ready, PATIENCE)
        account.ban(code=101, seconds=3600)
        wait_until(reaches(host, "banned"))
        account.allow_logins()
        until = session.snapshot.banned_until
        assert until is not None
        assert 3500 < (until - session.snapshot.since).total_seconds() < 3700
        session.tell("restart_asked")
        wait_until(host.ready, PATIENCE)
        account.replaced()
        wait_until(reaches(host, "replaced"))
        wait_until(host.ready, PATIENCE)
        account.refuse_logins(405)
        wait_until(reaches(host, "outdated"))
        account.allow_logins()
        session.tell("restart_asked")
        wait_until(host.ready, PATIENCE)
        account.remove_devices()
        wait_until(lambda: session.snapshot.code is not None, PATIENCE)
        pair(host, account)


def test_outcomes_of_real_sends(
    values: dict[str, str],
    standin: Standin,
    account: AccountScript,
    real_writer: Runtime,
    tables: Tables,
) -> None:
    with running(values, standin, send_seconds=3.0) as host:
        pair(host, account)
        for number, outcome in enumerate(OUTCOMES):
            standin.next_sends(outcome)
            publish(real_writer, message(real_writer, f"k{number}", text=f"k{number}"))
            done = number + 1
            wait_until(lambda done=done: _finished(tables) == done, PATIENCE)  # type: ignore[misc]
    assert statuses(tables) == ["sent", "dead_letter", "uncertain", "sent"]
    tries = [arrival.text for arrival in standin.arrivals if str(arrival.chat) == GROUP]
    assert tries == ["k0", "k0", "k1", "k2", "k3"]


def _finished(tables: Tables) -> int:
    return sum(status not in ("pending", "processing", "retrying") for status in statuses(tables))


@pytest.fixture
def session_database(tmp_path: Path) -> Iterator[str]:
    """A database that a child in a namespace of its own reaches: its socket is open to all."""
    with EmbeddedPostgres(tmp_path / ("long" * 25)) as server:  # so the socket lies elsewhere
        url = server.create_database("sessions")
        Path(parse_qs(urlsplit(url).query)["host"][0]).chmod(0o755)
        yield url


def test_a_session_in_postgresql_outlives_its_host(
    values: dict[str, str], standin: Standin, account: AccountScript, session_database: str
) -> None:
    kept = values | {"WA_AUTH_DATA_PATH": session_database}
    with running(kept, standin) as host:
        pair(host, account)
    with running(kept, standin) as again:
        wait_until(again.ready, PATIENCE)
        assert session_of(again).snapshot.code_number == 0
    database = Database(session_database)
    with database.transaction():
        schemas = database.execute(
            "SELECT DISTINCT schemaname::text FROM pg_tables WHERE tablename LIKE 'whatsmeow%'"
        )
    database.close()
    assert schemas == [{"schemaname": schema_name("gateway")}]
