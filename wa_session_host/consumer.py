"""Takes messages from the FIFO queue while the account is ready, one at a time, in order."""

from __future__ import annotations

import logging
from datetime import timedelta
from threading import Event
from typing import Any

from chalicelib import queues
from chalicelib.errors import BadInput, CiceroError
from chalicelib.jobs import OutboundMessage
from chalicelib.runtime import Runtime
from wa_session_host.delivery import Delivery
from wa_session_host.transport import Transport

log = logging.getLogger(__name__)

_BATCH = 10
_PAUSE_SECONDS = 1.0
_TROUBLE = timedelta(seconds=5)
_LONGEST_VISIBILITY = 12 * 3600


class Consumer:
    """Runs until `stop` is set; the message in hand is finished first."""

    def __init__(self, runtime: Runtime, transport: Transport, stop: Event) -> None:
        self._runtime = runtime
        self._transport = transport
        self._delivery = Delivery(runtime, transport)
        self._stop = stop

    def run(self) -> None:
        """Consumes until stopped. Trouble with SQS or PostgreSQL is waited out."""
        while not self._stop.is_set():
            if not self._transport.ready():
                self._stop.wait(_PAUSE_SECONDS)
                continue
            try:
                self._round()
            except CiceroError as error:
                log.warning("waiting: %s", error)
                self._stop.wait(_PAUSE_SECONDS)

    def _round(self) -> None:
        received = self._call(
            "receive_message",
            MaxNumberOfMessages=_BATCH,
            WaitTimeSeconds=self._runtime.settings.wa_poll_seconds,
            MessageSystemAttributeNames=["ApproximateReceiveCount"],
        )
        for message in received.get("Messages", []):
            if self._stop.is_set():
                self._look_again(message, timedelta(0))
            else:
                self._handle(message)

    def _handle(self, message: dict[str, Any]) -> None:
        try:
            looks = int(message["Attributes"]["ApproximateReceiveCount"])
            wait = self._delivery.deliver(OutboundMessage.parse(message["Body"]), looks)
        except BadInput as error:
            log.error("a queue message is not usable and goes to the dead letters: %s", error)
            wait = timedelta(0)
        except CiceroError as error:
            log.warning("will look again: %s", error)
            wait = _TROUBLE
        if wait is None:
            self._call("delete_message", ReceiptHandle=message["ReceiptHandle"])
        else:
            self._look_again(message, wait)

    def _look_again(self, message: dict[str, Any], wait: timedelta) -> None:
        """Leaves the message in its place in the queue, out of sight for so long."""
        seconds = min(int(wait.total_seconds() + 0.5), _LONGEST_VISIBILITY)
        self._call(
            "change_message_visibility",
            ReceiptHandle=message["ReceiptHandle"],
            VisibilityTimeout=seconds,
        )

    def _call(self, name: str, **arguments: Any) -> Any:
        url = self._runtime.queues.url(queues.OUTBOUND)
        with queues.reading_errors(queues.OUTBOUND):
            return getattr(self._runtime.queues.client, name)(QueueUrl=url, **arguments)
