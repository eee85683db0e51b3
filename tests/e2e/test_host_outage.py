"""Many messages through the host as a process, with PostgreSQL gone in the middle of them."""

from __future__ import annotations

import json
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import pytest

from chalicelib.outbox.publish import publish_messages
from chalicelib.runtime import Runtime
from chalicelib.slots import WIB
from local.host_process import HostProcess
from local.services import EmbeddedPostgres
from tests.conftest import runtime_of
from tests.integration.ledger import message, write
from tests.integration.waiting import wait_until

NOW = datetime(2026, 2, 20, 17, 0, tzinfo=WIB)
GONE_SECONDS = 20


@pytest.fixture
def values(new_environment: Callable[[], dict[str, str]]) -> dict[str, str]:
    return new_environment()


@pytest.fixture
def runtime(values: dict[str, str]) -> Iterator[Runtime]:
    """Writes and publishes, as Lambda does."""
    made = runtime_of(values, NOW)
    yield made
    made.close()


@pytest.mark.parametrize(
    ("messages", "groups"), [(120, 40), pytest.param(500, 100, marks=pytest.mark.soak)]
)
def test_messages_to_many_groups_go_out_once_and_in_order_though_postgres_goes(
    messages: int, groups: int, values: dict[str, str], runtime: Runtime, postgres: EmbeddedPostgres
) -> None:
    chats = [f"1203630000000{number:05}@g.us" for number in range(groups)]
    keys = [f"k{number:03}" for number in range(messages)]
    to = {key: chats[number % groups] for number, key in enumerate(keys)}
    rows = write(runtime, *(message(runtime, key, chat=to[key], client_id=None) for key in keys))
    journal = Path(values["WA_AUTH_DATA_PATH"]) / "console.jsonl"

    host = HostProcess(values, NOW, show=lambda line: None)
    with host, ThreadPoolExecutor(1) as meanwhile:
        published = meanwhile.submit(publish_messages, runtime, rows)
        wait_until(lambda: len(_sent(journal)) >= messages // 10)
        postgres.stop()
        time.sleep(GONE_SECONDS)
        before = len(_sent(journal))
        postgres.start()
        assert before < messages, "there was something left to send"
        assert len(published.result()) == messages
        wait_until(lambda: len(_sent(journal)) == messages)
        wait_until(lambda: _statuses(runtime) == {"sent": messages})

    sent = _sent(journal)
    assert sorted(key for key, _ in sent) == keys, "each once"
    of_chat = defaultdict(list)
    for key, chat in sent:
        assert chat == to[key]
        of_chat[chat].append(key)
    assert all(got == sorted(got) for got in of_chat.values())


def _sent(journal: Path) -> list[tuple[str, str]]:
    """(key, chat) of what left, in order."""
    lines = journal.read_text(encoding="utf-8").splitlines() if journal.exists() else []
    return [(entry["key"], entry["chat"]) for entry in map(json.loads, lines)]


def _statuses(runtime: Runtime) -> dict[str, int]:
    with runtime.db.transaction():
        rows = runtime.db.execute(
            "SELECT status, count(*) AS n FROM wa_notification_outbox GROUP BY status"
        )
    return {row["status"]: row["n"] for row in rows}
