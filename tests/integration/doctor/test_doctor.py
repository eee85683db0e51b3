"""Planted misconfigurations are found, each with its fix, and nothing else is said to be wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.db import Database
from chalicelib.dispatch import JOB_KEY
from chalicelib.doctor.examine import examine
from chalicelib.doctor.finding import Finding, of_settings
from chalicelib.errors import ConfigurationError
from chalicelib.lease_key import lock_of
from chalicelib.queues import Queues
from chalicelib.runtime import Runtime
from chalicelib.slots import Slot
from local.environment import environment
from local.sandbox import Sandbox
from tests.conftest import DAY, RuntimeAt, settings_of
from tests.integration.runs import whole_run
from tests.integration.tables import Tables


@dataclass
class Stage:
    """A stage that works, and where to break it."""

    runtime: Runtime
    tables: Tables
    sandbox: Sandbox
    host: Database
    empty: str

    def set(self, **settings: Any) -> None:
        self.runtime.settings = self.runtime.settings.model_copy(update=settings)

    def examined(self) -> list[Finding]:
        return list(examine(self.runtime))


@pytest.fixture
def stage(
    runtime_at: RuntimeAt, tables: Tables, sandbox: Sandbox, empty_database: str
) -> Iterator[Stage]:
    runtime = runtime_at("17:00")
    whole_run(runtime, "CONTOH")
    runtime.set_clock(lambda: Slot.parse(f"{DAY}T17:00").at + timedelta(minutes=3))
    tables.run("UPDATE wa_notification_outbox SET status = 'sent'")
    host = Database(runtime.settings.database_url)
    with host.transaction() as tx:
        tx.run("lease.introduce", name="wa-host mesin 12 1771570800.00")
        tx.run("lease.take", key=lock_of("gateway"))
    name = tables.value("SELECT current_database()::text")
    tables.run(f"ALTER DATABASE {name} SET TimeZone TO 'Asia/Jakarta'")
    yield Stage(runtime, tables, sandbox, host, empty_database)
    tables.run(f"ALTER DATABASE {name} RESET TimeZone")
    host.close()


def test_a_stage_that_works_has_no_finding_but_ok(stage: Stage) -> None:
    found = stage.examined()
    assert [one for one in found if one.state != "ok"] == []
    assert {one.check for one in found} >= {
        "settings", "operators", "database", "tls", "migrations", "time zone", "redis", "queues",
        "api instagram", "api tiktok", "whatsapp", "messages", "switch", "schedules", "clients",
    }  # fmt: skip


def no_redis(stage: Stage) -> None:
    stage.set(redis_url="redis://127.0.0.1:1/0")
    stage.runtime.__dict__.pop("guard", None)
    stage.runtime.__dict__.pop("apis", None)


def no_queues(stage: Stage) -> None:
    stage.set(cicero_stage="elsewhere")
    stage.runtime.queues = Queues("elsewhere", stage.runtime.queues.client)


def refused_key(stage: Stage) -> None:
    fault = {"path": "/v1/posts", "kind": "not_subscribed", "times": None}
    stage.sandbox.set_faults([fault])


def in_utc(stage: Stage) -> None:
    name = stage.tables.value("SELECT current_database()::text")
    stage.tables.run(f"ALTER DATABASE {name} SET TimeZone TO 'UTC'")


def sql(statement: str) -> Callable[[Stage], object]:
    return lambda stage: stage.tables.run(statement)


PLANTED: list[tuple[str, Callable[[Stage], object], str, str, str]] = [
    ("nobody is told", lambda s: s.set(admin_whatsapp=""),
     "operators", "warning", "Set ADMIN_WHATSAPP"),
    ("the database is away", lambda s: s.set(database_url="postgresql://u:p@127.0.0.1:1/x"),
     "database", "error", "Check DATABASE_URL"),
    ("no tables", lambda s: s.set(database_url=s.empty),
     "migrations", "error", "make migrate"),
    ("the dashboard's days are UTC", in_utc,
     "time zone", "warning", "SET TimeZone TO 'Asia/Jakarta'"),
    ("Redis is away", no_redis, "redis", "error", "Check REDIS_URL"),
    ("no queues", no_queues, "queues", "error", "CICERO_STAGE"),
    ("the key is refused", refused_key, "api instagram", "error", "Check RAPIDAPI_KEY"),
    ("no host", lambda s: s.host.close(), "whatsapp", "error", "Start the host"),
    ("messages that nobody decided on",
     sql("UPDATE wa_notification_outbox SET status = 'uncertain'"),
     "messages", "warning", "cicero outbox list --status uncertain"),
    ("the switch is off",
     sql(f"INSERT INTO cron_job_config (job_key, display_name, is_active)"
         f" VALUES ('{JOB_KEY}', 'x', false)"),
     "switch", "warning", "Set is_active to true"),
    ("the schedules are off", sql("UPDATE slot_run SET slot = slot - interval '30 minutes'"),
     "schedules", "error", "Switch the schedules on"),
    ("a handle that is a link elsewhere",
     sql("UPDATE clients SET client_insta = 'https://facebook.com/x' WHERE client_id = 'CONTOH'"),
     "handles", "warning", "Write the account's name into client_insta"),
    ("two with one account",
     sql("UPDATE clients SET client_insta = (SELECT client_insta FROM clients"
         " WHERE client_id = 'TELADAN') WHERE client_id = 'CONTOH'"),
     "handles", "warning", "Correct client_insta of all but one"),
    ("no group", sql("UPDATE clients SET client_group = 'belum ada' WHERE client_id = 'CONTOH'"),
     "groups", "warning", "Write the group's id into client_group"),
    ("no client", sql("UPDATE clients SET client_status = false"),
     "clients", "error", "cicero clients import"),
]  # fmt: skip


ALSO = {"clients": {"api instagram", "api tiktok"}, "migrations": {"time zone"}}
"""What else is wrong then."""


@pytest.mark.parametrize(
    ("plant", "check", "state", "fix"), [p[1:] for p in PLANTED], ids=[p[0] for p in PLANTED]
)
def test_it_is_found_with_its_fix(
    stage: Stage, plant: Callable[[Stage], object], check: str, state: str, fix: str
) -> None:
    plant(stage)
    found = [one for one in stage.examined() if one.state != "ok"]
    allowed = {check} | ALSO.get(check, set())
    assert {one.check for one in found} <= allowed, found
    [wrong] = [one for one in found if one.check == check]
    assert wrong.state == state
    assert fix in wrong.fix
    assert "\n" not in wrong.what + wrong.fix


def test_settings_that_cannot_be_used_are_a_finding_each(
    service_environment: dict[str, str],
) -> None:
    broken = service_environment | {"SAFE_DELETE_MAX_PERCENT": "140", "DATABASE_URL": "mysql://x"}
    with environment(broken), pytest.raises(ConfigurationError) as error:
        settings_of(broken)
    found = of_settings(error.value)
    assert [one.what.split(":")[0] for one in found] == ["DATABASE_URL", "SAFE_DELETE_MAX_PERCENT"]
    assert all(".env.example" in one.fix and one.state == "error" for one in found)
