"""Sending to SQS, over a client that answers as SQS does."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from chalicelib.jobs import OutboundMessage
from chalicelib.queues import ENGAGEMENT, FETCH, OUTBOUND, Entry, Queues, QueueUnavailable

Refuses = Callable[[int, int], bool]


@dataclass
class Sqs:
    """Takes what `refuses(call, outbox id)` lets it; remembers every batch."""

    refuses: Refuses = lambda call, outbox_id: False
    lookup_error: Exception | None = None
    batch_error: Exception | None = None
    asked: list[str] = field(default_factory=list)
    batches: list[tuple[str, list[dict[str, str]]]] = field(default_factory=list)

    def get_queue_url(self, QueueName: str) -> dict[str, str]:  # noqa: N803
        self.asked.append(QueueName)
        if self.lookup_error:
            raise self.lookup_error
        return {"QueueUrl": f"http://sqs/{QueueName}"}

    def send_message_batch(
        self,
        QueueUrl: str,  # noqa: N803
        Entries: list[dict[str, str]],  # noqa: N803
    ) -> dict[str, list[dict[str, Any]]]:
        if self.batch_error:
            raise self.batch_error
        assert len({entry["Id"] for entry in Entries}) == len(Entries)
        self.batches.append((QueueUrl, Entries))
        refused = [e for e in Entries if self.refuses(len(self.batches), outbox_id(e))]
        answer: dict[str, list[dict[str, Any]]] = {}
        if taken := [{"Id": e["Id"]} for e in Entries if e not in refused]:
            answer["Successful"] = taken
        if refused:
            answer["Failed"] = [{"Id": e["Id"], "SenderFault": False} for e in refused]
        return answer

    def sent(self) -> list[list[int]]:
        """The outbox ids of each batch, as they were offered."""
        return [[outbox_id(entry) for entry in entries] for _, entries in self.batches]


AWAY = EndpointConnectionError(endpoint_url="http://sqs")
NO_QUEUE = ClientError(
    {"Error": {"Code": "QueueDoesNotExist", "Message": "no such queue"}}, "GetQueueUrl"
)


def outbox_id(entry: dict[str, str]) -> int:
    return int(json.loads(entry["MessageBody"])["outbox_id"])


def entry(number: int, group: str | None = None, deduplication: str | None = None) -> Entry:
    message = OutboundMessage(outbox_id=number, session="gateway", chat="1203@g.us")
    return Entry(message, group, deduplication)


def deduplication_id(key: str) -> str:
    """The MessageDeduplicationId under which an entry with this key is sent."""
    sqs = Sqs()
    Queues("test", sqs).send(OUTBOUND, [entry(1, "1203@g.us", key)])
    return sqs.batches[0][1][0]["MessageDeduplicationId"]


def test_queues_are_named_after_the_stage_and_looked_up_once() -> None:
    sqs = Sqs()
    queues = Queues("prod", sqs)
    for queue in (FETCH, ENGAGEMENT, OUTBOUND, FETCH):
        queues.send(queue, [entry(1)])
    assert sqs.asked == ["cicero-prod-fetch", "cicero-prod-engagement", "cicero-prod-wa.fifo"]
    assert sqs.batches[2][0] == "http://sqs/cicero-prod-wa.fifo"


@pytest.mark.parametrize(
    ("number", "sizes"), [(0, []), (1, [1]), (10, [10]), (11, [10, 1]), (25, [10, 10, 5])]
)
def test_messages_are_sent_in_tens(number: int, sizes: list[int]) -> None:
    sqs = Sqs()
    entries = [entry(n) for n in range(number)]
    assert Queues("test", sqs).send(FETCH, iter(entries)) == entries
    assert [len(batch) for batch in sqs.sent()] == sizes


def test_with_threads_everything_is_sent_once_and_answered_in_order() -> None:
    sqs = Sqs(refuses=lambda call, number: number == 17)
    entries = [entry(number) for number in range(95)]
    taken = Queues("test", sqs).send(FETCH, entries, threads=4)
    assert taken == [one for number, one in enumerate(entries) if number != 17]
    assert {number for batch in sqs.sent() for number in batch} == set(range(95))
    assert sqs.asked == ["cicero-test-fetch"]


def test_what_a_batch_refused_in_passing_is_sent_again_and_nothing_else() -> None:
    sqs = Sqs(lambda call, number: call == 1 and number in (2, 5))
    entries = [entry(n) for n in range(7)]
    assert Queues("test", sqs).send(FETCH, entries) == entries
    assert sqs.sent() == [[0, 1, 2, 3, 4, 5, 6], [2, 5]]


def test_what_is_refused_for_good_is_left_out_of_the_answer(
    caplog: pytest.LogCaptureFixture,
) -> None:
    sqs = Sqs(lambda call, number: number == 3)
    entries = [entry(n) for n in range(12)]
    taken = Queues("test", sqs).send(FETCH, entries)
    assert taken == [e for n, e in enumerate(entries) if n != 3]
    assert sqs.sent()[-1] == [10, 11], "the next ten go out all the same"
    assert caplog.messages == ["queue fetch refused 1 of 10 messages"]


def test_one_message_that_is_refused_is_an_error() -> None:
    sqs = Sqs(lambda call, number: True)
    with pytest.raises(QueueUnavailable, match="fetch"):
        Queues("test", sqs).send_one(FETCH, entry(1).message)


def test_a_message_of_a_standard_queue_has_no_group() -> None:
    sqs = Sqs()
    Queues("test", sqs).send_one(FETCH, entry(1).message)
    [sent] = sqs.batches[0][1]
    assert sent.keys() == {"Id", "MessageBody"}
    assert OutboundMessage.parse(sent["MessageBody"]) == entry(1).message


def test_a_message_of_the_fifo_queue_has_its_chat_as_group_and_its_key() -> None:
    sqs = Sqs()
    Queues("test", sqs).send(OUTBOUND, [entry(1, "1203@g.us", "task_list:X:2026-02-20-17")])
    [sent] = sqs.batches[0][1]
    assert sent["MessageGroupId"] == "1203@g.us"
    assert sent["MessageDeduplicationId"] == "task_list:X:2026-02-20-17"


@pytest.mark.parametrize("key", ["a", "x" * 128, "changes:X:1203@g.us:2026-02-20T17:00+07:00:1,2"])
def test_a_key_that_sqs_allows_is_the_deduplication_id(key: str) -> None:
    assert deduplication_id(key) == key


@pytest.mark.parametrize("key", ["", "x" * 129, "with space", "é", "line\n", "list\u2060"])
def test_any_other_key_has_an_id_of_its_own_that_sqs_allows(key: str) -> None:
    assert re.fullmatch(r"[0-9a-f]{64}", deduplication_id(key))
    assert deduplication_id(key) == deduplication_id(key)
    assert deduplication_id(key) != deduplication_id(key + "x" * 200)


@pytest.mark.parametrize(
    "sqs", [Sqs(lookup_error=AWAY), Sqs(lookup_error=NO_QUEUE), Sqs(batch_error=AWAY)]
)
def test_sqs_that_does_not_answer_is_one_kind_of_error(sqs: Sqs) -> None:
    with pytest.raises(QueueUnavailable, match=r"^Queue .*fetch: ") as error:
        Queues("test", sqs).send(FETCH, [entry(1)])
    assert error.value.kind == "queue"
