"""`python -m local.samples`: writes every sample to its golden file."""

from __future__ import annotations

from pathlib import Path

from local.samples import GOLDEN, SAMPLES


def write_golden(directory: Path = GOLDEN) -> None:
    """Writes every sample to its file, and removes files of samples that are no more."""
    directory.mkdir(parents=True, exist_ok=True)
    for path in directory.glob("*.txt"):
        if path.stem not in SAMPLES:
            path.unlink()
    for name, render in SAMPLES.items():
        (directory / f"{name}.txt").write_text(render() + "\n", encoding="utf-8")


if __name__ == "__main__":
    write_golden()
