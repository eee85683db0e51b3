"""The window's pictures in docs/ show it as it is: each day's are taken again, in one of its forms,
and what a day without anything shows is words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from chalicelib.db import Database
from chalicelib.settings import Settings
from local.screenshots.browser import Theme
from local.screenshots.camera import EVERYWHERE, FOLDER, pages_of, photograph
from local.screenshots.scenes import PASSWORD, SCENES, Scene, fill, window
from tests.integration.conftest import Copies, NewService
from tests.integration.wa_session_host.windows import Visitor, own_settings

if TYPE_CHECKING:
    from playwright.sync_api import Browser

FILL_SECONDS = 600.0


@pytest.fixture
def scene() -> Scene:
    return SCENES["empty"]


@pytest.fixture
def settings(new_service: NewService, new_copy: Copies) -> Iterator[Settings]:
    with own_settings(new_service, new_copy) as made:
        yield made


@pytest.fixture
def database(settings: Settings, scene: Scene) -> Iterator[Database]:
    connection = Database(settings.database_url, answer_seconds=FILL_SECONDS)
    fill(connection, scene)
    yield connection
    connection.close()


@pytest.fixture
def address(settings: Settings, scene: Scene, database: Database) -> Iterator[str]:
    with window(settings, scene) as url:
        yield url


@pytest.mark.parametrize(
    ("scene", "size", "theme"),
    [
        (SCENES["normal"], "desktop", "light"),
        (SCENES["bad"], "phone", "dark"),
        (SCENES["empty"], "phone", "light"),
        (SCENES["1000"], "desktop", "dark"),
    ],
    ids=("normal", "bad", "empty", "1000"),
)
def test_they_are_of_about_the_size_that_they_have_when_they_are_taken_now(
    browser: Browser,
    address: str,
    database: Database,
    scene: Scene,
    size: str,
    theme: Theme,
    tmp_path: Path,
) -> None:
    pages = pages_of(database)
    taken = list(photograph(browser, address, pages, scene.name, tmp_path, [(size, theme)]))
    sizes = {
        file.name: (file.stat().st_size, (FOLDER / file.name).stat().st_size) for file in taken
    }
    assert len(sizes) == len(pages)
    assert {name: both for name, both in sizes.items() if max(both) > 2 * min(both)} == {}


def test_on_a_day_on_which_nothing_ran_every_page_says_so(address: str) -> None:
    with closing(Visitor(address).enter("sari", PASSWORD)) as visitor:
        for path in EVERYWHERE.values():
            page = visitor.text(path)
            assert 'class="who"' in page
            if path not in ("/riwayat/2026-02-20", "/catatan"):  # the login is recorded
                assert 'class="empty"' in page, path
