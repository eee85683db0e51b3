"""`python -m tests.forks.server SOCKET [MODULE …]`: forks programs, which find these modules or its
own list imported, until its standard input closes.

It has no thread, so that a fork is safe, and has not imported neonize, whose library starts some.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import importlib
import os
import runpy
import selectors
import signal
import site
import socket
import sys
import traceback
from pathlib import Path
from threading import _shutdown  # type: ignore[attr-defined]

_IMPORTED = (
    "PIL.Image", "boto3", "google.protobuf.json_format", "httpx", "linkpreview", "local.cli",
    "local.stack", "phonenumbers", "requests", "segno", "tqdm", "wa_session_host.child",
    "wa_session_host.host",
)  # fmt: skip


class Server:
    """Each program has a connection, over which its process id and its end are told; a program
    whose connection closes is killed."""

    def __init__(self, address: str) -> None:
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(address)
        self._listener.listen(64)
        self._selector = selectors.DefaultSelector()
        for channel in (self._listener, sys.stdin):
            self._selector.register(channel, selectors.EVENT_READ)
        self._connections: dict[int, socket.socket] = {}

    def run(self) -> list[str]:
        """Returns in forked processes only: a program's module and arguments."""
        while True:
            for key, _ in self._selector.select():
                if key.fileobj is sys.stdin:
                    self._end()
                elif key.fileobj is self._listener:
                    if program := self._fork():
                        return program
                elif isinstance(key.fileobj, int):
                    self._ended(key.fileobj, key.data)
                elif key.data in self._connections:  # whoever started it has gone
                    self._selector.unregister(key.fileobj)
                    os.kill(key.data, signal.SIGKILL)

    def _fork(self) -> list[str] | None:
        """The program in its process, and None in this one."""
        connection, _ = self._listener.accept()
        size, streams, _, _ = socket.recv_fds(connection, 8, 3)
        text = connection.makefile("rb").read(int.from_bytes(size, "big"))
        if not text:  # whoever asked has gone already
            connection.close()
        elif (pid := os.fork()) == 0:
            self._selector.close()
            self._listener.close()
            for other in (connection, *self._connections.values()):
                other.close()
            return _become(text.decode(errors="surrogateescape").split("\0"), streams)
        else:
            self._watch(pid, connection)
        for stream in streams:
            os.close(stream)
        return None

    def _watch(self, pid: int, connection: socket.socket) -> None:
        self._connections[pid] = connection
        self._selector.register(connection, selectors.EVENT_READ, pid)
        self._selector.register(os.pidfd_open(pid), selectors.EVENT_READ, pid)
        with contextlib.suppress(OSError):
            connection.sendall(b"%d\n" % pid)

    def _ended(self, pidfd: int, pid: int) -> None:
        self._selector.unregister(pidfd)
        os.close(pidfd)
        _, status = os.waitpid(pid, 0)
        with self._connections.pop(pid) as connection, contextlib.suppress(OSError):
            with contextlib.suppress(KeyError):
                self._selector.unregister(connection)
            connection.sendall(b"%d\n" % status)

    def _end(self) -> None:
        for pid in self._connections:
            os.kill(pid, signal.SIGKILL)
        os._exit(0)


def _become(parts: list[str], streams: list[int]) -> list[str]:
    """Takes on directory, environment and streams; returns the program."""
    os.setsid()
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    directory, count, *rest = parts
    os.chdir(directory)
    _replace_environment(dict(line.split("=", 1) for line in rest[int(count) :]))
    return rest[: int(count)]


def _replace_environment(new: dict[str, str]) -> None:
    """Variables that exist come first: they change in place, and a library in Go sees nothing but
    this place, where the environment was when the process began."""
    for name in os.environ.keys() & new.keys():
        os.environ[name] = new[name]
    for name in os.environ.keys() - new.keys():
        del os.environ[name]
    os.environ.update(new)


def main() -> None:
    """Serves; in a forked process, prepares what Python does at its start and runs the program."""
    for name in sys.argv[2:] or _IMPORTED:
        importlib.import_module(name)
    sys.modules.pop("sitecustomize", None)  # a program may bring its own
    gc.collect()
    gc.freeze()  # what is never looked at again is never copied
    server = Server(sys.argv[1])
    print(flush=True)
    module, *arguments = server.run()
    sys.argv = ["", *arguments]
    added = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    sys.path[:1] = [str(Path.cwd()), *filter(None, added)]
    site.execsitecustomize()
    code = _run(module)
    _shutdown()  # waits for threads, as the interpreter's own end does
    atexit._run_exitfuncs()
    sys.stdout.flush()
    os._exit(code)  # tidying up what was imported would take as long as importing it


def _run(module: str) -> int:
    """The program's exit code."""
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    except SystemExit as end:
        if end.code is None or isinstance(end.code, int):
            return end.code or 0
        print(end.code, file=sys.stderr)
        return 1
    except BaseException:  # noqa: BLE001  whatever it is, it ends the program
        traceback.print_exc()
        return 1
    return 0


if __name__ == "__main__":
    main()
