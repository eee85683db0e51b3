"""The suite's own care: a leak fails the test that leaks, and a failure is told in full."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from tests.conftest import ROOT

LEAKING = '''
import socket

import pytest


class Loop:
    """Only the collector finds it."""

    def __init__(self):
        self.itself = self
        self.socket = socket.socket()


@pytest.fixture
def leaking():
    yield
    Loop()


@pytest.fixture(scope="module")
def leaking_at_the_end():
    yield
    Loop()


def test_a_first_is_clean():
    pass


def test_b_leaks():
    Loop()


def test_c_follows():
    pass


def test_d_has_a_fixture_that_leaks(leaking):
    pass


def test_e_follows_too():
    pass


def test_f_is_the_last_of_its_module(leaking_at_the_end):
    pass
'''
CLEAN = "def test_g_is_clean():\n    pass\n"
FAILING = """
def total(prices):
    return sum(prices)


def test_fails():
    basket = {"apple": 1, "pear": 2}
    assert {"of": "basket", "total": total(basket.values())} == {"of": "basket", "total": 4}
"""


def outcome(directory: Path, **modules: str) -> str:
    """What pytest prints about these modules, run with this project's settings."""
    for name, text in modules.items():
        (directory / f"test_{name}.py").write_text(text, encoding="utf-8")
    arguments = ["-p", "no:randomly", "-p", "no:cacheprovider", "-c", "pyproject.toml"]
    run: subprocess.CompletedProcess[str] = subprocess.run(
        [sys.executable, "-m", "pytest", *arguments, "--rootdir", directory, directory],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 1, run.stdout + run.stderr
    return run.stdout


def test_a_leak_is_charged_to_the_test_that_leaks(tmp_path: Path) -> None:
    printed = outcome(tmp_path, first=LEAKING, second=CLEAN)

    charged = re.findall(r"^(?:ERROR|FAILED) \S*::(\w+)", printed, re.MULTILINE)
    assert charged == [
        "test_b_leaks",
        "test_d_has_a_fixture_that_leaks",
        "test_f_is_the_last_of_its_module",
    ]
    assert "unclosed <socket.socket" in printed


def test_a_failure_names_the_place_and_the_difference(tmp_path: Path) -> None:
    printed = outcome(tmp_path, only=FAILING)

    first = re.search(r"^Traceback.*\n  File (.*)$", printed, re.MULTILINE)
    assert first is not None
    assert re.search(r'test_only.py", line 8, in test_fails$', first[1])
    assert (
        "AssertionError: assert {'of': 'basket', 'total': 3} == {'of': 'basket', 'total': 4}"
        in printed
    )
    assert "{'total': 3} != {'total': 4}" in printed
