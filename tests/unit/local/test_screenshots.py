"""The pictures of the operators' window in docs/: all there, and small."""

from __future__ import annotations

from pathlib import Path

from local.screenshots.camera import EVERYWHERE, FOLDER, FORMS, OF_ONE, OF_THE_HOST, file_name
from local.screenshots.scenes import SCENES

_MOST_BYTES = 6_000_000
_SMALLEST = 2_000  # a blank page


def expected() -> set[str]:
    return {
        file_name(scene.name, page, size, theme)
        for scene in SCENES.values()
        for page in (*EVERYWHERE, *OF_THE_HOST, *(OF_ONE if scene.size else ()))
        for size, theme in FORMS
    }


def sizes(folder: Path) -> dict[str, int]:
    return {file.name: file.stat().st_size for file in folder.glob("*.webp")}


def test_there_is_a_picture_of_every_page_on_every_day_in_every_form() -> None:
    assert set(sizes(FOLDER)) == expected()


def test_no_picture_is_blank_and_all_together_are_small() -> None:
    found = sizes(FOLDER)
    assert [name for name, size in found.items() if size < _SMALLEST] == []
    assert sum(found.values()) < _MOST_BYTES
