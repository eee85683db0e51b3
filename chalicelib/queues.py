"""SQS: sends in batches of ten, retries what a batch refused, and resolves queue names."""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

from chalicelib.deadline import UNLIMITED, Deadline
from chalicelib.errors import CiceroError
from chalicelib.parallel import side_by_side

if TYPE_CHECKING:
    from tenacity import RetryCallState

    from chalicelib.jobs import QueueMessage

log = logging.getLogger(__name__)

_T = TypeVar("_T")

FETCH = "fetch"
ENGAGEMENT = "engagement"
OUTBOUND = "wa.fifo"

_TRIES = 5
_CONNECT_SECONDS = 3
_ANSWER_SECONDS = 10
_BATCH = 10


class QueueUnavailable(CiceroError):
    """SQS did not take a message."""

    kind = "queue"


@dataclass(frozen=True)
class Entry:
    """A message to send; `group` and `deduplication` (any text) are for the FIFO queue."""

    message: QueueMessage
    group: str | None = None
    deduplication: str | None = None


class Queues:
    """The stage's queues. `client` is boto3's, or anything with its calls; without one, a client is
    made whose calls fail fast and are tried five times, as far as the deadline allows."""

    def __init__(
        self,
        stage: str,
        client: Any = None,
        deadline: Callable[[], Deadline] = lambda: UNLIMITED,
    ) -> None:
        self._stage = stage
        self._given = client
        self._deadline = deadline
        self._urls: dict[str, str] = {}

    @cached_property
    def client(self) -> Any:
        if self._given is not None:
            return self._given
        import boto3
        from botocore.config import Config

        config = Config(
            retries={"total_max_attempts": 1},  # botocore's own retries ignore the deadline
            connect_timeout=_CONNECT_SECONDS,
            read_timeout=_ANSWER_SECONDS,
            parameter_validation=False,  # requests are built only here; it costs a tenth of a call
        )
        return boto3.client("sqs", config=config)

    def url(self, queue: str) -> str:
        """The URL of `fetch`, `engagement` or `wa.fifo`. QueueUnavailable if there is none."""
        if queue not in self._urls:
            name = f"cicero-{self._stage}-{queue}"
            with reading_errors(name):
                found = self._tried(lambda: self.client.get_queue_url(QueueName=name))
            self._urls[queue] = found["QueueUrl"]
        return self._urls[queue]

    def send(self, queue: str, entries: Iterable[Entry], threads: int = 1) -> list[Entry]:
        """Sends in batches of ten; entries refused for a temporary reason are sent again.

        With more `threads`, that many batches are in flight at once: not for a FIFO queue, whose
        order is the order of sending. Returns the entries that were accepted, in order; the others
        were logged, and it is up to the caller to send them again. Raises QueueUnavailable if SQS
        does not respond at all.
        """
        tens = batches(entries)
        if threads == 1:
            return [entry for batch in tens for entry in self._send_batch(queue, batch)]
        from concurrent.futures import ThreadPoolExecutor

        _ = self.url(queue)  # resolved once, and the client made, before threads share them
        with ThreadPoolExecutor(threads) as pool:
            sent = side_by_side(pool, lambda batch: self._send_batch(queue, batch), tens)
            return [entry for taken in sent for entry in taken]

    def send_one(self, queue: str, message: QueueMessage) -> None:
        """Sends one message, or raises QueueUnavailable."""
        if not self.send(queue, [Entry(message)]):
            raise QueueUnavailable(f"Queue {queue} refused a message.")

    def return_message(self, queue: str, receipt: str, seconds: int) -> None:
        """Makes a received message visible again after `seconds`; if that fails, it is delivered
        again when its visibility timeout ends."""
        try:
            url = self.url(queue)
            with reading_errors(queue):
                self._tried(
                    lambda: self.client.change_message_visibility(
                        QueueUrl=url, ReceiptHandle=receipt, VisibilityTimeout=seconds
                    )
                )
        except QueueUnavailable as error:
            log.warning("a message comes back later than it could: %s", error)

    def close(self) -> None:
        """Closes the client's connections if the client was made here."""
        if self._given is None and "client" in self.__dict__:
            self.client.close()

    def _send_batch(self, queue: str, batch: list[Entry]) -> list[Entry]:
        waiting, url = dict(enumerate(batch)), self.url(queue)

        def send() -> bool:
            answer = self.client.send_message_batch(
                QueueUrl=url, Entries=[_entry(i, e) for i, e in waiting.items()]
            )
            for done in answer.get("Successful", []):
                waiting.pop(int(done["Id"]), None)
            refused = {int(entry["Id"]) for entry in answer.get("Failed", []) if _final(entry)}
            return bool(waiting.keys() - refused)

        with reading_errors(queue):
            self._tried(send, again=bool)
        if waiting:
            log.error("queue %s refused %d of %d messages", queue, len(waiting), len(batch))
        return [entry for index, entry in enumerate(batch) if index not in waiting]

    def _tried(self, call: Callable[[], _T], again: Callable[[_T], bool] = lambda _: False) -> _T:
        """What the call finally returns or raises: it is retried if `again` is true of its result,
        or if it failed for a temporary reason."""
        from tenacity import (
            Retrying,
            retry_if_exception,
            retry_if_result,
            wait_random_exponential,
        )

        passing = retry_if_exception(lambda e: self._given is None and _is_passing(e))
        retrying = Retrying(
            retry=passing | retry_if_result(again),
            stop=self._has_tried_enough,
            wait=wait_random_exponential(multiplier=0.1, max=2),
            sleep=lambda seconds: self._deadline().sleep(seconds),
            retry_error_callback=lambda state: state.outcome and state.outcome.result(),
        )
        result: _T = retrying(call)
        return result

    def _has_tried_enough(self, state: RetryCallState) -> bool:
        """Whether to stop: a try is begun only if the invocation lasts long enough for it."""
        needed = state.upcoming_sleep + _CONNECT_SECONDS + _ANSWER_SECONDS
        return state.attempt_number >= _TRIES or self._deadline().remaining() < needed


def _is_passing(error: BaseException) -> bool:
    """Whether SQS could not be reached, has an internal error, or is throttling."""
    from botocore.exceptions import ClientError, HTTPClientError
    from botocore.exceptions import ConnectionError as Unreachable

    if not isinstance(error, ClientError):
        return isinstance(error, Unreachable | HTTPClientError)
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 400)
    return status >= 500 or "Throttl" in str(error.response.get("Error", {}).get("Code"))


def _final(failure: dict[str, Any]) -> bool:
    """Whether SQS says that the message itself is at fault."""
    return failure.get("SenderFault") is True


def _entry(index: int, entry: Entry) -> dict[str, str]:
    fields = {"Id": str(index), "MessageBody": entry.message.model_dump_json()}
    if entry.group is not None and entry.deduplication is not None:
        fields["MessageGroupId"] = entry.group
        fields["MessageDeduplicationId"] = _deduplication_id(entry.deduplication)
    return fields


def _deduplication_id(key: str) -> str:
    """The key itself if SQS allows it (128 printable ASCII characters), otherwise its digest."""
    if re.fullmatch(r"[!-~]{1,128}", key):
        return key
    return hashlib.sha256(key.encode()).hexdigest()


def batches(entries: Iterable[_T]) -> Iterator[list[_T]]:
    """Batches as SQS takes them: ten at a time, in order."""
    iterator = iter(entries)
    while batch := list(islice(iterator, _BATCH)):
        yield batch


@contextmanager
def reading_errors(queue: str) -> Iterator[None]:
    """Turns botocore's errors into QueueUnavailable."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise QueueUnavailable(f"Queue {queue}: {error}") from error
