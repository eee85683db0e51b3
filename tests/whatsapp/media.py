"""WhatsApp's media host: takes uploads over HTTP, and opens a file as its recipient would.

Formats: a file is encrypted with keys that HKDF makes of the message's media key, and ends in ten
bytes of a MAC; the upload's response names where it is kept.
"""

from __future__ import annotations

import asyncio
import hmac
import json
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from tests.whatsapp.keys import derive

MEDIA_HOST = "mmg.whatsapp.net"
_MAC = 10


@dataclass(frozen=True)
class SentFile:
    """A file as the recipient gets it; pictures have no name."""

    kind: str
    mime_type: str
    name: str
    data: bytes


async def take_uploads(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, uploads: dict[str, bytes]
) -> None:
    """Serves POSTs until the client disconnects; keeps each body under a path of its own."""
    while head := await _head(reader):
        first, *fields = head.decode().split("\r\n")
        length = next(int(f[15:]) for f in fields if f.lower().startswith("content-length:"))
        body = await reader.readexactly(length)
        path = f"/v/{len(uploads)}"
        uploads[path] = body
        said = json.dumps({"url": f"https://{MEDIA_HOST}{path}", "direct_path": path}).encode()
        status = b"200 OK" if first.startswith("POST /mms/") else b"404 Not Found"
        writer.write(b"HTTP/1.1 %b\r\nContent-Type: application/json\r\n" % status)
        writer.write(b"Content-Length: %d\r\n\r\n%b" % (len(said), said))
        await writer.drain()


async def _head(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return b""


def opened(message: Any, uploads: dict[str, bytes]) -> SentFile | None:
    """The file of a message, decrypted and verified; None if it has none."""
    if message.HasField("imageMessage"):
        image = message.imageMessage
        data = _decrypted(uploads[image.directPath], image.mediaKey, b"WhatsApp Image Keys")
        return SentFile("image", image.mimetype, "", data)
    if message.HasField("documentMessage"):
        document = message.documentMessage
        kept = uploads[document.directPath]
        data = _decrypted(kept, document.mediaKey, b"WhatsApp Document Keys")
        return SentFile("document", document.mimetype, document.fileName, data)
    return None


def _decrypted(kept: bytes, media_key: bytes, info: bytes) -> bytes:
    keys = derive(media_key, 112, info=info)
    iv, key, mac_key = keys[:16], keys[16:48], keys[48:80]
    secret, mac = kept[:-_MAC], kept[-_MAC:]
    if not hmac.compare_digest(hmac.digest(mac_key, iv + secret, "sha256")[:_MAC], mac):
        raise ValueError("the file's MAC is wrong")
    decryptor = Cipher(algorithms.AES(key), modes.CBC(iv)).decryptor()
    padded = decryptor.update(secret) + decryptor.finalize()
    unpadder = padding.PKCS7(128).unpadder()
    return unpadder.update(padded) + unpadder.finalize()
