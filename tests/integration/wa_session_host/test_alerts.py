"""Alerts as rows of the outbox: how many, and which message they name."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from chalicelib.runtime import Runtime
from chalicelib.slots import WIB
from tests.conftest import RuntimeAt
from tests.integration.tables import Tables
from wa_session_host.alerts.alerts import Alerts
from wa_session_host.sending.attempt import Attempt, Outcome
from wa_session_host.sending.transport import (
    NotSent,
    OutcomeUnknown,
    Outgoing,
    Rejected,
    TransportError,
)

GIVEN_UP = Outcome("dead_letter")
UNCERTAIN = Outcome("uncertain")
REACH = Rejected("refused (463)", code=463, alert="reach")
GROUP = Rejected("refused (403)", code=403, alert="group")


@pytest.fixture
def runtime(runtime_at: RuntimeAt) -> Runtime:
    return runtime_at("17:00")


@pytest.fixture
def alerts(runtime: Runtime) -> Iterator[Alerts]:
    made = Alerts(runtime)
    made.start()
    yield made
    if made.thread.is_alive():
        made.close()


def attempt(outbox_id: int, session: str = "gateway", kind: str = "changes") -> Attempt:
    message = Outgoing(session, "1@g.us", "Apel pagi", "key")
    return Attempt(outbox_id, "POLRES_X", kind, 1, 5, datetime.now(WIB), message)


def told(alerts: Alerts, tables: Tables) -> list[str]:
    """The texts, once everything is written."""
    alerts.close()
    return tables.values("SELECT message FROM wa_notification_outbox ORDER BY outbox_id")


def test_many_messages_that_fail_alike_within_an_hour_are_one_alert_about_the_first(
    alerts: Alerts, tables: Tables
) -> None:
    for outbox_id in range(1, 21):
        alerts.tried(attempt(outbox_id), GIVEN_UP, REACH)
    [text] = told(alerts, tables)
    assert "Pertama: outbox 1, klien POLRES_X" in text


FIRST: tuple[Attempt, Outcome, TransportError] = (attempt(1), GIVEN_UP, REACH)


@pytest.mark.parametrize(
    "second",
    [
        (attempt(2), GIVEN_UP, GROUP),
        (attempt(2), GIVEN_UP, NotSent("five times")),
        (attempt(2), UNCERTAIN, OutcomeUnknown("no answer")),
        (attempt(2, session="log"), GIVEN_UP, REACH),
    ],
    ids=["group", "other cause", "other outcome", "other account"],
)
def test_what_fails_otherwise_is_told_too(
    second: tuple[Attempt, Outcome, TransportError], alerts: Alerts, tables: Tables
) -> None:
    alerts.tried(*FIRST)
    alerts.tried(*second)
    assert len(told(alerts, tables)) == 2


def test_the_next_hour_has_an_alert_of_its_own(
    alerts: Alerts, runtime: Runtime, tables: Tables
) -> None:
    alerts.tried(*FIRST)
    later = runtime.now() + timedelta(hours=1)
    runtime.set_clock(lambda: later)
    alerts.tried(attempt(2), GIVEN_UP, REACH)
    assert ["outbox 1," in text for text in told(alerts, tables)] == [True, False]


def test_an_alert_that_fails_is_not_told_by_another(alerts: Alerts, tables: Tables) -> None:
    alerts.tried(attempt(1, kind="admin_alert"), GIVEN_UP, REACH)
    assert told(alerts, tables) == []
