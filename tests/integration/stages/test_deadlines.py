"""Both stages while an API asks for long waits: inside the limit, with what was read stored."""

from __future__ import annotations

import pytest

import app
from chalicelib import runtime as runtimes
from chalicelib.deadline import Deadline
from chalicelib.engagement.refresh import refresh_engagement
from chalicelib.posts.fetch import fetch_posts
from chalicelib.queues import ENGAGEMENT, FETCH
from chalicelib.runtime import Runtime
from local.invocation import Context, sqs_event
from local.sandbox import Sandbox
from tests.conftest import RuntimeAt
from tests.integration.inbox import Inbox
from tests.integration.runs import fetch, start_run
from tests.integration.tables import Tables
from tests.simulated import Time

STORM = {"kind": "rate_limit", "retry_after": 60, "times": None}


@pytest.fixture
def runtime(runtime_at: RuntimeAt) -> Runtime:
    """Four tries of a call, one call at a time."""
    made = runtime_at("17:00")
    patience = {"rapidapi_attempts": 4, "rapidapi_parallel_calls": 1}
    made.settings = made.settings.model_copy(update=patience)
    return made


def invocation_of(runtime: Runtime, function: str) -> Context:
    """Begins an invocation of the function, with its real limit, in simulated time."""
    time = Time()
    context = Context(function, clock=time)
    runtime.deadline = Deadline.of(context, time.sleep)
    return context


def test_a_fetch_in_a_storm_stores_the_other_platform_inside_the_limit(
    runtime: Runtime, sandbox: Sandbox, tables: Tables, inbox: Inbox
) -> None:
    sandbox.set_faults([{**STORM, "path": "/v1/posts"}])
    job = start_run(runtime, "CONTOH")
    context = invocation_of(runtime, "fetch_posts")

    results = fetch_posts(runtime, job)

    assert results is not None
    assert (results["instagram"].verdict, results["instagram"].error_kind) == (
        "error",
        "rate_limit",
    )
    assert results["tiktok"].verdict == "complete"
    assert tables.count("tiktok_post") == results["tiktok"].posts > 0
    assert context.get_remaining_time_in_millis() >= 30_000
    assert inbox.clients(ENGAGEMENT) == ["CONTOH"]


def test_a_refresh_in_a_storm_stores_what_it_had_read_inside_the_limit(
    runtime: Runtime, sandbox: Sandbox, tables: Tables, inbox: Inbox
) -> None:
    fetch(runtime, "CONTOH")
    inbox.take(ENGAGEMENT)
    sandbox.set_faults([{**STORM, "path": "/v1/likes"}])
    job = start_run(runtime, "CONTOH")
    context = invocation_of(runtime, "refresh_engagement")

    refresh_engagement(runtime, job)

    assert context.get_remaining_time_in_millis() >= 30_000
    run = tables.row("SELECT * FROM client_run")
    assert (run["outcome"], run["error_kind"]) == ("failed", "rate_limit")
    assert run["engagement_result"]["tiktok"]["failed"] == 0
    videos = tables.value("SELECT count(*) FROM tiktok_post")
    assert tables.count("tiktok_comment") == videos > 0
    assert tables.count("insta_like") == 0
    assert inbox.take(ENGAGEMENT) == [], "no continuation"
    assert run["api_calls"]["/v1/likes rate_limit"] == 3, "two waits fit; no other is sent"


def test_the_pages_before_a_storm_are_kept(
    runtime: Runtime, sandbox: Sandbox, tables: Tables
) -> None:
    fetch(runtime, "CONTOH")
    sandbox.set_faults([{**STORM, "path": "/v1/likes", "page": 2}])
    job = start_run(runtime, "CONTOH")
    context = invocation_of(runtime, "refresh_engagement")

    refresh_engagement(runtime, job)

    assert context.get_remaining_time_in_millis() >= 30_000
    read = tables.values("SELECT jsonb_array_length(likes) FROM insta_like")
    assert 100 in read, "the first page of a list of two"


def test_a_handler_with_little_time_ends_inside_it(
    runtime: Runtime, sandbox: Sandbox, tables: Tables, inbox: Inbox
) -> None:
    sandbox.set_faults([{**STORM, "platform": "instagram"}])
    job = start_run(runtime, "CONTOH")
    runtimes.use(runtime)
    try:
        for queue, handler in ((FETCH, "fetch_posts"), (ENGAGEMENT, "refresh_engagement")):
            message = {"MessageId": "1", "ReceiptHandle": "1", "Body": job.model_dump_json()}
            context = Context(handler, seconds=45)
            getattr(app, handler)(sqs_event(message, queue), context)
            assert context.get_remaining_time_in_millis() > 0
    finally:
        runtimes.use(None)
    assert tables.value("SELECT outcome FROM client_run") == "failed"
    assert tables.count("tiktok_comment") > 0


def test_an_invocation_without_time_for_a_page_is_not_continued_for_ever(
    runtime: Runtime, tables: Tables, inbox: Inbox
) -> None:
    fetch(runtime, "CONTOH")
    inbox.take(ENGAGEMENT)
    job = start_run(runtime, "CONTOH")
    time = Time()
    runtime.deadline = Deadline.of(Context("refresh_engagement", clock=time), time.sleep)
    time.sleep(150)

    refresh_engagement(runtime, job)

    assert inbox.take(ENGAGEMENT) == []
    assert tables.value("SELECT error_kind FROM client_run") == "no_time"
