"""The demo day's promises, which the demo and the end-to-end tests build on."""

from datetime import UTC, date, datetime, time

from hypothesis import given, settings
from hypothesis import strategies as st

from local.sandbox.scenario import WIB, Scenario, crowd, demo_day
from local.sandbox.world import Platform, Post, comment_count, like_count

DAY = date(2026, 2, 20)
SLOTS = ("16:30", "17:00", "20:58", "21:30")
COLUMNS = {
    *("client_id", "nama", "client_type", "client_status", "client_insta", "client_insta_status"),
    *("client_tiktok", "client_tiktok_status", "client_amplify_status", "client_operator"),
    *("client_group", "regional_id", "parent_client_id", "client_level", "tiktok_secuid"),
    "client_super",
}


def at(clock: str) -> datetime:
    return datetime.combine(DAY, time.fromisoformat(clock), WIB)


def today(scenario: Scenario, platform: Platform, name: str, clock: str) -> list[Post]:
    account = scenario.world.account(platform, name)
    assert account is not None
    feed = scenario.world.feed(account, at(clock))
    return [post for post in feed if post.posted_at.astimezone(WIB).date() == scenario.day]


def counts(scenario: Scenario, platform: Platform, name: str) -> list[int]:
    return [len(today(scenario, platform, name, slot)) for slot in SLOTS]


def test_six_clients_with_the_columns_of_the_table() -> None:
    clients = demo_day(DAY).clients
    ids = [row["client_id"] for row in clients]
    assert ids == ["CONTOH", "TELADAN", "DITLANTAS", "DITBINMAS", "MELATI", "ANGGREK"]
    assert all(set(row) == COLUMNS for row in clients)
    assert len({row["client_group"] for row in clients}) == 6


def test_new_posts_come_between_the_slots() -> None:
    scenario = demo_day(DAY)
    assert counts(scenario, "instagram", "polres.contoh") == [4, 5, 6, 6]
    assert counts(scenario, "instagram", "ditlantas.contoh") == [2, 2, 2, 3]
    assert counts(scenario, "tiktok", "polres_melati") == [1, 2, 2, 3]
    assert counts(scenario, "tiktok", "polres_anggrek") == [1, 1, 2, 2]


def test_ditbinmas_deletes_a_post_before_17_and_posts_another_in_the_evening() -> None:
    scenario = demo_day(DAY)
    assert counts(scenario, "instagram", "ditbinmas.contoh") == [3, 2, 3, 3]
    gone = "Salah unggah, segera dihapus"
    captions = [
        gone in {post.caption for post in today(scenario, "instagram", "ditbinmas.contoh", slot)}
        for slot in SLOTS
    ]
    assert captions == [True, False, False, False]


def test_two_clients_share_one_collaboration_post() -> None:
    scenario = demo_day(DAY)
    owned = today(scenario, "instagram", "polres.teladan", "16:30")
    shared = {post.code for post in owned if post.coauthors == ("polres.contoh",)}
    partner = {post.code for post in today(scenario, "instagram", "polres.contoh", "16:30")}
    assert len(shared) == 1
    assert shared <= partner


def test_the_broken_account_is_never_found_and_its_tiktok_is() -> None:
    world = demo_day(DAY).world
    assert world.account("instagram", "polres.anggrek") is None
    assert world.account("tiktok", "polres_anggrek") is not None


def test_engagement_grows_between_slots_for_some_and_rests_for_others() -> None:
    scenario = demo_day(DAY)
    posts = today(scenario, "instagram", "polres.contoh", "16:30")
    growth = [like_count(post, at("17:00")) - like_count(post, at("16:30")) for post in posts]
    assert min(growth) == 0 < max(growth)


def test_the_manual_post_is_in_no_feed_and_is_known_by_its_code() -> None:
    scenario = demo_day(DAY)
    (manual,) = scenario.manual_posts
    found = scenario.world.post("instagram", manual.content_id, at("16:30"))
    assert found is not None
    assert found.in_feed is False
    assert manual.client_id in {row["client_id"] for row in scenario.clients}
    assert manual.posted_at < at("00:00") < manual.input_at < at("16:30")


def test_yesterday_had_posts_after_the_last_slot() -> None:
    world = demo_day(DAY).world
    account = world.account("instagram", "polres.contoh")
    assert account is not None
    moments = [post.posted_at for post in world.feed(account, at("06:00"))]
    assert datetime(2026, 2, 19, 15, 15, tzinfo=UTC) in moments  # 22:15 WIB


@settings(max_examples=10, deadline=None)
@given(st.dates(date(2020, 1, 1), date(2040, 1, 1)))
def test_any_day_gives_a_world_and_the_same_day_the_same_one(day: date) -> None:
    one, other = demo_day(day), demo_day(day)
    assert one.clients == other.clients
    assert one.manual_posts == other.manual_posts
    for key, account in one.world.accounts.items():
        now = datetime.combine(day, time(21), WIB)
        assert one.world.feed(account, now) == other.world.feed(other.world.accounts[key], now)


def test_a_crowd_has_the_numbers_asked_for_at_every_slot() -> None:
    scenario = crowd(DAY, 25, posts=4, likers=130, videos=2, comments=60)
    assert len({row["client_id"] for row in scenario.clients}) == 25
    assert sum(row["client_type"] == "direktorat" for row in scenario.clients) == 5
    for clock in ("06:00", "17:00", "21:58"):
        pictures = today(scenario, "instagram", "satker0025", clock)
        videos = today(scenario, "tiktok", "satker0025", clock)
        assert [like_count(post, at(clock)) for post in pictures] == [130] * 4
        assert [comment_count(post, at(clock)) for post in videos] == [60] * 2


def test_a_big_crowd_has_no_two_posts_with_one_code() -> None:
    assert len(crowd(DAY, 600).clients) == 600
