"""The command line in this process, over the shared service after one slot of the demo's day."""

from __future__ import annotations

import logging
import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from chalicelib.dispatch import open_slot
from chalicelib.engagement.refresh import refresh_engagement
from chalicelib.jobs import ClientJob
from chalicelib.posts.fetch import fetch_posts
from chalicelib.queues import ENGAGEMENT, FETCH
from chalicelib.slots import Slot
from local.cicero.main import cicero
from local.ending import run
from local.environment import environment
from local.sandbox import Sandbox
from tests.conftest import DAY, RuntimeAt
from tests.integration.conftest import hosts
from tests.integration.inbox import Inbox
from tests.integration.service import SharedService
from tests.integration.tables import Tables

SLOT = Slot.parse(f"{DAY}T17:00")


@dataclass(frozen=True)
class Ran:
    """How a command ended."""

    code: int
    out: str
    err: str


Cicero = Callable[[str], Ran]


@pytest.fixture
def at_terminal(
    service: SharedService,
    sandbox: Sandbox,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Cicero]:
    """Runs `cicero …` at 17:05, in an empty directory."""
    now = SLOT.at + timedelta(minutes=5)
    sandbox.set_now(now)
    values = service.environment | hosts(sandbox)
    values |= {"CICERO_NOW": now.isoformat(), "COLUMNS": "110", "TERM": "dumb"}
    monkeypatch.chdir(tmp_path)
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level

    def command(line: str) -> Ran:
        name, *words = shlex.split(line)
        assert name == "cicero"
        with environment(values):
            code = run(cicero, name, words)
        captured = capsys.readouterr()
        return Ran(code, captured.out, captured.err)

    yield command
    root.handlers[:], root.level = handlers, level


@pytest.fixture
def played(runtime_at: RuntimeAt, inbox: Inbox, tables: Tables) -> Iterator[None]:
    """17:00 of all clients; ids count from 1; the dashboard's days are WIB."""
    for table, column in (("wa_notification_outbox", "outbox_id"), ("content_change", "change_id")):
        tables.run(f"SELECT setval(pg_get_serial_sequence('{table}', '{column}'), 1, false)")
    name = tables.value("SELECT current_database()::text")
    tables.run(f"ALTER DATABASE {name} SET TimeZone TO 'Asia/Jakarta'")
    runtime = runtime_at(SLOT.at)
    open_slot(runtime, SLOT, "schedule")
    for body in sorted(inbox.take(FETCH), key=lambda job: str(job["client_id"])):
        fetch_posts(runtime, ClientJob.model_validate(body))
    for body in sorted(inbox.take(ENGAGEMENT), key=lambda job: str(job["client_id"])):
        refresh_engagement(runtime, ClientJob.model_validate(body))
    yield
    tables.run(f"ALTER DATABASE {name} RESET TimeZone")
