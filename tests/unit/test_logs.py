"""The log's two forms, as a process of its own writes them."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from datetime import datetime

import pytest

from chalicelib import logs
from tests.conftest import ROOT

PROGRAM = """
import logging
from concurrent.futures import ThreadPoolExecutor

from chalicelib import logs
from chalicelib.parallel import side_by_side

{before}
logs.configure("INFO", "%(levelname)s %(name)s %(message)s")
log = logging.getLogger("part")
log.info("before")
with logs.about(slot="2026-02-20T17:00+07:00", client="POLRES_X"):
    with logs.about(run="schedule"), ThreadPoolExecutor(1) as pool:
        side_by_side(pool, lambda n: log.warning("read %d", n), [7])
    log.debug("not shown")
    log.info("nama: Sé")
log.info("after")
"""
LAMBDA = "logging.getLogger().addHandler(logging.StreamHandler())  # as Lambda's runtime does"


def lines(clean_environment: dict[str, str], before: str = "", **environment: str) -> list[str]:
    """What the program logs."""
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(before=before)],
        cwd=ROOT,
        env=clean_environment | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return run.stderr.splitlines()


def test_at_a_terminal_the_fields_stand_behind_the_line(clean_environment: dict[str, str]) -> None:
    assert lines(clean_environment) == [
        "INFO part before",
        "WARNING part read 7 [slot=2026-02-20T17:00+07:00 client=POLRES_X run=schedule]",
        "INFO part nama: Sé [slot=2026-02-20T17:00+07:00 client=POLRES_X]",
        "INFO part after",
    ]


@pytest.mark.parametrize("before", ["", LAMBDA])
@pytest.mark.parametrize("name", ["AWS_LAMBDA_FUNCTION_NAME", "ECS_CONTAINER_METADATA_URI_V4"])
def test_on_aws_each_line_is_an_object_with_the_fields(
    name: str, before: str, clean_environment: dict[str, str]
) -> None:
    written = [json.loads(line) for line in lines(clean_environment, before, **{name: "x"})]
    for line in written:
        assert datetime.fromisoformat(line.pop("timestamp")).tzinfo is not None
    slot = {"slot": "2026-02-20T17:00+07:00", "client": "POLRES_X"}
    assert written == [
        {"level": "INFO", "logger": "part", "message": "before"},
        {"level": "WARNING", "logger": "part", "message": "read 7", **slot, "run": "schedule"},
        {"level": "INFO", "logger": "part", "message": "nama: Sé", **slot},
        {"level": "INFO", "logger": "part", "message": "after"},
    ]


def test_where_the_log_is_set_up_already_it_stays_as_it_is(
    caplog: pytest.LogCaptureFixture,
) -> None:
    formatters = [handler.formatter for handler in logging.getLogger().handlers]
    logs.configure("DEBUG", "%(message)s")
    assert [handler.formatter for handler in logging.getLogger().handlers] == formatters
