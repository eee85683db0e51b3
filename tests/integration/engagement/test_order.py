"""Whether lists show new names first: what reads record of it, and those that stop early."""

from __future__ import annotations

from typing import Any, cast

import pytest

from chalicelib.runtime import Runtime
from chalicelib.social.apis import SocialApi
from chalicelib.social.content import UserPage
from tests.conftest import RuntimeAt
from tests.integration.runs import whole_run
from tests.integration.tables import Tables

CLIENT = "CONTOH"
PAGE = 5
READS = "SELECT content_id, ended, complete, share, pages, names, count FROM coverage "
OF_SLOT = READS + "WHERE platform = 'instagram' AND slot = :slot AND ended = ANY(:ended)"
NAMES = "SELECT jsonb_object_agg(shortcode, likes) FROM insta_like"


class SmallPages:
    """Instagram, but in small pages, and who has liked last is listed first, or last."""

    def __init__(self, instagram: SocialApi, newest_first: bool) -> None:
        self._instagram = instagram
        self._step = -1 if newest_first else 1
        self._lists: dict[str, tuple[str, ...]] = {}
        self.api = instagram.api

    def people(self, shortcode: str, after: str | None = None) -> UserPage:
        names = self._lists.get(shortcode) or self._whole(shortcode)
        start = int(after or 0)
        shown = tuple(names[:: self._step][start : start + PAGE])
        following = str(start + PAGE) if start + PAGE < len(names) else None
        return UserPage(shown, 0, following)

    def _whole(self, shortcode: str) -> tuple[str, ...]:
        page = self._instagram.people(shortcode)
        names = page.listed
        while page.following:
            page = self._instagram.people(shortcode, page.following)
            names += page.listed
        return self._lists.setdefault(shortcode, names)

    def posts(self, account: str, after: str | None = None, /) -> Any:
        return self._instagram.posts(account, after)

    def close(self) -> None:
        self._instagram.close()


def mode(runtime: Runtime, order: str, newest_first: bool = True) -> Runtime:
    changed = {"engagement_order": order}
    runtime.settings = runtime.settings.model_copy(update=changed)
    instagram = cast("SocialApi", SmallPages(runtime.apis["instagram"], newest_first))
    runtime.__dict__["apis"] = {**runtime.apis, "instagram": instagram}
    return runtime


def prove(tables: Tables, lists: int = 1_000, refuted: bool = False) -> None:
    tables.run(
        "INSERT INTO list_order SELECT '127.0.0.1', platform, :lists, 5000, 5000, now(), "
        "CASE WHEN :refuted THEN now() END FROM cicero_platforms()",
        lists=lists,
        refuted=refuted,
    )


def recorded(tables: Tables) -> Any:
    [row] = tables.run("SELECT * FROM list_order WHERE platform = 'instagram'")
    return row


def test_without_the_setting_nothing_is_recorded(runtime_at: RuntimeAt, tables: Tables) -> None:
    for clock in ("16:00", "16:30"):
        whole_run(mode(runtime_at(clock), "off"), CLIENT)
    assert tables.values("SELECT lists FROM list_order") == []


def test_lists_that_show_new_names_first_are_counted_and_read_to_their_end(
    runtime_at: RuntimeAt, tables: Tables
) -> None:
    for clock in ("16:00", "16:30"):
        whole_run(mode(runtime_at(clock), "watch"), CLIENT)
    row = recorded(tables)
    assert (row["host"], row["refuted_at"]) == ("127.0.0.1", None)
    assert row["lists"] > 0
    assert row["names_new"] == row["names_first"] > 0
    assert tables.values("SELECT DISTINCT ended FROM coverage WHERE platform = 'instagram'") == [
        "end"
    ]


def test_one_list_that_shows_them_last_refutes_the_order_for_good(
    runtime_at: RuntimeAt, tables: Tables
) -> None:
    prove(tables)
    for clock in ("16:00", "16:30"):
        whole_run(mode(runtime_at(clock), "watch", newest_first=False), CLIENT)
    row = recorded(tables)
    assert row["names_first"] < row["names_new"]
    refuted_at = row["refuted_at"]
    assert refuted_at is not None
    whole_run(mode(runtime_at("17:00"), "watch"), CLIENT)
    assert recorded(tables)["lists"] > row["lists"]
    assert recorded(tables)["refuted_at"] == refuted_at


@pytest.mark.parametrize(
    ("proof", "stops"),
    [({}, True), ({"lists": 999}, False), ({"refuted": True}, False)],
)
def test_a_read_stops_at_known_names_only_where_the_order_is_proven(
    runtime_at: RuntimeAt, tables: Tables, proof: dict[str, Any], stops: bool
) -> None:
    """It brings the same names, says that it was not complete, and 17:00 reads to the end."""
    prove(tables, **proof)
    for clock in ("16:00", "16:30"):
        whole_run(runtime := mode(runtime_at(clock), "trust"), CLIENT)
    brief = tables.run(OF_SLOT, slot=runtime.now(), ended=["known"])
    assert bool(brief) is stops
    for read in brief:
        assert (read["complete"], read["share"]) == (False, None)
        assert read["names"] < read["count"]
        assert read["pages"] < read["count"] / PAGE
    after_brief = tables.value(NAMES)
    whole_run(runtime := mode(runtime_at("16:30"), "off"), CLIENT)
    assert tables.value(NAMES) == after_brief
    whole_run(runtime := mode(runtime_at("17:00"), "trust"), CLIENT)
    assert tables.run(OF_SLOT, slot=runtime.now(), ended=["known"]) == []
    ended = {row["content_id"] for row in tables.run(OF_SLOT, slot=runtime.now(), ended=["end"])}
    assert {read["content_id"] for read in brief} <= ended
