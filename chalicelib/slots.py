"""Time: slots, the post-fetch gate, hourly windows, WIB days, EventBridge expressions.

Pure, and without a clock: every function takes the time as an argument. All moments are
aware datetimes; a naive one is refused. WIB (Asia/Jakarta) is UTC+7 and has no daylight saving
time. The one schedule table below is what the EventBridge rules, the gate and the tables in
docs/ are derived from.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone

from chalicelib.errors import BadInput

WIB = timezone(timedelta(hours=7), "WIB")
_UTC_OFFSET_HOURS = 7

CATCH_UP_LIMIT = timedelta(minutes=25)
"""How late a slot may still be opened; after that it is reported as missed."""

_LONGEST_JOB = timedelta(minutes=30)

SLOT_LENGTH = timedelta(minutes=30)
"""From one slot to the next, and what a snapshot covers."""

FIVE = time(17, 0)
"""The slot that makes sure of the day's engagement: no budget keeps it from reading."""


@dataclass(frozen=True)
class Rule:
    """One line of the schedule: these minutes of these WIB hours (both ends included)."""

    name: str
    minutes: tuple[int, ...]
    first_hour: int
    last_hour: int

    def times(self) -> Iterator[time]:
        for hour in range(self.first_hour, self.last_hour + 1):
            yield from (time(hour, minute) for minute in self.minutes)


HALF_HOUR = Rule("half_hour", (0, 30), 6, 21)
FINAL = Rule("final", (58,), 20, 21)
SCHEDULE = (HALF_HOUR, FINAL)


@dataclass(frozen=True)
class Segment:
    """Which slots fetch posts: :00/:30 from 06:00 up to `last_half_hour`, and `final`."""

    name: str
    last_half_hour: time
    final: time

    def fetches_at(self, moment: time) -> bool:
        half_hour = moment in _HALF_HOURS and moment <= self.last_half_hour
        return half_hour or moment == self.final


_HALF_HOURS = frozenset(HALF_HOUR.times())
SLOT_TIMES = tuple(sorted(moment for rule in SCHEDULE for moment in rule.times()))
"""The 34 slots of a WIB day, in order."""

FIRST_DAY, LAST_DAY = date(2001, 1, 1), date(2100, 12, 31)
"""What anything can be of."""

_CHECK_THE_YEAR = "Check the year."

SEGMENT_A = Segment("A", time(20, 30), time(20, 58))
SEGMENT_B = Segment("B", time(21, 30), time(21, 58))


def segment_of(client_id: str, client_type: str | None) -> Segment:
    """Segment B for a `direktorat` other than DITBINMAS, A for all others, known or not.

    Id and type compare trimmed and case-insensitive.
    """
    directorate = (client_type or "").strip().lower() == "direktorat"
    return SEGMENT_B if directorate and client_id.strip().upper() != "DITBINMAS" else SEGMENT_A


@dataclass(frozen=True, order=True)
class Slot:
    """One of the 34 scheduled moments of a WIB day. `at` is aware and in WIB."""

    at: datetime

    @classmethod
    def exactly(cls, moment: datetime, field: str = "slot") -> Slot:
        """The slot at this moment; raises BadInput, naming the valid slots, if there is none."""
        local = to_wib(moment, field)
        if local.time() in SLOT_TIMES:
            check_day(local.date(), field)
            return cls(local)
        raise BadInput(
            field,
            f"{local:%Y-%m-%d %H:%M:%S} WIB is not a slot",
            "Slots are :00 and :30 from 06:00 to 21:30, 20:58 and 21:58 WIB.",
        )

    @classmethod
    def parse(cls, text: str, field: str = "slot") -> Slot:
        """The slot that an ISO 8601 text names; a text without an offset is taken as WIB."""
        try:
            moment = datetime.fromisoformat(text.strip())
        except ValueError:
            raise BadInput(
                field, f"{text!r} is not a time", "Write it like 2026-02-20T17:00+07:00."
            ) from None
        return cls.exactly(moment if moment.tzinfo else moment.replace(tzinfo=WIB), field)

    @classmethod
    def latest(cls, moment: datetime) -> Slot | None:
        """The last slot at or before this moment on its WIB day, or None before 06:00."""
        local = to_wib(moment)
        past = [t for t in SLOT_TIMES if t <= local.time()]
        return cls(datetime.combine(local.date(), past[-1], WIB)) if past else None

    @property
    def day(self) -> date:
        """The WIB day whose posts are "today's" for this slot."""
        return self.at.date()

    def too_late(self, now: datetime) -> bool:
        """Whether it is too old to be opened automatically: CATCH_UP_LIMIT or more after its
        time."""
        return now - self.at >= CATCH_UP_LIMIT

    @property
    def hour_key(self) -> str:
        """`YYYY-MM-DD-HH`, the key under which an hour's task list is sent once."""
        return f"{self.at:%Y-%m-%d-%H}"

    def __str__(self) -> str:
        return self.at.isoformat(timespec="minutes")


def slots_of(day: date) -> list[Slot]:
    """The 34 slots of a WIB day, in order."""
    return [Slot(datetime.combine(day, moment, WIB)) for moment in SLOT_TIMES]


def slot_of_event(event_time: str) -> Slot:
    """The slot that a schedule event is for, from the event's own `time`.

    EventBridge may fire late: an event up to CATCH_UP_LIMIT after a slot still belongs to that
    slot.
    """
    try:
        moment = datetime.fromisoformat(event_time)
    except ValueError:
        raise BadInput("time", f"{event_time!r} is not a time", "Send the event's own.") from None
    slot = Slot.latest(moment)
    if slot is None or slot.too_late(moment):
        raise BadInput(
            "time",
            f"no slot in the {CATCH_UP_LIMIT.seconds // 60} minutes before {event_time}",
            "Use run_slot with an exact slot.",
        )
    return slot


def fetches_posts(client_id: str, client_type: str | None, slot: Slot) -> bool:
    """The gate: whether this client's posts are fetched in this slot."""
    return segment_of(client_id, client_type).fetches_at(slot.at.time())


def job_expiry(client_id: str, client_type: str | None, slot: Slot) -> datetime:
    """When another slot takes over this client's work; at most 30 minutes after the slot.

    A fetch is only taken over by a slot that fetches: segment A's 20:58 fetch is its last of the
    day and must not expire at 21:00, which refreshes engagement only.
    """
    fetches = fetches_posts(client_id, client_type, slot)
    longest = slot.at + _LONGEST_JOB
    for later in slots_of(slot.day):
        if later > slot and (not fetches or fetches_posts(client_id, client_type, later)):
            return min(later.at, longest)
    return longest


def task_list_hour(slot: Slot, start: time = time(6, 0), end: time = time(17, 59)) -> str | None:
    """The hour whose task list this slot may send, or None outside the window (ends included)."""
    return slot.hour_key if start <= slot.at.time() <= end else None


def parse_day(text: str, field: str) -> date:
    """A day as people write it, `2026-02-20`. Raises BadInput, which names the field."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise BadInput(field, f"{text!r} is not a day", "Write it like 2026-02-20.") from None
    return check_day(day, field)


def check_day(day: date, field: str) -> date:
    """The day. Raises BadInput, which names the field, for one of another century: nothing can be
    of it, and its bounds may not be moments."""
    if FIRST_DAY <= day <= LAST_DAY:
        return day
    raise BadInput(field, f"{day} is not a day of this century", _CHECK_THE_YEAR)


def audit_window(slot: Slot) -> tuple[datetime, datetime]:
    """The half hour that an engagement snapshot of this slot covers: (start, end).

    `end` is the slot rounded to its half hour (20:58 → 21:00); dashboards match by equality.
    """
    half_hours = round(slot.at.minute / 30)
    end = slot.at.replace(minute=0) + timedelta(minutes=30 * half_hours)
    return end - SLOT_LENGTH, end


def day_bounds(day: date) -> tuple[datetime, datetime]:
    """A WIB day as aware moments: [start, end)."""
    start = datetime.combine(day, time(0), WIB)
    return start, start + timedelta(days=1)


def wib_day(moment: datetime) -> date:
    """The WIB day that a moment belongs to."""
    return to_wib(moment).date()


def to_wib(moment: datetime, field: str = "time") -> datetime:
    """The same moment in WIB. Raises BadInput for a naive one, which could mean two different days,
    and where its year in WIB is none that Python knows."""
    if moment.tzinfo is None:
        raise BadInput(field, f"{moment} has no zone", "Add one, such as +07:00.")
    try:
        return moment.astimezone(WIB)
    except OverflowError:
        raise BadInput(field, f"{moment} is not of this century", _CHECK_THE_YEAR) from None


def eventbridge_expression(rule: Rule) -> str:
    """The rule as an EventBridge cron expression, which is in UTC."""
    minutes = ",".join(map(str, rule.minutes))
    hours = [(h - _UTC_OFFSET_HOURS) % 24 for h in range(rule.first_hour, rule.last_hour + 1)]
    return f"cron({minutes} {_ranges(hours)} * * ? *)"


def _ranges(hours: list[int]) -> str:
    """[23, 0, 1, 2] → "23,0-2": a range cannot cross midnight."""
    runs: list[list[int]] = []
    for hour in hours:
        if runs and hour == runs[-1][-1] + 1:
            runs[-1].append(hour)
        else:
            runs.append([hour])
    return ",".join(str(r[0]) if len(r) == 1 else f"{r[0]}-{r[-1]}" for r in runs)
