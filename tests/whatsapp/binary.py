"""WhatsApp's binary XML: nodes to bytes and back.

The library's client reads words written out in full as well as abbreviated ones, so `encode`
abbreviates nothing; `decode` needs the library's words. Tag bytes: whatsmeow, `binary/token`.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

_EMPTY, _PAGE_0, _LIST_8, _LIST_16 = 0, 236, 248, 249
_INTEROP, _FACEBOOK, _DEVICE_JID, _JID = 245, 246, 247, 250
_HEX, _BYTES_8, _BYTES_20, _BYTES_32, _NIBBLES = 251, 252, 253, 254, 255
_DEVICE_SERVERS = ("s.whatsapp.net", "lid")
_DIGITS = {_HEX: "0123456789ABCDEF", _NIBBLES: "0123456789-.\0\0\0\0"}
_COMPRESSED = 2


@dataclass(frozen=True)
class Dictionary:
    """What the library abbreviates: words by single byte, and by page and byte."""

    single: list[str]
    double: list[list[str]]


@dataclass(frozen=True)
class Jid:
    """An address: a user's device, a user (device 0), a group, or a server (no user)."""

    user: str
    server: str = "s.whatsapp.net"
    device: int = 0

    @classmethod
    def parse(cls, text: str) -> Jid:
        user, _, server = text.rpartition("@")
        user, _, device = user.partition(":")
        return cls(user, server, int(device or 0))

    @property
    def bare(self) -> Jid:
        """The user, without the device."""
        return Jid(self.user, self.server)

    def __str__(self) -> str:
        if not self.user:
            return self.server
        return f"{self.user}{f':{self.device}' if self.device else ''}@{self.server}"


SERVER = Jid("", "s.whatsapp.net")
Value = str | Jid


@dataclass(frozen=True)
class Node:
    """One element; content is bytes, elements or nothing."""

    tag: str
    attrs: Mapping[str, Value] = field(default_factory=dict)
    content: bytes | str | tuple[Node, ...] | None = None

    @property
    def children(self) -> tuple[Node, ...]:
        return self.content if isinstance(self.content, tuple) else ()

    def child(self, *path: str) -> Node | None:
        """The first element at the path below this one."""
        found = self
        for tag in path:
            below = next(found.all(tag), None)
            if below is None:
                return None
            found = below
        return found

    def all(self, tag: str) -> Iterator[Node]:
        return (child for child in self.children if child.tag == tag)

    def text(self, name: str) -> str:
        """An attribute as text, empty if it is missing."""
        return str(self.attrs.get(name, ""))

    def jid(self, name: str) -> Jid:
        value = self.attrs[name]
        return value if isinstance(value, Jid) else Jid.parse(value)

    @property
    def data(self) -> bytes:
        """The content as bytes; raises `TypeError` if it is something else."""
        if isinstance(self.content, str):
            return self.content.encode()
        if not isinstance(self.content, bytes):
            raise TypeError(f"<{self.tag}> holds no bytes")
        return self.content


def node(tag: str, *children: Node, data: bytes | None = None, **attrs: Value) -> Node:
    """An element to send; a trailing underscore (`from_`, `type_`) avoids Python's own names."""
    named = {name.rstrip("_"): value for name, value in attrs.items()}
    return Node(tag, named, data if data is not None else children or None)


def encode(element: Node) -> bytes:
    """One stanza as the client reads it, uncompressed."""
    return b"\0" + _node(element)


def _node(element: Node) -> bytes:
    size = 1 + 2 * len(element.attrs) + (element.content is not None)
    attrs = b"".join(_string(name) + _value(value) for name, value in element.attrs.items())
    return _list(size) + _string(element.tag) + attrs + _content(element.content)


def _content(content: bytes | str | tuple[Node, ...] | None) -> bytes:
    if content is None:
        return b""
    if isinstance(content, tuple):
        return _list(len(content)) + b"".join(_node(child) for child in content)
    return _bytes(content.encode() if isinstance(content, str) else content)


def _value(value: Value) -> bytes:
    if isinstance(value, str):
        return _string(value)
    if value.server == "lid" or value.device:
        domain = _DEVICE_SERVERS.index(value.server)
        return bytes([_DEVICE_JID, domain, value.device]) + _string(value.user)
    user = _string(value.user) if value.user else bytes([_EMPTY])
    return bytes([_JID]) + user + _string(value.server)


def _string(text: str) -> bytes:
    return _bytes(text.encode())


def _bytes(data: bytes) -> bytes:
    size = len(data)
    if size < 1 << 8:
        return bytes([_BYTES_8, size]) + data
    if size < 1 << 20:
        return bytes([_BYTES_20]) + size.to_bytes(3, "big") + data
    return bytes([_BYTES_32]) + size.to_bytes(4, "big") + data


def _list(size: int) -> bytes:
    if size == 0:
        return bytes([_EMPTY])
    return bytes([_LIST_8, size]) if size < 1 << 8 else bytes([_LIST_16]) + size.to_bytes(2, "big")


def decode(data: bytes, words: Dictionary) -> Node:
    """One stanza from the client; raises `ValueError` for bytes that are not one."""
    body = zlib.decompress(data[1:]) if data[0] & _COMPRESSED else data[1:]
    return _Reader(body, words).node()


class _Reader:
    def __init__(self, data: bytes, words: Dictionary) -> None:
        self._data, self._at, self._words = data, 0, words

    def node(self) -> Node:
        size = self._size(self._number(1))
        tag = self._word()
        attrs = {self._word(): self._attribute() for _ in range((size - 1) // 2)}
        return Node(tag, attrs, None if size % 2 else self._element_content())

    def _attribute(self) -> Value:
        value = self._read()
        return value.decode() if isinstance(value, bytes) else value

    def _element_content(self) -> bytes | str | tuple[Node, ...]:
        tag = self._data[self._at]
        if tag in (_EMPTY, _LIST_8, _LIST_16):
            self._at += 1
            return tuple(self.node() for _ in range(self._size(tag)))
        content = self._read()
        return content if isinstance(content, bytes | str) else str(content)

    def _read(self) -> bytes | Value:
        tag = self._number(1)
        if tag in (_BYTES_8, _BYTES_20, _BYTES_32):
            return self._take(self._length(tag))
        if _PAGE_0 <= tag < _PAGE_0 + len(self._words.double):
            return self._words.double[tag - _PAGE_0][self._number(1)]
        if tag in _DIGITS:
            return self._packed(_DIGITS[tag])
        if tag in (_JID, _DEVICE_JID, _FACEBOOK, _INTEROP):
            return self._jid(tag)
        if 0 < tag < len(self._words.single):
            return self._words.single[tag]
        if tag == _EMPTY:
            return ""
        raise ValueError(f"no value starts with byte {tag}, at {self._at}")

    def _jid(self, tag: int) -> Jid:
        if tag == _JID:
            return Jid(self._word(), self._word())
        if tag != _DEVICE_JID:
            raise ValueError("Messenger and interoperability addresses do not occur here")
        domain, device = self._number(1), self._number(1)
        return Jid(self._word(), _DEVICE_SERVERS[domain], device)

    def _word(self) -> str:
        value = self._read()
        return value.decode() if isinstance(value, bytes) else str(value)

    def _packed(self, digits: str) -> str:
        start = self._number(1)
        octets = self._take(start & 127)
        text = "".join(digits[octet >> 4] + digits[octet & 15] for octet in octets)
        return text[:-1] if start & 128 else text

    def _length(self, tag: int) -> int:
        if tag == _BYTES_20:
            return self._number(3) & 0xFFFFF
        return self._number(1 if tag == _BYTES_8 else 4)

    def _size(self, tag: int) -> int:
        if tag not in (_EMPTY, _LIST_8, _LIST_16):
            raise ValueError(f"byte {tag} starts no list, at {self._at}")
        return 0 if tag == _EMPTY else self._number(1 if tag == _LIST_8 else 2)

    def _number(self, size: int) -> int:
        return int.from_bytes(self._take(size), "big")

    def _take(self, size: int) -> bytes:
        self._at += size
        if self._at > len(self._data):
            raise ValueError("the stanza ends too early")
        return self._data[self._at - size : self._at]
