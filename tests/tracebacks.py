"""A failure's traceback begins with the project's own code, not with pytest's."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_makereport(call: pytest.CallInfo[Any]) -> None:
    if call.excinfo is not None:
        entries = call.excinfo.traceback
        own = (n for n, entry in enumerate(entries) if "site-packages" not in str(entry.path))
        call.excinfo.traceback = entries[next(own, 0) :]
