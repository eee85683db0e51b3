"""The stage's FIFO queue as the host uses it: messages received, hidden, given back, deleted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chalicelib import queues

BATCH = 10
"""The most messages that SQS takes or returns in one call."""

LONGEST_VISIBILITY = 12 * 3600


class FifoQueue:
    """Over boto3's `client`. Every call, the constructor's included, raises QueueUnavailable where
    SQS does not answer."""

    def __init__(self, client: Any, url: str) -> None:
        self._client = client
        self._url = url
        answer = self._call("get_queue_attributes", AttributeNames=["VisibilityTimeout"])
        self.visibility = max(1, int(answer["Attributes"]["VisibilityTimeout"]))
        """Seconds for which a received message stays hidden, unless told otherwise."""

    def receive(self, seconds: int) -> list[tuple[str, str]]:
        """Receipt and body of up to ten messages; waits up to `seconds` for the first."""
        answer = self._call("receive_message", MaxNumberOfMessages=BATCH, WaitTimeSeconds=seconds)
        return [(raw["ReceiptHandle"], raw["Body"]) for raw in answer.get("Messages", [])]

    def delete(self, receipt: str) -> None:
        self._call("delete_message", ReceiptHandle=receipt)

    def give_back(self, receipt: str, seconds: int) -> None:
        """The message can be received again after `seconds`."""
        self._call("change_message_visibility", ReceiptHandle=receipt, VisibilityTimeout=seconds)

    def hide(self, receipts: Sequence[str], seconds: int) -> list[str]:
        """Hides up to ten messages for `seconds`; returns the receipts for which SQS refused."""
        entries = [
            {"Id": str(number), "ReceiptHandle": receipt, "VisibilityTimeout": seconds}
            for number, receipt in enumerate(receipts)
        ]
        answer = self._call("change_message_visibility_batch", Entries=entries)
        return [receipts[int(entry["Id"])] for entry in answer.get("Failed", [])]

    def _call(self, name: str, **arguments: object) -> dict[str, Any]:
        with queues.reading_errors(queues.OUTBOUND):
            answer: dict[str, Any] = getattr(self._client, name)(QueueUrl=self._url, **arguments)
        return answer
