"""What the client verifies: a TLS certificate of a test CA, and WhatsApp's own chain of two."""

from __future__ import annotations

import ssl
import time
from pathlib import Path

from tests.certificates import issue
from tests.whatsapp.keys import KeyPair
from tests.whatsapp.media import MEDIA_HOST
from tests.whatsapp.protos import cert

HOST = "web.whatsapp.com"


def noise_chain(root: KeyPair, static: KeyPair) -> bytes:
    """The server's static key, certified by an intermediate that the root certified.

    Serials are as the library checks them: the intermediate's issuer is 0, the leaf's is the
    intermediate's serial.
    """
    intermediate = KeyPair.new()
    chain = cert.CertChain(
        intermediate=_signed(root, intermediate.public, serial=1, issuer=0),
        leaf=_signed(intermediate, static.public, serial=2, issuer=1),
    )
    data: bytes = chain.SerializeToString()
    return data


def _signed(signer: KeyPair, public: bytes, *, serial: int, issuer: int) -> object:
    now = int(time.time())
    details = cert.CertChain.NoiseCertificate.Details(
        serial=serial, issuerSerial=issuer, key=public, notBefore=now - 3600, notAfter=now + 86400
    ).SerializeToString()
    return cert.CertChain.NoiseCertificate(details=details, signature=signer.sign(details))


def tls(directory: Path) -> tuple[Path, ssl.SSLContext]:
    """A CA's certificate as a file for `SSL_CERT_FILE`, and a server context for the host."""
    authority, own = issue(directory, HOST, MEDIA_HOST)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(own)
    return authority, context
