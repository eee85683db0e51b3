"""Every slot of a scripted day for twenty units, told to their groups exactly as written by hand.

One process plays all parts: the handlers of app.py over a real PostgreSQL, Redis and SQS, and the
host's delivery into a journal. There are no worker processes, so that a day is a matter of seconds.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

import app
from chalicelib import runtime as runtimes
from chalicelib.jobs import OutboundMessage
from chalicelib.queues import ENGAGEMENT, FETCH, OUTBOUND
from chalicelib.runtime import Runtime
from chalicelib.slots import FINAL, Slot, slots_of
from local.environment import environment
from local.invocation import Context, schedule_event, sqs_event
from local.sandbox import Sandbox, Scenario
from local.seed import seed
from tests.conftest import settings_of
from tests.e2e import played_day
from tests.e2e.played_day import DAY, REPORTS, TOMORROW, YESTERDAY, Seen, code, moment
from wa_session_host.sending.delivery import Delivery
from wa_session_host.sending.transport import Outgoing

EXPECTED = Path(__file__).parent / "expected" / "played_day.txt"


@pytest.fixture
def scenario() -> Scenario:
    return played_day.played_day()


@dataclass
class Group:
    """An account that keeps what it sends; it never fails."""

    now: Callable[[], datetime]
    journal: list[Seen] = field(default_factory=list)

    def ready(self) -> bool:
        return True

    def send(self, message: Outgoing) -> str:
        self.journal.append(Seen(Slot.exactly(self.now()), message))
        return f"ID{len(self.journal)}"

    def was_sent(self, message: Outgoing) -> bool | None:
        return None

    def close(self) -> None:
        pass


class Service:
    """Lambda, SQS's mappings and the host, one after the other, at the time of a slot."""

    def __init__(self, runtime: Runtime, sandbox: Sandbox) -> None:
        self.runtime = runtime
        self.groups = Group(runtime.now)
        self._sandbox = sandbox
        self._delivery = Delivery(runtime, self.groups)

    def play(self, slot: Slot) -> None:
        """The slot to its end: all jobs done, all messages sent."""
        self._sandbox.set_now(slot.at)
        self._sandbox.set_faults(played_day.faults(slot))
        self.runtime.set_clock(lambda: slot.at)
        final = slot.at.minute in FINAL.minutes
        _invoke("open_slot_final" if final else "open_slot_half_hour", schedule_event(slot.at))
        for queue, handler in ((FETCH, "fetch_posts"), (ENGAGEMENT, "refresh_engagement")):
            for message in self._receive(queue):
                _invoke(handler, sqs_event(message, queue))
        for message in self._receive(OUTBOUND):
            assert self._delivery.deliver(OutboundMessage.parse(message["Body"])) is None

    def _receive(self, queue: str) -> Iterator[dict[str, Any]]:
        """Every message in a queue, deleted once it was handled."""
        sqs, url = self.runtime.queues.client, self.runtime.queues.url(queue)
        while received := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            yield from received
            entries = [
                {"Id": str(n), "ReceiptHandle": message["ReceiptHandle"]}
                for n, message in enumerate(received)
            ]
            sqs.delete_message_batch(QueueUrl=url, Entries=entries)


@pytest.fixture
def service(
    new_environment: Callable[[], dict[str, str]], sandbox: Sandbox, scenario: Scenario
) -> Iterator[Service]:
    values = new_environment() | {
        "RAPIDAPI_INSTAGRAM_HOST": sandbox.url,
        "RAPIDAPI_TIKTOK_HOST": sandbox.url,
        "RAPIDAPI_ATTEMPTS": "1",
    }
    seed(values["DATABASE_URL"], scenario)
    with environment(values):
        runtime = Runtime(settings_of(values))
        _ = runtime.queues.client
    runtimes.use(runtime)
    yield Service(runtime, sandbox)
    runtimes.use(None)
    runtime.close()


def test_a_scripted_day_is_told_as_written_by_hand(service: Service) -> None:
    service.play(slots_of(YESTERDAY)[-4])
    service.groups.journal.clear()
    started = time.monotonic()
    day = slots_of(DAY)

    for slot in [*day, slots_of(TOMORROW)[0]]:
        _report_links(service.runtime, slot)
        service.play(slot)

    seconds = time.monotonic() - started
    print(f"{len(day)} slots x {len(played_day.UNITS)} clients in {seconds:.1f} s")
    assert played_day.described(service.groups.journal) == _expected()
    keys = [seen.message.key for seen in service.groups.journal]
    assert len(keys) == len(set(keys))


def _expected() -> str:
    lines = EXPECTED.read_text(encoding="utf-8").splitlines(keepends=True)
    return "".join(line for line in lines if not line.startswith("#"))


def _invoke(handler: str, event: Any) -> None:
    getattr(app, handler)(event, Context(handler))


def _report_links(runtime: Runtime, slot: Slot) -> None:
    """What the dashboard stores in the half hour before the slot: personnel report links."""
    for number, (clock, name) in enumerate(REPORTS, 1):
        if (slot.at - moment(clock)).total_seconds() // 1800 == 0:
            _report_link(runtime, number, name, moment(clock))


def _report_link(runtime: Runtime, number: int, name: str, at: datetime) -> None:
    with runtime.db.transaction():
        runtime.db.execute(
            """INSERT INTO "user" (user_id, nama, client_id) VALUES (:id, :name, 'TAUTAN')""",
            id=str(number),
            name=name,
        )
        runtime.db.execute(
            """INSERT INTO link_report (shortcode, user_id, facebook_link, created_at)
            VALUES (:post, :id, :link, CAST(:at AS timestamptz) AT TIME ZONE 'Asia/Jakarta')""",
            post=code("Viral"),
            id=str(number),
            link=f"https://www.facebook.com/tautan/{number}",
            at=at,
        )
