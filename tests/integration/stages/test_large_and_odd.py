"""What is larger and odder than a day brings: long lists, long feeds, captions of any text."""

from __future__ import annotations

from collections import Counter

import pytest

from chalicelib.engagement.refresh import refresh_engagement
from chalicelib.jobs import ClientJob
from chalicelib.posts.fetch import fetch_posts
from chalicelib.queues import ENGAGEMENT
from local.sandbox import Sandbox, Scenario, crowd, world
from local.seed import seed
from tests.conftest import DAY, RuntimeAt
from tests.integration import answers
from tests.integration.inbox import Inbox
from tests.integration.runs import hurried, start_run, whole_run
from tests.integration.service import SharedService
from tests.integration.tables import Tables

ODD = (
    "Patroli 🚔👮🏽‍♀️👨‍👩‍👧‍👦 \"kutip\" 'satu' \\ back\\slash $1 :nama %s {} <b>tebal</b> &amp; "
    "\u202eterbalik\u202c العربية עברית é̩ \u0000 tamat *_~` @semua\n\tbaris dua "
)
CAPTION = (ODD * 20)[:2200]


@pytest.fixture
def scenario(request: pytest.FixtureRequest) -> Scenario:
    return crowd(DAY, 1, **request.param)


@pytest.fixture
def client(service: SharedService, scenario: Scenario) -> str:
    seed(service.environment["DATABASE_URL"], scenario)
    return "SATKER0001"


LONG = {"posts": 1, "likers": 25_000, "videos": 0}
FEW = {"posts": 1, "likers": 3, "videos": 0}
MANY = {"posts": 120, "likers": 400, "videos": 80, "comments": 200}


@pytest.mark.soak
@pytest.mark.parametrize("scenario", [LONG], indirect=True)
def test_a_list_of_twenty_thousand_likers_is_stored_and_counts_as_whole(
    runtime_at: RuntimeAt, tables: Tables, client: str, scenario: Scenario
) -> None:
    runtime = runtime_at("17:00")
    whole_run(runtime, client)
    [post] = answers.posts_of(scenario, "instagram", "satker0001", runtime.now())
    liked = world.likers(post, runtime.now())
    assert len(liked) > 20_000
    assert tables.value("SELECT likes FROM insta_like") == sorted(liked)
    assert tables.value("SELECT usernames FROM insta_like_audit") == sorted(liked)
    assert tables.row("SELECT names, complete FROM coverage") == {
        "names": len(liked),
        "complete": True,
    }


@pytest.mark.parametrize("scenario", [FEW], indirect=True)
def test_a_caption_of_any_text_survives_on_its_way_into_the_table_and_the_list(
    runtime_at: RuntimeAt, tables: Tables, client: str, scenario: Scenario, sandbox: Sandbox
) -> None:
    runtime = runtime_at("17:00")
    feed = answers.feed_without(scenario, "satker0001", runtime.now())
    for item in feed["body"]["data"]["items"]:
        item["caption"] = {"text": CAPTION}
    sandbox.set_faults([feed])
    whole_run(runtime, client)
    stored = tables.value("SELECT caption FROM insta_post WHERE client_id = :c", c=client)
    assert stored == CAPTION.replace("\u0000", "")
    told = tables.value("SELECT message FROM wa_notification_outbox WHERE kind = 'task_list'")
    assert "Patroli 🚔👮🏽‍♀️👨‍👩‍👧‍👦" in told
    assert "@semua" not in told
    assert tables.value("SELECT caption FROM content_change") == stored


@pytest.mark.parametrize("scenario", [MANY], indirect=True)
def test_two_hundred_posts_are_read_over_several_invocations_and_no_page_twice(
    runtime_at: RuntimeAt,
    tables: Tables,
    inbox: Inbox,
    sandbox: Sandbox,
    scenario: Scenario,
    client: str,
) -> None:
    runtime = runtime_at("17:00")
    start_run(runtime, "CONTOH")  # keeps the slot open
    with hurried(runtime, 1000):
        fetch_posts(runtime, start_run(runtime, client))
    before, invocations = Counter(sandbox.requests), 0
    while jobs := [ClientJob.model_validate(body) for body in inbox.take(ENGAGEMENT)]:
        with hurried(runtime, 300):
            refresh_engagement(runtime, jobs[0])
        invocations += 1
    calls = Counter(sandbox.requests) - before
    liked = tables.values("SELECT jsonb_array_length(likes) FROM insta_like")
    said = tables.values("SELECT comment_count FROM tiktok_post WHERE created_at >= '2026-02-20'")
    assert (len(liked), len(said)) == (120, 80)
    assert calls["/v1/likes"] == sum(-(-n // 100) for n in liked)
    assert calls["/api/post/comments"] == sum(-(-n // 50) for n in said)
    assert invocations == -(-calls.total() // 300)
    result = tables.value("SELECT engagement_result FROM client_run WHERE client_id = :c", c=client)
    assert (result["instagram"]["posts"], result["tiktok"]["posts"]) == (120, 80)
    assert tables.values("SELECT kind FROM wa_notification_outbox WHERE kind <> 'task_list'") == []
