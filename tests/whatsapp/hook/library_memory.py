"""The loaded library's memory: reads the words it abbreviates, and replaces its root key.

Both are plain arrays of the Go program; the file on disk is not changed. Raises `LookupError` if
they are not as expected, which may happen with another version of the library.
"""

from __future__ import annotations

import ctypes
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT_KEY = bytes.fromhex("142375574d0a587166aae71ebe516437c4a28b73e3695c6ce1f7f9545da8ee6b")
_SECOND_WORD = "xmlstreamstart"  # the first is empty
_SINGLE, _PAGES, _PAGE = 236, 4, 256
_STRING = struct.Struct("<QQ")  # a Go string: address and length
_LONGEST_WORD = 100


@dataclass(frozen=True)
class _Mapping:
    start: int
    writable: bool
    data: bytes

    def all(self, wanted: bytes) -> Iterator[int]:
        """The address of each occurrence."""
        at = self.data.find(wanted)
        while at >= 0:
            yield self.start + at
            at = self.data.find(wanted, at + 1)


def dictionary(package: Path) -> list[list[str]]:
    """The one-byte words, then the four pages of two-byte words."""
    memory = _mappings(package)
    headers = [
        header
        for mapping in memory
        for address in mapping.all(_SECOND_WORD.encode())
        for data in memory
        if data.writable
        for header in data.all(_STRING.pack(address, len(_SECOND_WORD)))
    ]
    words = _strings(_one(headers) - _STRING.size, _SINGLE + _PAGES * _PAGE)
    if words[0] or len(set(words)) < len(words):
        raise LookupError("the words do not lie in the library's memory as they used to")
    pages = range(_SINGLE, len(words), _PAGE)
    return [words[:_SINGLE], *(words[start : start + _PAGE] for start in pages)]


def replace_root_key(package: Path, root: bytes) -> None:
    """Replaces WhatsApp's public key with another of 32 bytes; once per process."""
    hits = [hit for data in _mappings(package) if data.writable for hit in data.all(ROOT_KEY)]
    ctypes.memmove(_one(hits), root, len(ROOT_KEY))


def _one(addresses: list[int]) -> int:
    if len(addresses) != 1:
        raise LookupError(f"found {len(addresses)} times in the library's memory, not once")
    return addresses[0]


def _mappings(package: Path) -> list[_Mapping]:
    found = []
    library = str(package.resolve())  # as the kernel names it
    for line in Path("/proc/self/maps").read_text().splitlines():
        span, permissions, *_ = line.split()
        if line.endswith(".so") and library in line and permissions[0] == "r":
            start, end = (int(edge, 16) for edge in span.split("-"))
            data = ctypes.string_at(start, end - start)
            found.append(_Mapping(start, permissions[1] == "w", data))
    return found


def _strings(array: int, number: int) -> list[str]:
    strings = []
    for address, length in _STRING.iter_unpack(ctypes.string_at(array, number * _STRING.size)):
        if length > _LONGEST_WORD:
            raise LookupError("what follows the words is no array of strings")
        strings.append(ctypes.string_at(address, length).decode())
    return strings
