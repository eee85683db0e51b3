"""Sending through SQS as moto simulates it."""

from __future__ import annotations

import boto3
import pytest
from botocore.config import Config

from chalicelib.jobs import ClientJob, OutboundMessage
from chalicelib.queues import ENGAGEMENT, FETCH, OUTBOUND, Entry, Queues, QueueUnavailable
from local.environment import environment
from tests.conftest import RuntimeAt
from tests.integration.inbox import Inbox
from tests.integration.runs import start_run

CHATS = ("120363000000000001@g.us", "120363000000000002@g.us")


@pytest.fixture
def job(runtime_at: RuntimeAt) -> ClientJob:
    return start_run(runtime_at("17:00"), "CONTOH")


@pytest.fixture
def queues(runtime_at: RuntimeAt) -> Queues:
    return runtime_at("17:00").queues


def outbound(number: int, chat: str = CHATS[0]) -> OutboundMessage:
    return OutboundMessage(outbox_id=number, session="gateway", chat=chat)


def test_many_messages_arrive_in_order(queues: Queues, inbox: Inbox) -> None:
    entries = [Entry(outbound(number)) for number in range(25)]
    assert queues.send(FETCH, entries) == entries
    assert [body["outbox_id"] for body in inbox.take(FETCH)] == list(range(25))


def test_a_job_comes_out_as_it_went_in(queues: Queues, inbox: Inbox, job: ClientJob) -> None:
    queues.send_one(ENGAGEMENT, job)
    [message] = inbox.receive(ENGAGEMENT)
    assert ClientJob.parse(str(message["Body"])) == job


def test_the_fifo_queue_keeps_the_order_of_each_chat_and_drops_repeats(
    queues: Queues, inbox: Inbox
) -> None:
    entries = [
        Entry(outbound(number, CHATS[number % 2]), CHATS[number % 2], f"key-{number}")
        for number in range(12)
    ]
    assert queues.send(OUTBOUND, entries) == entries
    assert queues.send(OUTBOUND, entries) == entries, "taken again, and dropped by SQS"
    bodies = inbox.take(OUTBOUND)
    for chat in CHATS:
        ids = [body["outbox_id"] for body in bodies if body["chat"] == chat]
        assert ids == sorted(ids)
    assert sorted(body["outbox_id"] for body in bodies) == list(range(12))


def test_keys_that_sqs_does_not_allow_are_sent_and_told_apart(queues: Queues, inbox: Inbox) -> None:
    keys = ["changes:" + "9" * 200, "changes:" + "9" * 201, "tugas é 🚔"]
    entries = [Entry(outbound(n), CHATS[0], key) for n, key in enumerate(keys)]
    assert len(queues.send(OUTBOUND, entries)) == 3
    assert inbox.count(OUTBOUND) == 3


def test_a_returned_message_can_be_received_again_at_once(
    queues: Queues, inbox: Inbox, job: ClientJob
) -> None:
    queues.send_one(FETCH, job)
    url = inbox.url(FETCH)
    [message] = inbox.sqs.receive_message(QueueUrl=url, VisibilityTimeout=600)["Messages"]
    assert inbox.take(FETCH) == []
    queues.return_message(FETCH, message["ReceiptHandle"], 0)
    assert inbox.clients(FETCH) == ["CONTOH"]


def test_a_message_that_cannot_be_returned_is_left_to_its_timeout(
    queues: Queues, caplog: pytest.LogCaptureFixture
) -> None:
    queues.return_message(FETCH, "no such receipt", 0)
    assert "comes back later than it could" in caplog.text


def test_a_stage_without_queues_is_unavailable_and_names_the_queue(queues: Queues) -> None:
    nowhere = Queues("nowhere", queues.client)
    with pytest.raises(QueueUnavailable, match="cicero-nowhere-fetch"):
        nowhere.send(FETCH, [Entry(outbound(1))])


def test_sqs_that_does_not_answer_is_unavailable(service_environment: dict[str, str]) -> None:
    once = Config(retries={"total_max_attempts": 1})
    with environment(service_environment):
        client = boto3.client("sqs", endpoint_url="http://127.0.0.1:9", config=once)
    with pytest.raises(QueueUnavailable):
        Queues("test", client).send_one(FETCH, outbound(1))
    client.close()
