"""The bundle that is deployed runs every handler, in one process that has nothing else."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import pytest

from chalicelib.db import Database
from chalicelib.slots import Slot
from local.sandbox import Sandbox, Scenario
from local.seed import seed
from tests.conftest import DAY, ROOT
from tests.e2e.test_bundle import FUNCTIONS
from tests.integration import answers
from tests.integration.db.tls_server import tls_server
from tests.integration.tables import Tables

INSTANCE = ROOT / "tests/e2e/lambda_instance.py"
RUNTIME = ("boto3", "botocore", "jmespath", "python-dateutil", "s3transfer", "six", "urllib3")
"""What Lambda's own runtime has: boto3 and what it needs."""

NOW = Slot.parse(f"{DAY}T17:00+07:00")
ENGAGED = "SELECT outcome FROM client_run WHERE client_id = 'CONTOH' AND slot = :slot"


def event(name: str) -> Any:
    return json.loads((ROOT / "tests/events" / f"{name}.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def database_over_tls() -> Iterator[str]:
    """The URL of an empty database that nobody reaches without TLS."""
    with tls_server() as (port, authority):
        verified = f"sslmode=verify-full&sslrootcert={authority}"
        yield f"postgresql://postgres@localhost:{port}/tls?{verified}"


@pytest.fixture
def service_environment(
    new_environment: Callable[[], dict[str, str]], database_over_tls: str, sandbox: Sandbox
) -> dict[str, str]:
    return new_environment() | {
        "DATABASE_URL": database_over_tls,
        "RAPIDAPI_INSTAGRAM_HOST": sandbox.url,
        "RAPIDAPI_TIKTOK_HOST": sandbox.url,
        "CICERO_NOW": str(NOW),
    }


class Instance:
    """The process; `ran` are the handlers that it was handed an event for."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.ran: set[str] = set()

    def invoke(self, handler: str, sample: Any) -> Any:
        """What the handler returns; fails the test where it raises."""
        assert self._process.stdin
        assert self._process.stdout
        self.ran.add(handler)
        self._process.stdin.write(json.dumps([handler, sample]) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, f"{handler}: the process has ended"
        value, error = json.loads(line)
        assert error is None, f"{handler}: {error}"
        return value

    def end(self) -> list[str]:
        """Ends it; the files of modules that came from elsewhere."""
        told, _ = self._process.communicate()
        elsewhere: list[str] = json.loads(told)
        return elsewhere


@pytest.fixture
def instance(
    unpacked: Path, service_environment: dict[str, str], tmp_path: Path
) -> Iterator[Instance]:
    (tmp_path / "runtime").mkdir()
    lay_out(RUNTIME, tmp_path / "runtime")
    kept = ("PATH", "AWS_", "CICERO_", "DATABASE_", "REDIS_", "RAPIDAPI_", "ADMIN_", "WA_")
    with subprocess.Popen(
        [sys.executable, "-I", "-S", INSTANCE, unpacked, tmp_path / "runtime"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
        env={k: v for k, v in service_environment.items() if k.startswith(kept)},
    ) as process:
        yield Instance(process)
        process.kill()


def lay_out(distributions: tuple[str, ...], directory: Path) -> None:
    """Links their packages and modules into the directory."""
    for name in distributions:
        found = distribution(name)
        tops = {file.parts[0] for file in found.files or [] if file.suffix == ".py"}
        for top in tops - {".."}:
            (directory / top).symlink_to(Path(str(found.locate_file(top))))


def test_every_handler_runs_from_the_bundle_over_tls(
    instance: Instance, database_over_tls: str, scenario: Scenario, sandbox: Sandbox
) -> None:
    assert instance.invoke("migrate", {})["from"] is None
    seed(database_over_tls, scenario)
    sandbox.set_now(NOW.at)
    with closing(Database(database_over_tls)) as database:
        tables = Tables(database)
        assert instance.invoke("open_slot_half_hour", event("schedule_half_hour"))["clients"] == 6
        run_jobs(instance, tables)
        run_for_people(instance, tables, scenario)
        read_outbox(instance, tables)
        instance.invoke("sweep", event("schedule_sweep"))
        last = instance.invoke("open_slot_final", event("schedule_final"))
        assert last["slot"] == f"{DAY}T20:58+07:00"

    assert instance.ran == set(FUNCTIONS)
    assert instance.end() == []


def run_jobs(instance: Instance, tables: Tables) -> None:
    """A client's job that dies, and again by hand to its end."""
    instance.invoke("dead_job", event("dead_job"))
    assert tables.value(ENGAGED, slot=NOW.at) == "dead_letter"
    instance.invoke("dead_engagement_job", event("dead_job"))
    assert instance.invoke("run_client", event("run_client"))["client"] == "CONTOH"
    instance.invoke("fetch_posts", event("manual_job"))
    assert tables.count("insta_post_clients") == 5
    instance.invoke("refresh_engagement", event("engagement_job"))
    assert tables.value(ENGAGED, slot=NOW.at) == "done"
    assert tables.count("insta_like") == 5


def run_for_people(instance: Instance, tables: Tables, scenario: Scenario) -> None:
    assert instance.invoke("run_slot", event("run_slot"))["slot"] == str(NOW)
    [code, *_] = answers.codes_of(scenario, "instagram", "polres.contoh", NOW.at)
    given = event("add_post")
    assert instance.invoke("shadow", event("shadow"))["client_id"] == "CONTOH"
    added = instance.invoke("add_post", given | {"link": given["link"].format(code=code)})
    assert added["content_id"] == code
    removed = event("restore_post")
    tables.run(
        """INSERT INTO content_archive (platform, content_id, client_id, slot, rows)
        VALUES ('instagram', :code, 'CONTOH', now(), :rows)""",
        code=removed["content_id"],
        rows=json.dumps({"insta_post": [{"shortcode": removed["content_id"]}]}),
    )
    assert instance.invoke("restore_post", removed)["client_ids"] == ["CONTOH"]
    assert instance.invoke("look", event("look"))["today"]["day"] == str(DAY)
    assert instance.invoke("look", {"show": "doctor"})["findings"]
    [day] = instance.invoke("backfill", event("backfill"))["days"]
    assert (day["day"], day["errors"]) == (event("backfill")["first_day"], {})
    assert instance.invoke("import_clients", event("import_clients"))["wrong"] == []


def read_outbox(instance: Instance, tables: Tables) -> None:
    """A message that was given up is listed and sent again."""
    tables.run("UPDATE wa_notification_outbox SET status = 'dead_letter'")
    [listed, *_] = instance.invoke("outbox", event("outbox_list"))["messages"]
    again = event("outbox_redrive") | {"outbox_id": listed["outbox_id"]}
    assert instance.invoke("outbox", again)["status"] == "pending"
