"""What unit tests are made of: moments, clients and posts with the details that do not matter."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from hypothesis import HealthCheck, settings

from chalicelib.clients import Client
from chalicelib.settings import Settings
from chalicelib.slots import WIB, Slot
from chalicelib.social.content import Post
from chalicelib.tasks import LastRead, Task
from tests.conftest import settings_of

DAY = date(2026, 2, 20)

always = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""For properties: a busy machine is no reason to fail."""

_CLIENT = Client(
    client_id="POLRES_X",
    name="Polres X",
    client_type="org",
    handles={"instagram": "polresx", "tiktok": "polresx"},
    account_ids={"tiktok": "MS4wX"},
    chats=("120363000000000001@g.us",),
)


def wib(clock: str, day: date = DAY) -> datetime:
    """`17:00` of the day, in WIB."""
    return datetime.fromisoformat(f"{day.isoformat()}T{clock}").replace(tzinfo=WIB)


def slot(clock: str, day: date = DAY) -> Slot:
    """The moment as a Slot, whether or not the schedule has it."""
    return Slot(wib(clock, day))


POST = Task(
    platform="instagram",
    content_id="A",
    caption="",
    like_count=10,
    comment_count=3,
    posted_at=wib("09:00"),
    late=False,
    shown=True,
    stored=10,
    last=LastRead(wib("09:30"), count=10, ended="end", complete=True, tries=0),
)
"""A post whose list was read to its end at 09:30, and whose count is the same."""


class AtOnce(Executor):
    """A pool without threads: work is done where it is handed in."""

    def submit(self, work: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        done: Future[Any] = Future()
        try:
            done.set_result(work(*args, **kwargs))
        except Exception as error:  # noqa: BLE001  the future carries it
            done.set_exception(error)
        return done


def make_client(**fields: Any) -> Client:
    return replace(_CLIENT, **fields)


def make_settings(**fields: str) -> Settings:
    """Of a process that reaches nothing: no .env, nobody at any address."""
    nowhere = {
        "DATABASE_URL": "postgresql://x@127.0.0.1:9/none",
        "RAPIDAPI_KEY": "a-secret",
        "RAPIDAPI_INSTAGRAM_HOST": "http://127.0.0.1:9",
        "RAPIDAPI_TIKTOK_HOST": "http://127.0.0.1:9",
    }
    return settings_of(nowhere | {name.upper(): value for name, value in fields.items()})


def make_post(content_id: str, posted_at: datetime | None = None, **fields: Any) -> Post:
    values: dict[str, Any] = {
        "platform": "instagram",
        "owner": "polresx",
        "caption": "",
        "like_count": 1,
        "comment_count": 1,
    }
    moment = posted_at or wib("08:00")
    return Post(content_id=content_id, posted_at=moment, **(values | fields))
