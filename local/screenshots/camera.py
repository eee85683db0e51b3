"""Every page of a day, and its pictures in every size and theme."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from local.screenshots.browser import Theme, log_in, visitor
from local.screenshots.scenes import NOW, PASSWORD

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, ViewportSize

    from chalicelib.db import Database

SIZES: Mapping[str, ViewportSize] = {
    "desktop": {"width": 1280, "height": 800},
    "phone": {"width": 390, "height": 844},
}
THEMES: tuple[Theme, ...] = ("light", "dark")
PATIENCE_SECONDS = 60.0
_LONGEST = {"desktop": 1200, "phone": 1500}
_WIDEST = 960
_QUALITY = 45

_EXAMPLES = """
SELECT (SELECT min(client_id) FROM clients WHERE client_id >= 'POLRES_0006') AS client,
  (SELECT min(shortcode) FROM insta_post WHERE created_at >= CAST(:day AS date)
   AND client_id >= 'POLRES_0006') AS post,
  (SELECT max(outbox_id) FROM wa_notification_outbox WHERE status IN ('sent', 'dead_letter'))
    AS message
"""


def pages_of(database: Database) -> dict[str, str]:
    """The pages by name, and where each is; those of one thing only if there is one."""
    with database.transaction():
        [found] = database.execute(_EXAMPLES, day=NOW.date())
    one = {
        "client": found["client"] and f"/satker/{found['client']}",
        "post": found["post"] and f"/konten/{found['post']}",
        "message": found["message"] and f"/pesan/{found['message']}",
    }
    slot = f"/slot/{NOW:%Y-%m-%d}T12:00"
    return {
        "today": "/",
        "slot": slot,
        "clients": "/satker",
        "posts": "/konten",
        "archive": "/konten/arsip",
        "held": "/konten/ditahan",
        "messages": "/pesan",
        "whatsapp": "/whatsapp",
        "history": "/riwayat",
        "day": f"/riwayat/{NOW:%Y-%m-%d}",
        "actions": "/catatan",
        **{name: path for name, path in one.items() if path},
    }


def photograph(
    browser: Browser, address: str, pages: Mapping[str, str], scene: str, folder: Path
) -> Iterator[Path]:
    """Takes the pictures of a scene; yields each file as it is written."""
    for size, viewport in SIZES.items():
        for theme in THEMES:
            options: dict[str, Any] = {"viewport": viewport, "color_scheme": theme}
            with visitor(browser, PATIENCE_SECONDS, **options) as page:
                log_in(page, address, "budi", PASSWORD)
                for name, path in pages.items():
                    page.goto(f"{address}{path}")
                    file = folder / f"{scene}-{name}-{size}-{theme}.webp"
                    _keep(page, size, file)
                    yield file


def _keep(page: Page, size: str, file: Path) -> None:
    """Writes a small picture of the page, of its upper part if it is long."""
    from PIL import Image

    with Image.open(io.BytesIO(page.screenshot(full_page=True))) as shot:
        part = shot.convert("RGB").crop((0, 0, shot.width, min(shot.height, _LONGEST[size])))
    part.thumbnail((_WIDEST, part.height))
    part.save(file, "WEBP", quality=_QUALITY, method=6)
