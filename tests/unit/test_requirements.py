"""What is deployed installs from files of known content alone."""

import re

import pytest

from tests.conftest import ROOT


@pytest.mark.parametrize("file", ["requirements.txt", "wa_session_host/requirements.txt"])
def test_every_package_is_pinned_and_has_its_hashes(file: str) -> None:
    lines = (ROOT / file).read_text(encoding="utf-8").replace("\\\n", " ").splitlines()
    packages = [line for line in lines if line and not line.lstrip().startswith("#")]
    assert packages
    for package in packages:
        assert re.fullmatch(r"[\w.-]+==\S+( ;.*?)?(\s+--hash=sha256:[0-9a-f]{64})+", package), (
            package
        )
