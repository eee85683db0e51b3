"""A client's likers and commenters over real tables: they only grow, and the run ends once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from threading import Barrier
from typing import Any, cast

import pytest

from chalicelib.engagement.refresh import refresh_engagement
from chalicelib.errors import BadInput
from chalicelib.jobs import ClientJob
from chalicelib.queues import ENGAGEMENT, OUTBOUND, Queues, QueueUnavailable
from chalicelib.runtime import Runtime
from chalicelib.slots import WIB, Slot
from chalicelib.social.apis import SocialApi
from chalicelib.social.content import UserPage
from chalicelib.social.instagram import Instagram
from local.sandbox import Sandbox, Scenario, world
from tests.conftest import RuntimeAt
from tests.integration import answers
from tests.integration.answers import LIKES
from tests.integration.inbox import Inbox
from tests.integration.runs import fetch, hurried, refresh, start_run, whole_run
from tests.integration.tables import Tables

AFTERNOON = datetime(2026, 2, 20, 17, 0, tzinfo=WIB)


class Silent:
    """SQS whose FIFO queue takes nothing; else the real one."""

    def __init__(self, sqs: Any) -> None:
        self._sqs = sqs

    def get_queue_url(self, **arguments: Any) -> Any:
        if arguments["QueueName"].endswith(".fifo"):
            raise QueueUnavailable("away")
        return self._sqs.get_queue_url(**arguments)

    def send_message_batch(self, **arguments: Any) -> Any:
        return self._sqs.send_message_batch(**arguments)


def likes(tables: Tables) -> dict[str, set[str]]:
    rows = tables.run("SELECT shortcode, likes FROM insta_like")
    return {row["shortcode"]: set(row["likes"]) for row in rows}


def comments(tables: Tables) -> dict[str, set[str]]:
    rows = tables.run("SELECT video_id, comments FROM tiktok_comment")
    return {row["video_id"]: set(row["comments"]) for row in rows}


def outcome(tables: Tables) -> tuple[Any, ...]:
    row = tables.row("SELECT outcome, error_kind, finished_at IS NOT NULL AS f FROM client_run")
    return tuple(row.values())


@pytest.fixture
def contoh(scenario: Scenario) -> list[str]:
    return answers.codes_of(scenario, "instagram", "polres.contoh", AFTERNOON)


@pytest.fixture
def contoh_videos(scenario: Scenario) -> list[str]:
    return answers.codes_of(scenario, "tiktok", "polres_contoh", AFTERNOON)


# --- what is stored -------------------------------------------------------------------------


def test_every_post_of_the_day_gets_its_likers_and_commenters(
    runtime_at: RuntimeAt, tables: Tables, contoh: list[str], contoh_videos: list[str]
) -> None:
    whole_run(runtime_at("17:00"), "CONTOH")
    assert likes(tables).keys() == set(contoh)
    assert comments(tables).keys() == set(contoh_videos)
    counts = tables.run(
        "SELECT like_count, jsonb_array_length(likes) AS stored FROM insta_post "
        "JOIN insta_like USING (shortcode)"
    )
    assert all(row["like_count"] == row["stored"] for row in counts)
    assert outcome(tables) == ("done", None, True)


def test_an_answer_that_leaves_someone_out_removes_no_one(
    runtime_at: RuntimeAt,
    tables: Tables,
    sandbox: Sandbox,
    contoh: list[str],
    contoh_videos: list[str],
) -> None:
    whole_run(runtime_at("16:30"), "CONTOH")
    liked, commented = likes(tables), comments(tables)
    runtime = runtime_at("17:00")
    code, video = contoh[-1], contoh_videos[-1]
    tables.run("UPDATE coverage SET count = 0")  # it has grown: it is read again
    sandbox.set_faults([answers.likers(code, "orang.baru"), answers.commenters(video)])
    whole_run(runtime, "CONTOH")
    assert likes(tables)[code] == liked[code] | {"orang.baru"}
    assert comments(tables)[video] == commented[video]


def test_names_are_stored_in_the_form_that_readers_join_on(
    runtime_at: RuntimeAt,
    tables: Tables,
    sandbox: Sandbox,
    contoh: list[str],
    contoh_videos: list[str],
) -> None:
    runtime = runtime_at("17:00")
    names = ("Nama.BESAR", "@tanda", " spasi ", "nama.besar")
    code, video = contoh[0], contoh_videos[0]
    sandbox.set_faults([answers.likers(code, *names), answers.commenters(video, *names)])
    whole_run(runtime, "CONTOH")
    sql = "SELECT likes FROM insta_like WHERE shortcode = :code"
    assert tables.value(sql, code=code) == ["nama.besar", "spasi", "tanda"]
    sql = "SELECT comments FROM tiktok_comment WHERE video_id = :video"
    assert tables.value(sql, video=video) == ["@nama.besar", "@spasi", "@tanda"]


def test_a_post_without_anyone_has_an_empty_list(
    runtime_at: RuntimeAt, tables: Tables, sandbox: Sandbox, contoh: list[str]
) -> None:
    runtime = runtime_at("17:00")
    sandbox.set_faults([answers.likers(contoh[0])])
    whole_run(runtime, "CONTOH")
    assert likes(tables)[contoh[0]] == set()


def test_a_manual_post_of_the_day_is_refreshed_though_no_feed_has_it(
    runtime_at: RuntimeAt, tables: Tables, scenario: Scenario
) -> None:
    [manual] = scenario.manual_posts
    before = tables.row("SELECT * FROM insta_post WHERE shortcode = :m", m=manual.content_id)
    refresh(runtime_at("17:00"), manual.client_id)
    assert len(likes(tables)[manual.content_id]) > 100
    assert before == tables.row(
        "SELECT * FROM insta_post WHERE shortcode = :m", m=manual.content_id
    )


def test_yesterday_s_posts_are_read_once_more_by_the_day_s_first_slot_and_by_no_other(
    runtime_at: RuntimeAt, tables: Tables
) -> None:
    """A late one among them; none is a task of today."""
    fetch(runtime_at(datetime(2026, 2, 19, 21, 30, tzinfo=WIB)), "CONTOH")
    yesterday = set(tables.values("SELECT shortcode FROM insta_post_clients"))
    whole_run(runtime_at("06:00"), "CONTOH")
    late = tables.value("SELECT content_id FROM content_change WHERE kind = 'late'")
    whole_run(runtime_at("06:30"), "CONTOH")
    assert set(likes(tables)) == yesterday | {late}
    first_slot = [datetime(2026, 2, 20, 6, 0)]  # noqa: DTZ001  naive WIB
    assert tables.values("SELECT DISTINCT updated_at FROM insta_like") == first_slot
    counts = "SELECT DISTINCT last_ig_count FROM wa_notification_scheduler_state"
    assert tables.values(counts) == [0]


def test_yesterday_waits_for_a_feed_that_can_be_read(
    runtime_at: RuntimeAt, tables: Tables, sandbox: Sandbox
) -> None:
    fetch(runtime_at(datetime(2026, 2, 19, 21, 30, tzinfo=WIB)), "CONTOH")
    for clock in ("06:00", "06:30", "07:00"):
        runtime = runtime_at(clock)
        sandbox.set_faults([answers.refused(answers.POSTS)] if clock == "06:00" else [])
        whole_run(runtime, "CONTOH")
    read_at = tables.values(
        "SELECT DISTINCT v.slot FROM coverage v JOIN insta_post p ON p.shortcode = v.content_id "
        "WHERE p.created_at < TIMESTAMP '2026-02-20 00:00'"
    )
    assert read_at == [datetime(2026, 2, 20, 6, 30, tzinfo=WIB)]


# --- posts that clients share ---------------------------------------------------------------

PARTNERS = ("CONTOH", "TELADAN")
SHARED = "SELECT shortcode FROM insta_post_clients GROUP BY shortcode HAVING count(*) = 2"
COVERED = """SELECT l.client_id, l.shortcode, v.complete FROM insta_post_clients l
LEFT JOIN coverage v ON v.content_id = l.shortcode AND v.client_id = l.client_id
  AND v.slot = '2026-02-20 17:00+07' ORDER BY 1, 2"""


def list_calls(tables: Tables) -> int:
    sql = "SELECT coalesce(sum(n::int), 0) FROM client_run, jsonb_each_text(api_calls) AS c (p, n)"
    return int(tables.value(f"{sql} WHERE p LIKE '/v1/likes ok'"))


def shared_post(runtime_at: RuntimeAt, tables: Tables) -> str:
    """The post of both partners, once both have fetched it."""
    for client_id in PARTNERS:
        fetch(runtime_at("17:00"), client_id)
    [shortcode] = tables.values(SHARED)
    return str(shortcode)


def pages_of_lists(tables: Tables) -> int:
    """Those of every list, each once."""
    lists = "SELECT max(pages) AS n FROM coverage WHERE platform = 'instagram' GROUP BY content_id"
    return int(tables.value(f"SELECT sum(n) FROM ({lists}) AS l"))


def test_a_post_that_two_clients_share_is_read_once_by_whoever_comes_first(
    runtime_at: RuntimeAt, tables: Tables
) -> None:
    both = {client_id: runtime_at("17:00") for client_id in PARTNERS}
    for client_id, runtime in both.items():
        fetch(runtime, client_id)
    together = Barrier(2)

    def work(client_id: str) -> None:
        together.wait()
        refresh(both[client_id], client_id)

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(work, both))
    assert tables.values("SELECT DISTINCT outcome FROM client_run") == ["done"]
    twice = "SELECT shortcode FROM insta_like_audit GROUP BY shortcode HAVING count(*) > 1"
    assert tables.values(twice) == []
    assert tables.values(SHARED)
    assert list_calls(tables) == pages_of_lists(tables)
    assert all(row["complete"] for row in tables.run(COVERED))


def test_a_partner_that_comes_later_takes_over_what_was_read(
    runtime_at: RuntimeAt, tables: Tables
) -> None:
    """Although it did not have the post yet when that was read."""
    for client_id in PARTNERS:
        whole_run(runtime_at("17:00"), client_id)
    assert list_calls(tables) == pages_of_lists(tables)
    assert all(row["complete"] for row in tables.run(COVERED))
    snapshots = tables.values("SELECT shortcode FROM insta_like_audit")
    assert set(tables.values(SHARED)) <= set(snapshots)


def test_a_client_whose_partner_s_read_failed_reads_itself(
    runtime_at: RuntimeAt, tables: Tables, sandbox: Sandbox
) -> None:
    shared = shared_post(runtime_at, tables)
    runtime = runtime_at("17:00")
    for client_id in PARTNERS:
        sandbox.set_faults([answers.refused(LIKES, post=shared)] if client_id == "CONTOH" else [])
        refresh(runtime, client_id)
    outcomes = {client_id: outcome_of(tables, client_id) for client_id in PARTNERS}
    assert outcomes == {"CONTOH": "failed", "TELADAN": "done"}
    assert all(row["complete"] for row in tables.run(COVERED))  # also for the one that failed


def test_a_partner_that_fails_meanwhile_is_made_up_for(
    runtime_at: RuntimeAt, tables: Tables
) -> None:
    shared = shared_post(runtime_at, tables)
    runtime = runtime_at("17:00")
    name = f"{Slot.exactly(AFTERNOON)}:instagram:{shared}"
    assert runtime.guard.claims.take("TELADAN", [name]) == {name}

    class FailsMeanwhile(Instagram):
        def people(self, content_id: str, after: str | None = None, /) -> UserPage:
            runtime.guard.claims.give_back("TELADAN", [name])
            return super().people(content_id, after)

    apis = {**runtime.apis, "instagram": FailsMeanwhile(runtime.apis["instagram"].api)}
    runtime.__dict__["apis"] = apis  # instead of those that its settings name
    refresh(runtime, "CONTOH")
    assert shared in likes(tables)


def test_a_partner_that_died_holds_nobody_up_and_is_made_up_for_in_the_next_slot(
    runtime_at: RuntimeAt, tables: Tables
) -> None:
    shared = shared_post(runtime_at, tables)
    runtime = runtime_at("17:00")
    runtime.guard.claims.take("TELADAN", [f"{Slot.exactly(AFTERNOON)}:instagram:{shared}"])
    refresh(runtime, "CONTOH")
    assert outcome_of(tables, "CONTOH") == "done"
    assert shared not in likes(tables)
    whole_run(runtime_at("17:30"), "CONTOH")
    assert shared in likes(tables)


def test_a_partner_that_was_switched_off_holds_nobody_up(
    runtime_at: RuntimeAt, tables: Tables
) -> None:
    shared = shared_post(runtime_at, tables)
    tables.run("UPDATE clients SET client_status = false WHERE client_id = 'CONTOH'")
    tables.run("DELETE FROM client_run WHERE client_id = 'CONTOH'")
    refresh(runtime_at("17:00"), "TELADAN")
    assert shared in likes(tables)
    assert tables.values("SELECT DISTINCT client_id FROM coverage") == ["TELADAN"]


def outcome_of(tables: Tables, client_id: str) -> str:
    sql = "SELECT outcome FROM client_run WHERE client_id = :client_id"
    return str(tables.value(sql, client_id=client_id))


# --- audits ---------------------------------------------------------------------------------


def test_a_half_hour_has_one_snapshot_of_each_post(runtime_at: RuntimeAt, tables: Tables) -> None:
    whole_run(runtime_at("20:58"), "CONTOH")
    early = tables.count("insta_like_audit")
    whole_run(runtime_at("21:00"), "CONTOH")
    audits = tables.run(
        "SELECT a.*, l.likes FROM insta_like_audit a JOIN insta_like l USING (shortcode)"
    )
    assert len(audits) == len(likes(tables)) == early
    for audit in audits:
        assert audit["snapshot_window_start"] == datetime(2026, 2, 20, 20, 30, tzinfo=WIB)
        assert audit["snapshot_window_end"] == datetime(2026, 2, 20, 21, 0, tzinfo=WIB)
        assert audit["usernames"] == audit["likes"], "the later run's"
    comment_audits = tables.run("SELECT * FROM tiktok_comment_audit")
    assert len({audit["video_id"] for audit in comment_audits}) == len(comment_audits)


def test_each_half_hour_has_its_own_snapshot(runtime_at: RuntimeAt, tables: Tables) -> None:
    for clock in ("16:30", "17:00"):
        whole_run(runtime_at(clock), "CONTOH")
    windows = tables.values("SELECT DISTINCT snapshot_window_end FROM insta_like_audit ORDER BY 1")
    assert windows == [datetime(2026, 2, 20, 16, 30, tzinfo=WIB), AFTERNOON]


# --- trouble --------------------------------------------------------------------------------


def test_a_post_that_fails_leaves_the_others_alone(
    runtime_at: RuntimeAt,
    tables: Tables,
    sandbox: Sandbox,
    contoh: list[str],
    contoh_videos: list[str],
) -> None:
    runtime = runtime_at("17:00")
    faults = [answers.refused(answers.LIKES, post=contoh[1])]
    sandbox.set_faults([*faults, answers.refused(answers.COMMENTS, post=contoh_videos[0])])
    whole_run(runtime, "CONTOH")
    assert likes(tables).keys() == set(contoh) - {contoh[1]}
    assert comments(tables).keys() == set(contoh_videos) - {contoh_videos[0]}
    assert outcome(tables) == ("failed", "business", True)
    result = tables.value("SELECT engagement_result FROM client_run")
    assert (result["instagram"]["failed"], result["tiktok"]["failed"]) == (1, 1)


def test_a_post_that_is_not_found_counts_as_gone_and_is_no_trouble(
    runtime_at: RuntimeAt, tables: Tables, sandbox: Sandbox, contoh: list[str]
) -> None:
    runtime = runtime_at("17:00")
    body = {"detail": "Media not found or unavailable"}
    gone = {"path": answers.LIKES, "post": contoh[0], "status": 404, "body": body, "times": None}
    sandbox.set_faults([gone])
    whole_run(runtime, "CONTOH")
    assert outcome(tables) == ("done", None, True)
    result = tables.value("SELECT engagement_result FROM client_run")["instagram"]
    assert (result["gone"], result["failed"], result["posts"]) == (1, 0, len(contoh) - 1)
    assert contoh[0] in tables.values("SELECT shortcode FROM insta_post")


def test_what_came_before_an_error_is_kept(
    runtime_at: RuntimeAt, tables: Tables, sandbox: Sandbox, scenario: Scenario
) -> None:
    code = answers.codes_of(scenario, "instagram", "ditlantas.contoh", AFTERNOON)[-1]
    runtime = runtime_at("17:00")
    first = {"path": answers.LIKES, "post": code, "times": 1}
    sandbox.set_faults([first, answers.refused(answers.LIKES, post=code)])
    whole_run(runtime, "DITLANTAS")
    assert len(likes(tables)[code]) == 100


def test_an_expired_job_is_recorded_and_the_slot_can_close(
    runtime_at: RuntimeAt, tables: Tables, sandbox: Sandbox
) -> None:
    job = start_run(runtime_at("17:00"), "CONTOH")
    requests = sandbox.stats()["total"]
    refresh_engagement(runtime_at("17:30"), job)
    assert outcome(tables) == ("expired", "expired", True)
    assert sandbox.stats()["total"] == requests
    assert tables.value("SELECT status FROM slot_run") == "closed"


def test_a_job_of_a_run_that_does_not_exist_is_bad_input(
    runtime_at: RuntimeAt, tables: Tables
) -> None:
    runtime = runtime_at("17:00")
    job = start_run(runtime, "CONTOH").model_copy(update={"client_id": "NOBODY"})
    before = tables.dump()
    with pytest.raises(BadInput, match=r"^client_id: NOBODY has no run"):
        refresh_engagement(runtime, job)
    assert tables.dump() == before


# --- the end of a run -----------------------------------------------------------------------


def test_the_last_client_closes_the_slot_and_the_messages_are_published(
    runtime_at: RuntimeAt, tables: Tables, inbox: Inbox
) -> None:
    whole_run(runtime_at("17:00"), "CONTOH")
    assert tables.value("SELECT status FROM slot_run") == "closed"
    rows = tables.run("SELECT outbox_id, kind FROM wa_notification_outbox ORDER BY 1")
    assert [row["kind"] for row in rows] == ["task_list", "admin_report"]
    sent = [body["outbox_id"] for body in inbox.take(OUTBOUND)]
    assert sent == [row["outbox_id"] for row in rows]


def test_a_job_delivered_again_changes_nothing(
    runtime_at: RuntimeAt, tables: Tables, inbox: Inbox, sandbox: Sandbox
) -> None:
    runtime = runtime_at("17:00")
    job = whole_run(runtime, "CONTOH")
    before, requests = tables.dump(), sandbox.stats()["total"]
    refresh_engagement(runtime, job)
    assert tables.dump() == before
    assert sandbox.stats()["total"] == requests
    assert len(inbox.take(OUTBOUND)) == 2


def test_two_workers_with_the_same_job_tell_once(
    runtime_at: RuntimeAt, tables: Tables, inbox: Inbox
) -> None:
    both = [runtime_at("17:00"), runtime_at("17:00")]
    fetch(both[0], "CONTOH")
    job = start_run(both[0], "CONTOH")
    together = Barrier(2)

    def work(runtime: Runtime) -> None:
        together.wait()
        refresh_engagement(runtime, job)

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(work, both))
    kinds = tables.values("SELECT kind FROM wa_notification_outbox ORDER BY kind")
    assert kinds == ["admin_report", "task_list"]
    assert len(inbox.take(OUTBOUND)) == 2
    assert tables.value("SELECT api_requests FROM client_run") > 0


def test_a_job_delivered_again_publishes_what_a_crash_left_unpublished(
    runtime_at: RuntimeAt, tables: Tables, inbox: Inbox
) -> None:
    runtime = runtime_at("17:00")
    fetch(runtime, "CONTOH")
    job = start_run(runtime, "CONTOH")
    working = runtime.queues
    runtime.queues = Queues(runtime.settings.cicero_stage, Silent(working.client))
    with pytest.raises(QueueUnavailable):
        refresh_engagement(runtime, job)
    runtime.queues = working
    assert inbox.take(OUTBOUND) == []
    refresh_engagement(runtime, job)
    assert len(inbox.take(OUTBOUND)) == 2
    assert tables.value("SELECT status FROM slot_run") == "closed"


# --- too little time ------------------------------------------------------------------------


def continued(inbox: Inbox) -> ClientJob:
    [body] = [body for body in inbox.take(ENGAGEMENT) if body["continuation"] is not None]
    return ClientJob.model_validate(body)


def test_what_there_was_no_time_for_goes_back_into_the_queue(
    runtime_at: RuntimeAt, tables: Tables, inbox: Inbox, contoh: list[str], contoh_videos: list[str]
) -> None:
    runtime = runtime_at("17:00")
    fetch(runtime, "CONTOH")
    job = start_run(runtime, "CONTOH")
    with hurried(runtime, 2):
        refresh_engagement(runtime, job)
    rest = continued(inbox)
    assert rest == job.model_copy(update={"continuation": rest.continuation})
    done = set(likes(tables)) | set(comments(tables))
    assert len(done) == 2
    left = {unread.content_id: unread.after for unread in rest.continuation or ()}
    assert {i for i, after in left.items() if after is None} == {*contoh, *contoh_videos} - done
    assert outcome(tables) == (None, None, False)
    assert (tables.count("wa_notification_outbox"), inbox.count(OUTBOUND)) == (0, 0)


def test_continuations_lose_nothing_and_tell_once(
    runtime_at: RuntimeAt, tables: Tables, inbox: Inbox, scenario: Scenario
) -> None:
    runtime = runtime_at("17:00")
    fetch(runtime, "CONTOH")
    inbox.take(ENGAGEMENT)
    job = start_run(runtime, "CONTOH")
    for _ in range(3):
        with hurried(runtime, 2):
            refresh_engagement(runtime, job)
        job = continued(inbox)
    refresh_engagement(runtime, job)
    liked = {
        post.code: set(world.likers(post, AFTERNOON))
        for post in answers.posts_of(scenario, "instagram", "polres.contoh", AFTERNOON)
    }
    assert likes(tables) == liked
    result = tables.value("SELECT engagement_result FROM client_run")
    assert (result["instagram"]["posts"], result["tiktok"]["posts"]) == (5, 2)
    assert result["instagram"]["users"] == sum(map(len, liked.values()))
    assert outcome(tables) == ("done", None, True)
    audited = tables.values("SELECT shortcode FROM insta_like_audit")
    assert sorted(audited) == sorted(liked)
    kinds = tables.values("SELECT kind FROM wa_notification_outbox ORDER BY kind")
    assert kinds == ["admin_report", "task_list"]


def test_a_continuation_delivered_twice_tells_once(
    runtime_at: RuntimeAt, tables: Tables, inbox: Inbox
) -> None:
    runtime = runtime_at("17:00")
    fetch(runtime, "CONTOH")
    with hurried(runtime, 4):
        refresh_engagement(runtime, start_run(runtime, "CONTOH"))
    rest = continued(inbox)
    refresh_engagement(runtime, rest)
    before = tables.dump()
    refresh_engagement(runtime, rest)
    assert tables.dump() == before
    assert len(inbox.take(OUTBOUND)) == 2


# --- a run that another one overtakes ---------------------------------------------------------


class Overtaken:
    """Instagram, but something else happens before its first answer."""

    def __init__(self, instagram: SocialApi, meanwhile: Callable[[], object]) -> None:
        self._instagram, self._meanwhile = instagram, iter([meanwhile])
        self.api = instagram.api

    def people(self, shortcode: str, cursor: str | None = None) -> UserPage:
        for happen in self._meanwhile:
            happen()
        return self._instagram.people(shortcode, cursor)

    def close(self) -> None:
        self._instagram.close()


def test_a_run_that_a_later_one_has_overtaken_tells_nothing_again(
    runtime_at: RuntimeAt, tables: Tables, inbox: Inbox
) -> None:
    late, later = runtime_at("16:30"), runtime_at("17:00")
    fetch(late, "CONTOH")
    job = start_run(late, "CONTOH")
    overtaken = Overtaken(late.apis["instagram"], lambda: refresh(later, "CONTOH"))
    late.apis = {**late.apis, "instagram": cast("SocialApi", overtaken)}
    refresh_engagement(late, job)
    told = "SELECT slot FROM wa_notification_outbox WHERE client_id = 'CONTOH'"
    assert tables.values(told) == [AFTERNOON]
    assert tables.values("SELECT DISTINCT outcome FROM client_run") == ["done"]
    per_change = "SELECT count(*) FROM change_told GROUP BY change_id"
    assert set(tables.values(per_change)) == {1}
    assert likes(tables).keys() == set(tables.values("SELECT shortcode FROM insta_post_clients"))
