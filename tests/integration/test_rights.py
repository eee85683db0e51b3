"""Each function's rights on queues, and the host's, held against the calls that its code makes."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

import app
from chalicelib import handlers, queues
from chalicelib import runtime as runtimes
from chalicelib.engagement.refresh import refresh_engagement
from chalicelib.jobs import ClientJob
from chalicelib.queues import Entry, Queues
from chalicelib.runtime import Runtime
from chalicelib.slots import Slot
from local.invocation import Context, schedule_event
from tests.conftest import DAY, ROOT, RuntimeAt
from tests.integration.ledger import message, write
from tests.integration.runs import hurried, start_run
from tests.integration.tables import Tables
from wa_session_host.sending.fifo_queue import FifoQueue
from wa_session_host.sending.files import Bucket

Rights = set[tuple[str, str]]
"""(action, resource): a queue without its stage, or a path in a bucket."""

ACTIONS = {
    "get_queue_url": "sqs:GetQueueUrl",
    "get_queue_attributes": "sqs:GetQueueAttributes",
    "send_message_batch": "sqs:SendMessage",
    "receive_message": "sqs:ReceiveMessage",
    "delete_message": "sqs:DeleteMessage",
    "change_message_visibility": "sqs:ChangeMessageVisibility",
    "change_message_visibility_batch": "sqs:ChangeMessageVisibility",
    "get_object": "s3:GetObject",
    "put_object": "s3:PutObject",
}
"""The right that each call of boto3 needs."""

POLLED = {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"}
"""What Lambda itself does, in the function's role, to the queue that feeds a function."""

FED_BY = {
    "fetch_posts": "fetch",
    "refresh_engagement": "engagement",
    "dead_job": "fetch-dlq",
    "dead_engagement_job": "engagement-dlq",
}


class Recorder:
    """A client that says yes to everything, or that SQS cannot be reached for what is sent to the
    queue `down`."""

    def __init__(self) -> None:
        self.used: Rights = set()
        self.down = ""

    def __getattr__(self, call: str) -> Callable[..., Any]:
        if call not in ACTIONS:
            raise AttributeError(call)

        def answer(**given: Any) -> dict[str, Any]:
            where = given.get("QueueUrl") or given.get("QueueName") or given["Key"].split("/")[0]
            queue = where.removeprefix("cicero-test-")
            self.used.add((ACTIONS[call], queue))
            if call == "send_message_batch" and queue == self.down:
                raise EndpointConnectionError(endpoint_url="sqs")
            sent = [{"Id": entry["Id"]} for entry in given.get("Entries", [])]
            return {"QueueUrl": where, "Successful": sent, "Attributes": {"VisibilityTimeout": "1"}}

        return answer


@pytest.fixture
def aws() -> Recorder:
    return Recorder()


Use = Callable[[str | datetime], Runtime]


@pytest.fixture
def use(runtime_at: RuntimeAt, aws: Recorder) -> Iterator[Use]:
    """Makes this process's runtime, at a time, on the recorder's queues."""

    def at(clock: str | datetime) -> Runtime:
        made = runtime_at(clock)
        made.queues = Queues("test", aws)
        runtimes.use(made)
        return made

    yield at
    runtimes.use(None)


def rights(function: str) -> Rights:
    """What the function's policy allows on queues."""
    text = (ROOT / f".chalice/policies/{function}.json").read_text(encoding="utf-8")
    return {
        (action, resource.rsplit("cicero-${Stage}-")[-1])
        for statement in json.loads(text)["Statement"]
        for action in statement["Action"]
        for resource in statement["Resource"]
        if action.startswith("sqs:")
    }


def invoke(handler: str, event: Any) -> Any:
    return getattr(app, handler)(event, Context(handler))


def event(name: str) -> Any:
    return json.loads((ROOT / f"tests/events/{name}.json").read_text(encoding="utf-8"))


def job(name: str, **changes: str) -> Any:
    """The sample event, with these fields of its job changed."""
    made = event(name)
    body = json.loads(made["Records"][0]["body"])
    made["Records"][0]["body"] = json.dumps(body | changes)
    return made


def opens(handler: str) -> Callable[[Use, Recorder, Tables], None]:
    """Slots with every gate open, with some closed, and without clients."""

    def run(use: Use, aws: Recorder, tables: Tables) -> None:
        for clock in ("20:30", "21:30", "21:58"):
            use(clock)
            if clock == "21:58":
                tables.run("UPDATE clients SET client_status = false")
            at = Slot.parse(f"{DAY}T{clock}+07:00").at
            slot = {"slot": at.isoformat()}
            invoke(handler, slot if handler == "run_slot" else schedule_event(at))

    return run


def sweeps(use: Use, aws: Recorder, tables: Tables) -> None:
    """After a first slot none fired: that of 21:30 is opened, those before it are reported."""
    invoke("open_slot_half_hour", schedule_event(use("20:00").now()))
    aws.used.clear()
    use(Slot.parse(f"{DAY}T21:30+07:00").at + timedelta(minutes=10))
    invoke("sweep", event("schedule_sweep"))


def runs_a_client(use: Use, aws: Recorder, tables: Tables) -> None:
    use("17:00")
    invoke("run_client", event("run_client"))


def fetches(use: Use, aws: Recorder, tables: Tables) -> None:
    """A job that is done, one that fails, and an expired one, the last of its slot."""
    start_run(use("17:00"), "CONTOH")
    aws.down = "engagement"
    with pytest.raises(queues.QueueUnavailable):
        invoke("fetch_posts", event("fetch_job"))
    aws.down = ""
    invoke("fetch_posts", event("fetch_job"))
    ended = start_run(use("18:00"), "CONTOH").slot
    past = (ended - timedelta(minutes=1)).isoformat()
    tables.run("UPDATE client_run SET expires_at = :past", past=past)
    invoke("fetch_posts", job("fetch_job", slot=ended.isoformat(), expires_at=past))


def refreshes(use: Use, aws: Recorder, tables: Tables) -> None:
    """A job that runs out of time, and fails to say so at first; then one that ends the slot."""
    started = start_run(use("17:00"), "CONTOH")
    invoke("fetch_posts", event("fetch_job"))
    aws.used.clear()
    runtime = use("17:00")
    aws.down = "engagement"
    failed = handlers.retried_soon(runtime, event("engagement_job"), queues.ENGAGEMENT)
    with pytest.raises(queues.QueueUnavailable), hurried(runtime, 1), failed:
        refresh_engagement(runtime, started)
    aws.down = ""
    invoke("refresh_engagement", event("engagement_job"))


def buries(handler: str) -> Callable[[Use, Recorder, Tables], None]:
    def run(use: Use, aws: Recorder, tables: Tables) -> None:
        start_run(use("17:00"), "CONTOH")
        invoke(handler, event("dead_job"))

    return run


def sends_again(use: Use, aws: Recorder, tables: Tables) -> None:
    runtime = use("17:00")
    [row] = write(runtime, message(runtime, "k1"))
    tables.run("UPDATE wa_notification_outbox SET status = 'dead_letter'")
    invoke("outbox", event("outbox_redrive") | {"outbox_id": int(row["outbox_id"])})


def looks(use: Use, aws: Recorder, tables: Tables) -> None:
    use("17:00")
    invoke("look", {"show": "doctor"})


WORK: dict[str, Callable[[Use, Recorder, Tables], None]] = {
    **{name: opens(name) for name in ("open_slot_half_hour", "open_slot_final", "run_slot")},
    "sweep": sweeps,
    "run_client": runs_a_client,
    "fetch_posts": fetches,
    "refresh_engagement": refreshes,
    "dead_job": buries("dead_job"),
    "dead_engagement_job": buries("dead_engagement_job"),
    "outbox": sends_again,
    "look": looks,
}


@pytest.mark.parametrize("function", WORK)
def test_a_function_uses_all_its_rights_on_queues_and_needs_no_others(
    function: str, use: Use, aws: Recorder, tables: Tables
) -> None:
    WORK[function](use, aws, tables)
    polled = {(action, FED_BY[function]) for action in POLLED if function in FED_BY}
    assert aws.used | polled == rights(function)


def test_the_other_functions_have_no_rights_on_queues() -> None:
    files = {file.stem for file in (ROOT / ".chalice/policies").iterdir()}
    assert {name for name in files if rights(name)} == set(WORK)


HOST_NAMES = {"MessageQueue": "wa.fifo", "FetchQueue": "fetch", "EngagementQueue": "engagement"}


def host_rights() -> Rights:
    """What the host's role allows on queues and files."""
    template = json.loads((ROOT / ".chalice/resources.json").read_text(encoding="utf-8"))
    [policy] = template["Resources"]["HostRole"]["Properties"]["Policies"]
    return {
        (action, _place(resource))
        for statement in policy["PolicyDocument"]["Statement"]
        for action in statement.get("Action", [])
        for resource in statement["Resource"]
        if action.startswith(("sqs:", "s3:"))
    }


def _place(resource: dict[str, Any]) -> str:
    if "Fn::Sub" in resource:
        return str(resource["Fn::Sub"]).split("/")[1]
    return HOST_NAMES.get(resource["Fn::GetAtt"][0], "")


def test_the_host_uses_all_its_rights_on_queues_and_files_and_needs_no_others(
    aws: Recorder,
) -> None:
    mine = Queues("test", aws)
    sent = FifoQueue(aws, mine.url(queues.OUTBOUND))
    sent.receive(0)
    sent.hide(["receipt"], 1)
    sent.give_back("receipt", 1)
    sent.delete("receipt")
    for queue in HOST_NAMES.values():  # the window's actions
        mine.send(queue, [Entry(event_job())])
    files = Bucket("files", "recap", _Files(aws))
    files.put("key", b"")
    files.get("key")
    missing = ("s3:ListBucket", "")  # without it S3 does not tell a missing file from a refusal
    assert aws.used | {missing} == host_rights()


class _Files:
    """S3's part of the recorder, with an empty file."""

    def __init__(self, aws: Recorder) -> None:
        self._aws = aws

    def put_object(self, **given: Any) -> None:
        self._aws.put_object(**given)

    def get_object(self, **given: Any) -> dict[str, Any]:
        self._aws.get_object(**given)
        return {"Body": io.BytesIO()}


def event_job() -> Any:
    return ClientJob.parse(event("fetch_job")["Records"][0]["body"])
