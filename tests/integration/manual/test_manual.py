"""Posts that people add by a link or bring back from the archive, over real tables."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

import pytest

from chalicelib.db import Row
from chalicelib.errors import BadInput
from chalicelib.manual.posts import Added, Restored, add_post, restore_post
from chalicelib.runtime import Runtime
from chalicelib.slots import WIB
from chalicelib.social.errors import AccountRefused, ApiConfiguration, ApiError, Upstream
from local.sandbox import Sandbox, Scenario, world
from local.sandbox.demo_clients import HEADQUARTERS
from local.sandbox.world import Platform, Post
from tests.conftest import DAY, RuntimeAt
from tests.integration import answers
from tests.integration.runs import fetch, refresh, whole_run
from tests.integration.tables import Tables

INPUT = datetime(2026, 2, 20, 16, 30, tzinfo=WIB)
DETAIL = {"instagram": "/v1/post_info", "tiktok": "/api/post/detail"}
LEDGER = "SELECT platform, content_id, client_id, kind FROM content_change ORDER BY change_id"
SHORT = "https://vt.tiktok.com/ZSabc123/"


def naive(moment: datetime) -> datetime:
    """As insta_post keeps times: WIB, without a zone."""
    return moment.astimezone(WIB).replace(tzinfo=None)


def feed(scenario: Scenario, platform: Platform, account: str) -> list[Post]:
    """What the account's profile shows at the input, the newest first."""
    found = scenario.world.account(platform, account)
    assert found is not None
    return [post for post in scenario.world.feed(found, INPUT) if not post.pinned]


@pytest.fixture
def photo(scenario: Scenario) -> Post:
    """Headquarters' post of yesterday morning: in no client's feed."""
    return feed(scenario, "instagram", HEADQUARTERS)[0]


@pytest.fixture
def video(scenario: Scenario) -> Post:
    """TELADAN's video of yesterday morning."""
    return next(p for p in feed(scenario, "tiktok", "polres_teladan") if p.posted_at.date() < DAY)


@pytest.fixture
def own(scenario: Scenario) -> Post:
    """CONTOH's newest Instagram post at the input, of today."""
    return answers.posts_of(scenario, "instagram", "polres.contoh", INPUT)[0]


def row_of(tables: Tables, post: Post) -> Row:
    table, key = {
        "instagram": ("insta_post", "shortcode"),
        "tiktok": ("tiktok_post", "video_id"),
    }[post.platform]
    return tables.row(f"SELECT * FROM {table} WHERE {key} = :code", code=post.code)


# --- adding a post --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "form",
    [
        "https://www.instagram.com/p/{}/",
        "https://www.instagram.com/humas.contoh/reel/{}/?igsh=MWQ1",
        "{}",
    ],
)
def test_an_instagram_post_is_stored_in_the_forms_that_readers_rely_on(
    form: str, runtime_at: RuntimeAt, tables: Tables, photo: Post
) -> None:
    added = add_post(runtime_at("16:30"), "CONTOH", form.format(photo.code))
    assert added == Added("instagram", photo.code, "CONTOH", "manual_input", new=True)
    row = row_of(tables, photo)
    assert (row["client_id"], row["source_type"]) == ("CONTOH", "manual_input")
    assert row["created_at"] == naive(INPUT), "the time of the input"
    assert row["original_created_at"] == photo.posted_at
    assert row["caption"] == str(photo.caption)
    assert row["like_count"] == world.like_count(photo, INPUT) > 0
    assert row["comment_count"] == world.comment_count(photo, INPUT) > 0
    assert row["thumbnail_url"] == row["image_url"]
    assert row["image_url"].startswith("https://")
    assert (row["is_video"], row["is_carousel"]) == (False, False)
    assert row["images_url"] == [row["image_url"]], "the one picture"
    link = tables.row("SELECT * FROM insta_post_clients WHERE shortcode = :c", c=photo.code)
    assert (link["client_id"], link["created_at"]) == ("CONTOH", naive(INPUT))


@pytest.mark.parametrize(
    "form",
    [
        "https://www.tiktok.com/@polres_teladan/video/{}?lang=id-ID",
        "https://m.tiktok.com/@polres_teladan/photo/{}",
        "{}",
    ],
)
def test_a_tiktok_video_is_stored_in_the_forms_that_readers_rely_on(
    form: str, runtime_at: RuntimeAt, tables: Tables, video: Post
) -> None:
    added = add_post(runtime_at("16:30"), "CONTOH", form.format(video.code))
    assert added == Added("tiktok", video.code, "CONTOH", "manual_input", new=True)
    assert row_of(tables, video) == {
        "video_id": video.code,
        "client_id": "CONTOH",
        "caption": str(video.caption),
        "like_count": world.like_count(video, INPUT),
        "comment_count": world.comment_count(video, INPUT),
        "created_at": INPUT,
        "original_created_at": video.posted_at,
        "source_type": "manual_input",
    }
    link = tables.row("SELECT * FROM tiktok_post_clients WHERE video_id = :c", c=video.code)
    assert (link["client_id"], link["created_at"]) == ("CONTOH", INPUT)


def test_a_short_link_is_followed_to_the_video_it_means(
    runtime_at: RuntimeAt, tables: Tables, video: Post
) -> None:
    hops = {SHORT: f"https://www.tiktok.com/@polres_teladan/video/{video.code}?_r=1"}
    assert add_post(runtime_at("16:30"), "CONTOH", SHORT, hops.get).content_id == video.code
    assert row_of(tables, video)["source_type"] == "manual_input"


def test_hidden_likes_stay_hidden_in_an_added_post(
    runtime_at: RuntimeAt, tables: Tables, scenario: Scenario
) -> None:
    hidden = next(p for p in feed(scenario, "instagram", "polres.teladan") if p.counts_hidden)
    add_post(runtime_at("16:30"), "CONTOH", hidden.code)
    row = row_of(tables, hidden)
    assert (row["like_count"], row["comment_count"]) == (None, world.comment_count(hidden, INPUT))


def test_an_added_post_is_in_the_ledger_once_however_often_it_is_added(
    runtime_at: RuntimeAt, tables: Tables, photo: Post
) -> None:
    first = add_post(runtime_at("16:30"), "CONTOH", photo.code)
    before = row_of(tables, photo)
    again = add_post(runtime_at("17:00"), " contoh ", photo.code)
    assert (first.new, again.new) == (True, False)
    assert again.client_id == "CONTOH", "as it is stored, however it was typed"
    assert tables.run(LEDGER) == [
        {
            "platform": "instagram",
            "content_id": photo.code,
            "client_id": "CONTOH",
            "kind": "new",
        }
    ]
    change = tables.row("SELECT wib_day, posted_at, caption FROM content_change")
    assert (change["wib_day"], change["posted_at"]) == (DAY, photo.posted_at)
    counts = ("like_count", "comment_count")
    after = row_of(tables, photo)
    assert {n: v for n, v in after.items() if n not in counts} == {
        n: v for n, v in before.items() if n not in counts
    }


def test_the_next_run_refreshes_it_lists_it_and_tells_it_once(
    runtime_at: RuntimeAt, tables: Tables, photo: Post, video: Post
) -> None:
    runtime = runtime_at("16:30")
    for post in (photo, video):
        add_post(runtime, "CONTOH", post.code)
    at_five = runtime_at("17:00")
    whole_run(at_five, "CONTOH")
    liked = tables.value("SELECT likes FROM insta_like WHERE shortcode = :c", c=photo.code)
    assert set(liked) == set(world.likers(photo, at_five.now()))
    said = tables.value("SELECT comments FROM tiktok_comment WHERE video_id = :c", c=video.code)
    assert set(said) == {f"@{name}" for name in world.commenters(video, at_five.now())}
    message = "SELECT message FROM wa_notification_outbox WHERE kind = 'task_list'"
    text = tables.value(message)
    assert f"/p/{photo.code}/ (input manual)" in text
    assert f"/video/{video.code} (input manual)" in text
    assert f"Baru [Instagram] https://www.instagram.com/p/{photo.code}/" in text
    assert f"Baru [TikTok] https://www.tiktok.com/@polres_contoh/video/{video.code}" in text
    whole_run(runtime_at("17:30"), "CONTOH")
    assert tables.values("SELECT kind FROM wa_notification_outbox WHERE client_id = 'CONTOH'") == [
        "task_list"
    ]


def test_a_fetch_that_meets_an_added_post_keeps_it_manual_and_dated_as_it_was(
    runtime_at: RuntimeAt, tables: Tables, own: Post
) -> None:
    add_post(runtime_at("16:30"), "CONTOH", own.code)
    before = row_of(tables, own)
    result = fetch(runtime_at("17:00"), "CONTOH")["instagram"]
    assert result.posts == result.new + 1, "all but this one were new"
    after = row_of(tables, own)
    kept = ("client_id", "source_type", "created_at", "original_created_at")
    assert [after[name] for name in kept] == [before[name] for name in kept]
    assert after["like_count"] > before["like_count"]
    told = [row["content_id"] for row in tables.run(LEDGER)]
    assert told.count(own.code) == 1


def test_an_added_post_is_not_removed_by_fetches_that_lack_it(
    runtime_at: RuntimeAt, tables: Tables, photo: Post
) -> None:
    add_post(runtime_at("16:00"), "CONTOH", photo.code)
    for clock in ("16:30", "17:00", "17:30"):
        result = fetch(runtime_at(clock), "CONTOH")["instagram"]
        assert (result.verdict, result.removed) == ("complete", 0)
    assert row_of(tables, photo)["source_type"] == "manual_input"
    assert tables.values("SELECT 1 FROM client_content WHERE missing_since IS NOT NULL") == []


def test_a_post_that_was_fetched_before_stays_a_fetched_one(
    runtime_at: RuntimeAt, tables: Tables, own: Post
) -> None:
    fetch(runtime_at("16:30"), "CONTOH")
    before, ledger = row_of(tables, own), tables.run(LEDGER)
    added = add_post(runtime_at("16:30"), "CONTOH", own.code)
    assert added == Added("instagram", own.code, "CONTOH", "cron_fetch", new=False)
    assert row_of(tables, own) == before
    assert tables.run(LEDGER) == ledger


def test_a_post_of_another_client_keeps_its_first_owner_and_is_new_to_this_one(
    runtime_at: RuntimeAt, tables: Tables, photo: Post
) -> None:
    runtime = runtime_at("16:30")
    add_post(runtime, "TELADAN", photo.code)
    before = row_of(tables, photo)
    assert add_post(runtime, "CONTOH", photo.code).new
    assert row_of(tables, photo) == before
    links = "SELECT client_id FROM insta_post_clients WHERE shortcode = :c ORDER BY 1"
    assert tables.values(links, c=photo.code) == ["CONTOH", "TELADAN"]
    assert [row["client_id"] for row in tables.run(LEDGER)] == ["TELADAN", "CONTOH"]
    refresh(runtime_at("17:00"), "CONTOH")
    assert tables.values("SELECT shortcode FROM insta_like") == [photo.code]


UNUSABLE: list[tuple[str, str, str, str]] = [
    ("NOBODY", "C8c2MRqtPfS", "client_id", "there is no client 'NOBODY'"),
    ("", "C8c2MRqtPfS", "client_id", "there is no client ''"),
    ("TUTUP", "C8c2MRqtPfS", "client_id", "TUTUP is inactive"),
    ("MELATI", "C8c2MRqtPfS", "link", "MELATI has instagram off"),
    ("CONTOH", "https://evil.example/p/C8c2MRqtPfS/", "link", "names no post"),
    ("CONTOH", "C8c2MRqtPfS", "link", "instagram knows no post C8c2MRqtPfS"),
    ("CONTOH", "7" * 19, "link", f"tiktok knows no post {'7' * 19}"),
]


@pytest.mark.parametrize(("client_id", "link", "field", "problem"), UNUSABLE)
def test_what_cannot_be_added_is_bad_input_and_nothing_is_stored(
    client_id: str, link: str, field: str, problem: str, runtime_at: RuntimeAt, tables: Tables
) -> None:
    runtime = runtime_at("16:30")
    tables.run(
        "INSERT INTO clients (client_id, nama, client_status, client_insta) "
        "VALUES ('TUTUP', 'Polres Tutup', false, 'polres.tutup')"
    )
    before = tables.dump()
    with pytest.raises(BadInput, match=problem) as caught:
        add_post(runtime, client_id, link)
    assert caught.value.field == field
    assert tables.dump() == before


def test_a_platform_that_is_off_is_not_even_asked(runtime_at: RuntimeAt, sandbox: Sandbox) -> None:
    runtime, before = runtime_at("16:30"), sandbox.stats()["total"]
    with pytest.raises(BadInput):
        add_post(runtime, "MELATI", "C8c2MRqtPfS")
    assert sandbox.stats()["total"] == before


@pytest.mark.parametrize("platform", ["instagram", "tiktok"])
@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (503, "", Upstream),
        (403, '{"message": "You are not subscribed to this API."}', ApiConfiguration),
        (403, '{"detail": "This account is private"}', AccountRefused),
        (403, "", AccountRefused),
    ],
)
def test_an_api_that_does_not_answer_is_told_as_it_is_and_nothing_is_stored(
    status: int,
    body: str,
    kind: type[ApiError],
    platform: Platform,
    runtime_at: RuntimeAt,
    tables: Tables,
    sandbox: Sandbox,
    photo: Post,
    video: Post,
) -> None:
    runtime, before = runtime_at("16:30"), tables.dump()
    sandbox.set_faults([{"path": DETAIL[platform], "status": status, "body": body, "times": None}])
    with pytest.raises(kind):
        add_post(runtime, "CONTOH", {"instagram": photo, "tiktok": video}[platform].code)
    assert tables.dump() == before


# --- bringing a post back -------------------------------------------------------------------

RUNS = {"slot_run", "client_run", "content_archive", "client_content"}
"""What a fetch writes however little it finds; all else is as it was after a restore."""


class Removed:
    """CONTOH's feeds at the input, less one post from the second fetch on."""

    def __init__(self, runtime_at: RuntimeAt, sandbox: Sandbox, scenario: Scenario) -> None:
        self._runtime_at = runtime_at
        self._sandbox = sandbox
        self._scenario = scenario
        self._next = INPUT

    def fetch(self, *without: str) -> Runtime:
        """The next slot's fetch, of feeds that lack some posts; the runtime it ran in."""
        feeds = [
            answers.feed_without(self._scenario, "polres.contoh", INPUT, *without),
            answers.videos_without(self._scenario, "polres_contoh", INPUT, *without),
            *answers.gone(*without),
        ]
        runtime = self._runtime_at(self._next)
        self._sandbox.set_faults(feeds)
        fetch(runtime, "CONTOH")
        self._next += timedelta(minutes=30)
        return runtime


@pytest.fixture
def removed(runtime_at: RuntimeAt, sandbox: Sandbox, scenario: Scenario) -> Removed:
    return Removed(runtime_at, sandbox, scenario)


@pytest.fixture
def own_video(scenario: Scenario) -> Post:
    return answers.posts_of(scenario, "tiktok", "polres_contoh", INPUT)[0]


def fill_in(tables: Tables, post: Post) -> None:
    """What this service and others write about a post."""
    code, names = post.code, '["anggota.satu", "anggota.dua"]'
    tables.run("""INSERT INTO "user" (user_id, nama) VALUES ('80010001', 'Anggota')""")
    window = "'2026-02-20 16:00+07', '2026-02-20 16:30+07', '2026-02-20 16:31:02.345678+07'"
    if post.platform == "tiktok":
        tables.run("INSERT INTO tiktok_comment VALUES (:c, :n, now())", c=code, n=names)
        tables.run(
            "INSERT INTO tiktok_comment_audit (video_id, usernames, snapshot_window_start, "
            f"snapshot_window_end, captured_at) VALUES (:c, :n, {window})",
            c=code,
            n=names,
        )
        tables.run("INSERT INTO tiktok_post_roles VALUES (:c, 'ditbinmas')", c=code)
        return
    tables.run("INSERT INTO insta_like VALUES (:c, :n, now())", c=code, n=names)
    for _ in range(2):
        tables.run(
            "INSERT INTO insta_like_audit (shortcode, usernames, snapshot_window_start, "
            f"snapshot_window_end, captured_at) VALUES (:c, :n, {window})",
            c=code,
            n=names,
        )
    tables.run("INSERT INTO insta_post_roles VALUES (:c, 'ditbinmas')", c=code)
    tables.run("INSERT INTO tasks (shortcode, user_id) VALUES (:c, '80010001')", c=code)
    tables.run(
        "INSERT INTO link_report (shortcode, user_id, facebook_link, tiktok_link, created_at) "
        "VALUES (:c, '80010001', 'https://facebook.example/1', '', '2026-02-20 16:31:02.345678')",
        c=code,
    )


def state(tables: Tables) -> dict[str, list[Any]]:
    """Every row of every table, but for the runs and the archive."""
    return {name: rows for name, rows in tables.dump().items() if name not in RUNS}


@pytest.mark.parametrize("platform", ["instagram", "tiktok"])
def test_a_restored_post_has_every_row_that_it_had_and_no_other(
    platform: Platform, removed: Removed, tables: Tables, own: Post, own_video: Post
) -> None:
    post = {"instagram": own, "tiktok": own_video}[platform]
    removed.fetch()
    fill_in(tables, post)
    before = state(tables)
    removed.fetch(post.code)
    runtime = removed.fetch(post.code)
    assert state(tables) != before
    archived = tables.row("SELECT content_id, restored_at FROM content_archive")
    assert archived == {"content_id": post.code, "restored_at": None}

    answer = restore_post(runtime, f" {post.code}\n")

    assert answer == Restored(post.platform, post.code, ["CONTOH"])
    assert state(tables) == before
    assert tables.value("SELECT restored_at FROM content_archive") == runtime.now()


def test_a_post_is_restored_once(removed: Removed, tables: Tables, own: Post) -> None:
    removed.fetch()
    removed.fetch(own.code)
    runtime = removed.fetch(own.code)
    restore_post(runtime, own.code)
    before = tables.dump()
    with pytest.raises(BadInput, match="is not in the archive") as caught:
        restore_post(runtime, own.code)
    assert caught.value.field == "content_id"
    assert tables.dump() == before


@pytest.mark.parametrize("content_id", ["", "C8c2MRqtPfS", "%", "'"])
def test_what_is_not_in_the_archive_cannot_be_restored(
    content_id: str, runtime_at: RuntimeAt, tables: Tables
) -> None:
    runtime, before = runtime_at("17:00"), tables.dump()
    with pytest.raises(BadInput, match="is not in the archive"):
        restore_post(runtime, content_id)
    assert tables.dump() == before


def test_a_removal_that_nobody_was_told_of_is_taken_back(
    removed: Removed, tables: Tables, own: Post
) -> None:
    removed.fetch()
    removed.fetch(own.code)
    runtime = removed.fetch(own.code)
    kinds = "SELECT kind FROM content_change WHERE content_id = :c ORDER BY change_id"
    assert tables.values(kinds, c=own.code) == ["new", "removed"]
    restore_post(runtime, own.code)
    assert tables.values(kinds, c=own.code) == ["new"]
    refresh(runtime, "CONTOH")
    text = tables.value("SELECT message FROM wa_notification_outbox WHERE client_id = 'CONTOH'")
    assert own.code in text
    assert "Dihapus" not in text


def test_a_removal_that_was_told_stays_told(removed: Removed, tables: Tables, own: Post) -> None:
    removed.fetch()
    removed.fetch(own.code)
    runtime = removed.fetch(own.code)
    refresh(runtime, "CONTOH")
    told = (tables.dump_of("content_change"), tables.dump_of("change_told"))
    restore_post(runtime, own.code)
    assert (tables.dump_of("content_change"), tables.dump_of("change_told")) == told


def test_a_restored_post_that_is_in_the_feed_again_is_no_news(
    removed: Removed, tables: Tables, own: Post
) -> None:
    removed.fetch()
    removed.fetch(own.code)
    restore_post(removed.fetch(own.code), own.code)
    ledger = tables.run(LEDGER)
    removed.fetch()
    assert tables.run(LEDGER) == ledger
    assert tables.values("SELECT 1 FROM client_content WHERE missing_since IS NOT NULL") == []


def test_a_post_that_a_person_brought_back_is_not_taken_again_by_fetches_that_lack_it(
    removed: Removed, tables: Tables, own: Post
) -> None:
    removed.fetch()
    removed.fetch(own.code)
    restore_post(removed.fetch(own.code), own.code)
    for _ in range(3):
        removed.fetch(own.code)
    assert own.code in tables.values("SELECT shortcode FROM insta_post")
    assert tables.values("SELECT restored_at IS NULL FROM content_archive") == [False]


def test_a_post_that_is_there_again_is_merged_with_its_archived_rows(
    removed: Removed, tables: Tables, own: Post, sandbox: Sandbox
) -> None:
    removed.fetch()
    fill_in(tables, own)
    removed.fetch(own.code)
    runtime = removed.fetch(own.code)
    sandbox.set_faults([])
    add_post(runtime, "CONTOH", own.code)
    tables.run("INSERT INTO insta_like VALUES (:c, '[\"baru\"]', now())", c=own.code)
    restore_post(runtime, own.code)
    likes = tables.value("SELECT likes FROM insta_like WHERE shortcode = :c", c=own.code)
    assert likes == ["anggota.dua", "anggota.satu", "baru"]
    row = row_of(tables, own)
    assert (row["source_type"], row["client_id"]) == ("cron_fetch", "CONTOH")
    assert tables.count("link_report") == 1


def test_an_archived_collaboration_post_gets_the_links_of_all_its_clients_back(
    tables: Tables, runtime_at: RuntimeAt, own: Post
) -> None:
    for client_id in ("CONTOH", "TELADAN"):
        add_post(runtime_at("16:00"), client_id, own.code)
    before = tables.dump_of("insta_post_clients")
    tables.run("UPDATE client_content SET kept = false")
    for client_id, clock in (("CONTOH", "17:00"), ("TELADAN", "17:30")):
        leave(runtime_at(clock), client_id, own.code)
    assert own.code not in tables.values("SELECT shortcode FROM insta_post")
    answer = restore_post(runtime_at("18:00"), own.code)
    assert answer.client_ids == ["CONTOH", "TELADAN"]
    assert tables.dump_of("insta_post_clients") == before


def leave(runtime: Runtime, client_id: str, code: str) -> None:
    """Takes a post from a client, as two complete fetches that lack it do."""
    with runtime.db.transaction() as tx:
        day, now = runtime.now().date(), runtime.now()
        of = {"client_id": client_id, "slot": now, "wib_day": day, "now": now}
        assert tx.run("instagram.leave", gone=[code], **of) == [{"content_id": code}]


# --- posts of an earlier day ----------------------------------------------------------------


def test_an_own_post_of_an_earlier_day_becomes_a_manual_task_of_today(
    runtime_at: RuntimeAt, tables: Tables, own: Post
) -> None:
    fetch(runtime_at("16:30"), "CONTOH")
    tomorrow = DAY + timedelta(days=1)
    runtime = runtime_at(datetime.combine(tomorrow, time(9), WIB))
    added = add_post(runtime, "CONTOH", own.code)
    assert (added.source_type, added.new) == ("manual_input", True)
    assert row_of(tables, own)["created_at"] == datetime(2026, 2, 21, 9, 0)  # noqa: DTZ001
    refresh(runtime, "CONTOH")
    assert own.code in list_of(tables, "CONTOH")


def test_another_client_s_post_of_an_earlier_day_keeps_its_day_and_is_a_task_of_today_here(
    runtime_at: RuntimeAt, tables: Tables, own: Post
) -> None:
    fetch(runtime_at("16:30"), "CONTOH")
    before = row_of(tables, own)
    runtime = runtime_at(datetime.combine(DAY + timedelta(days=1), time(9), WIB))
    assert add_post(runtime, "TELADAN", own.code).new
    assert row_of(tables, own)["created_at"] == before["created_at"]
    refresh(runtime, "TELADAN")
    assert own.code in list_of(tables, "TELADAN")
    refresh(runtime, "CONTOH")
    assert own.code not in list_of(tables, "CONTOH")


def list_of(tables: Tables, client_id: str) -> str:
    """The text of a client's newest message."""
    sql = """SELECT message FROM wa_notification_outbox WHERE client_id = :client_id
    ORDER BY outbox_id DESC LIMIT 1"""
    return str(tables.value(sql, client_id=client_id))
