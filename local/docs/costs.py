"""What a day of the service costs in AWS usage and API calls, by formula. Pure.

Prices are assumptions for one day and one region, in US dollars, without free tiers. Current ones
are on the vendor's pages "AWS Lambda Pricing" and "Amazon SQS Pricing", those of the APIs on
RapidAPI.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from chalicelib.slots import SEGMENT_A, slots_of
from local.docs.markdown import table

DAYS = 30
"""In a month."""

_MILLION = 1_000_000
_ANY_DAY = date(2026, 2, 20)


@dataclass(frozen=True)
class Prices:
    """US dollars in us-east-1, on arm64, as of `known`: Lambda GB-seconds and requests, SQS."""

    known: date = date(2026, 2, 20)
    gigabyte_second: float = 0.0000133334
    lambda_million: float = 0.20
    sqs_million: float = 0.40
    sqs_fifo_million: float = 0.50


@dataclass(frozen=True)
class Work:
    """One client's part in one slot, as the bench measured it.

    `feed_calls` read its two feeds, `people_calls` everyone on all of its posts. `list_calls` are
    those for everyone in a day's 34 slots (`bench --day`), `closing_calls` those of the closing
    read; under the rules before them a slot that read only what had changed made the share
    `changed` of `people_calls`. `lambda_seconds` are those of a
    full slot, both stages together; `memory` is the functions' memory in GB. `messages` is how many
    go to a client's group per day. An empty queue is polled by `pollers` connections, for
    `poll_seconds` each.
    """

    feed_calls: float = 2
    people_calls: float = 27
    list_calls: float = 141
    closing_calls: float = 1
    changed: float = 1 / 6
    lambda_seconds: float = 0.93
    memory: float = 0.5
    messages: float = 14
    sweep_seconds: float = 0.3
    pollers: int = 5
    poll_seconds: float = 20


@dataclass(frozen=True)
class Day:
    """A day's totals, and a month's dollars."""

    clients: int
    api_calls: float
    api_calls_before: float
    calls_a_second: float
    invocations: float
    gigabyte_seconds: float
    beside_each_other: int
    sqs_requests: float
    lambda_dollars: float
    sqs_dollars: float


SLOTS = len(slots_of(_ANY_DAY))
FETCHES = sum(SEGMENT_A.fetches_at(slot.at.time()) for slot in slots_of(_ANY_DAY))
FULL_SLOTS = SLOTS - FETCHES + 1
"""Slots in which segment A read everything before: 17:00 and those that fetch nothing."""
_SWEEPS = 24 * 60
_SLOT_SECONDS = 30 * 60
_QUEUES = 4  # two stages, each with its dead-letter queue


def day_of(clients: int, work: Work | None = None, prices: Prices | None = None) -> Day:
    """The day of `clients` clients, all in segment A."""
    work, prices = work or Work(), prices or Prices()
    runs = clients * SLOTS
    fetches = clients * FETCHES
    calls = runs * work.feed_calls + clients * (work.list_calls + work.closing_calls)
    full_reads = clients * (FULL_SLOTS + (SLOTS - FULL_SLOTS) * work.changed)
    invocations = runs + fetches + SLOTS + _SWEEPS
    seconds = runs * work.lambda_seconds + _SWEEPS * work.sweep_seconds
    standard = _stage_requests(runs, fetches) + _empty_polls(work)
    fifo = clients * work.messages * 3  # sent, received, deleted
    compute = seconds * work.memory * prices.gigabyte_second
    return Day(
        clients=clients,
        api_calls=calls,
        api_calls_before=full_reads * work.people_calls + fetches * work.feed_calls,
        calls_a_second=clients * (work.feed_calls + work.people_calls) / _SLOT_SECONDS,
        invocations=invocations,
        gigabyte_seconds=seconds * work.memory,
        beside_each_other=math.ceil(clients * work.lambda_seconds / _SLOT_SECONDS),
        sqs_requests=standard + fifo,
        lambda_dollars=DAYS * (compute + invocations * prices.lambda_million / _MILLION),
        sqs_dollars=DAYS
        * (standard * prices.sqs_million + fifo * prices.sqs_fifo_million)
        / _MILLION,
    )


@dataclass(frozen=True)
class ApiPlan:
    """A plan of one API on RapidAPI, as its page has it: dollars a month, the calls a month that
    they include, and the dollars of each call beyond these."""

    dollars: float
    included: int
    beyond: float = 0.0


def api_dollars(calls_a_day: float, plan: ApiPlan) -> float:
    """What so many calls a day cost in a month of 30 days."""
    return plan.dollars + max(0.0, DAYS * calls_a_day - plan.included) * plan.beyond


def cost_table() -> str:
    """A day's costs for several numbers of clients."""
    return table(HEADS, rows())


def rows(clients: Iterable[int] = (100, 1_000, 10_000)) -> list[tuple[str, ...]]:
    """The table of docs/performance.md, one line for each number of clients."""
    return [_row(day_of(count)) for count in clients]


HEADS = (
    "clients", "API calls a day", "before", "calls a second", "invocations a day",
    "GB-seconds a day", "invocations at once", "SQS requests a day", "Lambda, $ a month",
    "SQS, $ a month",
)  # fmt: skip


def _stage_requests(runs: int, fetches: int) -> float:
    """open_slot sends jobs in batches of ten, the first stage sends one by one; each job is
    received and deleted."""
    jobs = runs + fetches
    return runs / 10 + fetches + 2 * jobs


def _empty_polls(work: Work) -> float:
    return _QUEUES * work.pollers * 24 * 3600 / work.poll_seconds


def _row(day: Day) -> tuple[str, ...]:
    return (
        f"{day.clients:,}",
        f"{day.api_calls:,.0f}",
        f"{day.api_calls_before:,.0f}",
        f"{day.calls_a_second:,.1f}",
        f"{day.invocations:,.0f}",
        f"{day.gigabyte_seconds:,.0f}",
        f"{day.beside_each_other:,}",
        f"{day.sqs_requests:,.0f}",
        f"{day.lambda_dollars:,.2f}",
        f"{day.sqs_dollars:,.2f}",
    )
