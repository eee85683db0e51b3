"""What lies in a stage's queues, looked at from outside the service."""

from __future__ import annotations

import json
from typing import Any

Message = dict[str, Any]


class Inbox:
    """The queues of one stage over the plain SQS API."""

    def __init__(self, sqs: Any, stage: str) -> None:
        self.sqs = sqs
        self._stage = stage

    def url(self, queue: str) -> str:
        return str(self.sqs.get_queue_url(QueueName=f"cicero-{self._stage}-{queue}")["QueueUrl"])

    def take(self, queue: str) -> list[Message]:
        """The bodies of all messages, the oldest first; they are gone from the queue then."""
        return [json.loads(message["Body"]) for message in self.receive(queue)]

    def receive(self, queue: str) -> list[Message]:
        """All messages with their attributes, the oldest first; they are gone then."""
        url, taken = self.url(queue), []
        while True:
            answer = self.sqs.receive_message(
                QueueUrl=url,
                MaxNumberOfMessages=10,
                MessageSystemAttributeNames=["All"],
            )
            messages = answer.get("Messages", [])
            for message in messages:
                self.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            taken += messages
            if not messages:
                return taken

    def clients(self, queue: str) -> list[str]:
        """The clients of the jobs in a queue, in order; the jobs are gone then."""
        return [body["client_id"] for body in self.take(queue)]

    def count(self, queue: str) -> int:
        """How many messages lie in a queue, in sight or not."""
        return sum(self.seen(queue))

    def seen(self, queue: str) -> tuple[int, int]:
        """How many messages of a queue are in sight, and how many somebody has received."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        answer = self.sqs.get_queue_attributes(QueueUrl=self.url(queue), AttributeNames=names)
        visible, taken = (int(answer["Attributes"][name]) for name in names)
        return visible, taken

    def put(self, queue: str, body: str, **fields: str) -> None:
        self.sqs.send_message(QueueUrl=self.url(queue), MessageBody=body, **fields)
