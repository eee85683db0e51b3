"""The health check beside a host."""

from __future__ import annotations

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from wa_session_host import health


class _Page(HTTPServer):
    """A host's page; `status` is that of its health."""

    status = 200


class _Healthz(BaseHTTPRequestHandler):
    server: _Page

    def do_GET(self) -> None:
        self.send_response(self.server.status if self.path == "/healthz" else 404)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def page() -> Iterator[_Page]:
    with _Page(("127.0.0.1", 0), _Healthz) as server:
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def _elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A directory and an environment without settings."""
    monkeypatch.chdir(tmp_path)
    for name in ("DATABASE_URL", "RAPIDAPI_KEY", "CICERO_SECRETS_PARAMETER", "WA_PAGE_HOST"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(("status", "code"), [(200, 0), (503, 1)])
def test_the_environment_alone_says_where_to_ask(
    status: int, code: int, page: _Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    page.status = status
    monkeypatch.setenv("WA_PAGE_HOST", "0.0.0.0")
    monkeypatch.setenv("WA_PAGE_PORT", str(page.server_port))
    assert health.main() == code


def test_the_other_settings_say_it_where_the_environment_does_not(
    page: _Page, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("WA_PAGE_PORT", raising=False)
    lines = ["DATABASE_URL=postgresql://x@127.0.0.1:9/unused", "RAPIDAPI_KEY=unused"]
    lines.append(f"WA_PAGE_PORT={page.server_port}")
    (tmp_path / ".env").write_text("\n".join(lines), encoding="utf-8")
    assert health.main() == 0


def test_where_nobody_answers_the_host_is_not_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WA_PAGE_HOST", "127.0.0.1")
    monkeypatch.setenv("WA_PAGE_PORT", "9")
    assert health.main() == 1


def test_with_settings_that_no_host_could_run_with_it_is_not_well(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WA_PAGE_PORT", "eighty")
    assert health.main() == 1
    assert "WA_PAGE_PORT" in capsys.readouterr().err
