"""The tables of the schedule: rules, gate, and the day slot by slot."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date

from chalicelib.slots import (
    SCHEDULE,
    SEGMENT_A,
    SEGMENT_B,
    Rule,
    Segment,
    Slot,
    audit_window,
    eventbridge_expression,
    slots_of,
    task_list_hour,
)
from local.docs.markdown import code, table

_DAY = date(2026, 2, 20)


def rules_table() -> str:
    """The EventBridge rules, in WIB and as the UTC expression that is deployed."""
    rows = [
        (
            code(f"open_slot_{rule.name}"),
            _times(rule),
            str(len(list(rule.times()))),
            code(eventbridge_expression(rule)),
        )
        for rule in SCHEDULE
    ]
    rows.append(("together", "", str(len(slots_of(_DAY))), ""))
    return table(("handler", "WIB", "slots a day", "EventBridge (UTC)"), rows)


def gate_table() -> str:
    """How many slots fetch posts in each segment, and which ones."""
    first = slots_of(_DAY)[0].at
    rows = [
        (
            segment.name,
            f"{first:%H:%M} to {segment.last_half_hour:%H:%M} at :00 and :30, "
            f"and {segment.final:%H:%M}",
            str(sum(segment.fetches_at(slot.at.time()) for slot in slots_of(_DAY))),
        )
        for segment in (SEGMENT_A, SEGMENT_B)
    ]
    return table(("segment", "slots that fetch posts (WIB)", "number"), rows)


def slots_table() -> str:
    """The 34 slots of a day: what each segment does, what groups get, what audits cover."""
    heads = ("WIB", "UTC", "segment A", "segment B", "groups are told", "audit window (WIB)")
    return table(heads, [_slot_row(slot) for slot in slots_of(_DAY)])


def _slot_row(slot: Slot) -> Sequence[str]:
    start, end = audit_window(slot)
    utc = slot.at.astimezone(UTC)
    before = " (day before)" if utc.date() < slot.day else ""
    return (
        f"{slot.at:%H:%M}",
        f"{utc:%H:%M}{before}",
        _work(SEGMENT_A, slot),
        _work(SEGMENT_B, slot),
        "hour's list, changes" if task_list_hour(slot) else "changes",
        f"{start:%H:%M} to {end:%H:%M}",
    )


def _work(segment: Segment, slot: Slot) -> str:
    return "posts, engagement" if segment.fetches_at(slot.at.time()) else "engagement"


def _times(rule: Rule) -> str:
    minutes = " and ".join(f":{minute:02d}" for minute in rule.minutes)
    return f"{minutes} of the hours {rule.first_hour:02d} to {rule.last_hour:02d}"
