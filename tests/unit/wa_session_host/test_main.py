"""The host's command line, up to where it would start."""

from __future__ import annotations

from pathlib import Path

import pytest

from wa_session_host.__main__ import main


@pytest.mark.parametrize("name", ["GATEWAY_WA_CLIENT_ID", "WA_LOG_CLIENT_ID"])
def test_a_wrong_account_name_ends_the_host_with_code_two_before_anything_starts(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", "postgresql://unused@127.0.0.1:9/unused")
    monkeypatch.setenv("RAPIDAPI_KEY", "unused")
    monkeypatch.setenv("WA_TRANSPORT", "neonize")
    monkeypatch.setenv(name, "polri/gateway")
    assert main([]) == 2
    [_, problem, _] = capsys.readouterr().err.splitlines()
    assert problem.startswith(f"  {name}: ")
