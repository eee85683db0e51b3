"""Monthly costs beside Lambda and SQS: the templates' counts, sums on round numbers."""

from __future__ import annotations

import json
from typing import Any

import pytest

from local.docs.costs import day_of
from local.docs.standing import HOURS, Prices, Standing, costs, network
from tests.conftest import ROOT
from tests.unit.test_watch import logged


def resources(file: str, kind: str) -> list[dict[str, Any]]:
    made = json.loads((ROOT / f".chalice/{file}.json").read_text(encoding="utf-8"))["Resources"]
    return [resource["Properties"] for resource in made.values() if resource["Type"] == kind]


def dollars(clients: int, standing: Standing, prices: Prices) -> dict[str, float]:
    return {cost.name: cost.dollars for cost in costs(clients, standing, prices)}


def test_what_is_counted_is_what_the_templates_make() -> None:
    counted, watched = Standing(), "AWS::CloudWatch::Alarm"
    alarms = resources("resources", watched) + resources("watch", watched)
    assert counted.alarms == sum(
        sum("MetricStat" in metric for metric in alarm.get("Metrics", [{"MetricStat": {}}]))
        for alarm in alarms
    )
    assert len(resources("watch", "AWS::CloudWatch::Dashboard")) == 1
    counts = resources("resources", "AWS::Logs::MetricFilter")
    assert counted.metrics == len(logged()) + len(counts)
    endpoints = resources("network", "AWS::EC2::VPCEndpoint")
    assert counted.endpoints == sum(len(endpoint.get("SubnetIds", [])) for endpoint in endpoints)
    [database] = resources("network", "AWS::RDS::DBInstance")
    assert counted.disk == int(database["AllocatedStorage"])
    [task] = resources("resources", "AWS::ECS::TaskDefinition")
    assert (counted.vcpus * 1024, counted.memory * 1024) == (int(task["Cpu"]), int(task["Memory"]))


def test_each_component_costs_its_hours_and_pieces() -> None:
    parts = Standing(
        vcpus=2, memory=3, endpoints=4, disk=5, metrics=6, alarms=7, answer=0, logged=0
    )
    price = Prices(*[1] * len(Prices.__dataclass_fields__))
    assert dollars(100, parts, price) == {
        "WhatsApp host": HOURS * (2 + 3),
        "NAT gateway": HOURS * 2,
        "endpoints, if wanted": HOURS * 4,
        "PostgreSQL": HOURS + 5 + 1,
        "Redis, if wanted": HOURS,
        "CloudWatch metrics": 6,
        "CloudWatch alarms": 7,
        "CloudWatch dashboard": 1,
        "logs": 0,
    }


def test_only_answers_and_logs_grow_with_the_clients() -> None:
    one, ten = (dollars(clients, Standing(), Prices()) for clients in (100, 1_000))
    assert {name for name in one if one[name] != ten[name]} == {"NAT gateway", "logs"}
    through_nat = day_of(100).api_calls * 30 * 30 / 1_000_000
    assert network(100)[0].dollars == pytest.approx(HOURS * 0.05 + through_nat * 0.045)
