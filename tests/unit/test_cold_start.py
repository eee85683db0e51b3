"""What a cold start imports, seen from a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
STAGES = (
    "chalicelib.dispatch, chalicelib.posts.fetch, chalicelib.engagement.refresh, chalicelib.sweep"
)
NEVER = {"sqlalchemy", "alembic", "mako", "jinja2", "local"}
PAGE = {"starlette", "uvicorn", "jinja2", "multipart", "neonize"}
LATER = {"pydantic", "pydantic_settings", "boto3", "botocore", "requests", "redis", "pg8000"}


def imported_by(modules: str) -> set[str]:
    """The top-level packages that importing these loads."""
    code = f"import {modules}, sys; print(*{{name.partition('.')[0] for name in sys.modules}})"
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return set(run.stdout.split())


@pytest.mark.parametrize(("modules", "absent"), [("app", NEVER | LATER), (STAGES, NEVER)])
def test_no_handler_pays_for_what_it_does_not_use(modules: str, absent: set[str]) -> None:
    found = imported_by(modules)
    assert "chalicelib" in found
    assert found & absent == set()


def test_a_host_without_a_page_does_not_pay_for_it() -> None:
    assert imported_by("wa_session_host.__main__") & PAGE == set()
