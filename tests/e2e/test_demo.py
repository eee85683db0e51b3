"""`python -m local demo`, as a newcomer sees it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from local.environment import own_environment

ROOT = Path(__file__).resolve().parents[2]


def test_the_demo_plays_four_slots_and_says_where_the_data_is(tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "local", "demo"],
        cwd=tmp_path,
        env=own_environment() | {"PYTHONPATH": str(ROOT), "COLUMNS": "120"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode == 0, run.stderr
    for expected in (
        "16:30 WIB", "17:00 WIB", "20:58 WIB", "21:30 WIB",
        "CONTOH", "TELADAN", "DITLANTAS", "DITBINMAS", "MELATI", "ANGGREK",
        "DAFTAR TUGAS", "PERUBAHAN KONTEN", "Dihapus [Instagram]", "(input manual)",
        "akun atau konten tidak ditemukan: ANGGREK",
        "local psql",
    ):  # fmt: skip
        assert expected in run.stdout, expected
    assert (tmp_path / ".local/demo/postgres/PG_VERSION").exists()
    assert "Traceback" not in run.stderr
