"""A separate directory per run for everything that tests write.

pytest's usual one, below /tmp/pytest-of-USER, is closed to other users again whenever another run
begins. If tests run as root, PostgreSQL runs as another user, and would lose the files in use.
"""

from __future__ import annotations

import shutil
import tempfile

import pytest

_made = pytest.StashKey[str]()


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    if config.option.basetemp is None:  # test processes get one below the run's
        config.stash[_made] = config.option.basetemp = tempfile.mkdtemp(prefix="cicero-tests-")


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    if made := config.stash.get(_made, None):
        shutil.rmtree(made, ignore_errors=True)
