"""The page's password."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.conftest import ROOT
from wa_session_host.__main__ import main
from wa_session_host.page.passwords import WeakPassword, hash_password, is_right

PASSWORD = "kata sandi uji coba"


def test_the_right_password_fits_its_hash_and_no_other_does() -> None:
    kept = hash_password(PASSWORD)
    assert is_right(PASSWORD, kept)
    assert not is_right(PASSWORD + " ", kept)
    assert not is_right("", kept)


def test_the_same_password_has_a_hash_of_its_own_each_time() -> None:
    assert hash_password(PASSWORD) != hash_password(PASSWORD)


def test_a_short_password_is_refused() -> None:
    with pytest.raises(WeakPassword, match="12 characters"):
        hash_password("elevenchars")


@pytest.mark.parametrize("kept", ["", "scrypt:", "scrypt:a:b:c", "scrypt:%:%", "plain"])
def test_a_hash_that_cannot_be_read_fits_nothing(kept: str) -> None:
    assert not is_right(PASSWORD, kept)


def command(word: str, typed: str) -> subprocess.CompletedProcess[str]:
    """The host's command, with a line of standard input."""
    return subprocess.run(
        [sys.executable, "-m", "wa_session_host", word],
        cwd=ROOT,
        input=f"{typed}\n",
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_command_prints_a_hash_that_fits() -> None:
    printed = command("hash-password", PASSWORD)
    assert printed.returncode == 0, printed.stderr
    assert is_right(PASSWORD, printed.stdout.strip())


def test_the_command_refuses_a_short_password() -> None:
    refused = command("hash-password", "short")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "12 characters" in refused.stderr


def test_the_command_refuses_other_words() -> None:
    assert main(["hash"]) == 2
