"""Faults of the connection, over real HTTP."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import date, datetime
from itertools import pairwise
from urllib.parse import urlsplit

import pytest
import requests

from local.sandbox import Sandbox, demo_day
from local.sandbox.faults import KINDS
from local.sandbox.scenario import WIB
from tests.conftest import ROOT
from tests.integration.waiting import PATIENCE_SECONDS
from tests.sandbox import SandboxThread

DAY = date(2026, 2, 20)
KEY = {"X-RapidAPI-Key": "any"}
FEED = "/v1/posts?username_or_id_or_url=polres.contoh"


@pytest.fixture(scope="module")
def running() -> Iterator[Sandbox]:
    with SandboxThread(demo_day(DAY)) as sandbox:
        sandbox.set_now(datetime(2026, 2, 20, 17, tzinfo=WIB))
        yield sandbox


@pytest.fixture
def sandbox(running: Sandbox) -> Sandbox:
    running.set_faults([])
    return running


def get(sandbox: Sandbox, timeout: float = PATIENCE_SECONDS) -> requests.Response:
    return requests.get(sandbox.url + FEED, headers=KEY, timeout=timeout)


def test_a_slow_body_outlives_a_read_timeout(sandbox: Sandbox) -> None:
    right = get(sandbox)
    sandbox.set_faults([{"kind": "slow_body", "seconds": 1.5}])
    began = time.monotonic()
    headers = {**KEY, "Connection": "close"}
    url = sandbox.url + FEED
    with requests.get(url, headers=headers, timeout=1, stream=True) as answer:
        content = answer.content
    assert time.monotonic() - began >= 1.5
    assert content == right.content


def test_a_slow_answer_does_not(sandbox: Sandbox) -> None:
    sandbox.set_faults([{"kind": "slow", "seconds": 60}])
    with pytest.raises(requests.ReadTimeout):
        get(sandbox, timeout=0.2)
    assert get(sandbox).status_code == 200


def test_a_reset_comes_before_any_byte(sandbox: Sandbox) -> None:
    sandbox.set_faults([{"kind": "reset"}])
    address = urlsplit(sandbox.url)
    with socket.create_connection((address.hostname, address.port), PATIENCE_SECONDS) as connection:
        connection.sendall(f"GET {FEED} HTTP/1.1\r\nHost: x\r\nX-RapidAPI-Key: k\r\n\r\n".encode())
        with pytest.raises(ConnectionResetError):
            connection.recv(1)
    sandbox.set_faults([{"kind": "reset"}])
    with pytest.raises(requests.ConnectionError, match="reset by peer"):
        get(sandbox)
    assert get(sandbox).status_code == 200


@pytest.mark.parametrize("share", [0, 0.5])
def test_a_cut_body_is_shorter_than_it_was_to_be(sandbox: Sandbox, share: float) -> None:
    whole = len(get(sandbox).content)
    sandbox.set_faults([{"kind": "cut", "share": share}])
    with pytest.raises(requests.exceptions.ChunkedEncodingError, match="IncompleteRead") as cut:
        get(sandbox)
    assert f"{int(whole * share)} bytes read" in str(cut.value)
    assert get(sandbox).status_code == 200


def test_the_times_of_requests_prove_a_rate(sandbox: Sandbox) -> None:
    earlier = len(sandbox.stats()["times"]["instagram"])
    began = time.monotonic()
    for _ in range(3):
        get(sandbox)
        time.sleep(0.05)
    times = sandbox.stats()["times"]["instagram"][earlier:]
    assert len(times) == 3
    assert began <= times[0]
    assert all(after - before >= 0.05 for before, after in pairwise(times))
    assert times[-1] <= time.monotonic()


def test_a_mistaken_fault_is_refused_and_leaves_the_others_in_force(sandbox: Sandbox) -> None:
    sandbox.set_faults([{"kind": "quota", "times": None}])
    with pytest.raises(ValueError, match="no kind 'quotas'"):
        sandbox.set_faults([{"kind": "quotas"}])
    assert get(sandbox).status_code == 429


def test_the_catalogue_is_printed() -> None:
    command = [sys.executable, "-m", "local.sandbox", "--faults"]
    text = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    assert all(name in text for name in KINDS)
