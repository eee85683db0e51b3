"""When a schedule fires, read only from its expression."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


def clocks(expression: str) -> set[str]:
    """The WIB times `HH:MM` at which an EventBridge cron expression fires, every day."""
    assert expression.startswith("cron(")
    assert expression.endswith(")")
    minute_field, hour_field, *days = expression[5:-1].split(" ")
    assert days == ["*", "*", "?", "*"]
    fired = [
        datetime(2026, 2, day, hour, minute, tzinfo=UTC) + timedelta(hours=7)
        for day in (18, 19, 20, 21, 22)
        for hour in numbers(hour_field, 23)
        for minute in numbers(minute_field, 59)
    ]
    return {f"{moment:%H:%M}" for moment in fired if moment.day == 20}


def numbers(field: str, highest: int) -> list[int]:
    """The numbers of a cron field; a range that runs backwards is refused, as AWS would."""
    found: list[int] = []
    for part in field.split(","):
        first, _, last = part.partition("-")
        assert 0 <= int(first) <= int(last or first) <= highest, field
        found += range(int(first), int(last or first) + 1)
    assert len(found) == len(set(found)), field
    return found
