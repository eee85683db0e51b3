"""Invented days, each in a database of its own, as of 17:12 WIB."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from chalicelib.db import Database
from chalicelib.runtime import Runtime
from chalicelib.settings import Settings
from chalicelib.slots import WIB, day_bounds
from chalicelib.social.errors import QuotaExceeded
from local.bench.window_seed import seed
from local.screenshots.days import BAD, CALM, NAMES, PEOPLE, REPORT, SENT
from wa_session_host import protocol
from wa_session_host.page import serving_alone
from wa_session_host.page.passwords import hash_password
from wa_session_host.session.child_process import Reply, gone
from wa_session_host.session.session import Session
from wa_session_host.session.snapshot import Snapshot

NOW = datetime(2026, 2, 20, 17, 12, tzinfo=WIB)
PASSWORD = "kata sandi contoh"  # noqa: S105  of a window that lives for a minute, on 127.0.0.1
USERS = {"budi": "operator", "sari": "pemantau"}
_SUMMED = 5000


GROUPS: Mapping[str, str] = {
    f"{120363000000000000 + number}@g.us": f"Tugas Polres Contoh {number}"
    for number in range(1, 31)
}
"""The names of the groups that an account is in, by id; not all of those that clients have."""


@dataclass(frozen=True)
class Posing:
    """A session of which the page shows the snapshot and, if it is connected, the groups."""

    account: str
    snapshot: Snapshot

    def ask(self, _: Callable[[int], protocol.Asked]) -> Reply:
        """Its groups, whatever was asked."""
        if self.snapshot.state != "connected":
            return gone()
        reply = Reply()
        reply.set_result(
            [{"id": chat, "name": name, "members": 40 + len(name)} for chat, name in GROUPS.items()]
        )
        return reply


@dataclass(frozen=True)
class Scene:
    """A day. `size`: clients, days of runs, messages; None: nothing ever ran. `statements`: what
    happened beyond that. `sessions`: the WhatsApp accounts."""

    name: str
    size: tuple[int, int, int] | None
    statements: tuple[str, ...] = ()
    sessions: tuple[Snapshot, ...] = ()
    quota_used_up: bool = False


_CONNECTED = Snapshot("gateway", "connected", NOW - timedelta(hours=9))
_PAIRING = Snapshot(
    "gateway",
    "pairing",
    NOW,
    code="2@invented,code,that,pairs,nothing,at,all",
    code_until=NOW + timedelta(seconds=20),
    pid=1,
)
_LOGGED_OUT = Snapshot("gateway", "logged_out", NOW - timedelta(minutes=50), "logged_out")
SCENES: Mapping[str, Scene] = {
    scene.name: scene
    for scene in (
        Scene("normal", (36, 9, 6000), (NAMES, *CALM, REPORT, *PEOPLE), (_CONNECTED,)),
        Scene("empty", None, (), (_PAIRING,)),
        Scene(
            "bad", (36, 9, 6000), (NAMES, *BAD, REPORT, *PEOPLE), (_LOGGED_OUT,), quota_used_up=True
        ),
        Scene("1000", (1000, 2, 20_000), (*SENT, *PEOPLE), (_CONNECTED,)),
    )
}


def fill(database: Database, scene: Scene, say: Callable[[str], None] = lambda _: None) -> None:
    """Puts the day into an empty, migrated database."""
    if scene.size is None:
        return
    seed(database, NOW, scene.size, say)
    day, _ = day_bounds(NOW.date())
    given = {"now": NOW, "day": day}
    for statement in scene.statements:
        used = {name: value for name, value in given.items() if f":{name}" in statement}
        with database.transaction():
            database.execute("SET LOCAL statement_timeout = 0")
            database.execute(statement, **used)
    with database.transaction() as tx:
        tx.run("overview_slots.summarise", closed_before=NOW, now=NOW, batch=_SUMMED)
        database.execute("ANALYZE")


@contextmanager
def window(settings: Settings, scene: Scene) -> Iterator[str]:
    """The window on a day that is in the database of the settings; its address."""
    kept = hash_password(PASSWORD)
    users = ",".join(f"{name}:{role}:{kept}" for name, role in USERS.items())
    changes = {"wa_page_users": users, "wa_page_port": 0, "wa_page_host": "127.0.0.1"}
    settings = settings.model_copy(update=changes)
    sessions = {
        shot.account: cast("Session", Posing(shot.account, shot)) for shot in scene.sessions
    }
    if scene.quota_used_up:
        _use_up(settings)
    with serving_alone(settings, lambda: NOW, sessions) as address:
        yield address


def _use_up(settings: Settings) -> None:
    """Closes Instagram's first route, as the API's own answer does."""
    runtime = Runtime(settings, lambda: NOW)
    error = QuotaExceeded("used up", 5 * 3600)
    runtime.guard.breaker.trip(runtime.routes("instagram")[0], error)
    runtime.close()
