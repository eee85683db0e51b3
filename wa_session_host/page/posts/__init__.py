"""The posts: those of a day, each with its history, and what is archived or held."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from chalicelib.errors import BadInput
from chalicelib.manual.posts import restore_post
from chalicelib.overview import posts as overview
from chalicelib.overview.post import post
from chalicelib.overview.standing import Standing
from chalicelib.platforms import DESCRIPTIONS, PLATFORMS
from wa_session_host.page.listing import Listing
from wa_session_host.page.overview import before_of, day_of, found, shown
from wa_session_host.page.window import Refused, Section, Shown, Visit, Window

_ROWS = 100
_ARCHIVED = 50


def _of_day(visit: Visit) -> Shown:
    listing = Listing.of(visit.request.query_params, _ROWS)
    platform = next((one for one in PLATFORMS if one == visit.query("platform")), None)
    standing = next((one for one in Standing if one == visit.query("keadaan")), None)
    wanted = overview.Wanted(
        day=day_of(visit),
        search=listing.search,
        platform=platform,
        standing=standing,
        page=listing.page,
        per_page=_ROWS,
    )
    with visit.reading() as runtime:
        listed = overview.posts(runtime, wanted)
    return shown(
        "posts/index.html",
        posts=listed,
        listing=listing.counted(listed.matching),
        platform_choices=[("", "Semua"), *((one, DESCRIPTIONS[one].label) for one in PLATFORMS)],
        choices=_standings(listed.counts),
        is_today=listed.day == visit.now.date(),
    )


def _standings(counts: Mapping[Standing, int]) -> list[tuple[str, str]]:
    named = {
        Standing.VERIFIED: "Terbaca lengkap",
        Standing.UNVERIFIED: "Terbaca sebagian",
        Standing.NEVER: "Belum dibaca",
    }
    return [("", "Semua"), *((one.value, f"{named[one]} ({counts[one]})") for one in Standing)]


def _one(visit: Visit) -> Shown:
    with found("Konten"), visit.reading() as runtime:
        shown_post = post(runtime, visit.path("content_id"))
    labels = [(f"{one.at:%d-%m %H.%M}", one) for one in shown_post.points]
    return shown(
        "posts/post.html",
        post=shown_post,
        noun=DESCRIPTIONS[shown_post.platform].engagement.noun,
        names=[(label, one.names) for label, one in labels],
        counts=[(label, one.count) for label, one in labels],
    )


def _archived(visit: Visit) -> Shown:
    listing = Listing.of(visit.request.query_params, _ARCHIVED)
    client_id = visit.query("satker") or None
    with visit.reading() as runtime:
        rows = overview.archived(runtime, before_of(visit), _ARCHIVED + 1, client_id)
    page: dict[str, Any] = {"rows": rows[:_ARCHIVED], "more": len(rows) > _ARCHIVED}
    return shown("posts/archive.html", listing=listing, client_id=client_id, **page)


def _held(visit: Visit) -> Shown:
    day = day_of(visit) or visit.now.date()
    with visit.reading() as runtime:
        rows = overview.held(runtime, day)
    return shown("posts/held.html", rows=rows, day=day)


def _restore(visit: Visit) -> str:
    content_id = visit.path("content_id")
    try:
        with visit.acting() as runtime:
            restored = restore_post(runtime, content_id)
    except BadInput:
        raise Refused("Konten itu tidak ada di arsip, atau sudah dipulihkan.") from None
    clients = ", ".join(restored.client_ids)
    return f"Konten {content_id} dipulihkan untuk {clients}, dan tidak dihapus lagi otomatis."


def _add(window: Window) -> None:
    window.page("/konten", _of_day)
    window.page("/konten/arsip", _archived)
    window.page("/konten/ditahan", _held)
    window.action("/konten/{content_id}/pulihkan", "restore_post", _restore)
    window.page("/konten/{content_id}", _one)


SECTION = Section("Konten", "/konten", Path(__file__).parent, _add)
