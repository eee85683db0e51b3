"""A host that waits says so, and not with every try."""

from threading import Event

import pytest

from chalicelib.errors import DatabaseUnavailable
from wa_session_host.sending.trouble import Trouble


def test_what_is_waited_for_is_logged_once_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    stop = Event()
    stop.set()
    trouble = Trouble(stop)
    for _ in range(3):
        trouble.wait_out(DatabaseUnavailable("PostgreSQL is away"))
    assert [record.getMessage() for record in caplog.records] == ["waiting: PostgreSQL is away"]
