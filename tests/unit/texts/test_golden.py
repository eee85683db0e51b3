"""Every message as it goes out, held against its file in golden/.

After a wanted change: `.venv/bin/python -m local.samples`, and read the difference.
"""

from __future__ import annotations

import pytest

from local.samples import GOLDEN, SAMPLES


@pytest.mark.parametrize("name", SAMPLES)
def test_a_message_reads_as_its_golden_file(name: str) -> None:
    golden = (GOLDEN / f"{name}.txt").read_text(encoding="utf-8")
    assert SAMPLES[name]() + "\n" == golden, "run .venv/bin/python -m local.samples if it should"


def test_no_golden_file_is_left_over() -> None:
    assert {path.stem for path in GOLDEN.iterdir()} == set(SAMPLES)
