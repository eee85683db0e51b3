"""Which scheduled recap a client's chats get now. Pure.

A recap of an hour has the data of the nearest slot before it. It lives until the next hour's, at
most LIFE, and never past its WIB day: what is late says nothing new.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Literal, get_args
from urllib.parse import quote

from chalicelib.chats import read_people
from chalicelib.errors import BadInput
from chalicelib.slots import WIB, Slot, day_bounds, to_wib

LIFE = timedelta(hours=2)
WAIT = timedelta(minutes=5)
"""How long a recap waits for a slot before its hour that is still being read."""

USUAL_HOURS = (time(15, 20), time(18, 20), time(20, 20))
MOST_HOURS = 8
EARLIEST, LATEST = time(6, 30), time(23, 30)

Recipient = Literal["group", "operator", "super"]
Form = Literal["text", "png", "xlsx"]
RECIPIENTS: tuple[Recipient, ...] = get_args(Recipient)
FORMS: tuple[Form, ...] = get_args(Form)
"""In the order in which they are sent."""


@dataclass(frozen=True)
class Schedule:
    """What a client's schedule says. `hours` are WIB, in order; `chats`: more recipients, as
    typed; `changed_at`: an hour that had passed by then is not made up for; None: never set."""

    active: bool = False
    hours: tuple[time, ...] = ()
    recipients: tuple[Recipient, ...] = ()
    chats: str = ""
    forms: tuple[Form, ...] = ()
    changed_at: datetime | None = None


@dataclass(frozen=True)
class Known:
    """What a client's day has so far: the slots whose run has `finished`, those still `running`,
    and the hours that were `told`."""

    finished: Sequence[Slot] = ()
    running: Sequence[Slot] = ()
    told: Collection[datetime] = ()


@dataclass(frozen=True)
class Due:
    """The recap of the hour `at`, as `slot` knew the day; from `expires_at` on it is not sent."""

    at: datetime
    slot: Slot
    expires_at: datetime


def due(schedule: Schedule, known: Known, now: datetime) -> Due | None:
    """The recap that is to be written now, if one is. Of several hours that have passed only the
    latest counts; without a finished slot before it nothing can be said."""
    if not (schedule.active and schedule.forms) or schedule.changed_at is None:
        return None
    now = to_wib(now)
    hours = sorted(datetime.combine(now.date(), hour, WIB) for hour in set(schedule.hours))
    past = [at for at in hours if schedule.changed_at < at <= now]
    if not past or past[-1] in known.told:
        return None
    at = past[-1]
    expires_at = min([*(hour for hour in hours if hour > at), at + LIFE, day_bounds(at.date())[1]])
    slots = [slot for slot in known.finished if slot.day == at.date() and slot.at < at]
    if now >= expires_at or not slots:
        return None
    slot = max(slots)
    if now < at + WAIT and any(slot.at < one.at < at for one in known.running):
        return None
    return Due(at, slot, expires_at)


def key_of(client_id: str, chat: str, at: datetime, form: Form) -> str:
    """The idempotency key of one message, from what it tells."""
    return f"recap:{client_id}:{chat}:{to_wib(at).isoformat(timespec='minutes')}:{form}"


def file_of(client_id: str, slot: Slot, form: Form) -> str:
    """Under which name the file of a slot's recap is kept."""
    return f"recap/{slot.day}/{quote(client_id, safe='')}/{slot.at:%H%M}.{form}"


def read_schedule(
    *, active: bool, hours: str, recipients: Iterable[str], chats: str, forms: Iterable[str]
) -> Schedule:
    """A schedule as people type it. Raises BadInput, which names the field and never what was
    typed as a chat; a schedule that is off may be incomplete."""
    schedule = Schedule(
        active=active,
        hours=_hours(hours),
        recipients=tuple(one for one in RECIPIENTS if one in set(recipients)),
        chats=", ".join(part.strip() for part in chats.split(",") if part.strip()),
        forms=tuple(form for form in FORMS if form in set(forms)),
    )
    if refused := read_people(schedule.chats).refused:
        places = ", ".join(map(str, refused))
        raise BadInput("chats", f"entry {places} is no telephone number or group id")
    if not active:
        return schedule
    for field, given in (("hours", schedule.hours), ("forms", schedule.forms)):
        if not given:
            raise BadInput(field, "is empty", "Name at least one, or switch the schedule off.")
    if not (schedule.recipients or schedule.chats):
        raise BadInput("recipients", "are none", "Name at least one, or switch it off.")
    return schedule


def _hours(text: str) -> tuple[time, ...]:
    found: set[time] = set()
    for word in text.replace(",", " ").replace(".", ":").split():
        try:
            hour = time.fromisoformat(word)
        except ValueError:
            raise BadInput("hours", f"{word!r} is not an hour", "Write it like 15:20.") from None
        if hour.tzinfo or hour.second or hour.microsecond or not EARLIEST <= hour <= LATEST:
            span = f"{EARLIEST:%H:%M} to {LATEST:%H:%M}"
            raise BadInput("hours", f"{word!r} is not one from {span}", "Write it like 15:20.")
        found.add(hour)
    if len(found) > MOST_HOURS:
        raise BadInput("hours", f"more than {MOST_HOURS}", "Name fewer.")
    return tuple(sorted(found))
