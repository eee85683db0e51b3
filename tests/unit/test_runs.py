"""When a client's run is given up."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from chalicelib.db import Database, Row, Transaction
from chalicelib.jobs import ClientJob
from chalicelib.runs import dropped_if_expired, give_up
from chalicelib.runtime import Runtime
from tests.unit.builders import make_settings, wib

EXPIRES = wib("17:30")
JOB = ClientJob(
    slot=wib("17:00"),
    trigger="schedule",
    client_id="POLRES_X",
    fetch_posts=True,
    expires_at=EXPIRES,
)
MOMENT = timedelta(microseconds=1)


class Noting(Database):
    """Says whether there was a run to end, and notes what it was asked."""

    def __init__(self, ends: bool = True) -> None:
        super().__init__("postgresql://x@127.0.0.1:9/none")
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self._rows: list[Row] = [{"client_id": JOB.client_id}] if ends else []

    def run(self, query: str, **parameters: Any) -> list[Row]:
        self.asked.append((query, parameters))
        return self._rows


def runtime_at(now: datetime) -> Runtime:
    return Runtime(make_settings(), lambda: now)


@pytest.mark.parametrize("ends", [True, False])
def test_giving_up_says_whether_there_was_a_run_to_end(ends: bool) -> None:
    database = Noting(ends)
    assert give_up(runtime_at(EXPIRES), Transaction(database), JOB, "dead_letter") is ends
    [(query, parameters)] = database.asked
    assert query == "runs.give_up"
    assert parameters == {
        "slot": JOB.slot,
        "client_id": "POLRES_X",
        "expires_at": EXPIRES,
        "outcome": "dead_letter",
        "error_kind": "dead_letter",
        "now": EXPIRES,
    }


def test_a_job_in_time_goes_on() -> None:
    database = Noting()
    in_time = runtime_at(EXPIRES - MOMENT)
    assert dropped_if_expired(in_time, Transaction(database), JOB, ended=False) is False
    assert database.asked == []


@pytest.mark.parametrize("now", [EXPIRES, EXPIRES + MOMENT, EXPIRES + timedelta(days=1)])
def test_from_its_expiry_on_a_job_ends_its_run_as_expired(
    now: datetime, caplog: pytest.LogCaptureFixture
) -> None:
    database = Noting()
    assert dropped_if_expired(runtime_at(now), Transaction(database), JOB, ended=False) is True
    [(_, parameters)] = database.asked
    assert (parameters["outcome"], parameters["now"]) == ("expired", now)
    assert "expired: client POLRES_X, slot 2026-02-20T17:00+07:00" in caplog.text


def test_a_run_that_has_ended_is_left_as_it_ended() -> None:
    database = Noting()
    late = runtime_at(EXPIRES + timedelta(hours=1))
    assert dropped_if_expired(late, Transaction(database), JOB, ended=True) is False
    assert database.asked == []
