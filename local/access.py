"""What commands work on: a whole stack, a handler, or only the database."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from chalicelib.runtime import Runtime
from chalicelib.settings import load_settings
from chalicelib.slots import WIB, Slot
from local.environment import environment, given_environment
from local.running import running
from local.services import EmbeddedPostgres

if TYPE_CHECKING:
    from chalicelib.clients import Client
    from local.stack import Stack

log = logging.getLogger(__name__)

DATA = Path(".local")


def print_plans(slot: Slot, client_id: str | None) -> None:
    """Prints what the groups of one client, or of all, would be told in this slot."""
    from chalicelib.notify.state import preview
    from local.show import print_plan

    with reading() as reader:
        for one in clients_of(reader, client_id):
            print_plan(one, preview(reader, one, slot))


def clients_of(reader: Runtime, client_id: str | None) -> Sequence[Client]:
    """The named client, or without a name all that take part. Raises BadInput for a wrong name."""
    from chalicelib.clients import participants
    from chalicelib.manual.runs import find_client

    with reader.db.transaction() as tx:
        if client_id is None:
            return participants(tx.run("slots.active_clients"))
        return [find_client(tx, client_id)]


@contextmanager
def reading() -> Iterator[Runtime]:
    """A runtime over the database of DATABASE_URL, or the embedded one; it is not migrated, and
    nothing else is started."""
    values = {"RAPIDAPI_KEY": "none"} | given_environment()
    with ExitStack() as parts:
        values["DATABASE_URL"] = parts.enter_context(database_url())
        with environment(values):
            reader = Runtime(load_settings(env_file=None))
        parts.callback(reader.close)
        yield reader


@contextmanager
def database_of(data_dir: Path) -> Iterator[EmbeddedPostgres]:
    """The embedded database of a run's directory; started, unless its stack is running."""
    postgres = EmbeddedPostgres(data_dir / "postgres")
    if running(data_dir) is None:
        with postgres:
            yield postgres
    else:
        yield postgres


@contextmanager
def database_url() -> Iterator[str]:
    """DATABASE_URL if it is set, otherwise the URL of the running stack's database, or of the
    embedded one, which is then started."""
    url = given_environment().get("DATABASE_URL")
    if url:
        yield url
        return
    with database_of(DATA) as embedded:
        yield embedded.url


def stack(slot: Slot | None, stays: bool = False) -> Stack:
    """A stack of the services that are set and others that are started, or the running one; the
    sandbox plays the slot's day."""
    from local.sandbox.scenario import demo_day
    from local.stack import Stack

    day = slot.day if slot else datetime.now(WIB).date()
    return Stack(DATA, demo_day(day), lambda part: log.info("starting %s", part), stays=stays)
