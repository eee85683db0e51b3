"""Every page of a day, and its pictures in every size and theme."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

from local.screenshots.browser import Theme, log_in, visitor
from local.screenshots.scenes import NOW, PASSWORD

if TYPE_CHECKING:
    from playwright.sync_api import Browser, FloatRect, Page, ViewportSize

    from chalicelib.db import Database

SIZES: Mapping[str, ViewportSize] = {
    "desktop": {"width": 1280, "height": 800},
    "phone": {"width": 390, "height": 844},
}
THEMES: tuple[Theme, ...] = ("light", "dark")
FORMS: tuple[tuple[str, Theme], ...] = tuple(product(SIZES, THEMES))
FOLDER = Path(__file__).parents[2] / "docs" / "screenshots"
PATIENCE_SECONDS = 60.0
_LONGEST = {"desktop": 1100, "phone": 1400}
_WIDEST = 880
_QUALITY = 24

EVERYWHERE: Mapping[str, str] = {
    "today": "/",
    "slot": f"/slot/{NOW:%Y-%m-%d}T12:00",
    "clients": "/satker",
    "posts": "/konten",
    "archive": "/konten/arsip",
    "held": "/konten/ditahan",
    "messages": "/pesan",
    "absences": "/absensi",
    "whatsapp": "/whatsapp",
    "history": "/riwayat",
    "day": f"/riwayat/{NOW:%Y-%m-%d}",
    "actions": "/catatan",
}
"""The pages of any day, by name."""

OF_THE_HOST: Mapping[str, str] = {"groups": "/accounts/gateway/groups", "login": "/login"}
"""Those on which the day makes no difference."""

OF_ONE: Mapping[str, str] = {
    "client": "/satker/",
    "post": "/konten/",
    "message": "/pesan/",
    "absence": "/absensi/",
    "why": "/absensi/",
    "ranking": "/absensi/",
}
"""Those of one thing, which an empty day does not have."""

_EXAMPLES = """
SELECT (SELECT min(client_id) FROM clients WHERE client_id >= 'POLRES_0006') AS client,
  (SELECT min(shortcode) FROM insta_post WHERE created_at >= CAST(:day AS date)
   AND client_id >= 'POLRES_0006') AS post,
  (SELECT max(outbox_id) FROM wa_notification_outbox WHERE status IN ('sent', 'dead_letter'))
    AS message,
  (SELECT min(client_id) FROM "user" WHERE client_id >= 'POLRES_0006') AS absence,
  (SELECT min(client_id || '/mengapa/' || user_id) FROM "user"
   WHERE client_id >= 'POLRES_0006' AND insta LIKE 'libur%') AS why,
  (SELECT client_id || '/peringkat' FROM clients WHERE client_id = 'POLRES_0020') AS ranking
"""


def pages_of(database: Database) -> dict[str, str]:
    """The pages of the day in the database, by name."""
    with database.transaction():
        [found] = database.execute(_EXAMPLES, day=NOW.date())
    of_one = {name: f"{path}{found[name]}" for name, path in OF_ONE.items() if found[name]}
    return {**EVERYWHERE, **OF_THE_HOST, **of_one}


class PageFailed(RuntimeError):
    """A page answered with an error."""


def file_name(scene: str, page: str, size: str, theme: Theme) -> str:
    return f"{scene}-{page}-{size}-{theme}.webp"


def photograph(
    browser: Browser,
    address: str,
    pages: Mapping[str, str],
    scene: str,
    folder: Path,
    forms: Sequence[tuple[str, Theme]] = FORMS,
) -> Iterator[Path]:
    """Takes the pictures of a scene, each page in all its forms; yields each file as it is written.
    Raises PageFailed."""
    with visitor(browser, PATIENCE_SECONDS) as page:
        log_in(page, address, "budi", PASSWORD)
        for name, path in pages.items():
            answer = page.goto(f"{address}{path}")
            if answer is None or not answer.ok:
                raise PageFailed(f"{scene}: {path} cannot be shown")
            for size, theme in forms:
                page.set_viewport_size(SIZES[size])
                page.emulate_media(color_scheme=theme, reduced_motion="reduce")
                file = folder / file_name(scene, name, size, theme)
                _keep(page, size, file)
                yield file


def _keep(page: Page, size: str, file: Path) -> None:
    """Writes a small picture of the page, of its upper part if it is long."""
    from PIL import Image

    part: FloatRect = {"x": 0, "y": 0, "width": SIZES[size]["width"], "height": _LONGEST[size]}
    taken = page.screenshot(full_page=True, clip=part)
    with Image.open(io.BytesIO(taken)) as shot:
        small = shot.convert("RGB")
    small.thumbnail((_WIDEST, small.height))
    small.save(file, "WEBP", quality=_QUALITY, method=6)
