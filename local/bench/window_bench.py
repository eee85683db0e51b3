"""How fast the operators' window is, over a long and wide past: every page, as a browser asks."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from statistics import median
from typing import Any

import psutil
import requests
from rich.table import Table

from chalicelib.db import Database
from chalicelib.db.migrate import migrate
from chalicelib.settings import load_settings
from chalicelib.slots import WIB
from local.bench.meter import elsewhere_percent, machine_seconds
from local.bench.window_seed import seed, sum_up
from local.environment import environment, own_environment
from local.services import EmbeddedPostgres
from local.show import out
from wa_session_host.page import serving_alone
from wa_session_host.page.context import SHARE_SECONDS
from wa_session_host.page.passwords import hash_password

NOW = datetime(2026, 2, 20, 17, 10, tzinfo=WIB)
TARGET_MS = 200
_SHARED = {"Hari ini, to others": "/", "Satker, to others": "/satker"}
"""The pages that show what was read for the one who asked shortly before."""

_PASSWORD = "a password of the bench"  # noqa: S105  of a server that lives for the run
_SECONDS = 600.0


@dataclass(frozen=True)
class Size:
    """How much there is; a database of the same size is used again."""

    clients: int = 1000
    days: int = 90
    messages: int = 2_000_000

    def __str__(self) -> str:
        return f"{self.clients}-{self.days}-{self.messages}"


@dataclass(frozen=True)
class PageTimes:
    """A page: medians in milliseconds, of the answer, and of the CPU time of the server and of
    PostgreSQL together."""

    page: str
    status: int
    milliseconds: float
    cpu: float
    kilobytes: int


@dataclass(frozen=True)
class WindowReport:
    """All pages; `elsewhere`: the share of the machine in percent that others used meanwhile."""

    size: Size
    pages: list[PageTimes]
    elsewhere: float

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def run_window_bench(
    data: Path, size: Size, rounds: int, say: Callable[[str], None]
) -> WindowReport:
    """Seeds what is missing, asks for every page `rounds` times, and returns the medians."""
    with _database(data / str(size), size, say) as postgres:
        database = Database(postgres.url)
        paths = _paths(database, size)
        database.close()
        before, own = machine_seconds(), _cpu(postgres)
        pages = [
            *_measured(postgres, paths, rounds, 0.0),
            *_measured(postgres, _SHARED, rounds, SHARE_SECONDS),
        ]
        used = _cpu(postgres) - own
        return WindowReport(size, pages, elsewhere_percent(before, machine_seconds(), used))


def _measured(
    postgres: EmbeddedPostgres, paths: Mapping[str, str], rounds: int, share_seconds: float
) -> list[PageTimes]:
    with serving(postgres.url, share_seconds) as url, visitor(url) as who:
        return [timed(who, name, f"{url}{path}", rounds, postgres) for name, path in paths.items()]


def print_window(report: WindowReport) -> None:
    size = report.size
    table = Table(
        title=f"{size.clients:,} clients, {size.days} days of runs, {size.messages:,} messages; "
        f"machine busy elsewhere: {report.elsewhere:.0f} %",
        title_justify="left",
    )
    for heading in ("page", "status", "median ms", "of it CPU", "kB"):
        table.add_column(heading)
    for page in report.pages:
        over = " *" if page.milliseconds > TARGET_MS else ""
        cells = (f"{page.milliseconds:.0f}{over}", f"{page.cpu:.0f}", str(page.kilobytes))
        table.add_row(page.page, str(page.status), *cells)
    out.print(table)


@contextmanager
def _database(data: Path, size: Size, say: Callable[[str], None]) -> Iterator[EmbeddedPostgres]:
    data.mkdir(parents=True, exist_ok=True)
    with EmbeddedPostgres(
        data / "postgres", shared_buffers="512MB", max_wal_size="4GB"
    ) as postgres:
        migrate(postgres.url)
        if not (data / "seeded").exists():
            database = Database(postgres.url, answer_seconds=_SECONDS * 6)
            seed(database, NOW, (size.clients, size.days, size.messages), say)
            sum_up(database, NOW)
            database.close()
            say("vacuum")
            postgres.psql("-qc", "VACUUM ANALYZE")
            (data / "seeded").touch()
        yield postgres


def _paths(database: Database, size: Size) -> Mapping[str, str]:
    """Every page, and the searches that cost most."""
    with database.transaction():
        [post] = database.execute("SELECT min(shortcode) AS id FROM insta_like")
        [message] = database.execute("SELECT max(outbox_id) AS id FROM wa_notification_outbox")
    since = date.fromordinal(NOW.date().toordinal() - size.days + 1)
    return {
        "Hari ini": "/",
        "slot": "/slot/2026-02-20T17:00",
        "Satker": "/satker",
        "Satker, searched and sorted": "/satker?cari=polres&urut=umur&tampil=unverified",
        "a client": "/satker/POLRES_0001",
        "Konten": "/konten",
        "Konten, searched": "/konten?cari=patroli+3",
        "a post": f"/konten/{post['id']}",
        "archive": "/konten/arsip",
        "held": "/konten/ditahan",
        "Pesan": "/pesan",
        "Pesan of a rare state": "/pesan?keadaan=batal",
        "Pesan by name": "/pesan?cari=contoh+7",
        "Pesan by words": "/pesan?cari=tidak+ada+kata+ini",
        "a message": f"/pesan/{message['id']}",
        "WhatsApp": "/whatsapp",
        "Riwayat": "/riwayat",
        f"Riwayat, {size.days} days": f"/riwayat?dari={since}&sampai={NOW.date()}",
        "a day": f"/riwayat/{NOW.date()}",
        "Catatan": "/catatan",
    }


@contextmanager
def serving(database_url: str, share_seconds: float = 0.0) -> Iterator[str]:
    """The window's address; its now is NOW."""
    values = own_environment() | {
        "DATABASE_URL": database_url,
        "RAPIDAPI_KEY": "unused",
        "WA_PAGE_HOST": "127.0.0.1",
        "WA_PAGE_PORT": "0",
        "WA_PAGE_PASSWORD_HASH": hash_password(_PASSWORD),
        "AWS_ACCESS_KEY_ID": "unused",
        "AWS_SECRET_ACCESS_KEY": "unused",
        "AWS_DEFAULT_REGION": "ap-southeast-3",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
    }
    with environment(values):
        settings = load_settings(env_file=None)
        with serving_alone(settings, lambda: NOW, share_seconds=share_seconds) as address:
            yield address


@contextmanager
def visitor(url: str) -> Iterator[requests.Session]:
    """An operator who has logged in."""
    with requests.Session() as session:
        session.trust_env = False
        login = session.get(f"{url}/login", timeout=_SECONDS).text
        [token] = re.findall(r'name="csrf" value="([^"]+)"', login)[:1]
        form = {"csrf": token, "name": "operator", "password": _PASSWORD}
        session.post(f"{url}/login", form, timeout=_SECONDS, allow_redirects=False)
        yield session


def timed(
    who: requests.Session, name: str, url: str, rounds: int, postgres: EmbeddedPostgres
) -> PageTimes:
    """A page's medians over `rounds`, after one that does not count."""
    who.get(url, timeout=_SECONDS)  # reads what was on disk
    times: list[float] = []
    cpu = _cpu(postgres)
    for _ in range(rounds):
        began = time.monotonic()
        answer = who.get(url, timeout=_SECONDS)
        times.append(1000 * (time.monotonic() - began))
    spent = 1000 * (_cpu(postgres) - cpu) / rounds
    return PageTimes(name, answer.status_code, median(times), spent, len(answer.content) // 1024)


def _cpu(postgres: EmbeddedPostgres) -> float:
    """Seconds of CPU that this process and the database have used; a page's connection ends with
    it, and then counts as its parent's child."""
    own = os.times()
    used = own.user + own.system
    pid = int((postgres.data_dir / "postmaster.pid").read_text("utf-8").split()[0])
    with suppress(psutil.Error):
        server = psutil.Process(pid)
        for one in (server, *server.children()):
            with suppress(psutil.Error):
                times = one.cpu_times()
                used += times.user + times.system
        times = server.cpu_times()
        used += times.children_user + times.children_system
    return used
