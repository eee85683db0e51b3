"""The sign of life to a monitor outside, and all that may be wrong with that monitor."""

from __future__ import annotations

import socket

import pytest

from chalicelib.reports.heartbeat import ping
from tests.unit.social.answers import Answer, serving

SECRET = "only-we-know"


def test_the_monitor_is_asked_once(caplog: pytest.LogCaptureFixture) -> None:
    with serving(Answer(200)) as monitor:
        ping(f"{monitor.url}/{SECRET}?create=1")
        assert monitor.paths == [f"/{SECRET}?create=1"]
    assert caplog.records == []


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Answer(404), "the heartbeat's monitor returned 404"),
        (Answer(302, headers={"Location": "http://127.0.0.1:1/"}), "returned 302"),
    ],
)
def test_a_monitor_that_refuses_is_named_in_the_log_without_its_address(
    answer: Answer, words: str, caplog: pytest.LogCaptureFixture
) -> None:
    with serving(answer) as monitor:
        ping(f"{monitor.url}/{SECRET}")
        assert len(monitor.paths) == 1
    assert words in caplog.text
    assert SECRET not in caplog.text


def test_a_monitor_that_is_away_or_never_returns_harms_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        ping(f"http://127.0.0.1:{port}/{SECRET}", seconds=0.2)
    ping(f"http://127.0.0.1:{port}/{SECRET}")
    assert caplog.text.count("the heartbeat's monitor was not reached") == 2
    assert SECRET not in caplog.text


@pytest.mark.parametrize(("url", "seconds"), [(None, 9.0), ("", 9.0), ("SERVER", 0.0)])
def test_without_a_monitor_or_without_time_nothing_is_asked(
    url: str | None, seconds: float
) -> None:
    with serving(Answer(200)) as monitor:
        ping(monitor.url if url == "SERVER" else url, seconds)
        assert monitor.paths == []
