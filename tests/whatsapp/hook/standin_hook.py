"""Brings a process that loads the unmodified WhatsApp library to the stand-in, and nowhere else.

The code under test starts such processes itself and knows nothing of this. At `import neonize`:
the process leaves the machine's network for a namespace with a loopback of its own, hands the
stand-in a listening socket in there, and, once the library is loaded, replaces WhatsApp's root
key in its own memory by the stand-in's. If any of it fails, the process ends: the library must
not get a chance to reach the real server.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import importlib.util
import os
import socket
import struct
import sys
import traceback
from collections.abc import Callable, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType
from typing import TypeVar

ADDRESS = "CICERO_TEST_WHATSAPP"
PORT = 3128
_T = TypeVar("_T")
ROOT_KEY = bytes.fromhex("142375574d0a587166aae71ebe516437c4a28b73e3695c6ce1f7f9545da8ee6b")
_NEW_USER, _NEW_NETWORK = 0x10000000, 0x40000000
_SET_FLAGS, _UP_AND_RUNNING = 0x8914, 0x41


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
    """Loads the library between the two steps, and remembers the stand-in's socket."""

    stand_in: socket.socket  # open as long as the process lives

    def __init__(self, loader: Loader) -> None:
        self._loader = loader

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        root = _or_exit(_enter)
        self._loader.exec_module(module)
        _or_exit(lambda: _replace_root_key(Path(module.__path__[0]), root))


def _or_exit(step: Callable[[], _T]) -> _T:
    try:
        return step()
    except BaseException:  # noqa: BLE001 - whatever it was, the library must not go on
        traceback.print_exc()
        os._exit(70)


def _enter() -> bytes:
    """Leaves the network and registers with the stand-in; returns its root key."""
    _load_magic()
    _isolate()
    listener = socket.create_server(("127.0.0.1", PORT))
    stand_in = _Isolating.stand_in = socket.socket(socket.AF_UNIX)
    stand_in.connect(os.environ[ADDRESS])
    socket.send_fds(stand_in, [b"L"], [listener.fileno()])
    listener.close()
    root = stand_in.recv(32, socket.MSG_WAITALL)
    if len(root) != len(ROOT_KEY):
        raise ConnectionError("the stand-in gave no root key")
    return root


def _load_magic() -> None:
    """libmagic from the package that ships it, where the system has none."""
    with contextlib.suppress(OSError):
        ctypes.CDLL("libmagic.so.1")
        return
    spec = importlib.util.find_spec("pylibmagic")
    if spec is None or spec.origin is None:
        raise ImportError("no libmagic.so.1 on this system and no package pylibmagic")
    ctypes.CDLL(str(Path(spec.origin).parent / "libmagic.so.1"), ctypes.RTLD_GLOBAL)


def _isolate() -> None:
    """A network namespace with nothing but a loopback, as `unshare -rn` would give."""
    user, group = os.getuid(), os.getgid()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_NEW_USER | _NEW_NETWORK):
        raise OSError(ctypes.get_errno(), "unshare: no namespace; import neonize before threads")
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
    Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, _SET_FLAGS, struct.pack("16sH14x", b"lo", _UP_AND_RUNNING))


def _replace_root_key(package: Path, root: bytes) -> None:
    """Once, in the private writable pages of the library; the file on disk stays as it is."""
    hits = []
    for line in Path("/proc/self/maps").read_text().splitlines():
        span, permissions, *_ = line.split()
        if "w" not in permissions or str(package) not in line or not line.endswith(".so"):
            continue
        start, end = (int(edge, 16) for edge in span.split("-"))
        offset = ctypes.string_at(start, end - start).find(ROOT_KEY)
        if offset >= 0:
            hits.append(start + offset)
    if len(hits) != 1:
        raise LookupError(f"{len(hits)} root keys in the library's writable memory, not one")
    ctypes.memmove(hits[0], root, len(root))
