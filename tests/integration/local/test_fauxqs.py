"""fauxqs, where npx has it already: nothing is fetched here."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from urllib.parse import urlsplit

import psutil
import pytest

from local.resources import create_queues, sqs_client
from local.services import Fauxqs, ServiceError
from local.services.fauxqs import fetch_fauxqs
from local.stack import TEMPLATE


@pytest.fixture(scope="module")
def fauxqs() -> Iterator[Fauxqs]:
    try:
        fetch_fauxqs(offline=True)
    except ServiceError as error:
        pytest.skip(str(error).splitlines()[0])
    with Fauxqs() as server:
        yield server


def listening_on(port: int | None) -> list[str]:
    """The addresses that somebody listens on at this port."""
    listening = [c for c in psutil.net_connections("tcp") if c.status == psutil.CONN_LISTEN]
    addresses = [connection.laddr for connection in listening if connection.laddr]
    return [address.ip for address in addresses if address.port == port]


def test_it_listens_on_the_loopback_only(fauxqs: Fauxqs) -> None:
    assert listening_on(urlsplit(fauxqs.url).port) == ["127.0.0.1"]


def test_it_has_the_queues_of_the_template_and_keeps_a_group_in_order(fauxqs: Fauxqs) -> None:
    queues = create_queues(TEMPLATE, "test", fauxqs.url)
    url = queues["cicero-test-wa.fifo"]
    with closing(sqs_client(fauxqs.url)) as sqs:
        for number in range(3):
            sqs.send_message(
                QueueUrl=url,
                MessageBody=str(number),
                MessageGroupId="chat",
                MessageDeduplicationId=str(number),
            )
        first = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=1)["Messages"]
        blocked = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=1).get("Messages", [])
        sqs.delete_message(QueueUrl=url, ReceiptHandle=first[0]["ReceiptHandle"])
        second = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=1)["Messages"]
    assert [one["Body"] for one in (*first, *blocked, *second)] == ["0", "1"]


def test_it_ends_with_its_block(fauxqs: Fauxqs) -> None:
    with Fauxqs() as another:
        port = urlsplit(another.url).port
        assert another.url != fauxqs.url
    assert listening_on(port) == []


def test_without_npx_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ServiceError, match="npx"):
        fetch_fauxqs()
