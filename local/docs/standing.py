"""What everything around the functions costs per month, by component. Pure.

Like those of `costs`, prices are assumptions for one day and one region, in US dollars, without
free tiers; pass your own.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from local.docs.costs import DAYS, day_of
from local.docs.markdown import table

HOURS = 730
"""In a month, as AWS counts."""

_MILLION = 1_000_000


@dataclass(frozen=True)
class Prices:
    """For us-east-1, as of `local.docs.costs.Prices.known`: per hour unless named otherwise."""

    vcpu: float = 0.04048
    memory_gigabyte: float = 0.004445
    nat: float = 0.045
    nat_gigabyte: float = 0.045
    address: float = 0.005
    endpoint: float = 0.01
    endpoint_gigabyte: float = 0.01
    postgres: float = 0.016
    disk_gigabyte_month: float = 0.115
    secret_month: float = 0.40
    redis: float = 0.0128
    metric_month: float = 0.30
    alarm_month: float = 0.10
    dashboard_month: float = 3.00
    log_gigabyte: float = 0.50


@dataclass(frozen=True)
class Standing:
    """How much of each there is. `vcpus` and `memory` (GB) are the host task's; an endpoint counts
    once per availability zone, an alarm once per metric that it reads. `answer` is the size of one
    API response and `logged` what one invocation logs, both in KB."""

    vcpus: float = 0.5
    memory: float = 1
    endpoints: int = 5 * 2
    disk: float = 20
    metrics: int = 17
    alarms: int = 23
    answer: float = 30
    logged: float = 2


@dataclass(frozen=True)
class Cost:
    """One component: its formula with the assumed numbers, and a month's dollars."""

    name: str
    formula: str
    dollars: float


def costs(
    clients: int, standing: Standing | None = None, prices: Prices | None = None
) -> list[Cost]:
    """Every component's monthly cost with that many clients."""
    parts, price = standing or Standing(), prices or Prices()
    return [_host(parts, price), *network(clients, parts, price), *_watching(clients, parts, price)]


def network(
    clients: int, standing: Standing | None = None, prices: Prices | None = None
) -> list[Cost]:
    """The components of .chalice/network.json."""
    parts, price = standing or Standing(), prices or Prices()
    read = day_of(clients).api_calls * DAYS * parts.answer / _MILLION
    return [
        Cost(
            "NAT gateway",
            f"{HOURS} h × ({price.nat} + {price.address} for its address)"
            f" + {read:,.0f} GB × {price.nat_gigabyte}",
            HOURS * (price.nat + price.address) + read * price.nat_gigabyte,
        ),
        Cost(
            "endpoints, if wanted",
            f"{HOURS} h × {parts.endpoints} × {price.endpoint}, and a GB {price.endpoint_gigabyte}",
            HOURS * parts.endpoints * price.endpoint,
        ),
        Cost(
            "PostgreSQL",
            f"{HOURS} h × {price.postgres} + {parts.disk:g} GB × {price.disk_gigabyte_month}"
            f" + {price.secret_month} for its password",
            HOURS * price.postgres + parts.disk * price.disk_gigabyte_month + price.secret_month,
        ),
        Cost("Redis, if wanted", f"{HOURS} h × {price.redis}", HOURS * price.redis),
    ]


def _host(parts: Standing, price: Prices) -> Cost:
    return Cost(
        "WhatsApp host",
        f"{HOURS} h × ({parts.vcpus} vCPU × {price.vcpu} + {parts.memory:g} GB"
        f" × {price.memory_gigabyte})",
        HOURS * (parts.vcpus * price.vcpu + parts.memory * price.memory_gigabyte),
    )


def _watching(clients: int, parts: Standing, price: Prices) -> Iterable[Cost]:
    yield Cost(
        "CloudWatch metrics",
        f"{parts.metrics} × {price.metric_month}",
        parts.metrics * price.metric_month,
    )
    yield Cost(
        "CloudWatch alarms",
        f"{parts.alarms} metrics read × {price.alarm_month}",
        parts.alarms * price.alarm_month,
    )
    yield Cost("CloudWatch dashboard", f"1 × {price.dashboard_month:.2f}", price.dashboard_month)
    logs = day_of(clients).invocations * DAYS * parts.logged / _MILLION
    yield Cost("logs", f"{logs:,.1f} GB × {price.log_gigabyte}", logs * price.log_gigabyte)


def standing_table() -> str:
    """A table of all components, for 100 clients."""
    return _table(costs(100))


def network_table() -> str:
    """A table of the network's components only, for 100 clients."""
    return _table(network(100))


def _table(rows: Iterable[Cost]) -> str:
    return table(
        ("component", "formula", "$ a month"),
        [(row.name, row.formula, f"{row.dollars:,.2f}") for row in rows],
    )
