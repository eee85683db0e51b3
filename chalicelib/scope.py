"""Which posts a client's work is about: those of its WIB day, and the late ones of this slot."""

from __future__ import annotations

from chalicelib.clients import Platform
from chalicelib.db import Row, Transaction
from chalicelib.slots import Slot, day_bounds


def todays_posts(tx: Transaction, platform: Platform, client_id: str, slot: Slot) -> list[Row]:
    """The client's posts of the slot's day, oldest first, with `content_id`, `caption`, counts,
    `source_type`, `created_at` (aware) and `late`: posts of yesterday that this slot's fetch
    found, whose engagement is refreshed once and which are no task of today."""
    start, end = day_bounds(slot.day)
    return tx.run(
        f"{platform}.todays", client_id=client_id, slot=slot.at, day_start=start, day_end=end
    )
