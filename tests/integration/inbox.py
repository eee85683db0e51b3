"""What is in a stage's queues, as seen from outside the service."""

from __future__ import annotations

import json
from typing import Any

Message = dict[str, Any]


class Inbox:
    """The queues of one stage over the plain SQS API."""

    def __init__(self, sqs: Any, stage: str) -> None:
        self.sqs = sqs
        self._stage = stage
        self._urls: dict[str, str] = {}

    def url(self, queue: str) -> str:
        if queue not in self._urls:
            name = f"cicero-{self._stage}-{queue}"
            self._urls[queue] = str(self.sqs.get_queue_url(QueueName=name)["QueueUrl"])
        return self._urls[queue]

    def take(self, queue: str) -> list[Message]:
        """The bodies of all messages, oldest first; takes them off the queue."""
        return [json.loads(message["Body"]) for message in self.receive(queue)]

    def receive(self, queue: str) -> list[Message]:
        """All messages with their attributes, oldest first; takes them off the queue."""
        url = self.url(queue)
        taken: list[Message] = []
        while True:
            answer = self.sqs.receive_message(
                QueueUrl=url,
                MaxNumberOfMessages=10,
                MessageSystemAttributeNames=["All"],
            )
            messages = answer.get("Messages", [])
            if not messages:
                return taken
            entries = [
                {"Id": str(number), "ReceiptHandle": message["ReceiptHandle"]}
                for number, message in enumerate(messages)
            ]
            deleted = self.sqs.delete_message_batch(QueueUrl=url, Entries=entries)
            assert not deleted.get("Failed")
            taken += messages

    def clients(self, queue: str) -> list[str]:
        """The clients of the jobs in a queue, in order; takes the jobs off the queue."""
        return [body["client_id"] for body in self.take(queue)]

    def count(self, queue: str) -> int:
        """How many messages are in a queue, visible or not."""
        return sum(self.seen(queue))

    def seen(self, queue: str) -> tuple[int, int]:
        """How many messages of a queue are visible, and how many are in flight."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        answer = self.sqs.get_queue_attributes(QueueUrl=self.url(queue), AttributeNames=names)
        visible, taken = (int(answer["Attributes"][name]) for name in names)
        return visible, taken

    def put(self, queue: str, body: str, **fields: str) -> None:
        self.sqs.send_message(QueueUrl=self.url(queue), MessageBody=body, **fields)
