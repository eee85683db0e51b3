"""Connects a process that loads the unmodified WhatsApp library to the stand-in, and nowhere else.

The code under test starts such processes itself and knows nothing of this. At `import neonize`
the process leaves the machine's network for a namespace with its own loopback. Once the
library is loaded, it hands the stand-in a listening socket in there and the words that the
library abbreviates, and gets the root key that the library will trust instead of WhatsApp's.
If any of this fails, the process ends: the library must not get a chance to reach the real server.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import importlib.util
import json
import os
import socket
import struct
import sys
import traceback
from collections.abc import Iterator, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType

ADDRESS = "CICERO_TEST_WHATSAPP"
PORT = 3128
_NEW_USER, _NEW_NETWORK = 0x10000000, 0x40000000
_SET_FLAGS, _UP_AND_RUNNING = 0x8914, 0x41
_open: list[socket.socket] = []  # as long as the process lives


def install() -> None:
    """From now on `import neonize` isolates the process first."""
    sys.meta_path.insert(0, _Finder())


class _Finder(MetaPathFinder):
    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        spec = PathFinder.find_spec(fullname, path) if fullname == "neonize" else None
        if spec is not None and spec.loader is not None:
            spec.loader = _Isolating(spec.loader)
        return spec


class _Isolating(Loader):
    """Isolates the process, loads the library, and points it to the stand-in."""

    def __init__(self, loader: Loader) -> None:
        self._loader = loader

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        with _or_exit():
            isolate()
            load_magic()
        self._loader.exec_module(module)
        with _or_exit():
            _turn(Path(module.__path__[0]))


@contextlib.contextmanager
def _or_exit() -> Iterator[None]:
    try:
        yield
    except BaseException:  # noqa: BLE001 - whatever it was, the library must not continue
        traceback.print_exc()
        os._exit(70)


def isolate() -> None:
    """Moves to a network namespace with nothing but a loopback, as `unshare -rn` would."""
    user, group = os.getuid(), os.getgid()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_NEW_USER | _NEW_NETWORK):
        raise OSError(ctypes.get_errno(), "no namespace; neonize must be imported before threads")
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
    Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, _SET_FLAGS, struct.pack("16sH14x", b"lo", _UP_AND_RUNNING))


def load_magic() -> None:
    """Loads libmagic from the package that ships it, if the system has none."""
    with contextlib.suppress(OSError):
        ctypes.CDLL("libmagic.so.1")
        return
    spec = importlib.util.find_spec("pylibmagic")
    if spec is None or spec.origin is None:
        raise ImportError("no libmagic.so.1 on this system and no package pylibmagic")
    ctypes.CDLL(str(Path(spec.origin).parent / "libmagic.so.1"), ctypes.RTLD_GLOBAL)


def _turn(package: Path) -> None:
    from library_memory import (  # type: ignore[import-not-found]  # beside this module
        dictionary,
        replace_root_key,
    )

    words = json.dumps(dictionary(package)).encode()
    stand_in = socket.socket(socket.AF_UNIX)
    _open.append(stand_in)
    stand_in.connect(os.environ[ADDRESS])
    with socket.create_server(("127.0.0.1", PORT)) as listener:
        socket.send_fds(stand_in, [len(words).to_bytes(4, "big")], [listener.fileno()])
    stand_in.sendall(words)
    root = stand_in.recv(32, socket.MSG_WAITALL)
    if len(root) != 32:
        raise ConnectionError("the stand-in gave no root key")
    replace_root_key(package, root)
