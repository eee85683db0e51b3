"""The template of what watches over the service fits what the service does."""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Any

from chalicelib.reports.metrics import NAMESPACE, slot_metrics, sweep_metrics
from chalicelib.slots import WIB, Slot
from tests.conftest import ROOT

WATCH = json.loads((ROOT / ".chalice/watch.json").read_text(encoding="utf-8"))
CONFIG = json.loads((ROOT / ".chalice/config.json").read_text(encoding="utf-8"))
TEXT = json.dumps(WATCH)


def resources(kind: str) -> dict[str, dict[str, Any]]:
    return {
        name: resource["Properties"]
        for name, resource in WATCH["Resources"].items()
        if resource["Type"] == f"AWS::{kind}"
    }


def logged() -> set[str]:
    """The names of all metrics that the service logs."""
    slot, columns = Slot.parse("2026-02-20T17:00"), dict.fromkeys(COLUMNS, 0)
    lines = [
        slot_metrics("prod", slot, slot.at, columns, {}),
        sweep_metrics("prod", datetime(2026, 2, 20, 17, tzinfo=WIB), None),
    ]
    directives = [line["_aws"]["CloudWatchMetrics"][0] for line in lines]
    assert {d["Namespace"] for d in directives} == {NAMESPACE}
    return {metric["Name"] for d in directives for metric in d["Metrics"]}


COLUMNS = (
    "clients",
    "done",
    "failed",
    "unfinished",
    "posts_new",
    "posts_removed",
    "api_requests",
    "messages_queued",
    "lists_incomplete",
    "seconds",
)


def test_every_alarm_reaches_the_topic_when_it_starts_and_when_it_ends() -> None:
    for alarm in resources("CloudWatch::Alarm").values():
        assert alarm["AlarmActions"] == alarm["OKActions"] == [{"Ref": "AlarmTopic"}]
        assert alarm["AlarmName"]["Fn::Sub"].startswith("cicero-${Stage}-")


def test_an_alarm_on_what_does_not_happen_takes_silence_for_it() -> None:
    silence = {
        name: alarm["TreatMissingData"] == "breaching"
        for name, alarm in resources("CloudWatch::Alarm").items()
    }
    assert silence == {
        "SweepSilent": True,
        "SlotsLate": True,
        "HostSilent": True,
        "StageErrors": False,
        "Throttles": False,
    }


def test_every_figure_that_is_watched_is_logged() -> None:
    [dashboard] = resources("CloudWatch::Dashboard").values()
    widgets = json.loads(dashboard["DashboardBody"]["Fn::Sub"])["widgets"]
    shown = {m[1] for w in widgets for m in w["properties"]["metrics"] if m[0] == NAMESPACE}
    alarms = resources("CloudWatch::Alarm").values()
    watched = {alarm["MetricName"] for alarm in alarms if alarm.get("Namespace") == NAMESPACE}
    assert shown | watched <= logged()
    assert watched == {"MinutesBehind"}


def test_every_function_that_is_named_exists() -> None:
    named = set(re.findall(r"cicero-fetch-\$\{Stage\}-(\w+)", TEXT))
    assert named <= set(CONFIG["lambda_functions"])
    assert {"sweep", "fetch_posts", "refresh_engagement"} <= named
