"""What the client verifies: a TLS certificate of a test CA, and WhatsApp's own chain of two."""

from __future__ import annotations

import ssl
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.whatsapp.keys import KeyPair
from tests.whatsapp.protos import cert

HOST = "web.whatsapp.com"
_DAY = timedelta(days=1)


def noise_chain(root: KeyPair, static: KeyPair) -> bytes:
    """The server's static key, certified by an intermediate that the root certified.

    Serials as the library checks them: the intermediate's issuer is 0, the leaf's the
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
    key, leaf_key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    ca = _certificate("Stand-in CA", "Stand-in CA", key, key, x509.BasicConstraints(True, 0))
    leaf = _certificate(
        HOST, "Stand-in CA", leaf_key, key, x509.SubjectAlternativeName([x509.DNSName(HOST)])
    )
    authority, own = directory / "ca.pem", directory / "server.pem"
    authority.write_bytes(ca.public_bytes(serialization.Encoding.PEM))
    own.write_bytes(
        leaf_key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + leaf.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(own)
    return authority, context


def _certificate(
    subject: str,
    issuer: str,
    key: ec.EllipticCurvePrivateKey,
    signer: ec.EllipticCurvePrivateKey,
    extension: x509.ExtensionType,
) -> x509.Certificate:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(_name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _DAY)
        .not_valid_after(now + _DAY)
        .add_extension(extension, critical=False)
        .sign(signer, hashes.SHA256())
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])
